"""How far people agree about objects: which of them both drew, how exactly, and with which class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment

from domain.geometry import Box, intersection_over_union
from domain.prediction import Instances
from domain.trust import Estimate
from metrics.intervals import exact_share, mean_of

SAME_OBJECT_IOU = 0.5
"""Boxes that overlap less are not about the same object."""


@dataclass(frozen=True, slots=True)
class BoxAgreement:
    """Agreement of pairs of people about the objects of the same images.

    Attributes:
        found: Share of the objects that both drew, per image and pair, on average; 1 where neither drew any.
        overlap: Intersection over union of the boxes that both drew, on average; None when there is none.
        same_class: Share of those that both gave the same class; None when there is none.
    """

    found: Estimate
    overlap: Estimate | None
    same_class: Estimate | None


def match_boxes(
    first: Sequence[Box], second: Sequence[Box], *, least: float = SAME_OBJECT_IOU
) -> list[tuple[int, int, float]]:
    """Pair boxes so that their overlaps add up to the most (Kuhn 1955); return (index, index, IoU) of each pair.

    Args:
        first: Boxes of one person.
        second: Boxes of the other.
        least: Pairs that overlap less are none.
    """
    overlaps = np.array([[intersection_over_union(a, b) for b in second] for a in first]).reshape(
        len(first), len(second)
    )
    usable = np.where(overlaps >= least, overlaps, 0.0)
    rows, columns = linear_sum_assignment(usable, maximize=True)
    pairs = zip(np.asarray(rows).tolist(), np.asarray(columns).tolist(), strict=True)
    return [(i, j, float(usable[i, j])) for i, j in pairs if usable[i, j] > 0]


def box_agreement(images: Sequence[Sequence[Instances]]) -> BoxAgreement | None:
    """Compare every two people on every image.

    Args:
        images: For each image what each person drew, of two people or more.

    Returns:
        The agreement; None without an image that two people saw.
    """
    found: list[float] = []
    overlaps: list[float] = []
    same = 0
    for first, second in (pair for drawn in images for pair in combinations(drawn, 2)):
        a, b = first.items, second.items
        pairs = match_boxes([item.box for item in a], [item.box for item in b])
        found.append(2 * len(pairs) / (len(a) + len(b)) if a or b else 1.0)
        overlaps += [overlap for _, _, overlap in pairs]
        same += sum(a[i].label == b[j].label for i, j, _ in pairs)
    if not found:
        return None
    return BoxAgreement(
        _within_unit(mean_of(found)),
        _within_unit(mean_of(overlaps)) if overlaps else None,
        exact_share(same, len(overlaps)) if overlaps else None,
    )


def _within_unit(estimate: Estimate) -> Estimate:
    return Estimate(estimate.value, max(0.0, estimate.low), min(1.0, estimate.high), estimate.n)
