"""One set of labels against one set of predictions of objects, and two of these held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.project import Project
from metrics.bootstrap import draws_for, estimate, resample
from metrics.detection_curves import PrecisionCounter
from metrics.detection_figures import drawn_precision
from metrics.detection_masks import pair_masks
from metrics.detection_matching import Matches, match
from metrics.detection_pairs import Objects, Pairs, order_predictions, pair_boxes
from metrics.object_confusion import Confusion, confuse
from services.evaluation_result import Headline
from services.evaluation_rows import Said
from services.object_arrays import to_objects, to_outlines
from store.contents import StoredObject
from store.evaluation_rows import SaidContent

_UNKNOWN_SIZE = (1000, 1000)


@dataclass(frozen=True, slots=True)
class ObjectSide:
    """One set of labels against the predictions.

    Attributes:
        without_mask: Labels that are left out because they have no outline, where masks are compared.
    """

    given: Objects
    found: Objects
    pairs: Pairs
    matches: Matches
    counter: PrecisionCounter
    confusion: Confusion
    without_mask: int = 0


def make_side(
    labels: Sequence[SaidContent | None],
    predicted: Sequence[SaidContent],
    said: Said,
    names: Sequence[str],
    project: Project,
    *,
    report: Report = ignore_progress,
) -> ObjectSide:
    """Match predictions with labels: boxes, or masks where the project is of instance segmentation.

    Args:
        labels: (N,) of each image; None without any.
        predicted: (N,) likewise.
        said: The images.
        names: Classes.
        project: Its task and threshold.
        report: Called with (images done, images).
    """
    contents = [(each.objects if each else None) or () for each in labels]
    answers = [each.objects or () for each in predicted]
    given, found = (to_objects(side, said.sizes, names) for side in (contents, answers))
    without_mask = 0
    if project.task is Task.SEGMENTATION:
        given, found = _outline(given, contents), _outline(found, answers)
        has_mask = np.array([bool(rings) for rings in to_outlines(contents)], dtype=bool)
        without_mask = len(given) - int(has_mask.sum())
        found = order_predictions(found)
        sizes = [size if all(size) else _UNKNOWN_SIZE for size in said.sizes]
        given, found, pairs = pair_masks(given.take(has_mask), found, sizes, report=report)
    else:
        found = order_predictions(found)
        pairs = pair_boxes(given, found)
        report(len(said.sizes), len(said.sizes))
    matches = match(given, found, pairs)
    return ObjectSide(
        given,
        found,
        pairs,
        matches,
        PrecisionCounter(given, found, matches, classes=len(names)),
        confuse(given, found, pairs, found.scores >= project.threshold),
        without_mask,
    )


def _outline(objects: Objects, contents: Sequence[Sequence[StoredObject]]) -> Objects:
    return replace(objects, outlines=to_outlines(contents))


def object_headlines(then: ObjectSide, now: ObjectSide, in_both: NDArray[np.bool_]) -> list[Headline]:
    """mAP, precision, recall and F1 of `now`, with the change since `then` on the images drawn for both.

    Args:
        then: Before.
        now: After.
        in_both: (N,) images that count for the change.
    """
    images, weights = len(in_both), in_both.astype(np.float64)
    same, before = now.counter.mean_precision(weights), then.counter.mean_precision(weights)
    after = now.counter.mean_precision()
    size = sum(len(each.images) for each in now.counter.classes)
    draws = 300 if size < 20_000 else 100
    ours, theirs = drawn_precision([now.counter, then.counter], images, draws=draws)
    made = []
    for key, title, pick in (("map", "mAP 50 to 95", np.mean), ("map50", "mAP 50", _first)):
        value, was, is_now = (float(pick(each)) for each in (after, before, same))
        drawn, moved = (pick(part, axis=-1) if len(part) else np.zeros(0) for part in (ours, ours - theirs))
        made.append(
            Headline(
                key,
                title,
                estimate(value, drawn, images),
                None if np.isnan(was) else was,
                estimate(is_now - was, moved, int(in_both.sum())),
            )
        )
    return [*made, *_rates(then.confusion, now.confusion, in_both)]


def _first(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.take(values, 0, axis=axis)


def _rates(then: Confusion, now: Confusion, in_both: NDArray[np.bool_]) -> list[Headline]:
    """Precision, recall and F1 of all objects at IoU 0.5 and the threshold."""
    images = len(in_both)
    rows = np.concatenate([now.counts(images), then.counts(images), in_both[:, None]], axis=1).astype(np.int64)
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
            estimate(float((ours[name] - theirs[name])[0]), (ours[name] - theirs[name])[1:], int(in_both.sum())),
        )
        for name in ("Precision", "Recall", "F1")
    ]


def _figures(sums: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Of (B, 3) right, predicted and labelled objects."""
    right, said, given = sums.astype(np.float64).T
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"Precision": right / said, "Recall": right / given, "F1": 2 * right / (said + given)}
