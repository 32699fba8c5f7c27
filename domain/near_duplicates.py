"""Pictures that look almost the same: a short print of each, and the groups of prints that differ in a few bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 16
"""A print compares 16 x 17 cells of a picture, each with its neighbour: 256 bits."""
MOST_BITS = 32
"""Prints that differ in so many bits or fewer are of near-duplicates.

On 187 photos half the size, JPEG quality 40 and other light changed up to 20 bits, 2 % cut off 32 in the middle;
different photos differed in 76 bits and more, but for one pair of the same scene."""
_BANDS = 16
_CROWD = 500

Prints = NDArray[np.uint16]


def print_of(grey: NDArray[np.float64]) -> Prints:
    """Return the print of a picture: whether each cell is brighter than the one to its left (difference hash).

    Args:
        grey: (16, 17) the picture shrunk to so many cells, any scale.

    Returns:
        (16,) one number a row.
    """
    bits = grey[:, 1:] > grey[:, :-1]
    return (bits * (1 << np.arange(SIDE, dtype=np.uint32))).sum(axis=1).astype(np.uint16)


def group_prints(prints: Prints) -> NDArray[np.int64]:
    """Return (N,) the number of the group of each print; those of near-duplicates share one.

    Only prints with an equal row are compared: that finds all that differ in up to 15 bits, and about nine of ten that
    differ in 32. A row that more than 500 different prints share (a clear sky) says too little and is passed over.

    Args:
        prints: (N, 16).
    """
    unique, owners = np.unique(prints, axis=0, return_inverse=True)
    parents = np.arange(len(unique))
    for band in range(_BANDS if len(unique) > 1 else 0):
        order = np.argsort(unique[:, band], kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(unique[order, band].astype(np.int64))) + 1):
            if 1 < len(bucket) <= _CROWD:
                _join(unique, bucket, parents)
    roots = np.array([_root(parents, place) for place in range(len(unique))], dtype=np.int64)
    return roots[owners.reshape(-1)] if len(unique) else np.zeros(0, np.int64)


def _join(prints: Prints, bucket: NDArray[np.int64], parents: NDArray[np.int64]) -> None:
    differing = np.bitwise_count(prints[bucket][:, None] ^ prints[bucket][None]).sum(axis=2, dtype=np.int64)
    for left, right in np.argwhere(np.triu(differing <= MOST_BITS, k=1)).tolist():
        ours, theirs = _root(parents, int(bucket[left])), _root(parents, int(bucket[right]))
        parents[max(ours, theirs)] = min(ours, theirs)


def _root(parents: NDArray[np.int64], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = int(parents[place])
    return place
