"""Labels between the stored pixel grid and the upright picture; what a person did not touch keeps its exact numbers."""

from __future__ import annotations

from dataclasses import replace

from domain.geometry import Box, Segment
from domain.orientation import (
    box_to_stored,
    box_to_upright,
    point_to_stored,
    point_to_upright,
    segment_to_stored,
    segment_to_upright,
)
from domain.prediction import Content, Instance, Instances


def to_upright(content: Content, orientation: int) -> Content:
    """Return `content` as it lies on the upright picture."""
    if orientation == 1 or not isinstance(content, Instances):
        return content
    return Instances(tuple(turn_upright(item, orientation) for item in content.items))


def to_stored_grid(content: Content, orientation: int) -> Content:
    """Return what was said about the upright picture, on the stored pixel grid."""
    if orientation == 1 or not isinstance(content, Instances):
        return content
    return Instances(tuple(_turn_back(item, orientation) for item in content.items))


def to_stored(item: Instance, known: Instance | None, orientation: int) -> Instance:
    """Return an object drawn on the upright picture, on the stored pixel grid.

    Args:
        item: The object as it came back from a person.
        known: The object as it was on the stored grid, None for a new one. Every edge and corner that stayed in its
            place takes its number from here, since 1 - (1 - x) is not always x.
        orientation: EXIF orientation, 1 to 8.
    """
    box = _box_to_stored(item.box, known.box if known else None, orientation)
    if known is not None and turn_upright(known, orientation).polygons == item.polygons:
        return replace(item, box=box, polygons=known.polygons, is_crowd=known.is_crowd)
    corners = _find_corners(known.polygons if known else (), orientation)
    rings = tuple(_ring_to_stored(ring, corners, orientation) for ring in item.polygons)
    return replace(item, box=box, polygons=rings, is_crowd=known.is_crowd if known else item.is_crowd)


def turn_upright(item: Instance, orientation: int) -> Instance:
    """One object as it lies on the upright picture."""
    rings = tuple(segment_to_upright(ring, orientation) for ring in item.polygons)
    return replace(item, box=box_to_upright(item.box, orientation), polygons=rings)


def _turn_back(item: Instance, orientation: int) -> Instance:
    rings = tuple(segment_to_stored(ring, orientation) for ring in item.polygons)
    return replace(item, box=box_to_stored(item.box, orientation), polygons=rings)


def _box_to_stored(box: Box, known: Box | None, orientation: int) -> Box:
    turned = box_to_stored(box, orientation)
    if known is None:
        return turned
    back = box_to_stored(box_to_upright(known, orientation), orientation)
    edges = zip(known.as_tuple(), back.as_tuple(), turned.as_tuple(), strict=True)
    return Box(*(exact if new == unmoved else new for exact, unmoved, new in edges))


def _find_corners(rings: tuple[Segment, ...], orientation: int) -> dict[tuple[float, float], tuple[float, float]]:
    """Corner as it comes back from the upright picture -> corner as it was."""
    points = [point for ring in rings for point in zip(ring[0::2], ring[1::2], strict=False)]
    return {point_to_stored(*point_to_upright(*point, orientation), orientation): point for point in points}


def _ring_to_stored(
    ring: Segment, corners: dict[tuple[float, float], tuple[float, float]], orientation: int
) -> Segment:
    points = [point_to_stored(x, y, orientation) for x, y in zip(ring[0::2], ring[1::2], strict=True)]
    return tuple(value for point in points for value in corners.get(point, point))
