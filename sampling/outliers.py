"""Which images are least like the others, by what a model sees in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampling.neighbours import NEIGHBOURS, unit
from sampling.sheets import Embeddings

_COMPARED = 2000
_BLOCK = 4096


def least_typical(embeddings: Embeddings, *, share: float, seed: int = 0) -> NDArray[np.bool_]:
    """Return (N,) which images belong to the share that is least typical; none of fewer than 3.

    Typicality is the mean cosine to the 10 most alike of at most 2,000 others, drawn by chance.

    Source: Hacohen, Dekel and Weinshall, Active Learning on a Budget, ICML 2022, section 3.2.
    """
    rows = unit(embeddings)
    if len(rows) <= 2:
        return np.zeros(len(rows), np.bool_)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(rows))[:_COMPARED])
    typical = np.zeros(len(rows))
    for start in range(0, len(rows), _BLOCK):
        cosines = rows[start : start + _BLOCK] @ rows[drawn].T
        own = np.flatnonzero((drawn >= start) & (drawn < start + len(cosines)))
        cosines[drawn[own] - start, own] = -np.inf
        count = min(NEIGHBOURS, len(drawn) - 1)
        typical[start : start + len(cosines)] = np.sort(cosines, axis=1)[:, -count:].mean(axis=1)
    least = np.zeros(len(rows), np.bool_)
    least[np.argsort(typical, kind="stable")[: round(share * len(rows))]] = True
    return least
