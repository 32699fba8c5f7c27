"""The four classes: how a can, a carton, a milk bottle and a water bottle are drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from demo.boxes import draw_brick, draw_gable
from demo.solids import Light, Profile, Sprite, revolve
from demo.textures import Colour, Field, Picture, fill, gradient, hsv, noise, print_label

CLASSES = ("can", "carton", "milk_bottle", "water_bottle")

CAN_WORDS = ("COLA", "FIZZ", "ZERO", "TONIC", "LEMON", "GINGER", "SODA", "ICE TEA")
MILK_WORDS = ("MILK", "FRESH", "DAIRY", "KEFIR", "OAT", "WHOLE", "CREAM")
WATER_WORDS = ("AQUA", "SPRING", "ALPINE", "STILL", "GLACIER", "PURE")


def paste(skin: Picture, label: Picture, *, top: float, opacity: Field | None = None) -> None:
    """Lay `label` around `skin` from `top` (fraction of the height) down, in place, opaque in `opacity`."""
    start = round(top * skin.shape[0])
    rows = min(label.shape[0], skin.shape[0] - start)
    skin[start : start + rows] = label[:rows]
    if opacity is not None:
        opacity[start : start + rows] = 1.0


def draw_can(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A drink can: printed cylinder between two narrowed metal rims."""
    half = rng.choice([0.26, 0.21, 0.3], p=[0.55, 0.25, 0.2]) * rng.uniform(0.95, 1.05)
    neck, foot = half * 0.84, half * 0.8
    profile: Profile = ((0, neck), (0.02, neck), (0.035, neck * 0.97), (0.11, half), (0.93, half), (1, foot))
    columns = max(24, round(2 * np.pi * half * height))
    metal: Colour = (0.78, 0.79, 0.81)
    skin = fill(height, columns, metal)
    base = metal if rng.random() < 0.12 else hsv(rng.random(), rng.uniform(0.05, 1), rng.uniform(0.3, 0.98))
    accent = hsv(rng.random(), rng.uniform(0.2, 1), rng.uniform(0.35, 1))
    label = print_label(rng, (round(height * 0.86), columns), base=base, accent=accent, words=CAN_WORDS)
    paste(skin, np.roll(label, int(rng.integers(columns)), axis=1), top=0.075)
    if rng.random() < 0.35:
        add_drops(rng, skin)
    opacity = np.ones((height, columns), np.float32)
    lid: Colour = (0.7, 0.71, 0.73)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=lid, metal=rng.uniform(0.2, 0.5))


def add_drops(rng: np.random.Generator, skin: Picture) -> None:
    """Condensation: small bright specks, in place."""
    specks = noise(rng, (skin.shape[0], skin.shape[1]), cell=(9, 7), octaves=2)
    skin += 0.18 * np.clip((specks - 0.68) * 8, 0, 1)[..., None]


def draw_carton(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A gable-top or brick-shaped drink carton."""
    draw = draw_gable if rng.random() < 0.55 else draw_brick
    return draw(rng, height, tilt=tilt, light=light)


def draw_milk_bottle(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A milky bottle with rounded shoulders and a wide cap; opaque plastic or glass filled with milk."""
    half, neck = rng.uniform(0.17, 0.25), rng.uniform(0.07, 0.1)
    shoulder = rng.uniform(0.26, 0.4)
    profile = bottle_profile(half, neck, shoulder, cap=0.085, collar=0.13)
    columns = max(24, round(2 * np.pi * half * height))
    white: Colour = hsv(rng.uniform(0.05, 0.16), rng.uniform(0, 0.12), rng.uniform(0.84, 0.96))
    skin = gradient(height, columns, white, (white[0] * 0.95, white[1] * 0.95, white[2] * 0.97))
    opacity = np.full((height, columns), rng.uniform(0.9, 1.0), np.float32)
    if rng.random() < 0.35:
        empty_top(rng, skin, opacity, until=rng.uniform(shoulder * 0.6, 0.55))
    cap = hsv(rng.random(), rng.uniform(0.2, 0.95), rng.uniform(0.35, 0.95))
    add_cap(skin, opacity, cap, until=0.085)
    if rng.random() < 0.82:
        accent = hsv(rng.random(), rng.uniform(0.4, 1), rng.uniform(0.3, 0.9))
        ground = white if rng.random() < 0.4 else hsv(rng.random(), rng.uniform(0.1, 0.8), rng.uniform(0.6, 1))
        rows = round(height * rng.uniform(0.2, 0.4))
        label = print_label(rng, (rows, columns), base=ground, accent=accent, words=MILK_WORDS)
        paste(skin, np.roll(label, int(rng.integers(columns)), axis=1), top=shoulder + 0.12, opacity=opacity)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=cap)


