"""Flat pictures to wrap around objects: noise, gradients, printed labels."""

from __future__ import annotations

import colorsys
from collections.abc import Callable

import cv2
import numpy as np
from cv2.typing import MatLike

Picture = MatLike
"""(H, W, 3) float32 RGB in [0, 1]."""

Field = MatLike
"""(H, W) float32."""

Colour = tuple[float, float, float]
"""RGB in [0, 1]."""

FONTS = (cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """A colour from hue (turns, wraps), saturation and value in [0, 1], kept short of neon."""
    value *= 1 - 0.22 * max(saturation, 0.0) ** 2
    saturation *= 0.88
    return colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))


def spread(field: Field) -> Picture:
    """The field as a grey picture; multiplying by it is much faster than broadcasting."""
    return cv2.merge([field, field, field])


def fill(height: int, width: int, colour: Colour) -> Picture:
    return np.broadcast_to(np.asarray(colour, np.float32), (height, width, 3)).copy()


def noise(rng: np.random.Generator, shape: tuple[int, int], *, cell: tuple[float, float], octaves: int = 3) -> Field:
    """Smooth random field in [0, 1].

    Args:
        rng: Source of randomness.
        shape: (height, width).
        cell: Size of the coarsest blobs, pixels, (down, across); unequal sizes give grain.
        octaves: How many layers, each twice as fine and half as strong.
    """
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        rows = max(2, round(height / cell[0] * 2**octave) + 1)
        columns = max(2, round(width / cell[1] * 2**octave) + 1)
        grid = rng.random((min(rows, height), min(columns, width)), dtype=np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    return np.clip(total / (2 - 0.5 ** (octaves - 1)), 0, 1)


def gradient(height: int, width: int, top: Colour, bottom: Colour) -> Picture:
    ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    column = np.asarray(top, np.float32) * (1 - ramp) + np.asarray(bottom, np.float32) * ramp
    return np.broadcast_to(column, (height, width, 3)).copy()


def write_word(
    picture: Picture, word: str, *, centre: tuple[float, float], size: float, colour: Colour, font: int
) -> None:
    """Print `word` with capital height `size` pixels around `centre` (x, y), in place."""
    (width, height), _ = cv2.getTextSize(word, font, 1.0, 2)
    scale = size / max(height, 1)
    thickness = max(1, round(size / 7))
    origin = (round(centre[0] - width * scale / 2), round(centre[1] + size / 2))
    stencil = np.zeros(picture.shape[:2], np.uint8)  # OpenCV 5 writes on bytes only
    cv2.putText(stencil, word, origin, font, scale, 255, thickness, cv2.LINE_AA)
    rows = slice(max(round(centre[1] - size), 0), max(round(centre[1] + size) + 1, 0))
    part = stencil[rows].astype(np.float32)[..., None] / 255
    picture[rows] += part * (np.asarray(colour, np.float32) - picture[rows])


def draw_wave(picture: Picture, rng: np.random.Generator, *, level: float, colour: Colour) -> None:
    """Fill everything below a wavy line at `level` (fraction of the height), in place."""
    height, width = picture.shape[:2]
    xs = np.linspace(0, width, 40)
    waves = int(rng.integers(1, 4))
    swing = rng.uniform(0.02, 0.12) * height
    ys = level * height + swing * np.sin(xs / width * 2 * np.pi * waves + rng.uniform(0, 6.3))
    points = np.concatenate([np.stack([xs, ys], 1), [[width, height], [0, height]]])
    cv2.fillPoly(picture, [np.round(points).astype(np.int32)], colour, cv2.LINE_AA)


def draw_stripes(picture: Picture, rng: np.random.Generator, *, colour: Colour) -> None:
    """Two to five slanted stripes, in place."""
    height, width = picture.shape[:2]
    slant = rng.uniform(-0.6, 0.6) * width / 4
    count = int(rng.integers(2, 6))
    for index in range(count * 2):
        x = (index + 0.5) * width / (count * 2)
        start, end = (round(x - slant), 0), (round(x + slant), height)
        cv2.line(picture, start, end, colour, max(1, round(width / count / 9)), cv2.LINE_AA)


def draw_blotches(picture: Picture, rng: np.random.Generator, *, colour: Colour) -> None:
    """Irregular patches like those of a cow, in place."""
    height, width = picture.shape[:2]
    field = noise(rng, (height, width), cell=(height / 2.5, height / 2.5), octaves=2)
    patch = np.clip((field - 0.58) * 25, 0, 1)[..., None]
    picture += patch * (np.asarray(colour, np.float32) - picture)


def draw_bands(picture: Picture, rng: np.random.Generator, *, colour: Colour) -> None:
    """Horizontal bands near the top and bottom, in place."""
    height, width = picture.shape[:2]
    for level in rng.uniform([0.04, 0.8], [0.2, 0.95]):
        thick = max(1, round(height * rng.uniform(0.02, 0.09)))
        cv2.rectangle(picture, (0, round(level * height)), (width, round(level * height) + thick), colour, -1)


def draw_barcode(picture: Picture, rng: np.random.Generator, *, x: float, y: float, size: float) -> None:
    """A white field with black bars, centred on (x, y) pixels, `size` pixels wide, in place."""
    left, top = round(x - size / 2), round(y - size / 3)
    cv2.rectangle(picture, (left, top), (left + round(size), top + round(size * 0.66)), (0.95, 0.95, 0.95), -1)
    for bar in np.sort(rng.uniform(0.08, 0.92, 14)):
        at = left + round(bar * size)
        cv2.line(picture, (at, top + round(size * 0.08)), (at, top + round(size * 0.5)), (0.1, 0.1, 0.1), 1)


PATTERNS: tuple[Callable[..., None], ...] = (draw_stripes, draw_blotches, draw_bands)


def print_label(
    rng: np.random.Generator, shape: tuple[int, int], *, base: Colour, accent: Colour, words: tuple[str, ...]
) -> Picture:
    """A printed label: ground, pattern, emblem and name, twice around.

    Args:
        rng: Source of randomness.
        shape: (height, width) pixels of the unrolled label.
        base: Ground colour.
        accent: Colour of the pattern and the emblem.
        words: Names to choose from.
    """
    height, width = shape
    darker: Colour = (base[0] * 0.75, base[1] * 0.75, base[2] * 0.75)
    picture = gradient(height, width, base, darker if rng.random() < 0.6 else base)
    if rng.random() < 0.55:
        draw_wave(picture, rng, level=rng.uniform(0.45, 0.85), colour=accent)
    if rng.random() < 0.6:
        PATTERNS[rng.integers(len(PATTERNS))](picture, rng, colour=accent)
    ink: Colour = (0.97, 0.97, 0.95) if sum(base) < 1.7 else hsv(rng.random(), 0.7, 0.3)
    word = words[rng.integers(len(words))]
    font = FONTS[rng.integers(len(FONTS))]
    size = min(height * 0.16, width / 2 / max(len(word), 3) * 0.95)
    for centre in (width * 0.25, width * 0.75):
        emblem = rng.random()
        if emblem < 0.6:
            axes = (round(width * rng.uniform(0.08, 0.16)), round(height * rng.uniform(0.1, 0.2)))
            cv2.ellipse(picture, (round(centre), round(height * 0.62)), axes, 0, 0, 360, accent, -1, cv2.LINE_AA)
            cv2.ellipse(picture, (round(centre), round(height * 0.62)), axes, 0, 0, 360, ink, 1, cv2.LINE_AA)
        write_word(picture, word, centre=(centre, height * 0.34), size=size, colour=ink, font=font)
        write_word(picture, "1 L", centre=(centre, height * 0.88), size=size * 0.45, colour=ink, font=FONTS[0])
    if height > 60:
        draw_barcode(picture, rng, x=width * 0.5, y=height * 0.8, size=width * 0.12)
    return picture
