"""One scene: a backdrop, things standing or lying on it, a photographer's light and lens, and the exact truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from demo.backdrops import HEIGHT, WIDTH, Backdrop, Surface, draw_backdrop
from demo.clutter import CLUTTER
from demo.lens import photograph
from demo.objects import CLASSES, DRAW
from demo.outlines import outline
from demo.solids import Light, Sprite
from demo.textures import Field, Picture, spread
from domain.geometry import bounding_box
from domain.prediction import Instance

SMALLEST_VISIBLE_SHARE = 0.18
SMALLEST_AREA = 500
"""Objects that show less than this share of themselves, or fewer pixels, are not in the truth."""

BACKGROUND, CLUTTERED = -1, -2

SHADOW_MARGIN = 56
"""Pixels around a sprite that its shadow may darken."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture, (666, 499, 3) uint8 RGB, and what it shows.

    Attributes:
        picture: The photograph.
        objects: Visible objects of the four classes, back ones first: the visible outline and the tight box around it.
        main: Class of the main object; empty in scenes without one.
    """

    picture: npt.NDArray[np.uint8]
    objects: tuple[Instance, ...]
    main: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes present, in the order of `CLASSES`."""
        return tuple(name for name in CLASSES if any(thing.label == name for thing in self.objects))


@dataclass(frozen=True, slots=True)
class Placement:
    """One thing to draw: `x`, `y` is the middle of its foot, pixels; `angle` in degrees."""

    draw: Callable[..., Sprite]
    label: str
    height: float
    x: float
    y: float
    angle: float


@dataclass(slots=True)
class Canvas:
    """The picture so far, and who owns each pixel: an index into `full`, `BACKGROUND` or `CLUTTERED`."""

    picture: Picture
    owner: npt.NDArray[np.int16]
    full: list[int]


def draw_scene(rng: np.random.Generator) -> Scene:
    """A scene of one to six objects and some clutter."""
    backdrop, light = draw_backdrop(rng), choose_light(rng)
    count = int(rng.choice(6, p=[0.16, 0.24, 0.24, 0.18, 0.11, 0.07])) + 1
    spots = place_many(rng, backdrop, [str(rng.choice(CLASSES)) for _ in range(count)], clutter=int(rng.integers(0, 5)))
    return render(rng, backdrop, spots, light=light)


def draw_single(rng: np.random.Generator) -> Scene:
    """A scene with one main object, for multi-class labels; clutter may hide part of it, but not most."""
    while True:
        scene = compose_single(rng)
        largest = max(scene.objects, key=lambda thing: thing.box.area, default=None)
        if largest is not None and largest.label == scene.main:
            return scene


def compose_single(rng: np.random.Generator) -> Scene:
    """A main object, clutter, and now and then a small object of another class."""
    backdrop, light = draw_backdrop(rng), choose_light(rng)
    label = str(rng.choice(CLASSES))
    surface = max(backdrop.surfaces, key=lambda candidate: candidate.room)
    height = min(HEIGHT * rng.uniform(0.34, 0.72), surface.room)
    spots = [centre(rng, place(rng, backdrop, surface, label, height=height), backdrop)]
    spots += place_many(rng, backdrop, [], clutter=int(rng.integers(1, 6)))
    if rng.random() < 0.3:
        other = str(rng.choice([name for name in CLASSES if name != label]))
        spots.append(place(rng, backdrop, surface, other, height=height * rng.uniform(0.3, 0.45)))
    spots.sort(key=lambda spot: spot.y)
    return render(rng, backdrop, spots, light=light, main=label)


def choose_light(rng: np.random.Generator) -> Light:
    return Light(
        side=float(rng.uniform(-1, 1)), ambient=float(rng.uniform(0.3, 0.7)), gloss=float(rng.uniform(0.15, 0.85))
    )


NATURAL_HEIGHT = {"can": 0.24, "carton": 0.42, "milk_bottle": 0.43, "water_bottle": 0.46}
"""Heights as fractions of the image's height, at scale 1."""


def place_many(rng: np.random.Generator, backdrop: Backdrop, labels: list[str], *, clutter: int) -> list[Placement]:
    """Spots for objects and clutter, far ones first."""
    scale = rng.uniform(0.55, 1.35)
    spots = []
    for label in labels:
        surface = backdrop.surfaces[int(rng.integers(len(backdrop.surfaces)))]
        height = min(NATURAL_HEIGHT[label] * HEIGHT * scale * rng.uniform(0.85, 1.15), surface.room)
        spots.append(place(rng, backdrop, surface, label, height=height))
    for _ in range(clutter):
        surface = backdrop.surfaces[int(rng.integers(len(backdrop.surfaces)))]
        draw, low, high = CLUTTER[int(rng.integers(len(CLUTTER)))]
        height = min(rng.uniform(low, high) * HEIGHT * scale, surface.room)
        spots.append(place(rng, backdrop, surface, "", height=height, draw=draw))
    return sorted(spots, key=lambda spot: spot.y)


