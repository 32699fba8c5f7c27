"""Which prediction finds which label: COCO's greedy matching at ten thresholds (cocodataset.org, "detection-eval").

faster_coco_eval gives the final figures only; intervals, curves and what costs mAP need every match. The figures made
of these matches equal its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.detection_pairs import Ints, Objects, Pairs

THRESHOLDS = np.linspace(0.5, 0.95, 10)
_CLOSEST = 1 - 1e-10  # an overlap of exactly 1 passes any threshold, as with COCO
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
"""COCO's, in square pixels, both ends included."""
ANY_SIZE = (0.0, 1e10)


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of each prediction at each threshold.

    Attributes:
        partner: (T, D) place of the label that is found, -1 for none.
        is_left_out: (T, D) predictions that count neither way: on a crowd, or of another size.
        is_counted: (G,) labels that are to be found.
    """

    partner: Ints
    is_left_out: NDArray[np.bool_]
    is_counted: NDArray[np.bool_]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """(T, D) true positives."""
        return (self.partner >= 0) & ~self.is_left_out


def match(
    given: Objects,
    found: Objects,
    pairs: Pairs,
    *,
    thresholds: NDArray[np.float64] = THRESHOLDS,
    size: tuple[float, float] = ANY_SIZE,
) -> Matches:
    """Give each prediction, the highest score of an image and class first, the label it overlaps most.

    Args:
        given: Labels.
        found: Predictions as `order_predictions` returns them.
        pairs: All that overlap.
        thresholds: (T,) from which overlap on a label is found, rising.
        size: Least and largest area of labels that count.
    """
    is_ignored = given.is_crowd | (given.areas < size[0]) | (given.areas > size[1])
    same = given.classes[pairs.given] == found.classes[pairs.found]
    near = pairs.take(same & (pairs.overlaps >= min(thresholds[0], _CLOSEST)))
    partner = np.full((len(thresholds), len(found)), -1, np.int64)
    is_alone = (np.bincount(near.found, minlength=len(found))[near.found] == 1) & (
        (np.bincount(near.given, minlength=len(given))[near.given] == 1) | given.is_crowd[near.given]
    )
    alone = near.take(is_alone)
    passes = alone.overlaps[None, :] >= np.minimum(thresholds, _CLOSEST)[:, None]
    partner[:, alone.found] = np.where(passes, alone.given[None, :], -1)
    _match_contested(near.take(~is_alone), partner, is_ignored, given.is_crowd, np.minimum(thresholds, _CLOSEST))
    areas = found.areas
    is_other_size = (areas < size[0]) | (areas > size[1])
    is_left_out = np.where(partner >= 0, np.append(is_ignored, False)[partner], is_other_size[None, :])
    return Matches(partner, is_left_out, ~is_ignored)


def _match_contested(
    pairs: Pairs, partner: Ints, is_ignored: NDArray[np.bool_], is_crowd: NDArray[np.bool_], thresholds: NDArray
) -> None:
    """Match, one by one, predictions that could take several labels, or labels that several could take."""
    if not len(pairs.found):
        return
    ends = np.append(np.flatnonzero(np.diff(pairs.found)) + 1, len(pairs.found))
    taken: list[set[int]] = [set() for _ in thresholds]
    limits = thresholds.tolist()
    start = 0
    for end in ends.tolist():
        candidates = [
            (int(label), float(overlap), bool(is_ignored[label]))
            for label, overlap in zip(pairs.given[start:end], pairs.overlaps[start:end], strict=True)
        ]
        candidates.sort(key=lambda each: each[2])  # those that count first, otherwise as they were given
        for row, limit in enumerate(limits):
            label = _best(candidates, limit, taken[row])
            if label >= 0:
                partner[row, pairs.found[start]] = label
                if not is_crowd[label]:
                    taken[row].add(label)
        start = end


def _best(candidates: list[tuple[int, float, bool]], limit: float, taken: set[int]) -> int:
    """The label with the largest overlap, the last of equal ones; one that is left out only where no other is."""
    best, is_best_ignored = -1, False
    for label, overlap, is_ignored in candidates:
        if label in taken:
            continue
        if best >= 0 and not is_best_ignored and is_ignored:
            break
        if overlap >= limit:
            best, is_best_ignored, limit = label, is_ignored, overlap
    return best
