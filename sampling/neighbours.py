"""Which images look alike: by the angle between what a model sees in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampling.base import CLASSES, Needs, Ranking, strategy
from sampling.sheets import ClassSheet, Embeddings, Floats

NEIGHBOURS = 10
_BLOCK = 2048


def unit(embeddings: Embeddings) -> Embeddings:
    """Return (N, D) rows of length 1; a row of zeros stays."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return (embeddings / np.where(length > 0, length, 1)).astype(np.float32)


def nearest(embeddings: Embeddings, count: int) -> tuple[NDArray[np.int64], Floats]:
    """Return (N, k) positions of the most alike other images, and their cosines; k is less where there are fewer."""
    rows = unit(embeddings)
    count = max(0, min(count, len(rows) - 1))
    places, alike = np.zeros((len(rows), count), np.int64), np.zeros((len(rows), count))
    if not count:
        return places, alike
    for start in range(0, len(rows), _BLOCK):
        cosines = rows[start : start + _BLOCK] @ rows.T
        own = np.arange(start, start + len(cosines))
        cosines[own - start, own] = -np.inf
        found = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(cosines, found, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        places[own] = np.take_along_axis(found, order, axis=1)
        alike[own] = np.take_along_axis(values, order, axis=1)
    return places, alike


def say_neighbours(sheet: ClassSheet, ranking: Ranking, image: int) -> str:
    """What the images most like it are labelled with."""
    if np.isnan(ranking.scores[image]):
        return "The image has no label"
    others, _ = _labelled_neighbours(sheet, image)
    if not len(others):
        return "No other image has a label"
    named = [sheet.classes[each] for each in np.flatnonzero(sheet.given[image])]
    counts = sheet.given[others].sum(axis=0)
    most = int(counts.argmax())
    told = f"Labelled {', '.join(named) or 'with nothing'}"
    return f"{told}; of the {len(others)} images most like it, {counts[most]} are labelled {sheet.classes[most]}"


def _labelled_neighbours(sheet: ClassSheet, image: int) -> tuple[NDArray[np.int64], Floats]:
    rows, has_label = unit(sheet.seen), _has_label(sheet)
    has_label[image] = False
    places = np.flatnonzero(has_label)
    cosines = rows[places] @ rows[image]
    order = np.argsort(-cosines, kind="stable")[:NEIGHBOURS]
    return places[order], cosines[order].astype(np.float64)


def _has_label(sheet: ClassSheet) -> NDArray[np.bool_]:
    return np.full(len(sheet), sheet.is_multilabel) | sheet.given.any(axis=1)


@strategy(
    "neighbours",
    title="Neighbour disagreement",
    summary="Images labelled otherwise than those most like them.",
    source="https://arxiv.org/abs/2110.06283",
    tasks=CLASSES,
    needs=Needs.LABELS_AND_EMBEDDINGS,
    reason=say_neighbours,
)
def neighbour_disagreement(sheet: ClassSheet) -> Ranking:
    """1 minus the share of the label among the 10 labelled images most like it, each weighing its cosine.

    With several classes an image, the class for which label and neighbours differ most. Images without a label are not
    judged. Source: Zhu, Dong and Liu, Detecting Corrupted Labels Without Training a Model to Predict, ICML 2022.
    """
    scores = np.full(len(sheet), np.nan)
    known = np.flatnonzero(_has_label(sheet))
    given = sheet.given[known].astype(np.float64)
    places, alike = nearest(sheet.seen[known], NEIGHBOURS)
    if not places.shape[1]:
        scores[known] = 0.0
        return Ranking(scores)
    weights = np.clip(alike, 1e-6, None)
    share = (given[places] * weights[:, :, None]).sum(axis=1) / weights.sum(axis=1, keepdims=True)
    differ = np.abs(given - share)
    scores[known] = differ.max(axis=1, initial=0.0) if sheet.is_multilabel else 1 - (given * share).sum(axis=1)
    return Ranking(np.clip(scores, 0.0, 1.0))