def draw_water_bottle(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A slim clear bottle with ribs, a small cap and a bluish label; now and then a tinted or opaque one."""
    half, neck = rng.uniform(0.12, 0.175), rng.uniform(0.042, 0.062)
    shoulder = rng.uniform(0.2, 0.34)
    profile = bottle_profile(half, neck, shoulder, cap=0.06, collar=0.1, waist=rng.uniform(0, 0.12))
    columns = max(24, round(2 * np.pi * half * height))
    milky = rng.random() < 0.1
    hue, strength = rng.uniform(0.45, 0.62), 0.08 if milky else rng.uniform(0.05, 0.45)
    tint = hsv(hue, strength, rng.uniform(0.75, 0.95))
    skin = fill(height, columns, tint)
    opacity = np.full((height, columns), rng.uniform(0.75, 0.95) if milky else rng.uniform(0.28, 0.6), np.float32)
    empty_top(rng, skin, opacity, until=rng.uniform(0.1, 0.6))
    add_ribs(rng, skin, opacity)
    cap = hsv(
        rng.uniform(0.5, 0.68) if rng.random() < 0.6 else rng.random(), rng.uniform(0.1, 0.95), rng.uniform(0.4, 1)
    )
    add_cap(skin, opacity, cap, until=0.06)
    if rng.random() < 0.85:
        base = hsv(
            rng.uniform(0.4, 0.72) if rng.random() < 0.7 else rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.5, 1)
        )
        accent = hsv(rng.random(), rng.uniform(0.1, 0.9), rng.uniform(0.4, 1))
        rows = round(height * rng.uniform(0.14, 0.3))
        label = print_label(rng, (rows, columns), base=base, accent=accent, words=WATER_WORDS)
        top = rng.uniform(shoulder + 0.05, 0.62)
        paste(skin, np.roll(label, int(rng.integers(columns)), axis=1), top=top, opacity=opacity)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=cap)


def bottle_profile(
    half: float, neck: float, shoulder: float, *, cap: float, collar: float, waist: float = 0
) -> Profile:
    """Cap, collar, neck, rounded shoulder, body with an optional waist, rounded foot."""
    curve = [
        (collar + (shoulder - collar) * t, neck + (half - neck) * float(np.sin(t * np.pi / 2)) ** 1.4)
        for t in np.linspace(0.25, 1, 7)
    ]
    body = [(0.55, half * (1 - waist)), (0.72, half), (0.94, half), (1.0, half * 0.86)]
    head = [(0.0, neck * 1.12), (cap, neck * 1.12), (cap + 0.008, neck), (collar, neck)]
    return tuple(head + curve + body)


def empty_top(rng: np.random.Generator, skin: Picture, opacity: Field, *, until: float) -> None:
    """Above the filling the wall alone is seen, paler and clearer, in place."""
    level = round(until * skin.shape[0])
    skin[:level] = 0.25 * skin[:level] + 0.7
    opacity[:level] *= rng.uniform(0.4, 0.75)
    skin[level : level + 2] *= 0.8


def add_cap(skin: Picture, opacity: Field, colour: Colour, *, until: float) -> None:
    """An opaque ribbed cap over the first rows, in place."""
    rows = max(2, round(until * skin.shape[0]))
    ribs = 1 + 0.12 * np.sin(np.arange(skin.shape[1], dtype=np.float32) * 1.1)[None, :, None]
    skin[:rows] = np.asarray(colour, np.float32) * ribs
    skin[rows - 1 : rows] *= 0.6
    opacity[:rows] = 1.0


def add_ribs(rng: np.random.Generator, skin: Picture, opacity: Field) -> None:
    """Moulded rings below the shoulder, in place."""
    rows = np.arange(skin.shape[0], dtype=np.float32) / skin.shape[0]
    wave = np.sin(rows * 2 * np.pi * rng.uniform(9, 20)) * (rows > 0.35)
    skin *= (1 + rng.uniform(0.03, 0.12) * wave)[:, None, None]
    opacity *= (1 + 0.2 * wave)[:, None]
    np.clip(opacity, 0, 1, out=opacity)


DRAW: dict[str, Callable[..., Sprite]] = {
    "can": draw_can,
    "carton": draw_carton,
    "milk_bottle": draw_milk_bottle,
    "water_bottle": draw_water_bottle,
}
"""Class name -> function (rng, height in pixels, *, tilt, light) -> `Sprite`."""
