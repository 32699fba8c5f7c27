"""Masks as runs: positions, counted down the columns, where the picture changes. They cost what the outline costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError, LimitError

MOST_PIXELS = 100_000_000
"""Of a mask that is spread out as an array; runs themselves have no such limit."""
MOST_STEPS = 4_000_000
"""Of pieces that one mask may fall into on the way: some 200 MB while they are sorted."""
_LARGEST_SIDE = 2**30


@dataclass(frozen=True, slots=True)
class Runs:
    """A mask.

    Attributes:
        flips: (2N,) int64, strictly increasing: the N starts (even places) and ends (odd places) of the runs of pixels
            inside; pixel (row, column) has position column * height + row.
        height: Pixels.
        width: Pixels.
    """

    flips: NDArray[np.int64]
    height: int
    width: int

    @property
    def area(self) -> int:
        """Pixels inside."""
        return int((self.flips[1::2] - self.flips[0::2]).sum())

    def to_mask(self) -> NDArray[np.bool_]:
        """(H, W) array.

        Raises:
            LimitError: It would have more than `MOST_PIXELS`.
        """
        pixels = self.height * self.width
        if pixels > MOST_PIXELS:
            raise LimitError(f"A mask of {self.width}x{self.height} pixels is larger than {MOST_PIXELS:,} pixels.")
        lengths = np.diff(self.flips, prepend=0, append=pixels)
        values = np.arange(len(lengths)) % 2 == 1
        return np.repeat(values, lengths).reshape(self.width, self.height).T

    def pieces(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """The runs cut at the ends of columns, as arrays (column, first row, row behind the last).

        Raises:
            LimitError: There are more than `MOST_STEPS`.
        """
        starts, ends = self.flips[0::2], self.flips[1::2]
        first = starts // max(self.height, 1)
        counts = (ends - 1) // max(self.height, 1) - first + 1
        check_steps(int(counts.sum()))
        owner = np.repeat(np.arange(len(starts)), counts)
        columns = first[owner] + np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        tops = np.maximum(starts[owner] - columns * self.height, 0)
        return columns, tops, np.minimum(ends[owner] - columns * self.height, self.height)


def runs_of(mask: NDArray[np.bool_]) -> Runs:
    """The runs of an (H, W) mask; whatever is not 0 is inside."""
    height, width = mask.shape
    flat = np.asarray(mask, dtype=bool).T.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0] if flat.size and flat[0] else []
    last = [flat.size] if flat.size and flat[-1] else []
    return Runs(np.concatenate([first, changes, last]).astype(np.int64), height, width)


def runs_from(positions: NDArray[np.int64], *, height: int, width: int) -> Runs:
    """Runs from positions in any order; those that stand an even number of times change nothing."""
    found, counts = np.unique(positions, return_counts=True)
    return Runs(found[counts % 2 == 1], height, width)


def runs_covered(positions: NDArray[np.int64], steps: NDArray[np.int64], *, height: int, width: int) -> Runs:
    """Runs of what is covered at least once.

    Args:
        positions: (N,) where covers begin and end, in any order.
        steps: (N,) 1 where one begins, -1 where one ends.
        height: Of the mask.
        width: Of the mask.
    """
    found, places = np.unique(positions, return_inverse=True)
    is_inside = np.cumsum(np.bincount(places, weights=steps, minlength=len(found))) > 0.5
    changed = is_inside != np.concatenate([[False], is_inside[:-1]])
    return Runs(found[changed], height, width)


def overlap(a: Runs, b: Runs) -> float:
    """Intersection over union of two masks of one size, in [0, 1]; 1 when both are empty."""
    both = np.concatenate([a.flips, b.flips])
    total, different = a.area + b.area, runs_from(both, height=a.height, width=a.width).area
    return (total - different) / (total + different) if total else 1.0


def check_size(height: int, width: int) -> None:
    """Refuse sides that are no sides.

    Raises:
        FormatError: A side is below 1 or above 2**30.
    """
    if not (1 <= height <= _LARGEST_SIDE and 1 <= width <= _LARGEST_SIDE):
        raise FormatError(f"The mask is {width} wide and {height} high; expected 1 to {_LARGEST_SIDE} pixels.")


def check_steps(count: int) -> None:
    """Refuse what would take too long.

    Raises:
        LimitError: `count` is above `MOST_STEPS`.
    """
    if count > MOST_STEPS:
        raise LimitError(
            f"The mask falls into {count:,} pieces; at most {MOST_STEPS:,} can be worked on.",
            remedy="Simplify the outline.",
        )
