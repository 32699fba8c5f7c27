"""Percentile intervals by drawing the images anew, with replacement (Efron 1979)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from domain.trust import Estimate

_BLOCK = 4_000_000
"""So many drawn counts are held at once."""
_FEW_CELLS = 2000


def resample(counts: NDArray[np.int64], *, draws: int = 1000, seed: int = 0) -> Iterator[NDArray[np.int64]]:
    """Yield what drawing as many images as there are gives, in blocks of (B, C) counts.

    Images that are alike in all that is measured share a cell: drawing images and counting the cells is the same as
    drawing the counts of the cells, and does not take longer for more images.

    Args:
        counts: (C,) images in each cell.
        draws: How often in all.
        seed: Of the draws.
    """
    total = int(counts.sum())
    if not total:
        return
    rng = np.random.default_rng(seed)
    at_once = max(1, _BLOCK // max(1, len(counts)))
    owners = np.repeat(np.arange(len(counts)), counts) if len(counts) > _FEW_CELLS else None
    for start in range(0, draws, at_once):
        size = min(at_once, draws - start)
        if owners is None:
            yield rng.multinomial(total, counts / total, size=size)
        else:
            drawn = (np.bincount(owners[rng.integers(total, size=total)], minlength=len(counts)) for _ in range(size))
            yield np.stack(list(drawn))


def draws_for(cells: int) -> int:
    """How many draws are worth their time: 1,000, fewer where each takes long."""
    return 1000 if cells <= _FEW_CELLS else 400 if cells <= 20_000 else 200


def estimate(value: float | None, drawn: NDArray[np.float64], n: int) -> Estimate | None:
    """Return a figure with the 95 % interval of its draws.

    Args:
        value: The figure; None or NaN where it is undefined, and so is what is returned.
        drawn: (D,) the figure of each draw, NaN where it was undefined.
        n: Images it rests on. Of one image no interval can be told: both ends are the value.
    """
    if value is None or np.isnan(value):
        return None
    known = drawn[~np.isnan(drawn)]
    if n < 2 or not known.size:
        return Estimate(float(value), float(value), float(value), 1)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(float(value), float(low), float(high), n)
