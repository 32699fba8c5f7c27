"""Uncertainty: images the model itself is unsure about, whatever their labels say."""

from __future__ import annotations

import numpy as np

from sampling.base import CLASSES, OBJECTS, Needs, Ranking, Suspect, strategy
from sampling.class_words import say_spread, say_top, say_top_two
from sampling.sheets import ClassSheet, Floats, ObjectSheet

_SURVEY = "https://burrsettles.com/pub/settles.activelearning.pdf"


@strategy(
    "least-confidence",
    title="Least confidence",
    summary="Images whose best class has a low score.",
    source=_SURVEY,
    tasks=CLASSES,
    needs=Needs.PREDICTIONS,
    reason=say_top,
)
def least_confidence(sheet: ClassSheet) -> Ranking:
    """1 minus the highest score; with several classes an image, 2 min(p, 1 - p) of the least sure class.

    Source: Settles, Active Learning Literature Survey, 2009, section 3.1.
    """
    if sheet.is_multilabel:
        return Ranking(_largest(2 * np.minimum(sheet.scores, 1 - sheet.scores)))
    return Ranking(1 - _largest(sheet.scores))


@strategy(
    "margin",
    title="Margin",
    summary="Images whose two best classes are close.",
    source=_SURVEY,
    tasks=(CLASSES[0],),
    needs=Needs.PREDICTIONS,
    reason=say_top_two,
)
def margin(sheet: ClassSheet) -> Ranking:
    """1 minus the distance between the two highest scores; with one class, its score counts against 0.

    Source: Scheffer, Decomain and Wrobel, Active Hidden Markov Models for Information Extraction, 2001.
    """
    usable = np.where(np.isnan(sheet.scores), 0.0, sheet.scores)
    padded = np.concatenate([usable, np.zeros((len(sheet), 1))], axis=1)
    ordered = np.sort(padded, axis=1)
    return Ranking(_where_known(sheet, 1 - (ordered[:, -1] - ordered[:, -2:-1].sum(axis=1))))


@strategy(
    "entropy",
    title="Entropy",
    summary="Images whose scores are spread over many classes.",
    source=_SURVEY,
    tasks=CLASSES,
    needs=Needs.PREDICTIONS,
    reason=say_spread,
)
def entropy(sheet: ClassSheet) -> Ranking:
    """The entropy of the scores over its largest possible value; with several classes an image, the mean of theirs.

    Source: Shannon 1948; Settles 2009, section 3.1.
    """
    if sheet.is_multilabel:
        bits = (_plogp(sheet.scores) + _plogp(1 - sheet.scores)) / np.log(2)
        known = ~np.isnan(bits)
        mean = np.where(known, bits, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        return Ranking(_where_known(sheet, mean))
    known = ~np.isnan(sheet.scores)
    largest = np.log(np.maximum(known.sum(axis=1), 2))
    return Ranking(_where_known(sheet, np.where(known, _plogp(sheet.scores), 0).sum(axis=1) / largest))


def say_unsure_object(sheet: ObjectSheet, ranking: Ranking, image: int) -> str:
    suspect = ranking.suspects[image]
    if suspect is None or suspect.predicted is None:
        return "No object is predicted"
    boxes = sheet.predicted[image]
    name = sheet.classes[boxes.classes[suspect.predicted]]
    return f"A predicted {name} has a score of {boxes.scores[suspect.predicted]:.2f}"


@strategy(
    "unsure-object",
    title="Least sure object",
    summary="Images with a predicted object whose score is near 0.5.",
    source=_SURVEY,
    tasks=OBJECTS,
    needs=Needs.PREDICTIONS,
    reason=say_unsure_object,
)
def unsure_object(sheet: ObjectSheet) -> Ranking:
    """2 min(p, 1 - p) of the predicted object for which that is largest; 0 for an image without any.

    Source: Settles 2009, section 3.1, for each object alone.
    """
    suspects = tuple(_least_sure(2 * np.minimum(boxes.scores, 1 - boxes.scores)) for boxes in sheet.predicted)
    return Ranking(np.array([each.score if each else 0.0 for each in suspects]), suspects)


def _least_sure(doubts: Floats) -> Suspect | None:
    if not doubts.size:
        return None
    place = int(doubts.argmax())
    return Suspect("unsure", None, place, float(doubts[place]))


def _plogp(scores: Floats) -> Floats:
    return -scores * np.log(np.where(scores > 0, scores, 1))


def _largest(values: Floats) -> Floats:
    """(N, C) -> (N,); NaN only where all are."""
    largest = np.where(np.isnan(values), -np.inf, values).max(axis=1, initial=-np.inf)
    return np.where(np.isinf(largest), np.nan, largest)


def _where_known(sheet: ClassSheet, values: Floats) -> Floats:
    return np.where(np.isnan(sheet.scores).all(axis=1), np.nan, np.clip(values, 0, 1))
