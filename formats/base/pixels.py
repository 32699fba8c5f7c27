"""Between fractions and pixels: short to read in a file, and the very same fraction when read back."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from domain.geometry import Segment
from formats.base.numbers import whole_number

_DIGITS = 9
_LAST_DIGIT = 5e-16


def neat(value: float, read: Callable[[float], float], wanted: float) -> float:
    """The number to write so that `read` makes `wanted` of it, with 9 decimals if it can be.

    270.39600000000002 becomes 270.396 where that reads back the same up to the last digit of a float. It is stable:
    reading and writing again changes nothing.
    """
    rounded = round(value, _DIGITS) + 0.0
    if math.isclose(read(rounded), wanted, rel_tol=_LAST_DIGIT):
        return rounded
    others = (math.nextafter(value, math.inf), math.nextafter(value, -math.inf))
    return next((other for other in others if read(value) != wanted and read(other) == wanted), value)


def to_pixels(fraction: float, side: int) -> float:
    """Pixels of a fraction of a side; divided by `side` they give `fraction` again, up to the last digit of a float."""
    return neat(fraction * side, lambda pixels: pixels / side, fraction)


def points_in_pixels(ring: Segment, size: tuple[int, int]) -> list[tuple[float, float]]:
    """(x, y) in pixels of a ring in fractions of a picture of `size` (width, height)."""
    width, height = size
    return [(to_pixels(x, width), to_pixels(y, height)) for x, y in zip(ring[0::2], ring[1::2], strict=False)]


def as_text(value: float) -> str:
    """The shortest text that reads back as the same float: "100", "270.396"."""
    return repr(value).removesuffix(".0")


def read_size(width: Any, height: Any) -> tuple[int, int] | None:
    """(width, height) from what a file says, numbers or texts; None when one is not a whole number above 0."""
    columns, rows = whole_number(width), whole_number(height)
    return (columns, rows) if columns is not None and rows is not None and columns > 0 and rows > 0 else None
