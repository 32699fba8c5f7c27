"""Reading the polygon of one object: rings as flat lists of fractions (formats.md 1.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.geometry import Box, Segment, bounding_box
from formats.azure.boxes import pixel_remedy
from formats.azure.numbers import read_number
from formats.azure.report import LineReport, shown

_FLOATS = (frozenset({float}), frozenset({float, int}), frozenset({int}))
_EXPECTED = "expected a list of lists [[x1, y1, x2, y2, x3, y3, ...], ...]"


@dataclass(frozen=True, slots=True)
class ReadPolygon:
    """A polygon as far as it can be understood.

    Attributes:
        segments: Every ring that can be drawn, also those that Azure would drop.
        box: Around the rings that Azure keeps; around all where it keeps none; None without rings.
    """

    segments: tuple[Segment, ...] = ()
    box: Box | None = None


def read_polygon(value: Any, index: int, report: LineReport) -> ReadPolygon:
    """Read the polygon of object `index` and note what Azure would refuse or drop."""
    rings = _list_rings(value, index, report)
    segments = [as_segment(ring) for ring in rings]
    drawn = tuple(segment for segment in segments if segment)
    if any(segment is None for segment in segments):
        _note_broken(rings, segments, index, report)
        return ReadPolygon(drawn, bounding_box(drawn))
    readable = [segment for segment in segments if segment is not None]
    dropped = {number: reason for number, ring in enumerate(readable) if (reason := _why_dropped(ring))}
    kept = [ring for number, ring in enumerate(readable) if number not in dropped]
    _note_dropped(dropped, readable, index, report)
    box = bounding_box(kept or drawn)
    if kept and box is not None and (box.width <= 0 or box.height <= 0):
        message = "The polygon has no width or no height. Azure drops the object silently."
        report.add("JL008", message, path=_path(index), annotation=index, remedy="Draw it again or delete the object.")
    if any(is_closed(ring) for ring in kept):
        report.remark("closed ring", path=_path(index), annotation=index)
    return ReadPolygon(drawn, box)


def as_segment(ring: Any) -> Segment | None:
    """A ring as floats; None unless it is a list of an even number of finite numbers."""
    if not isinstance(ring, list) or len(ring) % 2:
        return None
    if frozenset(map(type, ring)) in _FLOATS:
        try:
            return tuple(map(float, ring)) if math.isfinite(sum(ring)) else None
        except OverflowError:
            return None
    return () if not ring else None


def list_rings(value: Any) -> list[Any]:
    """The rings of a polygon value, also where the outer list was forgotten."""
    if not isinstance(value, list):
        return []
    is_flat = bool(value) and all(read_number(member) is not None for member in value)
    return [value] if is_flat else value


def is_closed(ring: Segment) -> bool:
    """Whether the ring ends where it starts."""
    return len(ring) > 2 and ring[:2] == ring[-2:]


def _path(index: int) -> list[str | int]:
    return ["label", index, "polygon"]


def _list_rings(value: Any, index: int, report: LineReport) -> list[Any]:
    rings = list_rings(value)
    if not isinstance(value, list) or not any(rings):
        message = f"The polygon is {shown(value)}; {_EXPECTED}. Azure drops the object, its box included."
        remedy = "Draw a polygon or remove the key polygon."
        report.add("JL008", message, path=_path(index), annotation=index, remedy=remedy)
        return []
    if rings is not value:
        message = f"The polygon is one flat list; {_EXPECTED}."
        remedy = "Put it into a second pair of brackets."
        report.add("JL008", message, path=_path(index), annotation=index, remedy=remedy)
    return rings


def _note_broken(rings: Sequence[Any], segments: Sequence[Segment | None], index: int, report: LineReport) -> None:
    for number, (ring, segment) in enumerate(zip(rings, segments, strict=True)):
        if segment is not None:
            continue
        path = [*_path(index), number]
        if isinstance(ring, list) and all(read_number(value) is not None for value in ring) and len(ring) % 2:
            message = f"Ring {number + 1} has {len(ring)} values; expected an even number, x and y in turn."
            remedy = "Add or remove the odd value."
        else:
            message = f"Ring {number + 1} is {shown(ring)}; expected a flat list of numbers from 0 to 1."
            remedy = "Write x1, y1, x2, y2, ... as plain numbers in one list per ring."
        report.add("JL008", message, path=path, annotation=index, remedy=remedy)


def _why_dropped(ring: Segment) -> str:
    """Why Azure would drop this ring; empty when it keeps it."""
    if len(ring) < 6:
        return f"has {len(ring) // 2} points, at least 3 are needed"
    low, high = min(ring), max(ring)
    if low < 0 or high > 1:
        return f"has the value {low if low < 0 else high:g} outside 0 to 1"
    return ""


def _note_dropped(dropped: dict[int, str], rings: Sequence[Segment], index: int, report: LineReport) -> None:
    if not dropped:
        return
    number, reason = next(iter(dropped.items()))
    largest = max((max(rings[each], default=0.0) for each in dropped), default=0.0)
    path = [*_path(index), number]
    if len(dropped) == len(rings):
        message = f"No ring can be used: ring {number + 1} {reason}. Azure drops the object silently."
        points = "Each ring is one flat list x1, y1, x2, y2, ..., not a list of points."
        looks_like_points = len(rings) > 2 and all(len(ring) == 2 for ring in rings)
        remedy = pixel_remedy(largest, report) or (points if looks_like_points else "Draw the polygon again.")
        report.add("JL008", message, path=path, annotation=index, remedy=remedy)
        return
    message = f"{len(dropped)} of {len(rings)} rings would be dropped by Azure: ring {number + 1} {reason}."
    remedy = pixel_remedy(largest, report) or "Mend or delete that ring; the box is taken from the others."
    report.add("JL008b", message, path=path, annotation=index, remedy=remedy)
