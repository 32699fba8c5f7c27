"""Evaluation of a project with one class an image, before and after review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from domain.project import Project
from metrics.bootstrap import draws_for, estimate, resample
from metrics.classification import ClassScores, score_class
from metrics.classification_calibration import coarse_answers, error_of_draws, measure_reliability
from metrics.classification_counts import average_classes, divide, macro_rates
from metrics.classification_curves import Curve, precision_recall, roc, top_k_accuracy
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_result import ClassLine, Headline, Matrix, ProjectEvaluation, flips
from services.evaluation_rows import Said

HEADS = ("Labelled", "Predicted", "Precision", "Recall", "F1", "FPR", "FNR", "Specificity", "Accuracy", "ROC AUC", "AP")
_TITLES = {
    "accuracy": "Accuracy",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_f1": "Macro F1",
}
Ints = NDArray[np.int64]
Curves = tuple[Curve | None, Curve | None]


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels and predictions as places among `names`, -1 for none.

    Attributes:
        names: Classes in the order of the project, then others.
        before: (N,) the label of the files.
        after: (N,) the label as it stands.
        predicted: (N,) the class with the highest score.
        scores: (N, K) NaN where the model gave none.
    """

    names: tuple[str, ...]
    before: Ints
    after: Ints
    predicted: Ints
    scores: NDArray[np.float64]

    @property
    def is_paired(self) -> NDArray[np.bool_]:
        """(N,) images that have a label before review too."""
        return (self.before >= 0) & (self.after >= 0) & (self.predicted >= 0)


def read_answers(said: Said, project: Project) -> Answers:
    """Number the classes; (N,) arrays in the order of `said`."""
    given = [_first(each.labels if each else None) for each in said.given]
    current = [_first(each.labels) for each in said.current]
    scored = [each.labels or {} for each in said.predicted]
    known = {*given, *current, *(name for names in {tuple(each) for each in scored} for name in names)} - {""}
    names = (*(name for name in project.classes if name in known), *sorted(known - set(project.classes)))
    places = {name: place for place, name in enumerate(names)} | {"": -1}
    scores = score_table(scored, names)
    has_score = ~np.isnan(scores).all(axis=1) if names else np.zeros(len(scored), bool)
    top = np.argmax(np.where(np.isnan(scores), -np.inf, scores), axis=1) if names else np.zeros(len(scored), np.int64)
    before, after = (np.array([places[name] for name in side], dtype=np.int64) for side in (given, current))
    return Answers(names, before, after, np.where(has_score, top, -1), scores)


def score_table(scored: Sequence[Mapping[str, float | None]], names: Sequence[str]) -> NDArray[np.float64]:
    """(N, K) scores, NaN where there is none."""
    kept: dict[tuple[str, ...], list[int]] = {}
    for row, each in enumerate(scored):
        kept.setdefault(tuple(each), []).append(row)
    places = {name: place for place, name in enumerate(names)}
    table = np.full((len(scored), len(names)), np.nan)
    for classes, rows in kept.items():
        columns = [places[name] for name in classes]
        if columns:
            table[np.ix_(rows, columns)] = np.array([list(scored[row].values()) for row in rows], dtype=np.float64)
    return table


