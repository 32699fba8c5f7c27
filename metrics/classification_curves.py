"""Curves of scores against labels: ROC and precision over recall with their areas, by scikit-learn; top-k accuracy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import auc, precision_recall_curve, roc_auc_score, roc_curve

from metrics.classification import average_precision

MOST_POINTS = 200
"""So many points of a curve are kept; its area is that of all."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve from left to right.

    Attributes:
        x: (P,) false positive rate, or recall.
        y: (P,) true positive rate, or precision.
        thresholds: (P,) the score from which on a class counts as predicted there; infinite where none does.
        area: Under the ROC curve, or average precision; of all points, not only those kept.
    """

    x: Floats
    y: Floats
    thresholds: Floats
    area: float


def roc(is_labelled: NDArray[np.bool_], scores: Floats) -> Curve | None:
    """Return true over false positive rate; None unless there are images with the label and without.

    Args:
        is_labelled: (N,) whether each image bears the label.
        scores: (N,) of the class; images with a NaN are left out.
    """
    given, known = _known(is_labelled, scores)
    if given.all() or not given.any():
        return None
    x, y, thresholds = roc_curve(given, known)
    kept = _thin(len(x))
    return Curve(x[kept], y[kept], thresholds[kept], float(auc(x, y)))


def precision_recall(is_labelled: NDArray[np.bool_], scores: Floats) -> Curve | None:
    """Return precision over recall; None without an image that has the label. `area` is average precision."""
    given, known = _known(is_labelled, scores)
    area = average_precision(given, known)
    if area is None:
        return None
    precision, recall, thresholds = precision_recall_curve(given, known)
    y, x, thresholds = precision[::-1], recall[::-1], np.append(thresholds, np.inf)[::-1]
    kept = _thin(len(x))
    return Curve(x[kept], y[kept], thresholds[kept], area)


def area_under_roc(is_labelled: NDArray[np.bool_], scores: Floats) -> float | None:
    """Return the area alone; None where the curve is undefined."""
    given, known = _known(is_labelled, scores)
    return None if given.all() or not given.any() else float(roc_auc_score(given, known))


def top_k_accuracy(labels: NDArray[np.int64], scores: Floats, k: int) -> float | None:
    """Return the share of images whose label is among the k highest scores; None without an image.

    Of equal scores the class that stands first counts as higher. A label that the model does not know is never found.

    Args:
        labels: (N,) column of the label, -1 where the model has no such class.
        scores: (N, K), NaN where the model gave none.
        k: How many.

    Raises:
        ValueError: k is below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}; expected at least 1")
    if not len(labels):
        return None
    if not scores.shape[1]:
        return 0.0
    known = np.where(np.isnan(scores), -np.inf, scores)
    column = np.clip(labels, 0, None)
    own = np.take_along_axis(known, column[:, None], axis=1)
    is_before = np.arange(scores.shape[1])[None, :] < column[:, None]
    higher = (known > own).sum(axis=1) + ((known == own) & is_before).sum(axis=1)
    return float(((higher < k) & (labels >= 0) & np.isfinite(own[:, 0])).mean())


def _known(is_labelled: NDArray[np.bool_], scores: Floats) -> tuple[NDArray[np.bool_], Floats]:
    is_number = ~np.isnan(scores)
    return np.asarray(is_labelled[is_number], dtype=bool), scores[is_number]


def _thin(count: int) -> NDArray[np.int64]:
    """Places of at most `MOST_POINTS` points, the ends among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(np.int64))
