"""Evaluation of a project with several classes an image, before and after review."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.classification import ClassScores, score_class
from metrics.classification_calibration import BINS, bin_of, measure_reliability
from metrics.classification_counts import average_classes
from metrics.classification_curves import precision_recall, roc
from services.evaluate_classes import HEADS, RATES_SHOWN, score_table
from services.evaluate_rates import LabelSide, label_headlines
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_points import points_of_images
from services.evaluation_result import About, ClassLine, ProjectEvaluation, flips
from services.evaluation_rows import Said, class_order
from store.evaluation_rows import SaidContent

Bools = NDArray[np.bool_]


def evaluate_labels(said: Said, about: About) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`. A class counts as predicted from the project's threshold on."""
    project = about.project
    names = class_order(said, project)
    scores = _scores(said.predicted, names)
    given, labels = _given(said.given, names), _given(said.current, names)
    answers = scores >= project.threshold
    now = LabelSide(labels, answers)
    then = LabelSide(
        given if said.other is None else labels,
        answers if said.other is None else _scores(said.other, names) >= project.threshold,
    )
    has_given = np.array([each is not None for each in said.given], dtype=bool)
    in_both = has_given if said.other is None else np.ones(len(labels), bool)
    changed = has_given & (given != labels).any(axis=1)
    lines = [_score(name, labels[:, place], answers[:, place]) for place, name in enumerate(names)]
    earlier = [_score(name, then.labels[in_both, p], then.answers[in_both, p]) for p, name in enumerate(names)]
    averages = average_classes(lines)
    curves = {
        name: (roc(labels[:, p], scores[:, p]), precision_recall(labels[:, p], scores[:, p]))
        for p, name in enumerate(names)
    }
    slices, groups = list_slices(said, now.is_right, [(name, labels[:, place]) for place, name in enumerate(names)])
    wrong = labels != answers
    return ProjectEvaluation(
        about,
        said.image_ids,
        headlines=(*label_headlines(now, then, in_both), count_label_errors(said, changed)),
        figure="F1",
        class_heads=HEADS,
        classes=tuple(
            ClassLine(
                line.label,
                (
                    line.labelled,
                    line.true_positives + line.false_positives,
                    *(getattr(line, rate) for rate in RATES_SHOWN),
                    *(curve.area if curve else None for curve in curves[line.label]),
                ),
                earlier[place].f1,
                line.f1,
                f"class/{place}",
            )
            for place, line in enumerate(lines)
        ),
        averages=(
            ("macro", (None, None, *(averages.macro[rate].value for rate in RATES_SHOWN), None, None)),
            ("micro", (None, None, *(getattr(averages.micro, rate) for rate in RATES_SHOWN), None, None)),
        ),
        curves=curves,
        reliability=measure_reliability(scores.ravel(), labels.ravel()),
        slices=slices,
        notes=tuple(said.notes),
        groups={
            **groups,
            **{f"class/{place}": np.flatnonzero(wrong[:, place]) for place in range(len(names))},
            "errors": np.flatnonzero(changed),
            **flips(now.is_right, then.is_right, in_both),
            **_bins(scores),
        },
        points=points_of_images(labels, scores, np.arange(len(labels))),
    )


def _scores(contents: Sequence[SaidContent], names: tuple[str, ...]) -> NDArray[np.float64]:
    """(N, K) 0 where the model gave none."""
    return np.nan_to_num(score_table([each.labels or {} for each in contents], names), nan=0.0)


def _given(contents: Sequence[SaidContent | None], names: tuple[str, ...]) -> Bools:
    """(N, K) which classes are labelled."""
    places = {name: place for place, name in enumerate(names)}
    table = np.zeros((len(contents), len(names)), bool)
    rows = [(row, places[name]) for row, each in enumerate(contents) if each for name in each.labels or ()]
    if rows:
        table[tuple(np.array(rows).T)] = True
    return table


def _score(name: str, given: Bools, said: Bools) -> ClassScores:
    hits = int((given & said).sum())
    wrong, missed = int(said.sum()) - hits, int(given.sum()) - hits
    return score_class(name, hits, false_positives=wrong, false_negatives=missed, images=len(given))


def _bins(scores: NDArray[np.float64]) -> dict[str, NDArray[np.int64]]:
    """The images with a score in each bar of the reliability diagram."""
    places = np.where((scores >= 0) & (scores <= 1), bin_of(scores), -1)
    return {f"bin/{place}": np.flatnonzero((places == place).any(axis=1)) for place in range(BINS)}
