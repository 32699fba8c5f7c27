"""What each part of a picture adds to a score, told from scores under masks by regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

PRIOR = 12
"""Pairs of masks that weigh as much as the expectation that a part of the picture adds nothing. Fewer make maps sharper
and less sure: with 8, 12 and 35 of them 0.87, 0.86 and 0.83 of the evidence for objects of drawn scenes lay inside the
box after 512 masks."""
CERTAIN = 3
"""Standard errors by which values are drawn to 0. Masks of 8 x 8 cells tell about 70 things at once: at 2 standard
errors three or four of them would be chance."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """Maps of all boxes.

    Attributes:
        certain: (boxes, h, w), values drawn to 0 by `CERTAIN` standard errors: what is left is not chance.
        likely: (boxes, h, w), the values themselves.
    """

    certain: Numbers
    likely: Numbers


@dataclass(slots=True)
class _Moments:
    """Sums over pairs of masks: products of what they show with itself and with scores, and squares of scores."""

    shown: Numbers
    shown_scores: Numbers
    squares: Numbers
    pairs: int = 0

    @classmethod
    def zero(cls, points: int, boxes: int) -> _Moments:
        return cls(np.zeros((points, points)), np.zeros((points, boxes)), np.zeros(boxes))

    def add(self, shown: Numbers, scores: Numbers) -> None:
        self.shown += shown.T @ shown
        self.shown_scores += shown.T @ scores
        self.squares += (scores**2).sum(axis=0)
        self.pairs += len(scores)

    def __add__(self, other: _Moments) -> _Moments:
        return _Moments(
            self.shown + other.shown,
            self.shown_scores + other.shown_scores,
            self.squares + other.squares,
            self.pairs + other.pairs,
        )


class MaskRegression:
    """Ridge regression of scores on masks, from sums alone: no mask is kept.

    The mean of the masks that leave a score (RISE, D-RISE) tells of a point what it adds together with all that is
    shown with it. Masks are smooth and neighbours are shown together, so that evidence is smeared over a cell and more;
    and all that other parts of the picture add is noise. Regression asks what a point adds with the others as they are:
    for a pair of masks with opposite grids, showing m and m' and leaving scores s and s',

        s - s' = sum over points p of b(p) (m(p) - m'(p)) + rest,

    b = (D'D + k I)^-1 D'(s - s'), with the differences of n pairs as rows of D, and k as much as `PRIOR` pairs tell in
    an average direction. Its covariance is v (D'D + k I)^-1 D'D (D'D + k I)^-1, where v is the sum of the squares of
    the rest over n - tr(2 H - H H), and H = D'D (D'D + k I)^-1. Values add up to the change of the score from all
    hidden to all shown, as far as that is a sum of parts.
    """

    def __init__(self, *, cells: int) -> None:
        """Start with nothing seen; masks have `cells` along each side."""
        self._cells = cells
        self._shape = (0, 0)
        self._halves: list[_Moments] = []

    def add(self, masks: Numbers, scores: Numbers) -> None:
        """Add (n, h, w) masks, a pair after the other, and their (n, boxes) scores; a last one alone tells nothing."""
        if not self._halves:
            self._shape = (masks.shape[1], masks.shape[2])
            self._halves = [_Moments.zero(masks[0].size, scores.shape[1]) for _ in range(2)]
        pairs = len(masks) // 2
        shown = (masks[0 : 2 * pairs : 2] - masks[1 : 2 * pairs : 2]).reshape(pairs, masks[0].size)
        change = scores[0 : 2 * pairs : 2] - scores[1 : 2 * pairs : 2]
        for number, half in enumerate(self._halves):
            half.add(shown[number::2], change[number::2])

    def fit(self) -> Fit:
        """Return the maps."""
        return self._fit(self._halves[0] + self._halves[1])

    def agreement(self) -> Numbers:
        """Return (boxes,) rank correlations between the certain maps of the two halves; 0 where one is blank.

        Of the likely ones it would tell little: most of a picture has no part in a box, and the order of those points
        is chance. Here they are all 0, and share one rank.
        """
        first, second = (self._fit(half).certain for half in self._halves)
        return np.array([rank_correlation(one, other) for one, other in zip(first, second, strict=True)])

    def _fit(self, moments: _Moments) -> Fit:
        points, boxes = moments.shown_scores.shape
        if not moments.pairs or not moments.shown.any():
            blank = np.zeros((boxes, *self._shape))
            return Fit(blank, blank)
        ridge = PRIOR * np.trace(moments.shown) / moments.pairs / self._cells**2
        inverse = np.linalg.inv(moments.shown + ridge * np.eye(points))
        values = inverse @ moments.shown_scores
        told = moments.shown @ inverse
        explained = (values * (2 * moments.shown_scores - moments.shown @ values)).sum(axis=0)
        free = moments.pairs - 2 * np.trace(told) + (told * told.T).sum()
        rest = np.maximum(moments.squares - explained, 0) / free
        errors = np.sqrt(np.outer(np.maximum(np.einsum("ij,ji->i", inverse, told), 0), rest))
        certain = values - np.clip(values, -CERTAIN * errors, CERTAIN * errors)
        return Fit(*(each.T.reshape(boxes, *self._shape) for each in (certain, values)))


def rank_correlation(one: Numbers, other: Numbers) -> float:
    """Return Spearman's correlation, equal values sharing their mean rank; 0 where one of the two is constant."""
    ranks = np.stack([rankdata(one), rankdata(other)])
    if (ranks.max(axis=1) == ranks.min(axis=1)).any():
        return 0.0
    return float(np.asarray(np.corrcoef(ranks))[0, 1])
