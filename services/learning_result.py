"""What a model learned: parent and child on the held-out images, figures, flipped images, and where their maps look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Explanation, Target
from domain.prediction import Instance, Labels
from domain.progress import PartOf, Report
from metrics.flipped import Change, compare_answers, compare_means
from metrics.localisation import energy_inside
from services.explaining import Model, Request, compute_each
from services.learning_data import LabelledImage
from services.learning_pictures import of_classes
from services.scoring import score_images
from store.predictions import StoredPrediction

METHOD = "gradcam"
MOST_MAPS = 60
"""Images whose maps are compared."""

TITLES = {
    "accuracy": "Accuracy",
    "f1": "Macro F1",
    "f1_micro": "Micro F1",
    "score": "Score of the labels",
    "map": "mAP 50 to 95",
    "map50": "mAP 50",
    "precision": "Precision of objects",
    "recall": "Recall of objects",
    "inside": "Evidence inside the boxes",
}
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Answers:
    """What both models say about the held-out images, in their order; None where an image cannot be read."""

    before: list[StoredPrediction]
    after: list[StoredPrediction]


def ask_both(
    models: tuple[Model, Model], images: Sequence[LabelledImage], *, max_pixels: int, report: Report
) -> Answers:
    """Predict the held-out images with parent and child."""
    sides: list[list[StoredPrediction]] = []
    for number, (predictor, spec) in enumerate(models):
        told, made = PartOf(report, number, 2), []
        for batch in score_images(predictor, spec, [each.image for each in images], max_pixels=max_pixels):
            made += batch
            told(len(made), len(images))
        sides.append(made)
    return Answers(*sides)


def judge(images: Sequence[LabelledImage], answers: Answers, *, is_multilabel: bool) -> dict[str, Any]:
    """Return figures of both with intervals, and the images on which they differ; plain values for JSON."""
    both = [
        (image, one.content, other.content)
        for image, one, other in zip(images, answers.before, answers.after, strict=True)
        if isinstance(one.content, Labels) and isinstance(other.content, Labels)
    ]
    names = sorted({name for image, one, other in both for name in (*image.names, *one.names, *other.names)})
    given = _marks([image.names for image, _, _ in both], names)
    said = [
        [_said(content, is_multilabel=is_multilabel) for content in side]
        for side in ([one for _, one, _ in both], [other for _, _, other in both])
    ]
    before, after = (_marks(each, names) for each in said)
    changes = compare_answers(given, before, after, is_multilabel=is_multilabel)
    scores = np.array([(_score(image, one), _score(image, other)) for image, one, other in both]).reshape(-1, 2)
    changes["score"] = compare_means(scores[:, 0], scores[:, 1])
    right = [(marks == given).all(axis=1) for marks in (before, after)]
    flips = [
        {
            "image_id": image.image.image_id,
            "label": list(image.names),
            "before": list(one),
            "after": list(other),
            "kind": flip_kind(was_right=bool(was), is_right=bool(now)),
        }
        for (image, _, _), one, other, was, now in zip(both, *said, *right, strict=True)
        if set(one) != set(other)
    ]
    return {
        "images": len(both),
        "both_wrong": int((~right[0] & ~right[1]).sum()),
        "figures": {name: _plain(change) for name, change in changes.items()},
        "flips": flips,
    }


def compare_evidence(
    models: tuple[Model, Model],
    images: Sequence[LabelledImage],
    objects: Mapping[Path, tuple[Instance, ...]],
    *,
    max_pixels: int,
    report: Report,
) -> dict[str, Any]:
    """Return how much of the evidence for the label lies inside its boxes, before and after; {} without boxes.

    The share of the positive evidence of GradCAM maps inside the objects of the image's classes (the energy-based
    pointing game of Score-CAM), for the first class of each image.
    """
    boxed = [each for each in images if each.names and Path(each.image.uri).resolve() in objects][:MOST_MAPS]
    if not boxed:
        return {}
    sides = []
    for number, model in enumerate(models):
        told = PartOf(report, number, 2)
        sides.append([])
        for start in range(0, len(boxed), _AT_ONCE):
            part = boxed[start : start + _AT_ONCE]
            requests = [Request(each.image, Target(each.names[0]), METHOD) for each in part]
            maps = compute_each(*model, requests, max_pixels=max_pixels)
            sides[-1] += [_inside(made, each, objects) for made, each in zip(maps, part, strict=True)]
            told(start + len(part), len(boxed))
    before, after = (np.array(side, np.float64) for side in sides)
    shares = [
        {"image_id": each.image.image_id, "label": each.names[0], "before": _number(one), "after": _number(other)}
        for each, one, other in zip(boxed, before, after, strict=True)
    ]
    return {"figure": _plain(compare_means(before, after)), "images": shares}


def _inside(made: object, image: LabelledImage, objects: Mapping[Path, tuple[Instance, ...]]) -> float:
    """NaN where there is no map, or nothing speaks for the class."""
    if not isinstance(made, Explanation):
        return float("nan")
    things = of_classes(objects[Path(image.image.uri).resolve()], image.names[:1])
    shares = [energy_inside(made.heatmap, made.region, thing) for thing in things]
    known = [share for share in shares if share is not None]
    return min(1.0, sum(known)) if known else float("nan")


def _said(content: Labels, *, is_multilabel: bool) -> tuple[str, ...]:
    if is_multilabel:
        return tuple(name for name, score in content.scores.items() if score > 0.5)
    return tuple(name for name, _ in content.top())


def _score(image: LabelledImage, content: Labels) -> float:
    """The mean score of the classes of an image; 0 for a class the model does not know."""
    return float(np.mean([content.scores.get(name, 0.0) for name in image.names])) if image.names else float("nan")


def _marks(rows: Sequence[Sequence[str]], names: Sequence[str]) -> NDArray[np.bool_]:
    places = {name: place for place, name in enumerate(names)}
    marks = np.zeros((len(rows), len(names)), bool)
    for row, found in enumerate(rows):
        marks[row, [places[name] for name in found]] = True
    return marks


def flip_kind(*, was_right: bool, is_right: bool) -> str:
    """How an image moved from one model to the other."""
    if was_right == is_right:
        return "other"
    return "mended" if is_right else "broken"


def _plain(change: Change) -> dict[str, Any]:
    sides = {"before": change.before, "after": change.after, "change": change.change}
    return {name: asdict(each) if each else None for name, each in sides.items()}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
