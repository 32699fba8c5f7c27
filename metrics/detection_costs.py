"""What costs mAP at IoU 0.5: every wrong prediction and every missed label has one kind, and mending a kind has a gain.

After TIDE (Bolya, Foley, Hays and Hoffman, ECCV 2020). The mean is COCO's, over the classes that are labelled: unlike
there, a class that is only predicted, or that has nothing left to find when missed labels are taken away, is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from metrics.detection_curves import interpolate
from metrics.detection_matching import Matches
from metrics.detection_pairs import LEAST_OVERLAP, Ints, Objects, Pairs

_FOUND = 0.5


class Fault(StrEnum):
    """Why something is wrong."""

    CLASSIFICATION = "classification"
    LOCALISATION = "localisation"
    BOTH = "both"
    DUPLICATE = "duplicate"
    BACKGROUND = "background"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Costs:
    """The faults and what mending each kind, and no other, would gain.

    Attributes:
        mean_ap: mAP at IoU 0.5 as it is; None where nothing is labelled.
        gains: Fault -> mAP after mending minus before.
        faults: Fault -> places of the predictions, of the labels for `MISSED`.
        images: Fault -> their images.
    """

    mean_ap: float | None
    gains: Mapping[Fault, float | None]
    faults: Mapping[Fault, Ints]
    images: Mapping[Fault, Ints]


def find_costs(given: Objects, found: Objects, pairs: Pairs, matches: Matches, *, classes: int) -> Costs:
    """Sort all that is wrong into kinds.

    Args:
        given: Labels.
        found: Predictions as `order_predictions` returns them.
        pairs: All that overlap.
        matches: Of `match`; the first row is that of IoU 0.5.
        classes: How many classes there are.
    """
    sorted_out = _Sorting(given, found, pairs, matches)
    table = _Table(found.classes, found.scores, matches.is_right[0], ~matches.is_left_out[0], sorted_out.to_find)
    before = table.mean_ap(classes)
    gains = {kind: _gain(before, sorted_out.mend(kind, table).mean_ap(classes)) for kind in Fault}
    sides = {kind: given if kind is Fault.MISSED else found for kind in Fault}
    images = {kind: np.unique(sides[kind].images[places]) for kind, places in sorted_out.faults.items()}
    return Costs(before, gains, sorted_out.faults, images)


def _gain(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


@dataclass(frozen=True, slots=True)
class _Table:
    """Predictions as average precision sees them, and the class of each label to be found."""

    classes: Ints
    scores: NDArray[np.float64]
    is_right: NDArray[np.bool_]
    is_kept: NDArray[np.bool_]
    to_find: Ints

    def mean_ap(self, classes: int) -> float | None:
        """Over the classes that have something to find."""
        labels = np.bincount(self.to_find, minlength=classes)
        order = np.lexsort((np.arange(len(self.scores)), -self.scores, self.classes))
        order = order[self.is_kept[order]]
        ends = np.searchsorted(self.classes[order], np.arange(classes + 1))
        found: list[float] = []
        for number in np.flatnonzero(labels).tolist():
            mine = order[ends[number] : ends[number + 1]]
            hits = np.cumsum(self.is_right[mine])[None, :]
            made = interpolate(hits / labels[number], hits / np.arange(1, len(mine) + 1))
            found.append(float(made.precision.mean()))
        return sum(found) / len(found) if found else None


class _Sorting:
    """Each wrong prediction with its kind and the label it could have found."""

    def __init__(self, given: Objects, found: Objects, pairs: Pairs, matches: Matches) -> None:
        self.given, self.found = given, found
        near = pairs.take(~given.is_crowd[pairs.given])
        same = given.classes[near.given] == found.classes[near.found]
        partner = matches.partner[0]
        is_used = np.zeros(len(given), bool)
        is_used[partner[partner >= 0]] = True
        wrong = (partner < 0) & ~matches.is_left_out[0]
        own, own_overlap = _closest(near.take(same), len(found))
        other, other_overlap = _closest(near.take(~same), len(found))
        _, used_overlap = _closest(near.take(same & is_used[near.given]), len(found))
        is_moved = wrong & (own_overlap >= LEAST_OVERLAP) & (own_overlap <= _FOUND)
        is_swapped = wrong & ~is_moved & (other_overlap >= _FOUND)
        is_double = wrong & ~is_moved & ~is_swapped & (used_overlap >= _FOUND)
        rest = wrong & ~is_moved & ~is_swapped & ~is_double
        is_background = rest & (np.maximum(own_overlap, other_overlap) <= LEAST_OVERLAP)
        self.target = np.where(is_moved, own, np.where(is_swapped, other, -1))
        self.is_winner = self._winners(is_used)
        is_mendable = np.zeros(len(given), bool)
        is_mendable[self.target[self.target >= 0]] = True
        is_missed = ~is_used & ~is_mendable & matches.is_counted
        self.is_missed = is_missed
        self.counted = matches.is_counted
        kinds = {
            Fault.CLASSIFICATION: is_swapped,
            Fault.LOCALISATION: is_moved,
            Fault.BOTH: rest & ~is_background,
            Fault.DUPLICATE: is_double,
            Fault.BACKGROUND: is_background,
            Fault.MISSED: is_missed,
        }
        self.faults = {kind: np.flatnonzero(is_it) for kind, is_it in kinds.items()}

    @property
    def to_find(self) -> Ints:
        return self.given.classes[self.counted]

    def _winners(self, is_used: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Of all predictions that could have found the same label, the one with the highest score may."""
        aiming = np.flatnonzero(self.target >= 0)
        aiming = aiming[~is_used[self.target[aiming]]]
        order = aiming[np.lexsort((aiming, -self.found.scores[aiming], self.target[aiming]))]
        first = np.unique(self.target[order], return_index=True)[1]
        winners = np.zeros(len(self.found), bool)
        winners[order[first]] = True
        return winners

    def mend(self, kind: Fault, table: _Table) -> _Table:
        """The predictions as they would be without this kind of fault."""
        if kind is Fault.MISSED:
            left = self.given.classes[self.counted & ~self.is_missed]
            return _Table(table.classes, table.scores, table.is_right, table.is_kept, left)
        classes, is_right, is_kept = table.classes.copy(), table.is_right.copy(), table.is_kept.copy()
        places = self.faults[kind]
        winners = places[self.is_winner[places]]
        is_kept[places] = False
        is_kept[winners] = is_right[winners] = True
        classes[winners] = self.given.classes[self.target[winners]]
        return _Table(classes, table.scores, is_right, is_kept, table.to_find)


def _closest(pairs: Pairs, count: int) -> tuple[Ints, NDArray[np.float64]]:
    """The label that each prediction overlaps most, -1 for none, and by how much."""
    labels, overlaps = np.full(count, -1, np.int64), np.zeros(count)
    order = np.lexsort((-pairs.given, pairs.overlaps))
    labels[pairs.found[order]] = pairs.given[order]  # the last one written holds
    overlaps[pairs.found[order]] = pairs.overlaps[order]
    return labels, overlaps
