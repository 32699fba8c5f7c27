"""Whether Arize takes an outline: open, simple, at least three points, none twice (formats.md 5.8)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_MOST_PAIRS = 4_000_000


def outline_problem(ring: Sequence[float]) -> str:
    """What is wrong with a flat outline of finite numbers, in pixels; empty when Arize takes it."""
    if len(ring) < 6 or len(ring) % 2:
        return f"it has {len(ring)} numbers, expected at least 6, two for each point"
    if min(ring) < 0:
        return f"it has the coordinate {min(ring):g}, expected none below 0"
    points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    if len(np.unique(points, axis=0)) < len(points):
        return "a point stands twice in it (Arize takes open outlines only)"
    return "it crosses or touches itself" if crosses_itself(points) else ""


def crosses_itself(points: NDArray[np.float64]) -> bool:
    """Whether two edges that are not neighbours meet, by the arithmetic of Arize's own check.

    Args:
        points: (n, 2) corners of a closed outline, none twice.
    """
    starts, ends = points, np.roll(points, -1, axis=0)
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    count = len(points)
    step = max(1, _MOST_PAIRS // count)
    for begin in range(0, count, step):
        rows = slice(begin, begin + step)
        near = np.all((low[rows, None] <= high[None]) & (low[None] <= high[rows, None]), axis=2)
        first, second = np.nonzero(near)
        first += begin
        apart = (second > first + 1) & ~((first == 0) & (second == count - 1))
        if _any_meet(starts, ends, first[apart], second[apart]):
            return True
    return False


def _any_meet(
    starts: NDArray[np.float64], ends: NDArray[np.float64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> bool:
    a, b, c, d = starts[first], ends[first], starts[second], ends[second]
    sides = (_side(c, d, a), _side(c, d, b), _side(a, b, c), _side(a, b, d))
    crosses = (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
    touches = (
        ((sides[0] == 0) & _within(c, a, d))
        | ((sides[1] == 0) & _within(c, b, d))
        | ((sides[2] == 0) & _within(a, c, b))
        | ((sides[3] == 0) & _within(a, d, b))
    )
    return bool(np.any(crosses | touches))


def _side(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sign((q[:, 1] - p[:, 1]) * (r[:, 0] - q[:, 0]) - (q[:, 0] - p[:, 0]) * (r[:, 1] - q[:, 1]))


def _within(p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.all((q <= np.maximum(p, r)) & (q >= np.minimum(p, r)), axis=1)
