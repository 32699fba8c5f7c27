"""From masks to outlines: the rings along the edges of the pixels, with as few points as fill the very same pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import LimitError
from domain.geometry import Segment
from formats.base.masks_fill import fill
from formats.base.masks_runs import Runs

_MOST_CORNERS = 1_000_000
_MOST_TO_SIMPLIFY = 50_000
_MOST_RINGS_TO_SIMPLIFY = 1000
_SHORTEST_LOOK = 32
_LONGEST_LOOK = 1024
_CLEARANCE = 1e-4


def outline(runs: Runs) -> tuple[Segment, ...]:
    """Trace a mask, holes included: `formats.base.masks_fill.fill` gives exactly the same pixels back.

    Rings never share an edge; where two pixels touch only by a corner, so do their rings. Tracing the filled rings
    gives the same rings.

    Returns:
        Rings in fractions of the grid, open, the largest first; a hole is a ring like the others.

    Raises:
        LimitError: The mask falls into too many pieces, or has more than a million corners.
    """
    exact = _rings(runs)
    is_noise = len(exact) > _MOST_RINGS_TO_SIMPLIFY
    if is_noise or sum(len(ring.corners) for ring in exact) > _MOST_TO_SIMPLIFY:
        return _in_fractions([ring.corners for ring in exact], runs)
    short = _in_fractions([_simplify(ring) for ring in exact], runs)
    if np.array_equal(fill(short, runs.height, runs.width).flips, runs.flips):
        return short
    return _in_fractions([ring.corners for ring in exact], runs)


@dataclass(frozen=True, slots=True)
class _Ring:
    """(N, 2) int64 corners x and y in pixels, going round; `side` is 1 when the inside is to the right of "down"."""

    corners: NDArray[np.int64]
    side: int


def _rings(runs: Runs) -> list[_Ring]:
    x, y, turns = _corners(runs)
    if not x.size:
        return []
    after, points = _row_neighbours(x, y, turns).tolist(), np.stack([x, y], axis=1)
    seen = bytearray(len(x))
    found: list[_Ring] = []
    for start in range(0, len(x), 2):
        walk: list[int] = []
        place = start
        while not seen[place]:
            other = place ^ 1  # the two ends of an edge down a column stand side by side
            seen[place] = seen[other] = 1
            walk += (place, other)
            place = after[other]
        if walk:
            found.append(_Ring(points[walk], int(np.sign(turns[start]))))
    return found


def _corners(runs: Runs) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Corners of the mask sorted by x, then y, as (x, y, turn); one where two pixels touch stands twice.

    `turn` is the mixed second difference of the mask: 1 or -1, and 2 or -2 where two pixels touch.
    """
    columns, tops, bottoms = runs.pieces()
    x = np.concatenate([columns, columns, columns + 1, columns + 1])
    y = np.concatenate([tops, bottoms, tops, bottoms])
    signs = np.repeat([1, -1, -1, 1], len(columns))
    keys, places = np.unique(x * (runs.height + 1) + y, return_inverse=True)
    turns = np.bincount(places, weights=signs, minlength=len(keys)).astype(np.int64)
    copies = np.abs(turns)
    kept = np.repeat(keys, copies)
    if len(kept) > _MOST_CORNERS:
        raise LimitError(
            f"The mask has {len(kept):,} corners; at most {_MOST_CORNERS:,} can become an outline.",
            remedy="Smooth the mask, or split the object.",
        )
    return kept // (runs.height + 1), kept % (runs.height + 1), np.repeat(turns, copies)


def _row_neighbours(x: NDArray[np.int64], y: NDArray[np.int64], turns: NDArray[np.int64]) -> NDArray[np.intp]:
    """Index of the corner at the other end of the edge along the row."""
    is_second = np.concatenate([[False], (x[1:] == x[:-1]) & (y[1:] == y[:-1])])
    is_twice = np.abs(turns) == 2
    # Where two pixels touch, each ring turns round its own pixel: above goes with left, or with right.
    rank = np.where(is_twice & (turns < 0), ~is_second, is_second)
    order = np.lexsort((rank, x, y))
    beside = np.empty_like(order)
    beside[order[0::2]], beside[order[1::2]] = order[1::2], order[0::2]
    return beside


