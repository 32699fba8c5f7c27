"""All of COCO's figures from matches, and their draws: AP at 0.50 to 0.95, 0.50, 0.75, by size, and average recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.bootstrap import resample
from metrics.detection_curves import PrecisionCounter
from metrics.detection_matching import ANY_SIZE, SIZES, Matches, match
from metrics.detection_pairs import Objects, Pairs

MOST_FOR_RECALL = (1, 10, 100)
_IOU_50, _IOU_75 = 0, 5


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class; None where it is not labelled."""

    labelled: int
    predicted: int
    ap: float | None
    ap_50: float | None
    ap_75: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """COCO's twelve by its names ("AP", "AP50", "APsmall", "AR1", ...), None where undefined, and the classes."""

    values: Mapping[str, float | None]
    classes: tuple[ClassFigures, ...]


def coco_figures(given: Objects, found: Objects, pairs: Pairs, matches: Matches, *, classes: int) -> Figures:
    """Return every figure.

    Args:
        given: Labels.
        found: Predictions as `order_predictions` returns them.
        pairs: All that overlap.
        matches: Of `match` at COCO's ten thresholds and any size.
        classes: How many classes there are.
    """
    everything = PrecisionCounter(given, found, matches, classes=classes)
    counted = everything.count()
    precision = np.array([one.precision for one in counted]).reshape(classes, 10, 101)
    values = {
        "AP": _mean(precision),
        "AP50": _mean(precision[:, _IOU_50]),
        "AP75": _mean(precision[:, _IOU_75]),
    }
    recalls = {"AR100": _mean(np.array([one.recall for one in counted]))}
    for name, size in SIZES.items():
        sized = PrecisionCounter(given, found, match(given, found, pairs, size=size), classes=classes).count()
        values[f"AP{name}"] = _mean(np.array([one.precision for one in sized]))
        recalls[f"AR{name}"] = _mean(np.array([one.recall for one in sized]))
    for most in MOST_FOR_RECALL[:-1]:
        few = PrecisionCounter(given, found, matches, classes=classes, most=most).count()
        recalls[f"AR{most}"] = _mean(np.array([one.recall for one in few]))
    labelled = np.bincount(given.classes[matches.is_counted], minlength=classes)
    predicted = np.bincount(found.classes, minlength=classes)
    rows = tuple(
        ClassFigures(
            int(labelled[number]),
            int(predicted[number]),
            _mean(precision[number]),
            _mean(precision[number, _IOU_50]),
            _mean(precision[number, _IOU_75]),
            _mean(counted[number].recall),
        )
        for number in range(classes)
    )
    return Figures({**values, **recalls}, rows)


def drawn_precision(
    counters: list[PrecisionCounter], images: int, *, draws: int, seed: int = 0
) -> list[NDArray[np.float64]]:
    """Return for each counter (D, T) mAP of images drawn anew, the same images for all of them.

    Args:
        counters: Say before and after review.
        images: How many there are.
        draws: How often.
        seed: Of the draws.
    """
    made: list[list[NDArray[np.float64]]] = [[] for _ in counters]
    for block in resample(np.ones(images, np.int64), draws=draws, seed=seed):
        for weights in block.astype(np.float64):
            for place, counter in enumerate(counters):
                made[place].append(counter.mean_precision(weights))
    return [np.array(each).reshape(len(each), counters[0].thresholds) for each in made]


def match_all(given: Objects, found: Objects, pairs: Pairs) -> Matches:
    """COCO's matches of objects of any size."""
    return match(given, found, pairs, size=ANY_SIZE)


def _mean(values: NDArray[np.float64]) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None
