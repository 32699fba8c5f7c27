"""Pictures that show nearly the same: found by a perceptual hash, so that they are never learned and judged both."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

MOST_BITS = 10
"""Of 64 that may differ between two pictures of the same."""

_SIDE = 32
_KEPT = 8
_AT_ONCE = 512


def perceptual_hash(picture: NDArray[np.uint8]) -> int:
    """Return 64 bits that stay nearly the same when a picture is scaled, compressed or made brighter.

    The signs, against their median, of the 8 x 8 slowest waves of the grey picture (Zauner 2010, pHash); mirrored
    pictures are other pictures.

    Args:
        picture: (H, W, 3) uint8.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = np.asarray(cv2.dct(small))[:_KEPT, :_KEPT].ravel()
    bits = waves > np.median(waves[1:])
    return int(np.packbits(bits).view(">u8")[0])


def group_alike(content_hashes: Sequence[str], hashes: Sequence[int], *, most_bits: int = MOST_BITS) -> list[int]:
    """Return the number of the group each of N pictures belongs to.

    Same bytes, or hashes that differ in at most `most_bits` bits, are one group; so is what is linked by others.

    Args:
        content_hashes: N digests of the files; empty where it is not known.
        hashes: N of `perceptual_hash`.
        most_bits: See above; 0 to 62.
    """
    parents = list(range(len(hashes)))
    for one, other in _same_files(content_hashes):
        _unite(parents, one, other)
    for one, other in _near(np.asarray(hashes, np.uint64), most_bits):
        _unite(parents, one, other)
    return [_root(parents, place) for place in range(len(parents))]


def _same_files(digests: Sequence[str]) -> Iterator[tuple[int, int]]:
    first: dict[str, int] = {}
    for place, digest in enumerate(digests):
        if digest:
            yield first.setdefault(digest, place), place


def _near(hashes: Hashes, most_bits: int) -> Iterator[tuple[int, int]]:
    """Pairs that differ in few bits: of `most_bits` + 1 bands of the bits, at least one is the same in both."""
    edges = np.linspace(0, 64, most_bits + 2).astype(int)
    for low, high in itertools.pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(band[order])) + 1):
            yield from _near_in(hashes, bucket, most_bits)


def _near_in(hashes: Hashes, bucket: NDArray[np.int64], most_bits: int) -> Iterator[tuple[int, int]]:
    for start in range(0, len(bucket), _AT_ONCE):
        rows = bucket[start : start + _AT_ONCE]
        differing = np.bitwise_count(hashes[rows][:, None] ^ hashes[bucket[start:]][None])
        for row, column in zip(*np.nonzero(differing <= most_bits), strict=True):
            if column > row:
                yield int(rows[row]), int(bucket[start + column])


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


def _unite(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