def place(
    rng: np.random.Generator,
    backdrop: Backdrop,
    surface: Surface,
    label: str,
    *,
    height: float,
    draw: Callable[..., Sprite] | None = None,
) -> Placement:
    """One spot on a surface; nearer things are a little larger."""
    depth = float(rng.random())
    y = surface.back + depth * (surface.front - surface.back)
    angle = float(rng.uniform(-180, 180) if backdrop.lying else rng.normal(0, 3.5))
    nearness = 1.0 if backdrop.lying else 0.88 + 0.2 * depth
    x = float(rng.uniform(0.04, 0.96)) * WIDTH
    return Placement(draw or DRAW[label], label, height * nearness, x, float(y), angle)


def centre(rng: np.random.Generator, spot: Placement, backdrop: Backdrop) -> Placement:
    """The spot, moved near the middle of the picture."""
    x = WIDTH * float(np.clip(rng.normal(0.5, 0.12), 0.2, 0.8))
    if not backdrop.lying:
        return Placement(spot.draw, spot.label, spot.height, x, spot.y, spot.angle)
    lean = np.deg2rad(spot.angle)
    middle = HEIGHT * float(np.clip(rng.normal(0.5, 0.1), 0.25, 0.75))
    foot_x, foot_y = x - np.sin(lean) * spot.height / 2, middle + np.cos(lean) * spot.height / 2
    return Placement(spot.draw, spot.label, spot.height, float(foot_x), float(foot_y), spot.angle)


def render(
    rng: np.random.Generator, backdrop: Backdrop, spots: list[Placement], *, light: Light, main: str = ""
) -> Scene:
    """Paint the spots in order over the backdrop, take the photograph, and read the truth off the pixels."""
    canvas = Canvas(backdrop.picture, np.full((HEIGHT, WIDTH), BACKGROUND, np.int16), [])
    labels: list[str] = []
    for spot in spots:
        sprite = spot.draw(rng, max(24, round(spot.height)), tilt=backdrop.tilt, light=light)
        if spot.label:
            labels.append(spot.label)
        stamp(canvas, sprite, spot, named=bool(spot.label), shadow=rng.uniform(0.25, 0.6), side=light.side)
    objects = read_truth(canvas, labels)
    return Scene(photograph(rng, canvas.picture, light=light), objects, main)


def stamp(canvas: Canvas, sprite: Sprite, spot: Placement, *, named: bool, shadow: float, side: float) -> None:
    """Turn and move the sprite to its spot, cast its shadow, paint it, and take its pixels over."""
    rows, columns = sprite.alpha.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows - 2.0), -spot.angle, 1.0)
    matrix[:, 2] += (spot.x - columns / 2, spot.y - rows + 2.0)
    if named:
        canvas.full.append(int(sprite.cover.sum()))
    part = reach(matrix, rows, columns)
    if part is None:
        return
    down, right = part
    matrix[:, 2] -= (right.start, down.start)
    size = (right.stop - right.start, down.stop - down.start)
    moved = cv2.warpAffine(np.dstack([sprite.colour, sprite.alpha]), matrix, size, flags=cv2.INTER_LINEAR)
    cover = cv2.warpAffine(sprite.cover, matrix, size, flags=cv2.INTER_LINEAR)
    picture = canvas.picture[part]
    cast_shadow(picture, cover, strength=shadow, side=side)
    picture *= spread(1 - moved[..., 3])
    picture += moved[..., :3]
    canvas.owner[part][cover > 0.5] = len(canvas.full) - 1 if named else CLUTTERED


def reach(matrix: Field, rows: int, columns: int) -> tuple[slice, slice] | None:
    """The part of the canvas that a sprite and its shadow touch, as (rows, columns); None when it is outside."""
    corners = np.asarray([[0, 0, 1], [columns, 0, 1], [columns, rows, 1], [0, rows, 1]], np.float64)
    points = corners @ matrix.T
    left, top = np.maximum(np.floor(points.min(0)).astype(int) - SHADOW_MARGIN, 0).tolist()
    right, bottom = np.minimum(np.ceil(points.max(0)).astype(int) + SHADOW_MARGIN, (WIDTH, HEIGHT)).tolist()
    if right - left < 8 or bottom - top < 8:
        return None
    return slice(top, bottom), slice(left, right)


def cast_shadow(picture: Picture, cover: Field, *, strength: float, side: float) -> None:
    """Darken what lies around the silhouette, away from the light, in place."""
    rows, columns = cover.shape
    small = cv2.resize(cover, (max(columns // 4, 1), max(rows // 4, 1)), interpolation=cv2.INTER_AREA)
    shift = np.asarray([[1, 0, -5.0 * side], [0, 1, 2.0]], np.float32)
    moved = cv2.warpAffine(small, shift, (small.shape[1], small.shape[0]))
    soft = cv2.resize(cv2.GaussianBlur(moved, (0, 0), 3.0), (columns, rows), interpolation=cv2.INTER_LINEAR)
    picture *= spread(1 - np.float32(strength) * soft)


def read_truth(canvas: Canvas, labels: list[str]) -> tuple[Instance, ...]:
    """The visible part of each object, as a polygon and the box around it."""
    objects = []
    for index, label in enumerate(labels):
        mask = canvas.owner == index
        area = int(mask.sum())
        if area < SMALLEST_AREA or area < SMALLEST_VISIBLE_SHARE * canvas.full[index]:
            continue
        polygons = outline(mask)
        box = bounding_box(polygons)
        if box is not None:
            objects.append(Instance(f"o{len(objects)}", label, box, polygons=polygons, is_crowd=False))
    return tuple(objects)
