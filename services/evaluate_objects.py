"""Evaluation of a project with boxes or masks, before and after review."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.project import Project
from metrics.classification_curves import MOST_POINTS, Curve
from metrics.detection_costs import Costs, Fault, find_costs
from metrics.detection_curves import PrecisionCounter, raw_curve
from metrics.detection_figures import Figures, coco_figures
from metrics.detection_pairs import Objects
from services.evaluate_sides import ObjectSide, make_side, object_headlines
from services.evaluate_slices import count_label_errors, list_slices
from services.evaluation_points import ObjectPoints
from services.evaluation_result import About, ClassLine, Cost, Matrix, ProjectEvaluation, flips
from services.evaluation_rows import Said, class_order

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


def evaluate_objects(said: Said, about: About, *, report: Report = ignore_progress) -> ProjectEvaluation:
    """Work out everything; see `ProjectEvaluation`. Boxes, or masks, are compared in pixels of the stored image."""
    project = about.project
    names, images = class_order(said, project), len(said.image_ids)
    changed = _changed(said)
    has_before = np.array([each is not None for each in said.earlier_labels], dtype=bool)
    after = make_side(said.current, said.predicted, said, names, project, report=_third(report, 0, images))
    before = after
    if changed.any() or not has_before.all() or said.other is not None:
        before = make_side(
            *(said.earlier_labels, said.earlier_predicted, said, names, project), report=_third(report, 1, images)
        )
    given, found = after.given, after.found
    figures = coco_figures(given, found, after.pairs, after.matches, classes=len(names))
    costs = find_costs(given, found, after.pairs, after.matches, classes=len(names))
    report(images * 3 // 4, images)
    size = len(names)
    matrix = Matrix("objects", (*names, "extra"), (*names, "missed"), after.confusion.matrix(size))
    is_right = after.confusion.is_right_image(len(said.image_ids))
    per_class = [(name, _has_class(given, number, len(said.image_ids))) for number, name in enumerate(names)]
    slices, groups = list_slices(said, is_right, per_class)
    headlines = object_headlines(before, after, has_before)
    report(images, images)
    return ProjectEvaluation(
        about,
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
        costs=tuple(_cost(costs, kind, project) for kind in Fault),
        slices=slices,
        notes=(*said.notes, *_notes(after, project)),
        groups={
            **groups,
            **after.confusion.groups(size),
            **{f"cost/{kind.value}": costs.images[kind] for kind in Fault},
            "errors": np.flatnonzero(changed),
            **flips(is_right, before.confusion.is_right_image(images), has_before),
        },
        points=ObjectPoints(given, found, after.matches),
    )


def _third(report: Report, number: int, images: int) -> Report:
    """Tell the progress of one of three parts of the work as images."""
    return lambda done, total: report((number * images + images * done // max(1, total)) // 3, images)


def _class_lines(
    names: Sequence[str], figures: Figures, before: ObjectSide, after: ObjectSide
) -> tuple[ClassLine, ...]:
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


def _cost(costs: Costs, kind: Fault, project: Project) -> Cost:
    words = _WORDS[kind].replace("box", "outline") if project.task is Task.SEGMENTATION else _WORDS[kind]
    return Cost(kind.value, words, len(costs.faults[kind]), costs.gains[kind], f"cost/{kind.value}")


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


def _notes(side: ObjectSide, project: Project) -> list[str]:
    given, found = side.given, side.found
    crowds = int(given.is_crowd.sum())
    empty = int((given.areas <= 0).sum() + (found.areas <= 0).sum())
    what = "masks" if project.task is Task.SEGMENTATION else "boxes"
    return [
        *(["Masks are compared, filled in pixels of the stored image."] if what == "masks" else []),
        *([f"Labels without an outline, left out: {side.without_mask:,}."] if side.without_mask else []),
        *([f"Labelled crowds, neither missed nor wrongly found: {crowds:,}."] if crowds else []),
        *([f"Empty {what}, which overlap nothing: {empty:,}."] if empty else []),
    ]
