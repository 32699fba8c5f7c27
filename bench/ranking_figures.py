"""How early an order finds errors: average precision, and how far one must look; with intervals, paired or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from domain.trust import Estimate
from metrics.bootstrap import estimate
from sampling.sheets import Floats

SHARE = 0.8
"""Of the errors, up to which one looks."""
_DRAWS = 2000

Wrong = NDArray[np.bool_]
Counts = NDArray[np.int64]
Figure = Callable[[Floats, Wrong, Counts], Floats]


def average_precision(scores: Floats, wrong: Wrong, counts: Counts) -> Floats:
    """(D,) average precision as scikit-learn defines it, equal scores at one step; NaN where nothing is wrong.

    Args:
        scores: (N,) the highest is looked at first; NaN last.
        wrong: (N,) which images hold an error.
        counts: (D, N) how often each image counts.
    """
    seen, found = _steps(scores, wrong, counts)
    precision = found / np.maximum(seen, 1)
    gained = np.diff(found, axis=1, prepend=0)
    total = found[:, -1]
    return np.where(total > 0, (precision * gained).sum(axis=1) / np.maximum(total, 1), np.nan)


def share_to_look_at(scores: Floats, wrong: Wrong, counts: Counts) -> Floats:
    """(D,) the share of all images to look at until 80 % of those with an error are found; arguments as above.

    Among equal scores the errors are taken as evenly spread.
    """
    return images_to_look_at(scores, wrong, counts) / counts.sum(axis=1)


def looks_per_error(scores: Floats, wrong: Wrong, counts: Counts) -> Floats:
    """(D,) the same in images, over the number of images that hold an error."""
    total = (counts * wrong).sum(axis=1)
    return np.where(total > 0, images_to_look_at(scores, wrong, counts) / np.maximum(total, 1), np.nan)


def images_to_look_at(scores: Floats, wrong: Wrong, counts: Counts) -> Floats:
    """(D,) images to look at until 80 % of those with an error are found."""
    seen, found = _steps(scores, wrong, counts)
    wanted = np.ceil(SHARE * found[:, -1] - 1e-9)
    step = (found >= wanted[:, None]).argmax(axis=1)
    rows = np.arange(len(found))
    seen_before, found_before = (np.concatenate([np.zeros((len(found), 1)), each], axis=1) for each in (seen, found))
    missing = wanted - found_before[rows, step]
    gained, width = found[rows, step] - found_before[rows, step], seen[rows, step] - seen_before[rows, step]
    looks = seen_before[rows, step] + width * missing / np.maximum(gained, 1)
    return np.where(found[:, -1] > 0, looks, np.nan)


def _steps(scores: Floats, wrong: Wrong, counts: Counts) -> tuple[Floats, Floats]:
    """(D, S) images seen and errors found, after each group of equal scores."""
    known = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-known, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(known[order]) != 0, True))
    seen = counts[:, order].cumsum(axis=1, dtype=np.float64)
    found = (counts * wrong)[:, order].cumsum(axis=1, dtype=np.float64)
    return seen[:, ends], found[:, ends]


class Trials:
    """Several cases, such as seeds, each with its images; their mean is the figure, images of each are drawn anew.

    All strategies meet the same draws, so that their differences are paired.
    """

    def __init__(self, wrong: Sequence[Wrong], *, seed: int = 0) -> None:
        self._wrong = wrong
        rng = np.random.default_rng(seed)
        self._draws = [rng.multinomial(len(each), np.full(len(each), 1 / len(each)), size=_DRAWS) for each in wrong]

    def measure(self, figure: Figure, scores: Sequence[Floats], than: Sequence[Floats] = ()) -> Estimate | None:
        """Return the mean figure over the cases, or how much larger it is than that of other scores."""
        value, drawn = self._mean(figure, scores)
        if than:
            other, other_drawn = self._mean(figure, than)
            value, drawn = value - other, drawn - other_drawn
        return estimate(value, drawn, sum(map(len, self._wrong)))

    def _mean(self, figure: Figure, scores: Sequence[Floats]) -> tuple[float, Floats]:
        cases = list(zip(scores, self._wrong, self._draws, strict=True))
        once = [figure(each, wrong, np.ones((1, len(wrong)), np.int64))[0] for each, wrong, _ in cases]
        drawn = [figure(each, wrong, counts) for each, wrong, counts in cases]
        return float(np.mean(once)), np.mean(drawn, axis=0)
