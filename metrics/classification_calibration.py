"""Whether a score of 0.8 is right eight times in ten: the reliability diagram and its error (Naeini et al. 2015)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
"""Of equal width from 0 to 1; each holds its upper end, the first holds 0 too."""

_STEPS = 1000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """Answers by their score.

    Attributes:
        counts: (10,) answers in each bin.
        scores: (10,) their mean score, NaN where there are none.
        accuracies: (10,) the share of them that is right, NaN where there are none.
        error: Expected calibration error: the mean distance of the two, weighted by answers; None without an answer.
        left_out: Answers whose score is no number from 0 to 1.
    """

    counts: NDArray[np.int64]
    scores: Floats
    accuracies: Floats
    error: float | None
    left_out: int


def measure_reliability(scores: Floats, is_right: NDArray[np.bool_]) -> Reliability:
    """Sort answers into bins of their score.

    Args:
        scores: (N,) of what was answered.
        is_right: (N,) whether it is right.
    """
    usable = (scores >= 0) & (scores <= 1)
    known, right = scores[usable], is_right[usable]
    places = bin_of(known)
    counts = np.bincount(places, minlength=BINS)
    sums, hits = (np.bincount(places, weights=values, minlength=BINS) for values in (known, right.astype(float)))
    nothing = np.full(BINS, np.nan)
    mean_scores = np.divide(sums, counts, out=nothing.copy(), where=counts > 0)
    accuracies = np.divide(hits, counts, out=nothing.copy(), where=counts > 0)
    error = float(np.abs(sums - hits).sum() / len(known)) if len(known) else None
    return Reliability(counts, mean_scores, accuracies, error, int((~usable).sum()))


def bin_of(scores: Floats) -> NDArray[np.int64]:
    """(N,) the bin of each score."""
    edges = np.linspace(0, 1, BINS + 1)[1:-1]
    return np.searchsorted(edges, scores, side="left")


def coarse_answers(scores: Floats, rights: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats, NDArray[np.int64]]:
    """Answers alike in score, to a thousandth, and in being right, for drawing many of them at once.

    Args:
        scores: (R, N) of what was answered, by each of several models or the same one again; images of which one is no
            number from 0 to 1 are left out.
        rights: (R, N) whether it is right, by the labels of each.

    Returns:
        (C,) how many are in each cell; (R, C) score minus right of each; (R, C) its bin.
    """
    usable = ((scores >= 0) & (scores <= 1)).all(axis=0)
    codes = np.round(scores[:, usable] * _STEPS).astype(np.int64) * 2 + rights[:, usable]
    size = 2 * (_STEPS + 1)
    keys, counts = np.unique(size ** np.arange(len(codes), dtype=np.int64) @ codes, return_counts=True)
    cells = keys[None, :] // size ** np.arange(len(codes), dtype=np.int64)[:, None] % size
    levels = (cells // 2) / _STEPS
    return counts, levels - cells % 2, bin_of(levels)


def error_of_draws(drawn: NDArray[np.int64], gaps: Floats, bins: NDArray[np.int64]) -> Floats:
    """(B,) calibration error of (B, C) drawn cells, given (C,) gaps and bins of `coarse_answers`."""
    by_bin = np.stack([drawn[:, bins == place] @ gaps[bins == place] for place in range(BINS)], axis=1)
    return np.abs(by_bin).sum(axis=1) / drawn.sum(axis=1)
