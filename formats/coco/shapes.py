"""Boxes and segmentations of one annotation, in fractions of the image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any

from domain.errors import FormatError, LimitError
from domain.geometry import Box, Segment
from formats.base.masks import fill_any, has_holes, outline, read_counts
from formats.coco.document import shown

Size = tuple[int, int]
"""(width, height) in pixels."""

LARGEST_SIDE = 2**30
_NUMBERS = frozenset({int, float})
_SMALLEST_RING = 6


@dataclass(slots=True)
class Shape:
    """What a segmentation says.

    Attributes:
        rings: Its outlines; even-odd.
        is_mask: They were traced.
        is_joined: Several outlines overlapped and became one.
        is_flat: The outline stood in no list of outlines.
        problems: What cannot be used, full sentences.
    """

    rings: tuple[Segment, ...] = ()
    is_mask: bool = False
    is_joined: bool = False
    is_flat: bool = False
    problems: tuple[str, ...] = ()


def read_box(value: Any, size: Size) -> Box | None:
    """The box [x, y, width, height]; None when it is not four finite numbers."""
    if not isinstance(value, list) or len(value) != 4 or not are_finite(value):
        return None
    (x, y, wide, high), (width, height) = value, size
    return Box(x / width, y / height, (x + wide) / width, (y + high) / height)


def are_finite(values: Sequence[Any]) -> bool:
    """Whether all are finite JSON numbers that a float can hold."""
    try:
        return _NUMBERS.issuperset(map(type, values)) and isfinite(fsum(values))
    except (OverflowError, ValueError):
        return False


def read_segmentation(value: Any, size: Size) -> Shape:
    """The outlines of a segmentation: lists of numbers, or run lengths as {"size": [height, width], "counts": ...}."""
    if value is None or value == "":
        return Shape()
    if isinstance(value, dict):
        return _read_mask(value, size) if value else Shape()
    if not isinstance(value, list):
        return Shape(problems=(f"segmentation is {shown(value)}; expected outlines or run lengths.",))
    is_flat = bool(value) and not isinstance(value[0], list)
    return _join(_read_rings([value] if is_flat else value, size), size, is_flat=is_flat)


def _read_mask(value: dict[str, Any], size: Size) -> Shape:
    width, height = size
    if value.get("size") != [height, width]:
        found = shown(value.get("size"))
        return Shape(problems=(f"The mask has the size {found}; expected [{height}, {width}], height and width.",))
    try:
        rings = outline(read_counts(value.get("counts"), height, width))
    except (FormatError, LimitError) as error:
        return Shape(problems=(error.message,))
    return Shape(rings, is_mask=True, problems=() if rings else ("The mask is empty.",))


def _read_rings(value: Sequence[Any], size: Size) -> Shape:
    rings: list[Segment] = []
    problems: list[str] = []
    for number, ring in enumerate(value, start=1):
        problem = _problem(ring)
        if problem:
            problems.append(f"Outline {number} {problem}.")
        else:
            rings.append(_in_fractions(ring, size))
    return Shape(tuple(rings), problems=tuple(problems))


def _problem(ring: Any) -> str:
    """Why an outline cannot be used; empty when it can."""
    if not isinstance(ring, list):
        return f"is {shown(ring)}; expected a list of numbers"
    if not are_finite(ring):
        return f"is {shown(ring)}; expected finite numbers x1, y1, x2, y2, ... in one list"
    if len(ring) < _SMALLEST_RING or len(ring) % 2:
        return f"has {len(ring)} numbers; expected an even count, at least {_SMALLEST_RING}"
    return ""


def _in_fractions(ring: list[float], size: Size) -> Segment:
    width, height = size
    values = [0.0] * len(ring)
    values[0::2] = [x / width for x in ring[0::2]]
    values[1::2] = [y / height for y in ring[1::2]]
    return tuple(values)


def _join(shape: Shape, size: Size, *, is_flat: bool) -> Shape:
    """COCO means all outlines of an object together; where they overlap they are joined on the grid of pixels."""
    shape.is_flat = is_flat
    width, height = size
    try:
        if len(shape.rings) > 1 and has_holes(shape.rings, height, width):
            shape.rings = outline(fill_any(shape.rings, height, width))
            shape.is_joined = True
    except LimitError as error:
        return Shape(problems=(*shape.problems, error.message))
    return shape
