"""Evaluation of a project with one class an image, before and after review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.project import Project
from metrics.classification import ClassScores, score_class
from metrics.classification_calibration import BINS, bin_of, measure_reliability
from metrics.classification_counts import average_classes
from metrics.classification_curves import Curve, precision_recall, roc, top_k_accuracy
from services.evaluate_rates import ClassSide, class_headlines
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_points import points_of_images
from services.evaluation_result import About, ClassLine, Matrix, ProjectEvaluation, flips
from services.evaluation_rows import Said, class_order

HEADS = ("Labelled", "Predicted", "Precision", "Recall", "F1", "FPR", "FNR", "Specificity", "Accuracy", "ROC AUC", "AP")
Ints = NDArray[np.int64]
Curves = tuple[Curve | None, Curve | None]


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels and predictions as places among `names`, as they are and as they were.

    Attributes:
        names: Classes in the order of the project, then others.
        now: The labels as they stand, and what the model says.
        then: What the change is measured from.
        scores: (N, K) of the model, NaN where it gave none.
    """

    names: tuple[str, ...]
    now: ClassSide
    then: ClassSide
    scores: NDArray[np.float64]


def read_answers(said: Said, project: Project) -> Answers:
    """Number the classes; (N,) arrays in the order of `said`."""
    names = class_order(said, project)
    places = {name: place for place, name in enumerate(names)} | {"": -1}
    scores = score_table([each.labels or {} for each in said.predicted], names)
    earlier = scores if said.other is None else score_table([each.labels or {} for each in said.other], names)
    sides = [
        _side([places[_first(each.labels if each else None)] for each in labels], table)
        for labels, table in ((said.current, scores), (said.earlier_labels, earlier))
    ]
    return Answers(names, sides[0], sides[1], scores)


def _side(labels: Sequence[int], scores: NDArray[np.float64]) -> ClassSide:
    has_score = ~np.isnan(scores).all(axis=1)
    top = np.argmax(np.where(np.isnan(scores), -np.inf, scores), axis=1) if scores.shape[1] else np.zeros(len(scores))
    predicted = np.where(has_score, top, -1).astype(np.int64)
    return ClassSide(np.array(labels, dtype=np.int64), predicted, _own(scores, predicted))


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


def evaluate_classes(said: Said, about: About) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`."""
    project = about.project
    answers = read_answers(said, project)
    now, then = answers.now, answers.then
    usable = now.is_usable
    in_both = usable & then.is_usable
    changed = _changed(said)
    lines = [_score(name, number, now, usable) for number, name in enumerate(answers.names)]
    earlier = [_score(name, number, then, in_both) for number, name in enumerate(answers.names)]
    slices, groups = list_slices(
        said, now.is_right | ~usable, [(name, usable & (now.labels == at)) for at, name in enumerate(answers.names)]
    )
    averages, curves = average_classes(lines), _curves(answers, usable)
    reliability = measure_reliability(now.scores[usable], now.is_right[usable])
    left_out = int((~usable).sum())
    return ProjectEvaluation(
        about,
        said.image_ids,
        headlines=(*class_headlines(now, then, len(answers.names)), count_label_errors(said, changed)),
        matrix=_confusion(answers, usable),
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
        groups={
            **groups,
            **_groups(answers, usable),
            **_bins(now.scores, usable),
            "errors": np.flatnonzero(changed),
            **flips(now.is_right, then.is_right, in_both),
        },
        points=points_of_images(
            now.labels[usable, None] == np.arange(len(answers.names)), answers.scores[usable], np.flatnonzero(usable)
        ),
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


def _changed(said: Said) -> NDArray[np.bool_]:
    """(N,) images whose label review changed to another."""
    pairs = zip(said.given, said.current, strict=True)
    firsts = ((_first(was.labels if was else None), _first(now.labels)) for was, now in pairs)
    return np.array([bool(was and now) and was != now for was, now in firsts], dtype=bool)


def _score(name: str, number: int, side: ClassSide, usable: NDArray[np.bool_]) -> ClassScores:
    given, said = (side.labels == number) & usable, (side.predicted == number) & usable
    hits, of = int((given & said).sum()), int(usable.sum())
    wrong, missed = int(said.sum()) - hits, int(given.sum()) - hits
    return score_class(name, hits, false_positives=wrong, false_negatives=missed, images=of)


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
    flat = answers.now.labels[usable] * size + answers.now.predicted[usable]
    counts = np.bincount(flat, minlength=size * size).reshape(size, size)
    return Matrix("images", answers.names, answers.names, counts)


def _groups(answers: Answers, usable: NDArray[np.bool_]) -> dict[str, Ints]:
    """The images of each cell, and those wrong in each class."""
    labels, predicted = answers.now.labels, answers.now.predicted
    places = np.flatnonzero(usable)
    pairs = np.stack([labels[places], predicted[places]], axis=1)
    order = np.lexsort((places, pairs[:, 1], pairs[:, 0]))
    starts = np.flatnonzero(np.append(True, (np.diff(pairs[order], axis=0) != 0).any(axis=1))) if len(order) else []
    cells = np.split(places[order], starts[1:]) if len(order) else []
    found = {Matrix.key(int(labels[one[0]]), int(predicted[one[0]])): np.sort(one) for one in cells}
    wrong = usable & (labels != predicted)
    for number in range(len(answers.names)):
        found[f"class/{number}"] = np.flatnonzero(wrong & ((labels == number) | (predicted == number)))
    return found


def _bins(scores: NDArray[np.float64], usable: NDArray[np.bool_]) -> dict[str, Ints]:
    """The images behind each bar of the reliability diagram."""
    known = usable & (scores >= 0) & (scores <= 1)
    places = bin_of(np.where(known, scores, 0.0))
    return {f"bin/{place}": np.flatnonzero(known & (places == place)) for place in range(BINS)}


def _further(answers: Answers, usable: NDArray[np.bool_]) -> tuple[tuple[str, float | None], ...]:
    labels, scores = answers.now.labels[usable], answers.scores[usable]
    most = [k for k in (2, 3, 5) if k < len(answers.names)]
    return tuple((f"Top-{k} accuracy", top_k_accuracy(labels, scores, k)) for k in most)


def _curves(answers: Answers, usable: NDArray[np.bool_]) -> dict[str, Curves]:
    return {
        name: (
            roc(answers.now.labels[usable] == number, answers.scores[usable, number]),
            precision_recall(answers.now.labels[usable] == number, answers.scores[usable, number]),
        )
        for number, name in enumerate(answers.names)
    }
