"""Figures of classes with their change since something earlier: intervals by drawing the same images for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from metrics.bootstrap import draws_for, estimate, resample
from metrics.classification_calibration import coarse_answers, error_of_draws, measure_reliability
from metrics.classification_counts import divide, macro_rates
from services.evaluation_result import Headline

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rates = dict[str, Floats]

_CLASS_TITLES = {
    "accuracy": "Accuracy",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_f1": "Macro F1",
}
_LABEL_TITLES = {
    "subset": "All classes right",
    "hamming": "Wrong answers",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_f1": "Macro F1",
}
_CALIBRATION_DRAWS = 300


@dataclass(frozen=True, slots=True)
class ClassSide:
    """One class an image, by labels and by predictions.

    Attributes:
        labels: (N,) place of the class, -1 for none.
        predicted: (N,) likewise, that with the highest score.
        scores: (N,) the score of what is predicted; NaN without one.
    """

    labels: Ints
    predicted: Ints
    scores: Floats

    @property
    def is_usable(self) -> Bools:
        """(N,) images with a label and a prediction."""
        return (self.labels >= 0) & (self.predicted >= 0)

    @property
    def is_right(self) -> Bools:
        """(N,) of the usable ones those where both agree."""
        return self.is_usable & (self.labels == self.predicted)

    def take(self, wanted: Bools) -> ClassSide:
        """Some of the images."""
        return ClassSide(self.labels[wanted], self.predicted[wanted], self.scores[wanted])


def class_headlines(now: ClassSide, then: ClassSide, classes: int) -> list[Headline]:
    """Accuracy, macro rates and calibration error of the usable images, and their change since `then`."""
    usable = now.is_usable
    now, then = now.take(usable), then.take(usable)
    in_both = then.is_usable
    made = _class_rates(now, then, in_both, classes)
    return [*made, _calibration(now, then, in_both)]


def _class_rates(now: ClassSide, then: ClassSide, in_both: Bools, classes: int) -> list[Headline]:
    """Images alike in all classes are drawn together."""
    size = classes + 1
    keys = in_both.astype(np.int64)
    for column in (now.labels, now.predicted, then.labels, then.predicted):
        keys = keys * size + column + 1
    cells, counts = np.unique(keys, return_counts=True)
    columns: list[Ints] = []
    for _ in range(4):
        cells, column = cells // size, cells % size - 1
        columns.append(column)
    paired = cells
    then_cells, now_cells = _Cells(columns[1], columns[0], classes), _Cells(columns[3], columns[2], classes)

    def rates(drawn: Ints) -> tuple[Rates, Rates, Rates]:
        return now_cells.rates(drawn), now_cells.rates(drawn * paired), then_cells.rates(drawn * paired)

    blocks = [rates(block) for block in [counts[None, :], *resample(counts, draws=draws_for(len(counts)))]]
    return _assemble(_CLASS_TITLES, blocks, int(counts.sum()), int((counts * paired).sum()))


def _assemble(
    titles: Mapping[str, str], blocks: list[tuple[Rates, Rates, Rates]], images: int, both: int
) -> list[Headline]:
    """Headlines from blocks of figures (now, now on the images of both, then); the first is not drawn."""
    made = []
    for name, title in titles.items():
        every, ours, theirs = (np.concatenate([block[side][name] for block in blocks]) for side in range(3))
        moved = ours - theirs
        made.append(
            Headline(
                name,
                title,
                estimate(float(every[0]), every[1:], images),
                before=None if np.isnan(theirs[0]) else float(theirs[0]),
                change=estimate(float(moved[0]), moved[1:], both),
                is_higher_better=name != "hamming",
            )
        )
    return made


class _Cells:
    """Cells of images with the same label and prediction; -1 for none."""

    def __init__(self, labels: Ints, predicted: Ints, classes: int) -> None:
        rows = np.arange(len(labels))
        is_given, is_said = labels >= 0, predicted >= 0
        is_right = is_given & (labels == predicted)
        shape = (len(labels), max(classes, 1))
        ones = np.ones(len(labels))
        self.given = csr_array((ones[is_given], (rows[is_given], labels[is_given])), shape=shape)
        self.said = csr_array((ones[is_said], (rows[is_said], predicted[is_said])), shape=shape)
        self.hits = csr_array((ones[is_right], (rows[is_right], labels[is_right])), shape=shape)

    def rates(self, drawn: Ints) -> Rates:
        """Name -> (B,) of (B, C) drawn counts."""
        hits, said, given = (np.asarray(drawn @ part) for part in (self.hits, self.said, self.given))
        return {"accuracy": divide(hits.sum(axis=1), given.sum(axis=1)), **macro_rates(hits, said, given)}


def _calibration(now: ClassSide, then: ClassSide, in_both: Bools) -> Headline:
    def drawn(sides: list[ClassSide]) -> list[Floats]:
        rights = np.stack([side.is_right for side in sides])
        counts, gaps, bins = coarse_answers(np.stack([side.scores for side in sides]), rights)
        blocks = list(resample(counts, draws=_CALIBRATION_DRAWS))
        each = [[error_of_draws(block, *cell) for block in blocks] for cell in zip(gaps, bins, strict=True)]
        return [np.concatenate(parts) if parts else np.zeros(0) for parts in each]

    ours, theirs = now.take(in_both), then.take(in_both)
    is_, same, was = (measure_reliability(side.scores, side.is_right).error for side in (now, ours, theirs))
    change = None
    if same is not None and was is not None:
        new, old = drawn([ours, theirs])
        change = estimate(same - was, new - old, len(ours.labels))
    interval = estimate(is_, drawn([now])[0], len(now.labels))
    return Headline("ece", "Calibration error", interval, was, change, is_higher_better=False)


@dataclass(frozen=True, slots=True)
class LabelSide:
    """Several classes an image: (N, K) which are labelled, and which the model says."""

    labels: Bools
    answers: Bools

    @property
    def is_right(self) -> Bools:
        """(N,) images with all classes right."""
        return (self.labels == self.answers).all(axis=1)


def label_headlines(now: LabelSide, then: LabelSide, in_both: Bools) -> list[Headline]:
    """Subset accuracy, Hamming loss and macro rates, and their change since `then`; images alike are drawn together."""
    parts: list[Bools] = []
    for each in (now.labels, now.answers, then.labels, then.answers):
        if not any(each is part for part in parts):
            parts.append(each)
    rows = np.concatenate([*parts, in_both[:, None]], axis=1)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    size = now.labels.shape[1]
    paired = cells[:, -1].astype(np.int64)

    def cells_of(table: Bools) -> Bools:
        place = next(number for number, part in enumerate(parts) if part is table)
        return cells[:, place * size : (place + 1) * size]

    drawn = np.concatenate([counts[None, :], *resample(counts, draws=draws_for(len(counts)))])
    sides = ((1, now), (paired, now), (paired, then))
    every, ours, theirs = (_label_rates(drawn * on, cells_of(s.labels), cells_of(s.answers)) for on, s in sides)
    return _assemble(_LABEL_TITLES, [(every, ours, theirs)], int(counts.sum()), int(in_both.sum()))


def _label_rates(drawn: Ints, given: Bools, said: Bools) -> Rates:
    total = drawn.sum(axis=1).astype(np.float64)
    hits, predicted, labelled = (drawn @ part.astype(np.float64) for part in (given & said, said, given))
    wrong = drawn @ (given != said).mean(axis=1) if given.shape[1] else np.full(len(drawn), np.nan)
    right = (drawn @ (given == said).all(axis=1)).astype(np.float64)
    return {"subset": divide(right, total), "hamming": divide(wrong, total), **macro_rates(hits, predicted, labelled)}
