"""The images behind a point of a curve: what is wrong when a class counts as predicted from that score on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from metrics.detection_matching import Matches
from metrics.detection_pairs import Objects

MOST_SCORES = 12_500_000
"""Of more scores (100 MB) none are kept: points of curves then open nothing."""


class Points(Protocol):
    """What knows the images behind the points of all curves of an evaluation."""

    def wrong(self, number: int, score: float) -> NDArray[np.int64]:
        """Places of the images on which class `number` is missed or wrongly predicted from `score` on."""
        ...


@dataclass(frozen=True, slots=True)
class ImagePoints:
    """Of classes of whole images.

    Attributes:
        labels: (N, K) whether an image has the class.
        scores: (N, K) NaN where there is none; such an image counts for no point.
        places: (N,) of the images in the evaluation.
    """

    labels: NDArray[np.bool_]
    scores: NDArray[np.float64]
    places: NDArray[np.int64]

    def wrong(self, number: int, score: float) -> NDArray[np.int64]:
        own = self.scores[:, number]
        return self.places[~np.isnan(own) & ((own >= score) != self.labels[:, number])]


def points_of_images(
    labels: NDArray[np.bool_], scores: NDArray[np.float64], places: NDArray[np.int64]
) -> ImagePoints | None:
    """`ImagePoints`, or None where they would take too much room."""
    return ImagePoints(labels, scores, places) if scores.size <= MOST_SCORES else None


@dataclass(frozen=True, slots=True)
class ObjectPoints:
    """Of objects at IoU 0.5."""

    given: Objects
    found: Objects
    matches: Matches

    def wrong(self, number: int, score: float) -> NDArray[np.int64]:
        partner, is_left_out = self.matches.partner[0], self.matches.is_left_out[0]
        is_said = (self.found.classes == number) & (self.found.scores >= score) & ~is_left_out
        is_found = np.zeros(len(self.given), bool)
        is_found[partner[is_said & (partner >= 0)]] = True
        is_missed = (self.given.classes == number) & self.matches.is_counted & ~is_found
        extra = self.found.images[is_said & (partner < 0)]
        return np.unique(np.concatenate([self.given.images[is_missed], extra]))
