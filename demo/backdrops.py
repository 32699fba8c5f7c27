"""What stands behind and below the objects: fridges, tables, kitchen tops, floors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from demo.textures import Colour, Field, Picture, fill, gradient, hsv, noise

WIDTH, HEIGHT = 499, 666


@dataclass(frozen=True, slots=True)
class Surface:
    """Where objects can stand.

    Attributes:
        back: y of the far edge, pixels.
        front: y of the near edge, pixels.
        room: Greatest height of an object, pixels.
    """

    back: float
    front: float
    room: float


@dataclass(frozen=True, slots=True)
class Backdrop:
    """An empty scene; `tilt` is how far from above it is seen, `lying` whether things may lie any way round."""

    picture: Picture
    surfaces: tuple[Surface, ...]
    tilt: float
    lying: bool = False


def grain(rng: np.random.Generator, shape: tuple[int, int], colour: Colour, *, along: float, across: float) -> Picture:
    """A ground of one colour with streaks, such as wood."""
    streaks = noise(rng, shape, cell=(across, along), octaves=4)
    rings = 0.5 + 0.5 * np.sin(streaks * rng.uniform(18, 40))
    brightness = 0.72 + 0.4 * streaks + 0.1 * rings
    return np.asarray(colour, np.float32) * brightness[..., None].astype(np.float32)


def draw_wall(rng: np.random.Generator) -> Picture:
    """Plaster, tiles, wallpaper or a blurred room."""
    walls = (draw_plaster, draw_tiles, draw_paper, draw_bokeh)
    return walls[rng.integers(len(walls))](rng)


def draw_plaster(rng: np.random.Generator) -> Picture:
    colour = hsv(rng.random(), rng.uniform(0, 0.5), rng.uniform(0.35, 0.95))
    mottle = noise(rng, (HEIGHT, WIDTH), cell=(120, 120), octaves=5)
    return fill(HEIGHT, WIDTH, colour) * (0.8 + 0.35 * mottle)[..., None]


def draw_tiles(rng: np.random.Generator) -> Picture:
    colour = hsv(rng.random(), rng.uniform(0, 0.45), rng.uniform(0.5, 0.95))
    size = int(rng.integers(45, 110))
    rows, columns = HEIGHT // size + 2, WIDTH // size + 2
    shades = 0.86 + 0.2 * rng.random((rows, columns), dtype=np.float32)
    spread = cv2.resize(shades, (columns * size, rows * size), interpolation=cv2.INTER_NEAREST)[:HEIGHT, :WIDTH]
    picture = fill(HEIGHT, WIDTH, colour) * spread[..., None]
    joint = tuple(0.7 * c + 0.2 for c in colour)
    for y in range(size, HEIGHT, size):
        cv2.line(picture, (0, y), (WIDTH, y), joint, 2, cv2.LINE_AA)
        cv2.line(picture, (0, y + 2), (WIDTH, y + 2), (1.0, 1.0, 1.0), 1, cv2.LINE_AA)
    for x in range(size, WIDTH, size):
        cv2.line(picture, (x, 0), (x, HEIGHT), joint, 2, cv2.LINE_AA)
    return picture


def draw_paper(rng: np.random.Generator) -> Picture:
    hue = rng.random()
    picture = fill(HEIGHT, WIDTH, hsv(hue, rng.uniform(0.05, 0.5), rng.uniform(0.5, 0.95)))
    stripe = hsv(hue + rng.uniform(-0.1, 0.1), rng.uniform(0.05, 0.5), rng.uniform(0.4, 0.95))
    step = int(rng.integers(24, 80))
    for x in range(0, WIDTH, step):
        cv2.rectangle(picture, (x, 0), (x + step // 2, HEIGHT), stripe, -1)
    return picture * (0.85 + 0.3 * noise(rng, (HEIGHT, WIDTH), cell=(200, 200)))[..., None]


def draw_bokeh(rng: np.random.Generator) -> Picture:
    """A room out of focus."""
    hue = rng.random()
    small = gradient(84, 63, hsv(hue, 0.4, rng.uniform(0.3, 0.8)), hsv(hue + 0.1, 0.4, rng.uniform(0.2, 0.6)))
    for _ in range(int(rng.integers(6, 16))):
        x, y = int(rng.integers(63)), int(rng.integers(84))
        colour = hsv(hue + rng.uniform(-0.25, 0.25), rng.uniform(0.1, 0.8), rng.uniform(0.2, 1))
        size = int(rng.integers(3, 16))
        if rng.random() < 0.5:
            cv2.circle(small, (x, y), size, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(small, (x, y), (x + size, y + 2 * size), colour, -1)
    small = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(1.5, 4)))
    return cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)


def draw_top(rng: np.random.Generator, shape: tuple[int, int]) -> Picture:
    """Wood, stone or cloth."""
    kind = rng.random()
    if kind < 0.5:
        wood = hsv(rng.uniform(0.05, 0.11), rng.uniform(0.25, 0.7), rng.uniform(0.3, 0.95))
        return grain(rng, shape, wood, along=300, across=14)
    if kind < 0.8:
        stone = hsv(rng.random(), rng.uniform(0, 0.15), rng.uniform(0.25, 0.95))
        veins = noise(rng, shape, cell=(90, 140), octaves=5)
        return fill(*shape, stone) * (0.78 + 0.4 * np.abs(veins - 0.5) * 2)[..., None].astype(np.float32)
    return draw_cloth(rng, shape)


def draw_cloth(rng: np.random.Generator, shape: tuple[int, int]) -> Picture:
    ys, xs = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    step = rng.uniform(20, 70)
    checks = (np.sin(xs * np.pi / step) > 0).astype(np.float32) + (np.sin(ys * np.pi / step) > 0)
    dark = np.asarray(hsv(rng.random(), rng.uniform(0.2, 0.8), rng.uniform(0.3, 0.8)), np.float32)
    weave = 0.95 + 0.05 * np.sin(xs * 2.1) * np.sin(ys * 2.1)
    blend = (checks / 2)[..., None] * rng.uniform(0.3, 1)
    return ((0.93 * (1 - blend) + dark * blend) * weave[..., None]).astype(np.float32)


def draw_fridge(rng: np.random.Generator) -> Backdrop:
    """The inside of a fridge: a pale ribbed wall, side walls, glass shelves."""
    cold = hsv(rng.uniform(0.5, 0.65), rng.uniform(0, 0.12), rng.uniform(0.72, 0.97))
    below: Colour = (
        cold[0] * rng.uniform(0.65, 0.95),
        cold[1] * rng.uniform(0.65, 0.95),
        cold[2] * rng.uniform(0.65, 0.95),
    )
    picture = gradient(HEIGHT, WIDTH, cold, below)
    xs = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    ribs = 1 + 0.02 * np.sin(xs * rng.uniform(15, 60)) if rng.random() < 0.6 else np.ones_like(xs)
    inner = rng.uniform(0.72, 1.05)
    sides = 1 - 0.22 * np.clip((np.abs(xs) - inner) * 30, 0, 1)
    picture *= (ribs * sides * (1 - 0.12 * xs * xs))[None, :, None]
    picture *= (0.94 + 0.12 * noise(rng, (HEIGHT, WIDTH), cell=(220, 220)))[..., None]
    count = int(rng.choice([1, 2, 3], p=[0.4, 0.45, 0.15]))
    levels = np.linspace(0, 1, count + 1)[1:] * HEIGHT * rng.uniform(0.9, 0.97)
    above = np.concatenate([[0], levels[:-1]])
    for level in levels:
        add_shelf(rng, picture, round(float(level)))
    surfaces = [Surface(y - 26, y - 4, (y - up) * 0.93) for y, up in zip(levels, above, strict=True)]
    return Backdrop(picture, tuple(surfaces), tilt=rng.uniform(0.02, 0.16))


def add_shelf(rng: np.random.Generator, picture: Picture, level: int) -> None:
    """A glass shelf whose front edge is at `level`, in place."""
    back = max(level - int(rng.integers(28, 46)), 0)
    tint = np.asarray(hsv(rng.uniform(0.4, 0.6), 0.25, 0.75), np.float32)
    picture[back:level] = picture[back:level] * 0.72 + 0.22 * tint
    edge = np.asarray(hsv(rng.uniform(0.4, 0.6), rng.uniform(0, 0.4), rng.uniform(0.45, 0.9)), np.float32)
    picture[level : level + 9] = (
        edge * np.linspace(1.25, 0.7, 9, dtype=np.float32)[: len(picture[level : level + 9]), None, None]
    )
    shade = np.linspace(0.72, 1, 40, dtype=np.float32)[: len(picture[level + 9 : level + 49]), None, None]
    picture[level + 9 : level + 49] *= shade


def draw_table(rng: np.random.Generator) -> Backdrop:
    """A wall and a table or kitchen top before it."""
    picture = draw_wall(rng)
    if rng.random() < 0.5:
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(1, 5)))
    edge = round(HEIGHT * rng.uniform(0.45, 0.72))
    top = draw_top(rng, (HEIGHT - edge, WIDTH))
    fade: Field = np.linspace(0.75, 1.08, HEIGHT - edge, dtype=np.float32)
    picture[edge:] = top * fade[:, None, None]
    picture[max(edge - 14, 0) : edge] *= np.linspace(1, 0.75, min(14, edge), dtype=np.float32)[:, None, None]
    depth = HEIGHT - edge
    surface = Surface(edge + 0.25 * depth, HEIGHT - 8, HEIGHT * 0.86)
    return Backdrop(picture, (surface,), tilt=rng.uniform(0.1, 0.32))


def draw_floor(rng: np.random.Generator) -> Backdrop:
    """A top seen from above, on which things lie any way round."""
    picture = draw_top(rng, (HEIGHT, WIDTH))
    return Backdrop(picture, (Surface(0, HEIGHT, HEIGHT * 0.85),), tilt=rng.uniform(0, 0.12), lying=True)


BACKDROPS: tuple[tuple[Callable[[np.random.Generator], Backdrop], float], ...] = (
    (draw_fridge, 0.45),
    (draw_table, 0.37),
    (draw_floor, 0.18),
)
"""(function, how often)."""


def draw_backdrop(rng: np.random.Generator) -> Backdrop:
    index = int(rng.choice(len(BACKDROPS), p=[share for _, share in BACKDROPS]))
    return BACKDROPS[index][0](rng)