def evaluate_classes(said: Said, project: Project, model: str) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`."""
    answers = read_answers(said, project)
    usable = (answers.after >= 0) & (answers.predicted >= 0)
    right = usable & (answers.after == answers.predicted)
    changed = answers.is_paired & (answers.before != answers.after)
    lines = [_score(answers, number, answers.after, usable) for number in range(len(answers.names))]
    earlier = [_score(answers, number, answers.before, answers.is_paired) for number in range(len(answers.names))]
    matrix = _confusion(answers, usable)
    slices, groups = list_slices(
        said, right | ~usable, [(name, usable & (answers.after == number)) for number, name in enumerate(answers.names)]
    )
    averages, curves = average_classes(lines), _curves(answers, usable)
    top = np.nan_to_num(_own(answers.scores, answers.predicted), nan=-1.0)
    reliability = measure_reliability(top[usable], right[usable])
    left_out = int((~usable).sum())
    return ProjectEvaluation(
        project.task,
        project.name,
        model,
        project.threshold,
        said.image_ids,
        headlines=(*_headlines(answers, usable), _calibration(answers, usable, top), count_label_errors(said, changed)),
        matrix=matrix,
        figure="F1",
        class_heads=HEADS,
        classes=tuple(
            ClassLine(line.label, _values(line, curves), earlier[number].f1, line.f1, f"class/{number}")
            for number, line in enumerate(lines)
        ),
        averages=(
            ("macro", (None, None, *(averages.macro[rate].value for rate in RATES_SHOWN), None, None)),
            ("micro", (None, None, *(getattr(averages.micro, rate) for rate in RATES_SHOWN), None, None)),
        ),
        further=_further(answers, usable),
        curves=curves,
        reliability=reliability,
        slices=slices,
        notes=(*said.notes, *([f"Images without a class, left out: {left_out:,}."] if left_out else [])),
        groups={**groups, **_groups(answers, usable, changed), **_bins(top, usable)},
    )


RATES_SHOWN = (*("precision", "recall", "f1", "false_positive_rate", "false_negative_rate", "specificity", "accuracy"),)


def _first(labels: Mapping[str, float | None] | None) -> str:
    return next(iter(labels), "") if labels else ""


def _own(scores: NDArray[np.float64], columns: Ints) -> NDArray[np.float64]:
    """(N,) the score of one class of each image; NaN for none."""
    if not scores.shape[1]:
        return np.full(len(scores), np.nan)
    own = np.take_along_axis(scores, np.clip(columns, 0, None)[:, None], axis=1)[:, 0]
    return np.where(columns >= 0, own, np.nan)


def _score(answers: Answers, number: int, labels: Ints, usable: NDArray[np.bool_]) -> ClassScores:
    given, said = (labels == number) & usable, (answers.predicted == number) & usable
    hits, of = int((given & said).sum()), int(usable.sum())
    return score_class(
        answers.names[number],
        hits,
        false_positives=int(said.sum()) - hits,
        false_negatives=int(given.sum()) - hits,
        images=of,
    )


def _values(line: ClassScores, curves: Mapping[str, Curves]) -> tuple[int | float | None, ...]:
    areas = [curve.area if curve else None for curve in curves.get(line.label, (None, None))]
    return (
        line.labelled,
        line.true_positives + line.false_positives,
        *(getattr(line, rate) for rate in RATES_SHOWN),
        *areas,
    )


def _confusion(answers: Answers, usable: NDArray[np.bool_]) -> Matrix:
    size = len(answers.names)
    flat = answers.after[usable] * size + answers.predicted[usable]
    counts = np.bincount(flat, minlength=size * size).reshape(size, size)
    return Matrix("images", answers.names, answers.names, counts)


def _groups(answers: Answers, usable: NDArray[np.bool_], changed: NDArray[np.bool_]) -> dict[str, Ints]:
    """The images of each cell, those wrong in each class, and those whose label review changed."""
    places = np.flatnonzero(usable)
    pairs = np.stack([answers.after[places], answers.predicted[places]], axis=1)
    order = np.lexsort((places, pairs[:, 1], pairs[:, 0]))
    starts = np.flatnonzero(np.append(True, (np.diff(pairs[order], axis=0) != 0).any(axis=1))) if len(order) else []
    cells = np.split(places[order], starts[1:]) if len(order) else []
    found = {Matrix.key(int(answers.after[one[0]]), int(answers.predicted[one[0]])): np.sort(one) for one in cells}
    wrong = usable & (answers.after != answers.predicted)
    for number in range(len(answers.names)):
        found[f"class/{number}"] = np.flatnonzero(wrong & ((answers.after == number) | (answers.predicted == number)))
    found["errors"] = np.flatnonzero(changed)
    was_right, is_right = (side == answers.predicted for side in (answers.before, answers.after))
    return found | flips(is_right, was_right, answers.is_paired)


def _bins(top: NDArray[np.float64], usable: NDArray[np.bool_]) -> dict[str, Ints]:
    edges = np.clip(np.ceil(top * 10).astype(np.int64) - 1, 0, 9)
    return {f"bin/{place}": np.flatnonzero(usable & (top >= 0) & (edges == place)) for place in range(10)}


def _headlines(answers: Answers, usable: NDArray[np.bool_]) -> list[Headline]:
    """Figures with intervals by drawing images: those alike in all three classes are drawn together."""
    triples = np.stack([answers.before, answers.after, answers.predicted], axis=1)[usable]
    cells, counts = np.unique(triples, axis=0, return_counts=True)
    sides = {name: _Side(cells[:, column], cells[:, 2], len(answers.names)) for name, column in _SIDES.items()}
    paired = (cells[:, 0] >= 0).astype(np.int64)
    now, then = (side.rates(counts[None, :] * on) for side, on in ((sides["after"], 1), (sides["before"], paired)))
    same = sides["after"].rates(counts[None, :] * paired)
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in _TITLES}
    moved: dict[str, list[NDArray[np.float64]]] = {name: [] for name in _TITLES}
    for block in resample(counts, draws=draws_for(len(counts))):
        every = sides["after"].rates(block)
        ours, theirs = sides["after"].rates(block * paired), sides["before"].rates(block * paired)
        for name in _TITLES:
            drawn[name].append(every[name])
            moved[name].append(ours[name] - theirs[name])
    images, both = int(counts.sum()), int((counts * paired).sum())
    return [
        Headline(
            name,
            title,
            estimate(float(now[name][0]), _all(drawn[name]), images),
            before=None if np.isnan(then[name][0]) else float(then[name][0]),
            change=estimate(float(same[name][0] - then[name][0]), _all(moved[name]), both),
        )
        for name, title in _TITLES.items()
    ]


_SIDES = {"before": 0, "after": 1}


class _Side:
    """Cells of images with the same label and prediction."""

    def __init__(self, labels: Ints, predicted: Ints, classes: int) -> None:
        rows = np.arange(len(labels))
        is_given, is_right = labels >= 0, labels == predicted
        shape = (len(labels), max(classes, 1))
        ones = np.ones(len(labels))
        self.given = csr_array((ones[is_given], (rows[is_given], labels[is_given])), shape=shape)
        self.said = csr_array((ones, (rows, predicted)), shape=shape)
        self.hits = csr_array((ones[is_right], (rows[is_right], labels[is_right])), shape=shape)

    def rates(self, drawn: Ints) -> dict[str, NDArray[np.float64]]:
        """Name -> (B,) of (B, C) drawn counts."""
        hits, said, given = (np.asarray(drawn @ part) for part in (self.hits, self.said, self.given))
        return {"accuracy": divide(hits.sum(axis=1), given.sum(axis=1)), **macro_rates(hits, said, given)}


def _all(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.concatenate(parts) if parts else np.zeros(0)


def _calibration(answers: Answers, usable: NDArray[np.bool_], top: NDArray[np.float64]) -> Headline:
    def of(labels: Ints, images: NDArray[np.bool_]) -> float | None:
        return measure_reliability(top[images], labels[images] == answers.predicted[images]).error

    now, both = of(answers.after, usable), answers.is_paired
    counts, gaps, bins = coarse_answers(top[usable], (answers.after == answers.predicted)[None, usable])
    drawn = _all([error_of_draws(block, gaps[0], bins) for block in resample(counts, draws=300)])
    rights = np.stack([labels[both] == answers.predicted[both] for labels in (answers.after, answers.before)])
    pairs, sides, places = coarse_answers(top[both], rights)
    moved = _all(
        [
            error_of_draws(block, sides[0], places) - error_of_draws(block, sides[1], places)
            for block in resample(pairs, draws=300)
        ]
    )
    before, after = of(answers.before, both), of(answers.after, both)
    change = None if before is None or after is None else estimate(after - before, moved, int(pairs.sum()))
    return Headline(
        "ece", "Calibration error", estimate(now, drawn, int(usable.sum())), before, change, is_higher_better=False
    )


def _further(answers: Answers, usable: NDArray[np.bool_]) -> tuple[tuple[str, float | None], ...]:
    labels, scores = answers.after[usable], answers.scores[usable]
    most = [k for k in (2, 3, 5) if k < len(answers.names)]
    return tuple((f"Top-{k} accuracy", top_k_accuracy(labels, scores, k)) for k in most)


def _curves(answers: Answers, usable: NDArray[np.bool_]) -> dict[str, Curves]:
    return {
        name: (
            roc(answers.after[usable] == number, answers.scores[usable, number]),
            precision_recall(answers.after[usable] == number, answers.scores[usable, number]),
        )
        for number, name in enumerate(answers.names)
    }
