"""From outlines to masks: even-odd filling, sampled at the centres of pixels, and areas of rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError
from domain.geometry import Segment
from formats.base.masks_runs import Runs, check_size, check_steps, runs_covered, runs_from

_FARTHEST = 1e9
_GRID = 1024
_MOST_BOXES = 1000


def fill(polygons: Sequence[Segment], height: int, width: int) -> Runs:
    """Fill outlines: a pixel is inside when its centre lies within an odd number of rings (formats.md 1.5).

    Args:
        polygons: Rings in fractions of the grid, open or closed, in any order.
        height: Of the mask in pixels.
        width: Of the mask in pixels.

    Raises:
        FormatError: A coordinate is not finite, or the size is none.
        LimitError: The rings cross too many columns of pixels.
    """
    _, positions = _crossings(polygons, height, width)
    return runs_from(positions, height=height, width=width)


def fill_any(polygons: Sequence[Segment], height: int, width: int) -> Runs:
    """As `fill`, but a pixel is inside when any ring holds it, as COCO means its lists of polygons."""
    rings, positions = _crossings(polygons, height, width)
    positions = positions[np.lexsort((positions, rings))]
    steps = 1 - 2 * (np.arange(len(positions)) % 2)  # a ring is entered as often as it is left
    return runs_covered(positions, steps, height=height, width=width)


def has_holes(polygons: Sequence[Segment], height: int = _GRID, width: int = _GRID) -> bool:
    """Whether rings of one object overlap, which makes the overlap a hole: their even-odd area is not their union.

    Args:
        polygons: Rings in fractions.
        height: Of the grid the areas are compared on, in pixels; the image's own where it is known.
        width: As `height`.

    Raises:
        FormatError: A coordinate is not finite.
        LimitError: The rings cross too many columns of pixels.
    """
    if not _bounds_overlap(polygons):
        return False
    return fill(polygons, height, width).area != fill_any(polygons, height, width).area


def ring_area(ring: Segment) -> float:
    """Area of one ring in the square of its unit, never negative (shoelace formula); 0 below 3 points."""
    points = np.asarray(ring[: len(ring) // 2 * 2], dtype=np.float64).reshape(-1, 2)
    if len(points) < 3:
        return 0.0
    x, y = (points[1:] - points[0]).T  # the products with the first point, now the origin, are 0
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:]))) / 2


def in_pixels(ring: Segment, height: int, width: int) -> NDArray[np.float64]:
    """(N, 2) x and y of a ring in pixels; numbers far outside are moved to 1e9.

    Raises:
        FormatError: A coordinate is not finite.
    """
    points = np.asarray(ring[: len(ring) // 2 * 2], dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise FormatError("A coordinate of the outline is not a finite number.", remedy="Draw the outline again.")
    return np.clip(points, -_FARTHEST, _FARTHEST) * (width, height)


def _bounds_overlap(polygons: Sequence[Segment]) -> bool:
    boxes = [(min(ring[0::2]), min(ring[1::2]), max(ring[0::2]), max(ring[1::2])) for ring in polygons if len(ring) > 1]
    if len(boxes) > _MOST_BOXES:
        return True
    boxes.sort()
    for index, (_, top, right, bottom) in enumerate(boxes):
        for left, other_top, _, other_bottom in boxes[index + 1 :]:
            if left >= right:
                break
            if other_top < bottom and top < other_bottom:
                return True
    return False


def _crossings(polygons: Sequence[Segment], height: int, width: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Where rings cross the lines down the centres of the columns: (number of the ring, position) of each crossing."""
    check_size(height, width)
    rings = [in_pixels(ring, height, width) for ring in polygons]
    if not rings:
        return np.empty(0, np.intp), np.empty(0, np.int64)
    starts = np.concatenate(rings)
    ends = np.concatenate([part for ring in rings for part in (ring[1:], ring[:1])])
    low, high = np.minimum(starts[:, 0], ends[:, 0]), np.maximum(starts[:, 0], ends[:, 0])
    first = np.clip(np.ceil(low - 0.5), 0, width).astype(np.int64)
    counts = np.clip(np.ceil(high - 0.5), 0, width).astype(np.int64) - first
    check_steps(int(counts.sum()))
    edges = np.repeat(np.arange(len(starts)), counts)
    columns = first[edges] + np.arange(len(edges)) - np.repeat(np.cumsum(counts) - counts, counts)
    (x, y), (dx, dy) = starts[edges].T, (ends - starts)[edges].T
    rows = np.clip(np.ceil(y + (columns + 0.5 - x) * dy / dx - 0.5), 0, height).astype(np.int64)
    owners = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return owners[edges], columns * height + rows
