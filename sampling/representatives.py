"""Diversity: few images that stand for all, by what a model sees in them. For choosing what to label next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from sampling.base import CLASSES, OBJECTS, Needs, Ranking, strategy
from sampling.neighbours import nearest, unit
from sampling.sheets import Floats, Sheet

_MOST_CENTRES = 2000
_TYPICAL_OF = 20
_A_CLUSTER = 20


def say_centre(sheet: Sheet, ranking: Ranking, image: int) -> str:  # noqa: ARG001 - all reasons are asked alike
    """How early it came."""
    return f"Number {_place(ranking.scores, image)} of images that are most unlike those before them"


def say_typical(sheet: Sheet, ranking: Ranking, image: int) -> str:  # noqa: ARG001 - all reasons are asked alike
    """What it stands for."""
    return f"Number {_place(ranking.scores, image)} of images that stand for others like them"


@strategy(
    "k-centre",
    title="k-centre",
    summary="Images most unlike all before them, so that the first ones cover what there is.",
    source="https://arxiv.org/abs/1708.00489",
    tasks=(*CLASSES, *OBJECTS),
    needs=Needs.EMBEDDINGS,
    reason=say_centre,
)
def k_centre(sheet: Sheet) -> Ranking:
    """1 - (i + 0.5) / N in the greedy order: first the image most like the mean, then the one furthest from all before.

    Distances are of rows of length 1. From the 2,000th image on, the others come by their distance to these.
    Source: Sener and Savarese, Active Learning for Convolutional Neural Networks: A Core-Set Approach, ICLR 2018.
    """
    rows = unit(sheet.seen)
    if not len(rows):
        return Ranking(np.zeros(0))
    place = int((rows @ rows.mean(axis=0)).argmax())
    order: list[int] = []
    far = np.full(len(rows), np.inf)
    while len(order) < min(len(rows), _MOST_CENTRES):
        order.append(place)
        far = np.minimum(far, 1 - rows @ rows[place])
        far[place] = -np.inf
        place = int(far.argmax())
    rest = np.argsort(-far, kind="stable")[: len(rows) - len(order)]
    return Ranking(_by_order(np.array([*order, *rest], np.int64)))


@strategy(
    "typicality",
    title="Typicality",
    summary="The most typical image of each group of images that look alike.",
    source="https://arxiv.org/abs/2202.02794",
    tasks=(*CLASSES, *OBJECTS),
    needs=Needs.EMBEDDINGS,
    reason=say_typical,
)
def typicality(sheet: Sheet) -> Ranking:
    """1 - (i + 0.5) / N: the most typical image of the largest cluster, of the next one, ..., then the second ones.

    Typicality is the mean cosine to the 20 images most alike; one k-means cluster for every 20 images, at most 500.
    Source: Hacohen, Dekel and Weinshall, Active Learning on a Budget: Opposite Strategies Suit High and Low Budgets,
    ICML 2022.
    """
    rows = unit(sheet.seen)
    if not len(rows):
        return Ranking(np.zeros(0))
    _, alike = nearest(rows, _TYPICAL_OF)
    typical = alike.mean(axis=1) if alike.shape[1] else np.zeros(len(rows))
    clusters = min(500, max(1, len(rows) // _A_CLUSTER))
    model = MiniBatchKMeans(clusters, random_state=sheet.seed, n_init="auto", batch_size=2048)
    cluster = model.fit_predict(rows)
    size = np.bincount(cluster, minlength=clusters)[cluster]
    within = _rank_within(cluster, typical)
    return Ranking(_by_order(np.lexsort((cluster, -size, within))))


def _rank_within(cluster: NDArray[np.int32], typical: Floats) -> NDArray[np.int64]:
    """The place of each image among those of its cluster, the most typical first."""
    order = np.lexsort((-typical, cluster))
    starts = np.searchsorted(cluster[order], cluster[order], side="left")
    places = np.empty(len(cluster), np.int64)
    places[order] = np.arange(len(cluster)) - starts
    return places


def _by_order(order: NDArray[np.int64]) -> Floats:
    scores = np.empty(len(order))
    scores[order] = 1 - (np.arange(len(order)) + 0.5) / len(order)
    return scores


def _place(scores: Floats, image: int) -> int:
    return round((1 - float(scores[image])) * len(scores) + 0.5)
