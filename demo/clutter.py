"""Other things in a fridge, which no class names: fruit, jars, cups, boxes, dark bottles."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from demo.boxes import draw_box
from demo.objects import add_cap, bottle_profile, paste
from demo.solids import Light, Profile, Sprite, revolve
from demo.textures import Colour, fill, hsv, noise, print_label

JAR_WORDS = ("JAM", "HONEY", "PESTO", "OLIVES", "PICKLES", "MUSTARD")
FRUIT: tuple[tuple[float, float, float, float], ...] = (
    (0.08, 0.9, 0.95, 1.0),  # orange: hue, saturation, value, squash
    (0.99, 0.85, 0.8, 0.95),  # red apple
    (0.26, 0.65, 0.75, 0.95),  # green apple
    (0.15, 0.75, 0.95, 0.8),  # lemon
    (0.02, 0.9, 0.85, 0.9),  # tomato
    (0.08, 0.25, 0.9, 1.15),  # egg
    (0.28, 0.5, 0.55, 0.85),  # cabbage
)


def draw_fruit(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A shaded ball with a mottled skin."""
    del tilt
    hue, saturation, value, squash = FRUIT[rng.integers(len(FRUIT))]
    rows, columns = height, max(8, round(height / squash))
    ys, xs = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    radius = np.sqrt(xs * xs + ys * ys)
    cover = np.clip((0.98 - radius) * rows / 2, 0, 1)
    facing = np.sqrt(np.clip(1 - radius * radius, 0, 1))
    lit = np.clip(0.5 * light.side * xs - 0.5 * ys + 0.7 * facing, 0, 1)
    ground = np.asarray(hsv(hue + rng.uniform(-0.02, 0.02), saturation, value), np.float32)
    mottle = 0.8 + 0.35 * noise(rng, (rows, columns), cell=(rows / 3, columns / 5), octaves=4)
    shine = 0.5 * light.gloss * np.exp(-((xs - 0.35 * light.side) ** 2 + (ys + 0.4) ** 2) / 0.025)
    colour = ground * (mottle * (light.ambient * 0.8 + (1 - light.ambient * 0.8) * lit))[..., None] + shine[..., None]
    return Sprite(np.clip(colour, 0, 1) * cover[..., None], cover, cover)


def draw_jar(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A squat glass jar with a wide lid."""
    half = rng.uniform(0.3, 0.45)
    profile: Profile = (
        (0, half * 0.88),
        (0.15, half * 0.88),
        (0.17, half * 0.8),
        (0.27, half),
        (0.95, half),
        (1, half * 0.9),
    )
    columns = max(24, round(2 * np.pi * half * height))
    filling = hsv(rng.random() * 0.35, rng.uniform(0.4, 0.95), rng.uniform(0.25, 0.8))
    skin = fill(height, columns, filling) * (0.75 + 0.5 * noise(rng, (height, columns), cell=(20, 20)))[..., None]
    opacity = np.full((height, columns), 0.9, np.float32)
    lid = hsv(rng.random(), rng.uniform(0, 0.8), rng.uniform(0.3, 0.9))
    add_cap(skin, opacity, lid, until=0.15)
    rows = round(height * rng.uniform(0.3, 0.45))
    label = print_label(
        rng, (rows, columns), base=hsv(rng.random(), 0.2, 0.92), accent=hsv(rng.random(), 0.8, 0.6), words=JAR_WORDS
    )
    paste(skin, label, top=0.42, opacity=opacity)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=lid)


def draw_cup(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A yoghurt cup, narrower below."""
    half = rng.uniform(0.38, 0.5)
    profile: Profile = ((0, half * 1.06), (0.04, half * 1.06), (0.06, half), (1, half * rng.uniform(0.7, 0.85)))
    columns = max(24, round(2 * np.pi * half * height))
    base = hsv(rng.random(), rng.uniform(0, 0.6), 0.95)
    skin = print_label(
        rng, (height, columns), base=base, accent=hsv(rng.random(), 0.8, 0.8), words=("BERRY", "PLAIN", "PEACH")
    )
    lid: Colour = (0.85, 0.86, 0.88)
    opacity = np.ones((height, columns), np.float32)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=lid)


def draw_dark_bottle(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A green, brown or red glass or sauce bottle: bottle-shaped, and none of the classes."""
    half, neck = rng.uniform(0.11, 0.16), rng.uniform(0.035, 0.05)
    profile = bottle_profile(half, neck, rng.uniform(0.3, 0.45), cap=0.07, collar=rng.uniform(0.12, 0.2))
    columns = max(24, round(2 * np.pi * half * height))
    hue = float(rng.choice([0.08, 0.28, 0.35, 0.0]))
    skin = fill(height, columns, hsv(hue, rng.uniform(0.6, 0.95), rng.uniform(0.15, 0.5)))
    opacity = np.full((height, columns), rng.uniform(0.85, 0.97), np.float32)
    cap = hsv(rng.random(), rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.8))
    add_cap(skin, opacity, cap, until=0.07)
    rows = round(height * rng.uniform(0.18, 0.3))
    label = print_label(
        rng,
        (rows, columns),
        base=hsv(0.12, 0.2, 0.9),
        accent=hsv(rng.random(), 0.7, 0.5),
        words=("OLIVE", "SOY", "WINE"),
    )
    paste(skin, label, top=0.55, opacity=opacity)
    return revolve(profile, skin, opacity, height=height, tilt=tilt, light=light, lid=cap)


def draw_leaves(rng: np.random.Generator, height: int, *, tilt: float, light: Light) -> Sprite:
    """A crumpled bag or a head of salad: an irregular blob with folds."""
    del tilt
    columns = round(height * rng.uniform(1.0, 1.7))
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : columns * 1j].astype(np.float32)
    angle = np.arctan2(ys, xs)
    waves = rng.uniform(0.02, 0.07, 6)[:, None, None] * np.sin(
        np.arange(3, 9)[:, None, None] * angle + rng.uniform(0, 6.3, 6)[:, None, None]
    )
    edge = 0.78 + waves.sum(0, dtype=np.float32)
    cover = np.clip((edge - np.sqrt(xs * xs + ys * ys)) * height / 4, 0, 1).astype(np.float32)
    folds = noise(rng, (height, columns), cell=(height / 4, columns / 4), octaves=4)
    relief = cv2.Sobel(folds, cv2.CV_32F, 1, 0, ksize=3) * light.side * 2.5
    leafy = rng.random() < 0.6
    ground = (
        hsv(rng.uniform(0.2, 0.33), 0.6, 0.6)
        if leafy
        else hsv(rng.uniform(0.05, 0.15), rng.uniform(0, 0.5), rng.uniform(0.5, 0.95))
    )
    brightness = 0.45 + 0.6 * folds + relief - 0.2 * ys
    colour = np.asarray(ground, np.float32) * brightness[..., None]
    return Sprite(np.clip(colour, 0, 1) * cover[..., None], cover, cover)


CLUTTER: tuple[tuple[Callable[..., Sprite], float, float], ...] = (
    (draw_fruit, 0.1, 0.2),
    (draw_jar, 0.15, 0.27),
    (draw_cup, 0.12, 0.2),
    (draw_box, 0.1, 0.26),
    (draw_dark_bottle, 0.35, 0.6),
    (draw_leaves, 0.14, 0.25),
)
"""(function, smallest height, greatest height); heights as fractions of the image's height, at scale 1."""
