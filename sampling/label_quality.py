"""Label quality: images whose label the model speaks against. Meant for predictions on images it was not trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.prediction import Task
from sampling.base import CLASSES, Needs, Ranking, strategy
from sampling.class_words import say_given
from sampling.sheets import ClassSheet, Floats

_FORGETTING = 0.8  # weight of the worse class in the moving average of cleanlab
_SMALLEST = 1e-6


@strategy(
    "self-confidence",
    title="Self-confidence",
    summary="Images whose label has a low score.",
    source="https://arxiv.org/abs/1911.00068",
    tasks=CLASSES,
    needs=Needs.BOTH,
    reason=say_given,
)
def self_confidence(sheet: ClassSheet) -> Ranking:
    """1 minus the score of the label.

    With several classes an image, each class counts with its score, or 1 minus it where it is not labelled; these are
    ordered from best to worst and averaged, each one weighing 0.8 against 0.2 for all before it.

    Source: Northcutt, Jiang and Chuang, Confident Learning, JAIR 2021; for several classes Thyagarajan et al.,
    Identifying Incorrect Annotations in Multi-Label Classification Data, 2022.
    """
    if sheet.is_multilabel:
        return Ranking(1 - _moving_average(known_agreement(sheet)))
    return Ranking(1 - label_scores(sheet))


@strategy(
    "normalised-margin",
    title="Normalised margin",
    summary="Images where another class has a much higher score than the label.",
    source="https://arxiv.org/abs/1911.00068",
    tasks=(Task.CLASSIFICATION,),
    needs=Needs.BOTH,
    reason=say_given,
)
def normalised_margin(sheet: ClassSheet) -> Ranking:
    """(best other score - score of the label + 1) / 2.

    With several classes an image this would be self-confidence again, so that it is offered for one class only.
    Source: Northcutt, Jiang and Chuang, Confident Learning, JAIR 2021.
    """
    others = np.where(sheet.given | np.isnan(sheet.scores), 0.0, sheet.scores).max(axis=1, initial=0.0)
    return Ranking((others - label_scores(sheet) + 1) / 2)


@strategy(
    "confident-learning",
    title="Confident learning",
    summary="Images first that are confidently of another class than their label, each class by its own threshold.",
    source="https://arxiv.org/abs/1911.00068",
    tasks=CLASSES,
    needs=Needs.BOTH,
    reason=say_given,
)
def confident_learning(sheet: ClassSheet) -> Ranking:
    """Half of self-confidence's score, and half a point more for images off the diagonal of the confident joint.

    An image counts as of class k when its score of k is at least the mean score of k over the images labelled k, and
    the highest of those that are. With several classes an image, each class is judged alone, present against absent.
    Source: Northcutt, Jiang and Chuang, Confident Learning, JAIR 2021.
    """
    if sheet.is_multilabel:
        flags: list[NDArray[np.bool_]] = [
            flag_labels(np.stack([1 - score, score], axis=1), np.stack([~given, given], axis=1))
            for score, given in zip(sheet.scores.T, sheet.given.T, strict=True)
        ]
        flagged = np.any(flags, axis=0) if flags else np.zeros(len(sheet), bool)
    else:
        flagged = flag_labels(sheet.scores, sheet.given)
    return Ranking((flagged + self_confidence(sheet).scores) / 2)


@strategy(
    "label-surprise",
    title="Label surprise",
    summary="Images whose labels are less likely, all together, than the model's doubt about the image would explain.",
    source="ranking-benchmarks.md",
    tasks=(Task.MULTILABEL,),
    needs=Needs.BOTH,
    reason=say_given,
)
def label_surprise(sheet: ClassSheet) -> Ranking:
    """(1 + x / (1 + |x|)) / 2 for x = -log p(all labels) - H / 2, H the entropy of the scores, classes independent.

    Where the model is unsure its labels surprise it even when they are right: half of what they must surprise on
    average is taken off. Half was chosen on seeds that docs/ranking-benchmarks.md does not report.
    """
    agreement = known_agreement(sheet)
    share = np.clip(agreement, _SMALLEST, 1 - _SMALLEST)
    surprise = -np.log(share).sum(axis=1)
    doubt = -(share * np.log(share) + (1 - share) * np.log1p(-share)).sum(axis=1)
    excess = np.where(agreement.shape[1] > 0, surprise - doubt / 2, np.nan)
    return Ranking((1 + excess / (1 + np.abs(excess))) / 2)


def label_scores(sheet: ClassSheet) -> Floats:
    """(N,) the score of each image's label; NaN without a label, or where the model does not have that class."""
    scores = np.where(sheet.given, sheet.scores, 0.0).sum(axis=1)
    return np.where(sheet.given.any(axis=1), scores, np.nan)


def known_agreement(sheet: ClassSheet) -> Floats:
    """(N, K) the score of what the label says of each class the model has: present or absent.

    NaN all along for an image whose prediction cannot be used, or that has a class the model does not have.
    """
    unknown = np.isnan(sheet.scores)
    is_usable = np.logical_not(np.all(unknown, axis=1))
    columns = np.flatnonzero(~np.any(unknown[is_usable], axis=0))
    scores, given = sheet.scores[:, columns], sheet.given[:, columns]
    has_unknown = (sheet.given & unknown).any(axis=1)
    return np.where((is_usable & ~has_unknown)[:, None], np.where(given, scores, 1 - scores), np.nan)


def flag_labels(scores: Floats, labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(N,) whether an image is confidently of another class than its label.

    Args:
        scores: (N, C).
        labels: (N, C), one class an image.
    """
    counts = labels.sum(axis=0)
    means = np.where(labels, np.nan_to_num(scores), 0).sum(axis=0) / np.maximum(counts, 1)
    thresholds = np.where(counts > 0, np.maximum(means, 2 * _SMALLEST), np.inf)
    confident = np.where(scores >= thresholds - _SMALLEST, scores, -np.inf)
    best = np.argmax(confident, axis=1) if scores.shape[1] else np.zeros(len(scores), np.int64)
    is_confident = np.isfinite(confident).any(axis=1)
    return is_confident & labels.any(axis=1) & ~labels[np.arange(len(labels)), best]


def _moving_average(values: Floats) -> Floats:
    """(N, K) -> (N,)"""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = -np.sort(-values, axis=1)
    average = ordered[:, 0]
    for column in ordered.T[1:]:
        average = _FORGETTING * column + (1 - _FORGETTING) * average
    return average
