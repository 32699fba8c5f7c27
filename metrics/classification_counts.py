"""Rates of many drawn counts at once, and averages of all eight rates (formats.md 5.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.classification import ClassScores, Mean, mean, score_class

RATES = (
    "accuracy",
    "precision",
    "recall",
    "f1",
    "specificity",
    "false_positive_rate",
    "false_negative_rate",
)
"""Of a class; sensitivity is another word for recall."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Averages:
    """All rates over all classes.

    Attributes:
        macro: Rate -> mean over the classes for which it is defined.
        micro: Rates of the counts of all classes together.
    """

    macro: Mapping[str, Mean]
    micro: ClassScores


def average_classes(classes: Sequence[ClassScores]) -> Averages:
    """Average every rate both ways; undefined ones are left out of the macro average, never 0."""
    macro = {rate: mean(getattr(each, rate) for each in classes) for rate in RATES}
    hits, said_wrongly, missed, rest = (
        sum(getattr(each, name) for each in classes)
        for name in ("true_positives", "false_positives", "false_negatives", "true_negatives")
    )
    answers = hits + said_wrongly + missed + rest
    micro = score_class("", hits, false_positives=said_wrongly, false_negatives=missed, images=answers)
    return Averages(macro, micro)


def macro_rates(hits: Floats, said: Floats, given: Floats) -> dict[str, Floats]:
    """Macro precision, recall and F1 of many draws.

    Args:
        hits: (B, K) rightly predicted, of each draw and class.
        said: (B, K) predicted.
        given: (B, K) labelled.

    Returns:
        Name -> (B,), NaN where it is defined for no class.
    """
    return {
        "macro_precision": mean_defined(divide(hits, said)),
        "macro_recall": mean_defined(divide(hits, given)),
        "macro_f1": mean_defined(divide(2 * hits, said + given)),
    }


def divide(part: Floats, whole: Floats) -> Floats:
    """`part` by `whole`, NaN where the whole is zero."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) != 0)


def mean_defined(values: Floats) -> Floats:
    """Mean over the last axis of what is defined, NaN where nothing is."""
    is_defined = ~np.isnan(values)
    return divide(np.where(is_defined, values, 0.0).sum(axis=-1), is_defined.sum(axis=-1).astype(np.float64))
