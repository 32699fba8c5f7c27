"""Shaded solids: round ones by turning a profile, square ones by projecting their faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from demo.textures import Colour, Field, Picture

Profile = Sequence[tuple[float, float]]
"""(height from the top, half width), both as fractions of the object's height, top first."""


@dataclass(frozen=True, slots=True)
class Light:
    """Where the light comes from: `side` -1 is left, +1 right; `ambient` and `gloss` in [0, 1]."""

    side: float
    ambient: float
    gloss: float


@dataclass(frozen=True, slots=True)
class Sprite:
    """One drawn object, upright, on nothing.

    Attributes:
        colour: (H, W, 3) float32 in [0, 1], already multiplied by `alpha`.
        alpha: (H, W) float32 in [0, 1], opacity; low inside clear bottles.
        cover: (H, W) float32 in [0, 1], the silhouette whatever the opacity.
    """

    colour: Picture
    alpha: Field
    cover: Field


def sample_profile(profile: Profile, rows: int) -> npt.NDArray[np.float32]:
    """Half widths in pixels at `rows` heights, corners rounded."""
    heights, halves = np.asarray(profile, np.float32).T
    table = np.interp(np.linspace(0, 1, rows), heights, halves).astype(np.float32) * rows
    soft = max(3, rows // 40) | 1
    padded = np.pad(table, soft // 2, mode="edge")
    return np.convolve(padded, np.full(soft, 1 / soft, np.float32), mode="valid").astype(np.float32)


def revolve(
    profile: Profile,
    skin: Picture,
    opacity: Field,
    *,
    height: int,
    tilt: float,
    light: Light,
    lid: Colour,
    metal: float = 0.0,
) -> Sprite:
    """Draw a solid of revolution seen slightly from above.

    Args:
        profile: Outline of one side.
        skin: Unrolled surface, (h, w, 3): rows go down the object, columns once around; its middle faces the viewer.
        opacity: (h, w) in [0, 1], of the same size as `skin`.
        height: Of the object, pixels.
        tilt: Minor to major axis of the ellipses a horizontal circle becomes; 0 is eye level.
        light: Where light comes from.
        lid: Colour of the top face.
        metal: In [0, 1]; how strongly the surface mirrors bands of its surroundings.
    """
    table = sample_profile(profile, height)
    half = int(np.ceil(table.max())) + 2
    above, below = int(np.ceil(tilt * table[0])) + 2, int(np.ceil(tilt * table[-1])) + 2
    ys = np.arange(-above, height + below, dtype=np.float32)[:, None]
    xs = np.arange(-half, half + 1, dtype=np.float32)[None, :]
    row = np.clip(ys[:, 0].astype(np.int32), 0, height - 1)
    across = np.clip(xs / table[row][:, None], -1, 1)
    facing = np.sqrt(1 - across * across)
    level = ys - tilt * table[row][:, None] * facing
    edge = table[np.clip(level.astype(np.int32), 0, height - 1)]
    side = np.clip(edge - np.abs(xs) + 0.5, 0, 1) * np.clip(level + 1, 0, 1) * np.clip(height - level, 0, 1)
    across = np.clip(xs / edge, -1, 1)
    facing = np.sqrt(1 - across * across)
    colour, alpha = _wrap(skin, opacity, across, level / height)
    colour = _shade(colour, across, facing, light, metal)
    top = _top_face(xs, ys, radius=float(table[0]), tilt=tilt)
    face = np.asarray(lid, np.float32) * (0.8 + 0.25 * light.side * np.clip(xs / table[0], -1, 1))[..., None]
    cover = np.maximum(side, top)
    alpha = side * alpha * (1 - top) + top
    mixed = colour * (1 - top[..., None]) + face * top[..., None]
    return Sprite(np.clip(mixed, 0, 1) * alpha[..., None], alpha, cover)


def _wrap(skin: Picture, opacity: Field, across: Field, level: Field) -> tuple[Picture, Field]:
    """Look the unrolled surface up at every visible point."""
    rows, columns = opacity.shape
    turn = (np.arcsin(across) / (2 * np.pi) + 0.5) * (columns - 1)
    down = np.clip(level, 0, 1) * (rows - 1)
    texture = np.dstack([skin, opacity])
    found = cv2.remap(texture, turn.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR)
    return found[..., :3], found[..., 3]


def _shade(colour: Picture, across: Field, facing: Field, light: Light, metal: float) -> Picture:
    """Lambert shading, two highlights, and mirrored bands on metal."""
    towards = np.sin(0.9 * light.side)
    lit = np.clip(across * towards + facing * np.cos(0.9 * light.side), 0, 1)
    brightness = light.ambient + (1.05 - light.ambient) * lit
    if metal > 0:
        brightness = brightness * (1 + metal * 0.45 * np.sin(across * 7.0 + 3 * light.side))
    key = np.exp(-(((across - 0.55 * light.side) / 0.1) ** 2))
    rim = np.exp(-(((across + 0.82 * np.sign(light.side)) / 0.07) ** 2))
    shine = light.gloss * (0.75 * key + 0.3 * rim)
    return colour * brightness[..., None] + shine[..., None]


def _top_face(xs: Field, ys: Field, *, radius: float, tilt: float) -> Field:
    """Coverage of the ellipse that closes the top."""
    if tilt * radius < 1:
        return np.zeros((ys.shape[0], xs.shape[1]), np.float32)
    reach = np.sqrt((xs / radius) ** 2 + (ys / (tilt * radius)) ** 2)
    return np.clip((1 - reach) * radius * tilt + 0.5, 0, 1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Face:
    """A flat face in space: corners (x, y up, z towards the viewer), picture, brightness factor."""

    corners: npt.NDArray[np.float32]
    picture: Picture
    brightness: float


def project(points: npt.NDArray[np.float32], *, yaw: float, pitch: float) -> npt.NDArray[np.float32]:
    """Points (N, 3) in object units, turned by `yaw` and seen from `pitch` above (radians) -> (N, 2), y down."""
    x, y, z = points.T
    turned_x = x * np.cos(yaw) + z * np.sin(yaw)
    depth = -x * np.sin(yaw) + z * np.cos(yaw)
    up = y * np.cos(pitch) - depth * np.sin(pitch)
    nearness = 1 + 0.12 * depth
    return np.stack([turned_x * nearness, -up * nearness], 1).astype(np.float32)


def assemble(faces: Sequence[Face], *, height: int, yaw: float, pitch: float) -> Sprite:
    """Project faces and paint them in the given order, back ones first.

    Args:
        faces: In object units where the object is 1 high.
        height: Of the object, pixels.
        yaw: Turn about the vertical, radians.
        pitch: Look from above, radians.
    """
    corners = [project(face.corners, yaw=yaw, pitch=pitch) * height for face in faces]
    everything = np.concatenate(corners)
    origin = everything.min(0) - 2
    width, depth = np.ceil(everything.max(0) - origin + 3).astype(int)
    colour = np.zeros((depth, width, 3), np.float32)
    cover = np.zeros((depth, width), np.float32)
    for face, flat in zip(faces, corners, strict=True):
        _paint(colour, cover, face, flat - origin)
    return Sprite(colour * cover[..., None], cover, cover)


def _paint(colour: Picture, cover: Field, face: Face, flat: npt.NDArray[np.float32]) -> None:
    size = (colour.shape[1], colour.shape[0])
    rows, columns = face.picture.shape[:2]
    source = np.asarray([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, flat)
    shown = cv2.warpPerspective(face.picture * face.brightness, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(cover.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(flat * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    part = mask.astype(np.float32) / 255
    colour += part[..., None] * (np.clip(shown, 0, 1) - colour)
    np.maximum(cover, part, out=cover)
