"""One row of a label file: a class number and a box or an outline, and the score in predictions (formats.md 8.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance
from formats.base.counts import count
from formats.base.numbers import parse_number, whole_number
from formats.base.pixels import as_text, neat

_BOX = 5
_SMALLEST_OUTLINE = 7
_ROUNDING = 1e-6
"""Files hold six decimals, so that an edge may lie this far outside."""


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says, in fractions."""

    number: int
    box: Box
    ring: Segment = ()
    score: float | None = None


def count_values(line: str) -> int:
    """How many values a row has: 5 for a box, 7, 9, 11, ... for an outline, one more with a score."""
    return len(line.split())


def is_outline(count: int) -> bool:
    """Whether a row of that many values is an outline."""
    return count >= _SMALLEST_OUTLINE


def has_score(count: int) -> bool:
    """Whether a row of that many values ends with a score."""
    return count > _BOX and count % 2 == 0


def parse_row(line: str, add: Callable[[str, str, str], None], *, box_only: bool = False) -> Row | None:
    """Read one row; None (noted) when it cannot be understood.

    Args:
        line: Values between spaces.
        add: Takes code, message and remedy.
        box_only: The row goes on with keypoints, which are left out.
    """
    values = line.split()
    if len(values) < _BOX:
        found = count(len(values), "value")
        message = f"The row has {found}; expected a class number and 4, or an outline of at least 3 points."
        add("EX003", message, "Write: class x_center y_center width height.")
        return None
    number = whole_number(values[0])
    if number is None or number < 0:
        add("EX010", f"The class is '{values[0][:40]}'; expected a number from 0.", "Write the number of the class.")
        return None
    numbers = [parse_number(value) for value in values[1:_BOX] if box_only] or list(map(parse_number, values[1:]))
    found = [value for value in numbers if value is not None]
    if len(found) < len(numbers):
        wrong = values[1 + numbers.index(None)]
        add("EX005", f"The row holds '{wrong[:40]}'; expected a number.", "Write fractions of the image.")
        return None
    return _shape(number, found, add)


def _shape(number: int, values: list[float], add: Callable[[str, str, str], None]) -> Row | None:
    score = values.pop() if has_score(len(values) + 1) else None
    if score is not None and not 0 <= score <= 1:
        add("EX012", f"The score is {score:g}; expected 0 to 1.", "Predict again.")
        return None
    if len(values) + 1 == _BOX:
        x, y, width, height = values
        box = Box(_snap(x - width / 2), _snap(y - height / 2), _snap(x + width / 2), _snap(y + height / 2))
        return Row(number, box, score=score)
    ring = tuple(map(_snap, values))
    return Row(number, bounding_box([ring]) or Box(0, 0, 0, 0), ring, score)


def render_row(number: int, item: Instance) -> str:
    """The row of a fitted object."""
    values = item.polygons[0] if item.polygons else _centred(item.box)
    score = () if item.score is None else (item.score,)
    return " ".join([str(number), *map(as_text, (*values, *score))])


def _centred(box: Box) -> tuple[float, float, float, float]:
    x, width = _centre(box.x_min, box.x_max)
    y, height = _centre(box.y_min, box.y_max)
    return x, y, width, height


def _centre(low: float, high: float) -> tuple[float, float]:
    """Centre and extent, neat as long as both edges come back."""
    extent = neat(high - low, lambda value: value + low, high)
    centre = neat((low + high) / 2, lambda value: value - extent / 2, low)
    return centre, extent


def _snap(value: float) -> float:
    if -_ROUNDING <= value < 0:
        return 0.0
    return 1.0 if 1 < value <= 1 + _ROUNDING else value
