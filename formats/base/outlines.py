"""Making outlines fit formats that join the rings of an object: open, with an area, and without holes."""

from __future__ import annotations

from dataclasses import replace

from domain.errors import LimitError
from domain.geometry import Segment, bounding_box
from domain.prediction import Instance
from formats.base.fitting import Loss, Losses, open_ring
from formats.base.masks import fill, fill_any, has_holes, outline, ring_area

_SMALLEST_RING = 6
_GRID = (1024, 1024)


def fit_outline(item: Instance, size: tuple[int, int] | None, losses: Losses, where: str) -> Instance:
    """Open the rings, drop those without an area, fill the holes, and take the box from what is left.

    An object of which no ring is left keeps its box, and no outline.

    Args:
        item: An object with coordinates in fractions.
        size: (width, height) of the picture in pixels, on which holes are looked for.
        losses: Where holes and outlines that are lost are noted.
        where: The place, for the notes.
    """
    if not item.polygons:
        return item
    rings = tuple(ring for ring in map(open_ring, item.polygons) if _is_usable(ring))
    if len(rings) < len(item.polygons):
        found = "an outline without an area" if rings else "only its box is kept, its outline has no area"
        losses.note(Loss.POLYGONS, where, found)
    try:
        filled = _fill_holes(rings, size or _GRID)
    except LimitError:
        losses.note(Loss.POLYGONS, where, "only its box is kept, its outlines are too fine to be compared")
        return replace(item, polygons=())
    if filled != rings:
        losses.note(Loss.HOLES, where, "filled, and what overlaps is joined")
    return replace(item, polygons=filled, box=bounding_box(filled) or item.box)


def _is_usable(ring: Segment) -> bool:
    return len(ring) >= _SMALLEST_RING and ring_area(ring) > 0


def _fill_holes(rings: tuple[Segment, ...], size: tuple[int, int]) -> tuple[Segment, ...]:
    width, height = size
    if not has_holes(rings, height, width):
        return rings
    outer = _drop_inner(rings, height, width)
    if not has_holes(outer, height, width):
        return outer
    return _drop_inner(outline(fill_any(outer, height, width)), height, width)


def _drop_inner(rings: tuple[Segment, ...], height: int, width: int) -> tuple[Segment, ...]:
    """The rings that lie inside no larger one, in their order; a ring that fills no pixel stays."""
    kept: list[int] = []
    for index in sorted(range(len(rings)), key=lambda index: ring_area(rings[index]), reverse=True):
        ring = rings[index]
        fills = fill([ring], height, width).area > 0
        if not fills or not any(_holds(rings[outer], ring, height, width) for outer in kept):
            kept.append(index)
    return tuple(rings[index] for index in sorted(kept))


def _holds(outer: Segment, ring: Segment, height: int, width: int) -> bool:
    if min(ring[0::2]) > max(outer[0::2]) or max(ring[0::2]) < min(outer[0::2]):
        return False
    if min(ring[1::2]) > max(outer[1::2]) or max(ring[1::2]) < min(outer[1::2]):
        return False
    return fill_any([outer, ring], height, width).area == fill([outer], height, width).area
