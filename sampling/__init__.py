"""Strategies: in which order to look at images. One module per kind, which registers its functions when imported."""

from __future__ import annotations

from domain.prediction import Task
from sampling import label_quality as label_quality
from sampling import neighbours as neighbours
from sampling import object_agreement as object_agreement
from sampling import objectlab as objectlab
from sampling import random_audit as random_audit
from sampling import representatives as representatives
from sampling import uncertainty as uncertainty
from sampling.base import STRATEGIES, Needs, Ranking, Strategy, Suspect, find_strategy, order_of, strategies_for
from sampling.sheets import Boxes, ClassSheet, Embeddings, ObjectSheet, Sheet

DEFAULTS = {
    Task.CLASSIFICATION: "self-confidence",
    Task.MULTILABEL: "label-surprise",
    Task.DETECTION: "object-agreement",
    Task.SEGMENTATION: "object-agreement",
}
"""Which strategy orders images that have labels and predictions; docs/ranking-benchmarks.md says why."""

__all__ = [
    "DEFAULTS",
    "STRATEGIES",
    "Boxes",
    "ClassSheet",
    "Embeddings",
    "Needs",
    "ObjectSheet",
    "Ranking",
    "Sheet",
    "Strategy",
    "Suspect",
    "find_strategy",
    "order_of",
    "strategies_for",
]
