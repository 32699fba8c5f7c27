"""Masks of labelme: a PNG picture of the part of the image they cover, in base64."""

from __future__ import annotations

import base64
import binascii
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST_PIXELS = 80_000_000
"""Of a mask; Pillow warns above 89 million."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_REMEDY = "Draw the mask again."


def read_mask(text: Any, add: Callable[..., None]) -> NDArray[np.bool_] | None:
    """Decode a mask; whatever is not 0 is inside.

    Args:
        text: The value of "mask".
        add: Takes code, message and remedy of what is wrong (EX007).

    Returns:
        (h, w) mask; None (noted) when it cannot be decoded or has more than `MOST_PIXELS`.
    """
    if not isinstance(text, str):
        add("EX007", "mask is missing; expected a PNG picture in base64.", _REMEDY)
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        add("EX007", "mask is not base64 text.", _REMEDY)
        return None
    if not data.startswith(_SIGNATURE) or len(data) < 24:
        add("EX007", "mask is no PNG picture.", _REMEDY)
        return None
    width, height = struct.unpack(">II", data[16:24])
    if not 0 < width * height <= MOST_PIXELS:
        add("EX007", f"The mask has {width}x{height} pixels; expected 1 to {MOST_PIXELS:,}.", _REMEDY)
        return None
    return _decode(data, add)


def _decode(data: bytes, add: Callable[..., None]) -> NDArray[np.bool_] | None:
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            pixels = np.asarray(picture)
    except (OSError, ValueError, SyntaxError, zlib.error) as error:
        add("EX007", f"The picture of the mask cannot be decoded: {error}.", _REMEDY)
        return None
    return (pixels != 0) if pixels.ndim == 2 else np.any(pixels[..., :3] != 0, axis=2)
