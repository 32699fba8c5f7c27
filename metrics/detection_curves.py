"""Average precision, average recall and curves from matches, for any weights of the images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.detection_matching import Matches
from metrics.detection_pairs import Ints, Objects, rank_in_class

RECALLS = np.linspace(0, 1, 101)
"""Where COCO reads precision."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _ClassMatches:
    """The predictions of one class, highest score first."""

    images: Ints
    is_right: NDArray[np.bool_]
    is_wrong: NDArray[np.bool_]
    labels: Ints
    """Images of its labels, one for each label that counts."""
    scores: Floats


@dataclass(frozen=True, slots=True)
class Precision:
    """Precision of one class at 101 recalls, and recall.

    Attributes:
        precision: (T, 101); NaN where the class has no label.
        recall: (T,) the highest that is reached.
    """

    precision: Floats
    recall: Floats


class PrecisionCounter:
    """Matches sorted by class once, to be counted for many weights of the images."""

    def __init__(self, given: Objects, found: Objects, matches: Matches, *, classes: int, most: int = 100) -> None:
        wanted = np.flatnonzero(rank_in_class(found) < most)
        order = wanted[np.lexsort((wanted, -found.scores[wanted], found.classes[wanted]))]
        ends = np.searchsorted(found.classes[order], np.arange(classes + 1))
        right = matches.is_right
        wrong = (matches.partner < 0) & ~matches.is_left_out
        self.thresholds = len(right)
        self.classes = [
            _ClassMatches(
                found.images[mine],
                right[:, mine],
                wrong[:, mine],
                given.images[matches.is_counted & (given.classes == number)],
                found.scores[mine],
            )
            for number in range(classes)
            for mine in [order[ends[number] : ends[number + 1]]]
        ]

    def count(self, weights: Floats | None = None) -> list[Precision]:
        """Return each class, images counted as often as `weights` (N,) says."""
        return [self._count_class(each, weights) for each in self.classes]

    def mean_precision(self, weights: Floats | None = None) -> Floats:
        """(T,) mean over the classes that are labelled; NaN where none is."""
        each = np.array([one.precision.mean(axis=1) for one in self.count(weights)])
        each = each.reshape(len(self.classes), self.thresholds)
        is_defined = ~np.isnan(each)
        counts = is_defined.sum(axis=0)
        return np.divide(
            np.where(is_defined, each, 0).sum(axis=0), counts, out=np.full(len(counts), np.nan), where=counts > 0
        )

    def _count_class(self, each: _ClassMatches, weights: Floats | None) -> Precision:
        labels = len(each.labels) if weights is None else weights[each.labels].sum()
        if not labels:
            nothing = np.full((self.thresholds, len(RECALLS)), np.nan)
            return Precision(nothing, nothing[:, 0])
        hits, misses = _add_up(each, weights)
        return interpolate(hits / labels, hits / np.maximum(hits + misses, np.finfo(float).tiny))


def raw_curve(counter: PrecisionCounter, number: int, *, threshold: int = 0) -> tuple[Floats, Floats, Floats]:
    """Return recall, precision and score after each prediction of a class; empty where it is not labelled."""
    each = counter.classes[number]
    if not len(each.labels):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    hits, misses = _add_up(each, None)
    said = np.maximum(hits + misses, np.finfo(float).tiny)
    return hits[threshold] / len(each.labels), hits[threshold] / said[threshold], each.scores


def interpolate(recall: Floats, precision: Floats) -> Precision:
    """Read (T, D) precision at the 101 recalls: the highest at that recall or beyond, 0 behind the last."""
    rows = len(recall)
    if not recall.shape[1]:
        return Precision(np.zeros((rows, len(RECALLS))), np.zeros(rows))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    padded = np.append(envelope, np.zeros((rows, 1)), axis=1)
    places = [np.searchsorted(row, RECALLS, side="left") for row in recall]
    return Precision(np.take_along_axis(padded, np.stack(places), axis=1), recall[:, -1])


def _add_up(each: _ClassMatches, weights: Floats | None) -> tuple[Floats, Floats]:
    factor = 1.0 if weights is None else weights[each.images]
    hits, misses = (np.cumsum(kind * factor, axis=1, dtype=np.float64) for kind in (each.is_right, each.is_wrong))
    return hits, misses
