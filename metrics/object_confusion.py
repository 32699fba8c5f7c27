"""Which class each labelled object was taken for: objects paired by place, at IoU 0.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.detection_pairs import Ints, Objects, Pairs

_SAME_PLACE = 0.5


@dataclass(frozen=True, slots=True)
class Confusion:
    """One entry for each pair, each object nobody found and each prediction on nothing.

    Attributes:
        images: (E,) where.
        labels: (E,) class of the label, -1 where nothing is labelled.
        predicted: (E,) class of the prediction, -1 where nothing was predicted.
    """

    images: Ints
    labels: Ints
    predicted: Ints

    def matrix(self, classes: int) -> NDArray[np.int64]:
        """(K + 1, K + 1) objects; the last row is what was predicted on nothing, the last column what was missed."""
        size = classes + 1
        flat = (self.labels % size) * size + self.predicted % size
        return np.bincount(flat, minlength=size * size).reshape(size, size)

    def groups(self, classes: int) -> Mapping[str, Ints]:
        """The images of each cell of the matrix, and those with a fault in a class."""
        size = classes + 1
        flat = (self.labels % size) * size + self.predicted % size
        order = np.lexsort((self.images, flat))
        ends = np.append(np.flatnonzero(np.diff(flat[order])) + 1, len(order)) if len(order) else np.zeros(0, np.int64)
        found: dict[str, Ints] = {}
        start = 0
        for end in ends.tolist():
            row, column = divmod(int(flat[order[start]]), size)
            found[f"cell/{row}/{column}"] = np.unique(self.images[order[start:end]])
            start = end
        wrong = self.labels != self.predicted
        for number in range(classes):
            inside = wrong & ((self.labels == number) | (self.predicted == number))
            found[f"class/{number}"] = np.unique(self.images[inside])
        return found

    def counts(self, images: int) -> NDArray[np.int64]:
        """(N, 3) rightly found, predicted and labelled objects of each image."""
        kinds = ((self.labels == self.predicted), (self.predicted >= 0), (self.labels >= 0))
        return np.stack([np.bincount(self.images[kind], minlength=images) for kind in kinds], axis=1)

    def class_counts(self, number: int) -> tuple[int, int, int]:
        """Rightly found, predicted and labelled objects of a class."""
        said, given = self.predicted == number, self.labels == number
        return int((said & given).sum()), int(said.sum()), int(given.sum())

    def is_right_image(self, images: int) -> NDArray[np.bool_]:
        """(N,) whether every object of an image is found and nothing else."""
        right = np.ones(images, bool)
        right[self.images[self.labels != self.predicted]] = False
        return right


def confuse(given: Objects, found: Objects, pairs: Pairs, shown: NDArray[np.bool_]) -> Confusion:
    """Pair objects one to one: those of the same class first, then by overlap.

    Args:
        given: Labels; crowds are left out, and so are predictions in one of their class.
        found: Predictions.
        pairs: All that overlap.
        shown: (D,) predictions above the threshold.
    """
    same = given.classes[pairs.given] == found.classes[pairs.found]
    near = (pairs.overlaps >= _SAME_PLACE) & shown[pairs.found]
    in_crowd = near & given.is_crowd[pairs.given] & same
    near &= ~given.is_crowd[pairs.given]
    order = np.flatnonzero(near)
    order = order[np.lexsort((-pairs.overlaps[order], ~same[order]))]
    partner_of_label = np.full(len(given), -1, np.int64)
    is_taken = np.zeros(len(found), bool)
    for label, prediction in zip(pairs.given[order].tolist(), pairs.found[order].tolist(), strict=True):
        if partner_of_label[label] < 0 and not is_taken[prediction]:
            partner_of_label[label] = prediction
            is_taken[prediction] = True
    labels = np.flatnonzero(~given.is_crowd)
    partners = partner_of_label[labels]
    is_extra = shown & ~is_taken
    is_extra[pairs.found[in_crowd]] = False
    extra = np.flatnonzero(is_extra)
    taken_for = np.where(partners >= 0, np.append(found.classes, -1)[partners], -1)
    return Confusion(
        np.concatenate([given.images[labels], found.images[extra]]),
        np.concatenate([given.classes[labels], np.full(len(extra), -1)]),
        np.concatenate([taken_for, found.classes[extra]]),
    )
