"""Shapes that labelling tools draw, as the outlines and boxes of Relook: turned boxes, circles, masks, groups."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances
from formats.base.masks import outline, runs_of

CIRCLE_POINTS = 64


def turned_corners(
    box: tuple[float, float, float, float], pivot: tuple[float, float], degrees: float
) -> list[tuple[float, float]]:
    """The four corners, in pixels, of a box turned clockwise on the screen.

    Args:
        box: Left, top, right, bottom in pixels before it is turned.
        pivot: x and y in pixels of the point that stays where it is.
        degrees: How far it is turned.
    """
    left, top, right, bottom = box
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    moved = [(x - pivot[0], y - pivot[1]) for x, y in corners]
    return [(pivot[0] + x * cosine - y * sine, pivot[1] + x * sine + y * cosine) for x, y in moved]


def circle_points(centre: tuple[float, float], radius: float) -> list[tuple[float, float]]:
    """A regular polygon of 64 corners in pixels, with the area of the circle."""
    angle = 2 * math.pi / CIRCLE_POINTS
    reach = radius * math.sqrt(angle / math.sin(angle))
    turns = [angle * index for index in range(CIRCLE_POINTS)]
    return [(centre[0] + reach * math.cos(turn), centre[1] + reach * math.sin(turn)) for turn in turns]


def ring_of(points: Iterable[tuple[float, float]], size: tuple[int, int]) -> Segment:
    """A ring in fractions from (x, y) in pixels of a picture of `size` (width, height)."""
    width, height = size
    return tuple(value for x, y in points for value in (x / width, y / height))


def box_of(points: Iterable[tuple[float, float]], size: tuple[int, int]) -> Box:
    """The box around points in pixels; a box without area for none."""
    return bounding_box([ring_of(points, size)]) or Box(0.0, 0.0, 0.0, 0.0)


def outline_of_crop(mask: NDArray[np.bool_], corner: tuple[int, int], size: tuple[int, int]) -> tuple[Segment, ...]:
    """Trace a mask of a part of a picture; holes are rings too.

    Args:
        mask: (h, w) of the part.
        corner: x and y in pixels of its top left corner.
        size: (width, height) of the picture.

    Returns:
        Rings in fractions of the picture; none when the mask is empty.

    Raises:
        LimitError: The mask falls into too many pieces.
    """
    height, width = mask.shape
    return tuple(
        ring_of(
            [(corner[0] + x * width, corner[1] + y * height) for x, y in zip(ring[0::2], ring[1::2], strict=True)],
            size,
        )
        for ring in outline(runs_of(mask))
    )


def join_groups(
    parts: Iterable[tuple[Hashable, Instance | None]],
) -> tuple[Instances, tuple[str, ...]]:
    """Make one object of the outlines that share a group and a class; it stands where its first part stood.

    Args:
        parts: (group, object); None for an object without a group, and for one that is left out. Plain boxes are never
            joined.

    Returns:
        The objects, and for each part the id of the object it is in; "" for one that is left out.
    """
    joined: dict[Hashable, Instance] = {}
    ids: list[str] = []
    for index, (group, item) in enumerate(parts):
        if item is None:
            ids.append("")
            continue
        key = (group, item.label) if group is not None and item.polygons else index
        earlier = joined.get(key)
        joined[key] = item if earlier is None else _join(earlier, item)
        ids.append(joined[key].instance_id)
    return Instances(tuple(joined.values())), tuple(ids)


def _join(earlier: Instance, later: Instance) -> Instance:
    rings = earlier.polygons + later.polygons
    flags = [flag for flag in (earlier.is_crowd, later.is_crowd) if flag is not None]
    return replace(
        earlier,
        polygons=rings,
        box=bounding_box(rings) or earlier.box,
        is_crowd=any(flags) if flags else None,
        score=later.score if earlier.score is None else earlier.score,
    )
