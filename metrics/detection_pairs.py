"""Labelled and predicted objects of many images as arrays, and every pair of them that overlaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_OVERLAP = 0.1
"""Pairs with less are none: below it TIDE takes a prediction for background."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of one side, in the order of their images.

    Attributes:
        images: (M,) place of the image, rising.
        classes: (M,) place of the class.
        boxes: (M, 4) x_min, y_min, x_max, y_max in pixels.
        scores: (M,) of predictions; of labels all NaN.
        is_crowd: (M,) labels that are neither missed nor wrongly found.
        outlines: (M,) the outlines of each, fractions of the image, where masks are compared; None for boxes.
        mask_areas: (M,) square pixels of the masks; None for boxes.
    """

    images: Ints
    classes: Ints
    boxes: Floats
    scores: Floats
    is_crowd: NDArray[np.bool_]
    outlines: NDArray[np.object_] | None = None
    mask_areas: Floats | None = None

    def __len__(self) -> int:
        return len(self.images)

    @property
    def areas(self) -> Floats:
        """(M,) of the masks where there are some, else of the boxes; square pixels."""
        if self.mask_areas is not None:
            return self.mask_areas
        return np.prod(np.maximum(self.boxes[:, 2:] - self.boxes[:, :2], 0.0), axis=1)

    def take(self, wanted: NDArray[np.bool_] | Ints) -> Objects:
        """Some of them."""
        return Objects(
            *(self.images[wanted], self.classes[wanted], self.boxes[wanted], self.scores[wanted]),
            self.is_crowd[wanted],
            None if self.outlines is None else self.outlines[wanted],
            None if self.mask_areas is None else self.mask_areas[wanted],
        )


@dataclass(frozen=True, slots=True)
class Pairs:
    """A label and a prediction of the same image that overlap, of any classes.

    Attributes:
        given: (P,) place of the label.
        found: (P,) place of the prediction, rising.
        overlaps: (P,) IoU; with a crowd the share of the prediction that lies in it.
    """

    given: Ints
    found: Ints
    overlaps: Floats

    def take(self, wanted: NDArray[np.bool_] | Ints) -> Pairs:
        """Some of them."""
        return Pairs(self.given[wanted], self.found[wanted], self.overlaps[wanted])


def order_predictions(found: Objects, *, most: int = 100) -> Objects:
    """Return predictions image by image, each with the highest score first, at most `most` of a class and image.

    Those whose score is no number, or whose box has one, are left out: nothing says where they stand.
    """
    is_usable = ~np.isnan(found.scores) & ~np.isnan(found.boxes).any(axis=1)
    usable = found.take(is_usable)
    usable = usable.take(np.lexsort((-usable.scores, usable.images)))
    return usable.take(rank_in_class(usable) < most)


def rank_in_class(found: Objects) -> Ints:
    """(M,) how many predictions of the same class and image stand before each, given in the order of their scores."""
    if not len(found):
        return np.zeros(0, np.int64)
    order = np.lexsort((found.classes, found.images))
    images, classes = found.images[order], found.classes[order]
    is_first = np.append(True, (np.diff(images) != 0) | (np.diff(classes) != 0))
    starts = np.flatnonzero(is_first)
    ranks = np.empty(len(found), np.int64)
    ranks[order] = np.arange(len(found)) - np.repeat(starts, np.diff(np.append(starts, len(found))))
    return ranks


def same_image(given: Objects, found: Objects) -> tuple[Ints, Ints]:
    """Places of all labels and predictions that share an image, by prediction."""
    begin, end = (np.searchsorted(given.images, found.images, side=side) for side in ("left", "right"))
    counts = end - begin
    predictions = np.repeat(np.arange(len(found)), counts)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(begin, counts) + steps, predictions


def pair_boxes(given: Objects, found: Objects, *, block: int = 2_000_000) -> Pairs:
    """Return the pairs whose boxes overlap by `LEAST_OVERLAP` or more."""
    labels, predictions = same_image(given, found)
    parts = [
        _overlapping(given, found, labels[start : start + block], predictions[start : start + block])
        for start in range(0, max(1, len(labels)), block)
    ]
    return Pairs(*(np.concatenate(each) for each in zip(*((p.given, p.found, p.overlaps) for p in parts), strict=True)))


def _overlapping(given: Objects, found: Objects, labels: Ints, predictions: Ints) -> Pairs:
    ours, theirs = given.boxes[labels], found.boxes[predictions]
    low, high = np.maximum(ours[:, :2], theirs[:, :2]), np.minimum(ours[:, 2:], theirs[:, 2:])
    common = np.prod(np.maximum(high - low, 0.0), axis=1)
    whole = found.areas[predictions]
    either = np.where(given.is_crowd[labels], whole, given.areas[labels] + whole - common)
    overlaps = np.divide(common, either, out=np.zeros(len(common)), where=either > 0)
    kept = overlaps >= LEAST_OVERLAP
    return Pairs(labels[kept], predictions[kept], overlaps[kept])
