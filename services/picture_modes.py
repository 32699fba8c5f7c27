"""Every Pillow mode -> 8-bit RGB: scaled, never saturated; transparent parts lie on white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PLAIN_MODES = frozenset({"1", "L", "P", "RGB"})
"""8-bit modes that a browser and `to_rgb` show alike, as long as nothing is transparent."""

_16_TO_8_BIT = ((np.arange(65536, dtype=np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a decoded image to mode RGB.

    Pillow's `convert("RGB")` clips 16-bit values at 255 and drops transparency, so that a picture may come out
    white, or show what lies hidden under its transparent parts. Here:

    * 16-bit grey: 0..65535 becomes 0..255, the same for every image (a 12-bit camera looks dark, not guessed at).
    * 32-bit integers: as 16-bit when all values lie in 0..65535, else from the smallest to the largest.
    * Floats: 0..1, 0..255 or 0..65535, the first range that holds all values, else smallest to largest; NaN counts as
      the smallest.
    * Transparency is laid on white. CMYK is converted without its colour profile.
    """
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):
        return Image.fromarray(_scale_to_8_bit(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        return _lay_on_white(image)
    return image.convert("RGB")


def _lay_on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("LA").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(layer, mask=layer.getchannel("A"))
    return white


def _scale_to_8_bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(H, W) of uint16, int32 or float32 -> uint8."""
    if values.dtype.kind == "u":
        return _16_TO_8_BIT[values.astype(np.uint16)]  # in the byte order of this machine
    known = _without_gaps(values)
    low, high = float(known.min()), float(known.max())
    ceilings = (65535,) if values.dtype.kind == "i" else (1, 255, 65535)
    ceiling = next((limit for limit in ceilings if low >= 0 and high <= limit), None)
    return _stretch(known, low, high) if ceiling is None else _stretch(known, 0, ceiling)


def _without_gaps(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """float64, so that no difference overflows; NaN and infinities become the nearest finite value."""
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return np.nan_to_num(numbers, nan=low, posinf=high, neginf=low)


def _stretch(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    if high <= low:
        return np.zeros(values.shape, np.uint8)
    return np.rint((values - low) / (high - low) * 255).astype(np.uint8)
