"""Square things: gable-top and brick cartons, and plain boxes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from demo.solids import Face, Light, Sprite, assemble
from demo.textures import Colour, Picture, fill, hsv, print_label

CARTON_WORDS = ("MILK", "JUICE", "ORANGE", "OAT", "APPLE", "SOY", "CREAM", "TOMATO")
BOX_WORDS = ("RICE", "TEA", "BUTTER", "FLAKES", "CHEESE", "SALT", "COCOA")


def corners(*points: tuple[float, float, float]) -> npt.NDArray[np.float32]:
    """Top left, top right, bottom right, bottom left, as (4, 3)."""
    return np.asarray(points, np.float32)


def side_faces(
    rng: np.random.Generator,
    size: tuple[float, float, float],
    pixels: int,
    *,
    yaw: float,
    light: Light,
    words: tuple[str, ...],
) -> tuple[list[Face], Colour]:
    """The two upright faces one sees of a box of (width, body height, depth), and its ground colour."""
    width, body, depth = size
    pale = rng.random() < 0.45
    base = (
        hsv(rng.random(), rng.uniform(0.0, 0.3), 0.93)
        if pale
        else hsv(rng.random(), rng.uniform(0.3, 0.95), rng.uniform(0.35, 0.95))
    )
    accent = hsv(rng.random(), rng.uniform(0.4, 1), rng.uniform(0.35, 1))
    rows = max(8, round(body * pixels))
    wide, deep = max(8, round(width * pixels)), max(8, round(depth * pixels))
    label = print_label(rng, (rows, wide * 2), base=base, accent=accent, words=words)
    front, side = label[:, :wide], np.ascontiguousarray(np.roll(label, wide // 2, axis=1)[:, :deep])
    x, z = width / 2, depth / 2
    turn = 1.0 if yaw > 0 else -1.0
    near = -x if yaw > 0 else x
    flank = corners((near, body, -z * turn), (near, body, z * turn), (near, 0, z * turn), (near, 0, -z * turn))
    lit = 0.98 + 0.07 * light.side * turn
    dark = light.ambient + (0.9 - light.ambient) * (0.5 + 0.5 * np.clip(light.side * -turn, -1, 1))
    faces = [
        Face(flank, side, float(dark)),
        Face(corners((-x, body, z), (x, body, z), (x, 0, z), (-x, 0, z)), np.ascontiguousarray(front), float(lit)),
    ]
    return faces, base


def choose_yaw(rng: np.random.Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(0.08, 0.75))


def draw_brick(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A flat-topped carton, often with a screw cap."""
    width, depth = rng.uniform(0.34, 0.52), rng.uniform(0.22, 0.4)
    yaw, pitch = choose_yaw(rng), float(np.arcsin(np.clip(tilt, 0, 0.6)))
    faces, base = side_faces(rng, (width, 0.95, depth), height, yaw=yaw, light=light, words=CARTON_WORDS)
    faces.append(top_face(width, 0.95, depth, base))
    if rng.random() < 0.65:
        faces += cap_faces(rng, (rng.uniform(-0.2, 0.2) * width, 0.95, 0.1 * depth), radius=0.07)
    return assemble(faces, height=height, yaw=yaw, pitch=pitch)


def draw_box(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A cardboard box wider than a carton, a distractor."""
    width, depth = rng.uniform(0.7, 2.2), rng.uniform(0.4, 0.8)
    yaw, pitch = choose_yaw(rng), float(np.arcsin(np.clip(tilt, 0, 0.6)))
    faces, base = side_faces(rng, (width, 1.0, depth), height, yaw=yaw, light=light, words=BOX_WORDS)
    faces.append(top_face(width, 1.0, depth, base))
    return assemble(faces, height=height, yaw=yaw, pitch=pitch)


def draw_gable(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A carton whose roof is folded to a ridge with a fin."""
    width, depth = rng.uniform(0.32, 0.42), rng.uniform(0.3, 0.4)
    body, ridge = rng.uniform(0.7, 0.78), rng.uniform(0.89, 0.93)
    yaw, pitch = choose_yaw(rng), float(np.arcsin(np.clip(tilt, 0, 0.6)))
    faces, base = side_faces(rng, (width, body, depth), height, yaw=yaw, light=light, words=CARTON_WORDS)
    x, z = width / 2, depth / 2
    near = -x if yaw > 0 else x
    roof = hsv(rng.random(), 0.6, 0.7) if rng.random() < 0.3 else base
    pale = fill(8, 8, roof)
    gable = corners((near, ridge, 0), (near, ridge, 0.02), (near, body, z), (near, body, -z))
    front = corners((-x, ridge, 0), (x, ridge, 0), (x, body, z), (-x, body, z))
    fin = corners((-x, 1.0, 0), (x, 1.0, 0), (x, ridge, 0), (-x, ridge, 0))
    faces += [Face(gable, pale, 0.62), Face(fin, crease(pale), 0.97), Face(front, crease(pale), 1.04)]
    if rng.random() < 0.45:
        faces += cap_faces(rng, (0.0, (body + ridge) / 2, z / 2 + 0.02), radius=0.06)
    return assemble(faces, height=height, yaw=yaw, pitch=pitch)


def top_face(width: float, level: float, depth: float, colour: Colour) -> Face:
    x, z = width / 2, depth / 2
    roof = corners((-x, level, -z), (x, level, -z), (x, level, z), (-x, level, z))
    return Face(roof, fill(8, 8, colour), 1.1)


def crease(picture: Picture) -> Picture:
    """The picture, darker towards its lower edge, as card is at a fold."""
    ramp = np.linspace(1.0, 0.86, picture.shape[0], dtype=np.float32)
    return picture * ramp[:, None, None]


def cap_faces(rng: np.random.Generator, at: tuple[float, float, float], *, radius: float) -> list[Face]:
    """A small eight-sided screw cap standing at `at`."""
    x, y, z = at
    colour = hsv(rng.random(), rng.uniform(0, 0.9), rng.uniform(0.4, 0.95))
    top = y + radius * 0.9
    wall = corners(
        (x - radius, top, z + radius),
        (x + radius, top, z + radius),
        (x + radius, y, z + radius),
        (x - radius, y, z + radius),
    )
    lid = corners(
        (x - radius, top, z - radius),
        (x + radius, top, z - radius),
        (x + radius, top, z + radius),
        (x - radius, top, z + radius),
    )
    return [Face(wall, crease(fill(8, 8, colour)), 0.8), Face(lid, fill(8, 8, colour), 1.05)]
