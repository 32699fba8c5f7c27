"""Evaluation of a project with boxes or masks, before and after review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.progress import Report, ignore_progress
from domain.project import Project
from metrics.bootstrap import draws_for, estimate, resample
from metrics.classification_curves import MOST_POINTS, Curve
from metrics.detection_costs import Costs, Fault, find_costs
from metrics.detection_curves import PrecisionCounter, raw_curve
from metrics.detection_figures import Figures, coco_figures, drawn_precision
from metrics.detection_matching import Matches, match
from metrics.detection_pairs import Objects, Pairs, order_predictions, pair_boxes
from metrics.object_confusion import Confusion, confuse
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_result import ClassLine, Cost, Headline, Matrix, ProjectEvaluation
from services.evaluation_rows import Said
from services.object_arrays import class_order, to_objects

HEADS = ("Labelled", "Predicted", "AP", "AP 50", "AP 75", "Recall", "Precision at threshold", "Recall at threshold")
_WORDS = {
    Fault.CLASSIFICATION: "Right place, wrong class",
    Fault.LOCALISATION: "Right class, box too far off",
    Fault.BOTH: "Wrong class, box too far off",
    Fault.DUPLICATE: "Found a second time",
    Fault.BACKGROUND: "Nothing labelled there",
    Fault.MISSED: "Labelled, not found",
}
_TITLES = {
    "AP": "AP 50 to 95",
    "AP50": "AP 50",
    "AP75": "AP 75",
    "APsmall": "AP small",
    "APmedium": "AP medium",
    "APlarge": "AP large",
    "AR1": "AR, 1 prediction",
    "AR10": "AR, 10 predictions",
    "AR100": "AR, 100 predictions",
    "ARsmall": "AR small",
    "ARmedium": "AR medium",
    "ARlarge": "AR large",
}


@dataclass(frozen=True, slots=True)
class _Side:
    """One set of labels against the predictions."""

    given: Objects
    pairs: Pairs
    matches: Matches
    counter: PrecisionCounter
    confusion: Confusion


def evaluate_objects(
    said: Said, project: Project, model: str, *, report: Report = ignore_progress
) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`. Boxes are compared, in pixels of the stored image."""
    names, images = class_order(said, project), len(said.image_ids)
    found = order_predictions(to_objects([each.objects or () for each in said.predicted], said.sizes, names))
    shown = found.scores >= project.threshold
    report(1 * images // 6, images)
    after = _side([each.objects or () for each in said.current], said, names, found, shown)
    report(2 * images // 6, images)
    has_before = np.array([each is not None for each in said.given], dtype=bool)
    before = _side([(each.objects if each else None) or () for each in said.given], said, names, found, shown)
    report(3 * images // 6, images)
    figures = coco_figures(after.given, found, after.pairs, after.matches, classes=len(names))
    costs = find_costs(after.given, found, after.pairs, after.matches, classes=len(names))
    report(4 * images // 6, images)
    changed = _changed(said)
    size = len(names)
    matrix = Matrix("objects", (*names, "extra"), (*names, "missed"), after.confusion.matrix(size))
    is_right = after.confusion.is_right_image(len(said.image_ids))
    per_class = [(name, _has_class(after.given, number, len(said.image_ids))) for number, name in enumerate(names)]
    slices, groups = list_slices(said, is_right, per_class)
    headlines = _headlines(before, after, has_before)
    report(6 * images // 6, images)
    return ProjectEvaluation(
        project.task,
        project.name,
        model,
        project.threshold,
        said.image_ids,
        headlines=(*headlines, count_label_errors(said, changed)),
        matrix=matrix,
        figure="AP 50 to 95",
        class_heads=HEADS,
        classes=_class_lines(names, figures, before, after),
        averages=(
            ("mean", (None, None, *(figures.values[name] for name in ("AP", "AP50", "AP75", "AR100")), None, None)),
        ),
        further=tuple((title, figures.values[name]) for name, title in _TITLES.items()),
        curves={name: (None, _curve(after.counter, number)) for number, name in enumerate(names)},
        costs=tuple(_cost(costs, kind) for kind in Fault),
        slices=slices,
        notes=(*said.notes, *_notes(after.given, found)),
        groups={
            **groups,
            **after.confusion.groups(size),
            **{f"cost/{kind.value}": costs.images[kind] for kind in Fault},
            "errors": np.flatnonzero(changed),
        },
    )


def _side(
    contents: Sequence[Sequence], said: Said, names: Sequence[str], found: Objects, shown: NDArray[np.bool_]
) -> _Side:
    given = to_objects(contents, said.sizes, names)
    pairs = pair_boxes(given, found)
    matches = match(given, found, pairs)
    return _Side(
        given,
        pairs,
        matches,
        PrecisionCounter(given, found, matches, classes=len(names)),
        confuse(given, found, pairs, shown),
    )


def _headlines(before: _Side, after: _Side, has_before: NDArray[np.bool_]) -> list[Headline]:
    images, weights = len(has_before), has_before.astype(np.float64)
    same, then = after.counter.mean_precision(weights), before.counter.mean_precision(weights)
    now = after.counter.mean_precision()
    size = sum(len(each.images) for each in after.counter.classes)
    draws = 300 if size < 20_000 else 100
    ours, theirs = drawn_precision([after.counter, before.counter], images, draws=draws)
    made = []
    for key, title, pick in (("map", "mAP 50 to 95", np.mean), ("map50", "mAP 50", _first)):
        value, was, is_now = (float(pick(each)) for each in (now, then, same))
        drawn, moved = (pick(part, axis=-1) if len(part) else np.zeros(0) for part in (ours, ours - theirs))
        made.append(
            Headline(
                key,
                title,
                estimate(value, drawn, images),
                None if np.isnan(was) else was,
                estimate(is_now - was, moved, int(has_before.sum())),
            )
        )
    return [*made, *_rates(before.confusion, after.confusion, has_before)]


def _first(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.take(values, 0, axis=axis)


def _rates(before: Confusion, after: Confusion, has_before: NDArray[np.bool_]) -> list[Headline]:
    """Precision, recall and F1 of all objects at IoU 0.5 and the threshold."""
    images = len(has_before)
    rows = np.concatenate([after.counts(images), before.counts(images), has_before[:, None]], axis=1).astype(np.int64)
    cells, counts = np.unique(rows, axis=0, return_counts=True)
    paired = cells[:, 6]
    blocks = [counts[None, :], *resample(counts, draws=draws_for(len(counts)))]
    drawn = np.concatenate(blocks) if images else np.zeros((1, len(counts)), np.int64)
    every, ours, theirs = (
        _figures(drawn * on @ cells[:, start : start + 3]) for on, start in ((1, 0), (paired, 0), (paired, 3))
    )
    return [
        Headline(
            name.lower(),
            name,
            estimate(float(every[name][0]), every[name][1:], images),
            None if np.isnan(theirs[name][0]) else float(theirs[name][0]),
            estimate(float((ours[name] - theirs[name])[0]), (ours[name] - theirs[name])[1:], int(has_before.sum())),
        )
        for name in ("Precision", "Recall", "F1")
    ]


def _figures(sums: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Of (B, 3) right, predicted and labelled objects."""
    right, said, given = sums.astype(np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"Precision": right / said, "Recall": right / given, "F1": 2 * right / (said + given)}


def _class_lines(names: Sequence[str], figures: Figures, before: _Side, after: _Side) -> tuple[ClassLine, ...]:
    earlier = [one.precision for one in before.counter.count()]
    lines = []
    for number, (name, row) in enumerate(zip(names, figures.classes, strict=True)):
        right, said, given = after.confusion.class_counts(number)
        values = (
            *(row.labelled, row.predicted, row.ap, row.ap_50, row.ap_75, row.recall),
            *(right / said if said else None, right / given if given else None),
        )
        was = float(earlier[number].mean())
        lines.append(ClassLine(name, values, None if np.isnan(was) else was, row.ap, f"class/{number}"))
    return tuple(lines)


def _curve(counter: PrecisionCounter, number: int) -> Curve | None:
    recall, precision, scores = raw_curve(counter, number)
    if not len(counter.classes[number].labels):
        return None
    kept = np.unique(np.linspace(0, len(recall) - 1, min(len(recall), MOST_POINTS)).round().astype(np.int64))
    area = float(counter.count()[number].precision[0].mean())
    return Curve(recall[kept], precision[kept], scores[kept], area)


def _cost(costs: Costs, kind: Fault) -> Cost:
    return Cost(kind.value, _WORDS[kind], len(costs.faults[kind]), costs.gains[kind], f"cost/{kind.value}")


def _changed(said: Said) -> NDArray[np.bool_]:
    """(N,) images whose objects review changed."""
    pairs = zip(said.given, said.current, strict=True)
    return np.array([was is not None and _outline(was) != _outline(now) for was, now in pairs], dtype=bool)


def _outline(content: object) -> list[tuple]:
    return sorted((item.label, *item.box, item.polygons) for item in getattr(content, "objects", None) or ())


def _has_class(given: Objects, number: int, images: int) -> NDArray[np.bool_]:
    inside = np.zeros(images, bool)
    inside[given.images[given.classes == number]] = True
    return inside


def _notes(given: Objects, found: Objects) -> list[str]:
    crowds = int(given.is_crowd.sum())
    empty = int((given.areas <= 0).sum() + (found.areas <= 0).sum())
    return [
        *([f"Labelled crowds, neither missed nor wrongly found: {crowds:,}."] if crowds else []),
        *([f"Empty boxes, which overlap nothing: {empty:,}."] if empty else []),
    ]
