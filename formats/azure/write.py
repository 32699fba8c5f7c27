"""Writing JSON Lines the strict way, and checks on values a person entered (formats.md 1.6)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from domain.errors import FormatError
from domain.geometry import Box

_LINE_BREAKS = str.maketrans({"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def write_line(fields: Mapping[str, Any], *, where: str) -> str:
    """Return one compact line of JSON without line end; no byte of it can be taken for a line break.

    Raises:
        FormatError: A number is NaN or infinite, or a text holds half a surrogate pair.
    """
    try:
        text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_LINE_BREAKS)
        text.encode()
    except UnicodeEncodeError:
        raise FormatError(
            "A text holds half a surrogate pair, which no file can hold.", where=where, remedy="Mend the text."
        ) from None
    except ValueError:
        raise FormatError(
            "A number is NaN or infinite, which JSON cannot hold.",
            where=where,
            remedy="Mend or remove it in the source file and import the file again.",
        ) from None
    return text


def clip_fraction(value: float) -> float:
    """`value` moved into [0, 1]; never -0.0."""
    return min(max(value, 0.0), 1.0) + 0.0


def clip_box(box: Box, *, where: str) -> Box:
    """The box moved into the image.

    Raises:
        FormatError: A coordinate is not finite, or nothing of the box lies inside.
    """
    if not all(map(math.isfinite, box.as_tuple())):
        raise FormatError("A box coordinate is not a finite number.", where=where, remedy="Draw the box again.")
    clipped = Box(*map(clip_fraction, box.as_tuple()))
    if not clipped.is_valid:
        raise FormatError(
            f"The box {box.as_tuple()} has no area inside the image.", where=where, remedy="Draw it again or delete it."
        )
    return clipped
