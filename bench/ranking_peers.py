"""What cleanlab says about the same labels and predictions: the scores Relook's are held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from bench.explainers.peers import INSTALL, find_peer
from domain.prediction import Task
from sampling import ClassSheet, ObjectSheet
from sampling.sheets import Boxes, Floats

Peer = Callable[[Any], Floats]


def list_peers(task: Task) -> Mapping[str, Peer]:
    """Name -> sheet -> (N,) scores, the highest first; empty when cleanlab is not installed."""
    if find_peer("cleanlab") is None:
        return {}
    if task is Task.CLASSIFICATION:
        return {"self-confidence": _single("self_confidence"), "normalised margin": _single("normalized_margin")}
    if task is Task.MULTILABEL:
        return {"self-confidence": _several("self_confidence"), "normalised margin": _several("normalized_margin")}
    return {"ObjectLab": _objectlab}


def describe_peers() -> str:
    """Return the version, or how to get it."""
    return f"cleanlab {version('cleanlab')}" if find_peer("cleanlab") else f"cleanlab: {INSTALL}"


def _single(method: str) -> Peer:
    from cleanlab.rank import get_label_quality_scores  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    def rank(sheet: ClassSheet) -> Floats:
        return 1 - get_label_quality_scores(sheet.given.argmax(axis=1), sheet.scores, method=method)

    return rank


def _several(method: str) -> Peer:
    from cleanlab.multilabel_classification.rank import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        get_label_quality_scores,
    )

    def rank(sheet: ClassSheet) -> Floats:
        labels = [np.flatnonzero(row).tolist() for row in sheet.given]
        return 1 - get_label_quality_scores(labels, sheet.scores, method=method)

    return rank


def _objectlab(sheet: ObjectSheet) -> Floats:
    from cleanlab.object_detection.rank import (  # noqa: PLC0415 # pyright: ignore[reportMissingImports]
        get_label_quality_scores,
    )

    labels = [{"bboxes": boxes.corners, "labels": boxes.classes} for boxes in sheet.given]
    predictions = [_by_class(boxes, len(sheet.classes)) for boxes in sheet.predicted]
    return 1 - get_label_quality_scores(labels, predictions, verbose=False)


def _by_class(boxes: Boxes, classes: int) -> np.ndarray:
    rows = np.concatenate([boxes.corners, boxes.scores[:, None]], axis=1)
    sorted_rows = np.empty(classes, dtype=object)
    for place in range(classes):
        sorted_rows[place] = rows[boxes.classes == place]
    return sorted_rows
