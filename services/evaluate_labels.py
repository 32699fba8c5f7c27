"""Evaluation of a project with several classes an image, before and after review."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.project import Project
from metrics.bootstrap import draws_for, estimate, resample
from metrics.classification import ClassScores, score_class
from metrics.classification_calibration import measure_reliability
from metrics.classification_counts import average_classes, divide, macro_rates
from metrics.classification_curves import precision_recall, roc
from services.evaluate_classes import HEADS, RATES_SHOWN, score_table
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_result import ClassLine, Headline, ProjectEvaluation, flips
from services.evaluation_rows import Said

_TITLES = {
    "subset": "All classes right",
    "hamming": "Wrong answers",
    "macro_precision": "Macro precision",
    "macro_recall": "Macro recall",
    "macro_f1": "Macro F1",
}
Bools = NDArray[np.bool_]


def evaluate_labels(said: Said, project: Project, model: str) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`. A class counts as predicted from the project's threshold on."""
    scored = [each.labels or {} for each in said.predicted]
    names = _names(said, project)
    scores = np.nan_to_num(score_table(scored, names), nan=0.0)
    answers = scores >= project.threshold
    after, before = _given(said.current, names), _given(said.given, names)
    has_before = np.array([each is not None for each in said.given], dtype=bool)
    is_right = (after == answers).all(axis=1)
    changed = has_before & (after != before).any(axis=1)
    lines = [_score(name, after[:, place], answers[:, place]) for place, name in enumerate(names)]
    earlier = [_score(name, before[has_before, p], answers[has_before, p]) for p, name in enumerate(names)]
    averages = average_classes(lines)
    curves = {
        name: (roc(after[:, p], scores[:, p]), precision_recall(after[:, p], scores[:, p]))
        for p, name in enumerate(names)
    }
    slices, groups = list_slices(said, is_right, [(name, after[:, place]) for place, name in enumerate(names)])
    wrong = after != answers
    return ProjectEvaluation(
        project.task,
        project.name,
        model,
        project.threshold,
        said.image_ids,
        headlines=(*_headlines(before, after, answers, has_before), count_label_errors(said, changed)),
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
        reliability=measure_reliability(scores.ravel(), after.ravel()),
        slices=slices,
        notes=tuple(said.notes),
        groups={
            **groups,
            **{f"class/{place}": np.flatnonzero(wrong[:, place]) for place in range(len(names))},
            "errors": np.flatnonzero(changed),
            **flips(is_right, (before == answers).all(axis=1), has_before),
        },
    )


def _names(said: Said, project: Project) -> tuple[str, ...]:
    sides = (said.given, said.current, said.predicted)
    known = {name for side in sides for each in side if each for name in each.labels or ()}
    return (*(name for name in project.classes if name in known), *sorted(known - set(project.classes)))


def _given(contents: list, names: tuple[str, ...]) -> Bools:
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


def _headlines(before: Bools, after: Bools, answers: Bools, has_before: Bools) -> list[Headline]:
    """Images alike in labels and answers are drawn together."""
    rows = np.concatenate([before, after, answers, has_before[:, None]], axis=1)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    size = after.shape[1]
    was, now, said = (cells[:, start : start + size] for start in (0, size, 2 * size))
    paired = cells[:, -1].astype(np.int64)
    drawn = np.concatenate([counts[None, :], *resample(counts, draws=draws_for(len(counts)))])
    every, ours, theirs = (_rates(drawn * on, labels, said) for on, labels in ((1, now), (paired, now), (paired, was)))
    images, both = int(counts.sum()), int(has_before.sum())
    return [
        Headline(
            name,
            title,
            estimate(float(every[name][0]), every[name][1:], images),
            None if np.isnan(theirs[name][0]) else float(theirs[name][0]),
            estimate(float((ours[name] - theirs[name])[0]), (ours[name] - theirs[name])[1:], both),
            is_higher_better=name != "hamming",
        )
        for name, title in _TITLES.items()
    ]


def _rates(drawn: NDArray[np.int64], given: Bools, said: Bools) -> dict[str, NDArray[np.float64]]:
    total = drawn.sum(axis=1).astype(np.float64)
    hits, predicted, labelled = (drawn @ part.astype(np.float64) for part in (given & said, said, given))
    wrong = drawn @ (given != said).mean(axis=1) if given.shape[1] else np.full(len(drawn), np.nan)
    right = (drawn @ (given == said).all(axis=1)).astype(np.float64)
    return {"subset": divide(right, total), "hamming": divide(wrong, total), **macro_rates(hits, predicted, labelled)}
