"""What a camera does to a scene: exposure, colour cast, falling light, blur and noise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from demo.solids import Light
from demo.textures import Picture, spread


def photograph(rng: np.random.Generator, picture: Picture, *, light: Light) -> npt.NDArray[np.uint8]:
    """The scene as a camera takes it.

    Args:
        rng: Source of randomness.
        picture: (H, W, 3) float32 in about [0, 1]; changed in place.
        light: Where the light comes from.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    warmth, exposure = rng.normal(0, 0.06), float(np.exp(rng.normal(-0.04, 0.2)))
    haze = float(max(rng.normal(0.0, 0.05), 0))
    lit = fall_off(rng, picture.shape[:2], side=light.side) * np.float32(exposure * (1 - haze))
    picture *= cv2.merge([lit * np.float32(1 + warmth), lit, lit * np.float32(1 - warmth)])
    picture = blur(rng, picture)
    grid = rng.standard_normal(picture.shape[:2], dtype=np.float32) * np.float32(rng.uniform(0.004, 0.03))
    picture += spread(grid + np.float32(haze * 0.8))
    return np.asarray(cv2.convertScaleAbs(np.maximum(picture, 0), alpha=255), np.uint8)


def fall_off(rng: np.random.Generator, shape: tuple[int, int], *, side: float) -> npt.NDArray[np.float32]:
    """Light that fades away from its side, and towards the corners."""
    ys = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    xs = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    slope = 1 + rng.uniform(0, 0.25) * xs * side - rng.uniform(-0.05, 0.15) * ys
    return (slope * (1 - rng.uniform(0.03, 0.2) * (xs * xs + ys * ys) / 2)).astype(np.float32)


def blur(rng: np.random.Generator, picture: Picture) -> Picture:
    """Sharp, out of focus, or shaken."""
    kind = rng.random()
    if kind < 0.2:
        return picture
    if kind < 0.9:
        return cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.4, 2.4)))
    length = int(rng.integers(5, 16))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    reach = length / 2 * np.asarray([np.cos(angle), np.sin(angle)])
    middle = length / 2
    start, end = np.round(middle - reach).astype(int), np.round(middle + reach).astype(int)
    cv2.line(kernel, tuple(start.tolist()), tuple(end.tolist()), 1.0, 1)
    return cv2.filter2D(picture, -1, kernel / kernel.sum())