def _simplify(ring: _Ring) -> NDArray[np.float64]:
    """Points that fill the same pixels: corners and middles of edges, as far apart as possible."""
    corners = ring.corners.astype(np.float64)
    if len(corners) <= 4:
        return corners
    points, inside, outside = _stations(corners, ring.side)
    fixed = _fixed_corners(corners) * 2
    points, inside, outside = (np.roll(part, -fixed[0], axis=0) for part in (points, inside, outside))
    stops = [*(fixed - fixed[0]).tolist(), len(points)]
    points = np.concatenate([points, points[:1]])
    kept: list[int] = []
    for start, stop in pairwise(stops):
        place = start
        while place < stop:
            kept.append(place)
            place += _reach(points[place : stop + 1], inside[place:stop], outside[place:stop])
    return points[kept] if len(kept) >= 3 else corners


def _stations(
    corners: NDArray[np.float64], side: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What lies along a ring, (2N, 2) x and y each: corner, middle, corner, middle, ...; and the gates behind each.

    A gate is the pair of pixel centres, inside and outside, between which the ring passes: behind a corner the gate
    at the start of the edge, behind a middle the gate at its end.
    """
    ends = np.roll(corners, -1, axis=0)
    steps = np.sign(ends - corners)
    points = np.stack([corners, (corners + ends) / 2], axis=1).reshape(-1, 2)
    gates = np.stack([corners + steps / 2, ends - steps / 2], axis=1).reshape(-1, 2)
    normals = np.repeat(np.stack([steps[:, 1], -steps[:, 0]], axis=1) * side / 2, 2, axis=0)
    return points, gates + normals, gates - normals


def _fixed_corners(corners: NDArray[np.float64]) -> NDArray[np.intp]:
    """Corners that stay: at the ends of the outermost edges, so that the box stays."""
    fixed = np.zeros(len(corners), bool)
    for axis in (0, 1):
        level = (corners[:, axis] + np.roll(corners[:, axis], -1)) / 2
        for index in (int(np.argmin(level)), int(np.argmax(level))):
            fixed[[index, (index + 1) % len(corners)]] = True
    return np.flatnonzero(fixed)


def _reach(points: NDArray[np.float64], inside: NDArray[np.float64], outside: NDArray[np.float64]) -> int:
    """How many stations on a straight edge from the first point can end, at least 1.

    Args:
        points: (N + 1, 2) stations.
        inside: (N, 2) centres that must lie on one side.
        outside: (N, 2) centres that must lie on the other side.
    """
    count, found = _SHORTEST_LOOK, 1
    while True:
        seen = slice(1, count + 1), slice(0, count)
        reached = _look(points[0], points[seen[0]], inside[seen[1]], outside[seen[1]])
        found = max(found, reached)
        if reached <= count // 2 or count >= min(len(inside), _LONGEST_LOOK):
            return found
        count *= 2


def _look(
    start: NDArray[np.float64], targets: NDArray[np.float64], inside: NDArray[np.float64], outside: NDArray[np.float64]
) -> int:
    """How many of the targets, counted to the last that a straight edge through all gates before it can meet."""
    x, y = targets[0] - start
    turn = np.array([[x, -y], [y, x]])
    angles = []
    for points in (inside, outside, targets):
        ahead, aside = ((points - start) @ turn).T
        angles.append(np.arctan2(aside, ahead))
    first, second, aims = angles
    low, high = (first, second) if first[0] < second[0] else (second, first)
    low, high = np.maximum.accumulate(low) + _CLEARANCE, np.minimum.accumulate(high) - _CLEARANCE
    can_meet = np.flatnonzero((low < aims) & (aims < high) & (np.abs(aims) < np.pi / 2))
    return int(can_meet[-1]) + 1 if can_meet.size else 0


def _in_fractions(rings: Sequence[NDArray[Any]], runs: Runs) -> tuple[Segment, ...]:
    return tuple(
        tuple((ring / (runs.width, runs.height)).ravel().tolist())
        for ring in sorted(rings, key=_double_area, reverse=True)
    )


def _double_area(ring: NDArray[Any]) -> float:
    x, y = ring.T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
