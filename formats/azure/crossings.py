"""Polygons that cross themselves: kept by Azure, but hardly meant (formats.md 1.5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.geometry import Segment

_MOST_POINTS = 500


def find_crossing(ring: Segment) -> tuple[float, float] | None:
    """Return a point near which two edges of a ring cross, or None.

    Edges that touch in a corner do not cross. Rings of more than 500 points are not looked at: the comparison of
    all pairs would take too long.
    """
    points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    if not 4 <= len(points) <= _MOST_POINTS:
        return None
    starts, ends = points, np.roll(points, -1, axis=0)
    sides_of_starts = _sides(starts, ends, starts)
    sides_of_ends = _sides(starts, ends, ends)
    is_split = sides_of_starts * sides_of_ends < 0
    crossings = np.argwhere(is_split & is_split.T)
    return None if len(crossings) == 0 else (float(starts[crossings[0, 0], 0]), float(starts[crossings[0, 0], 1]))


def _sides(starts: NDArray[np.float64], ends: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(E, P): on which side of every edge every point lies, as a sign."""
    along = (ends - starts)[:, None, :]
    towards = points[None, :, :] - starts[:, None, :]
    return np.sign(along[..., 0] * towards[..., 1] - along[..., 1] * towards[..., 0])
