"""COCO's average precision of boxes and of masks, by faster_coco_eval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from domain.geometry import Segment
from domain.prediction import Instance

MOST_PREDICTIONS = 100
"""Of one class on one image; COCO leaves out those with lower scores."""

_IOU_50, _IOU_75 = 0, 5  # positions among COCO's ten thresholds 0.50, 0.55, ..., 0.95


class Shape(StrEnum):
    """What is laid over each other, by COCO's names."""

    BOX = "bbox"
    MASK = "segm"


@dataclass(frozen=True, slots=True)
class ObjectPair:
    """The objects of one image.

    Attributes:
        labels: What should be found. Crowds are neither missed nor wrongly found.
        predictions: With scores.
        width: Of the grid on which masks are laid over each other, pixels.
        height: Likewise.
    """

    labels: Sequence[Instance]
    predictions: Sequence[Instance]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ClassPrecision:
    """Average precision of one class; None when it is not labelled.

    Attributes:
        label: Class name.
        labelled: Objects in the labels, crowds aside.
        predicted: Objects in the predictions.
        ap: Mean over IoU thresholds 0.50 to 0.95 in steps of 0.05.
        ap_50: At IoU 0.50.
        ap_75: At IoU 0.75.
    """

    label: str
    labelled: int
    predicted: int
    ap: float | None
    ap_50: float | None
    ap_75: float | None


@dataclass(frozen=True, slots=True)
class DetectionScores:
    """COCO's figures over all classes that are labelled; None when none is.

    Attributes:
        shape: Boxes or masks.
        images: How many were compared.
        labelled: Objects in the labels, crowds aside.
        predicted: Objects in the predictions.
        mean_ap: Mean of the classes' `ap`, COCO's mAP@50:95.
        mean_ap_50: mAP@50.
        mean_ap_75: mAP@75.
        classes: In the order of their names.
    """

    shape: Shape
    images: int
    labelled: int
    predicted: int
    mean_ap: float | None
    mean_ap_50: float | None
    mean_ap_75: float | None
    classes: tuple[ClassPrecision, ...]


def score_objects(pairs: Sequence[ObjectPair], shape: Shape) -> DetectionScores:
    """Compare labelled and predicted objects as COCO does: all sizes, at most 100 predictions a class and image.

    A predicted object without polygons has an empty mask and is wrong as a mask; a label without polygons is left out
    there. What lies outside the image is cut off before masks are compared.
    """
    names = sorted({item.label for pair in pairs for item in [*pair.labels, *pair.predictions]})
    numbers = {name: number for number, name in enumerate(names, start=1)}
    given = [place for place in _places(pairs, "labels") if _is_usable(place.item, shape)]
    found = list(_places(pairs, "predictions"))
    precision = _evaluate(
        {
            "info": {},
            "images": [
                {"id": number, "width": pair.width, "height": pair.height} for number, pair in enumerate(pairs, start=1)
            ],
            "categories": [{"id": number, "name": name} for name, number in numbers.items()],
            "annotations": [
                {**_describe(place, numbers, shape), "id": number, "iscrowd": int(place.item.is_crowd or False)}
                for number, place in enumerate(given, start=1)
            ],
        },
        [{**_describe(place, numbers, shape), "score": place.item.score or 0.0} for place in found],
        shape,
    )
    classes = tuple(
        ClassPrecision(
            label=name,
            labelled=sum(not place.item.is_crowd and place.item.label == name for place in given),
            predicted=sum(place.item.label == name for place in found),
            ap=_mean(precision[:, :, number - 1]),
            ap_50=_mean(precision[_IOU_50, :, number - 1]),
            ap_75=_mean(precision[_IOU_75, :, number - 1]),
        )
        for name, number in numbers.items()
    )
    return DetectionScores(
        shape=shape,
        images=len(pairs),
        labelled=sum(each.labelled for each in classes),
        predicted=len(found),
        mean_ap=_mean(precision),
        mean_ap_50=_mean(precision[_IOU_50]),
        mean_ap_75=_mean(precision[_IOU_75]),
        classes=classes,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """One object and its image. COCO's programs count from 1: 0 stands for "none" there."""

    image: int
    pair: ObjectPair
    item: Instance


def _places(pairs: Sequence[ObjectPair], side: Literal["labels", "predictions"]) -> Iterator[_Place]:
    for number, pair in enumerate(pairs, start=1):
        for item in pair.labels if side == "labels" else pair.predictions:
            yield _Place(number, pair, item)


def _is_usable(item: Instance, shape: Shape) -> bool:
    has_area = item.box.width > 0 and item.box.height > 0
    return has_area and (shape is Shape.BOX or bool(_rings(item.polygons)))


def _describe(place: _Place, numbers: Mapping[str, int], shape: Shape) -> dict[str, Any]:
    box, width, height = place.item.box, place.pair.width, place.pair.height
    pixels = [box.x_min * width, box.y_min * height, max(box.width, 0.0) * width, max(box.height, 0.0) * height]
    common = {
        "image_id": place.image,
        "category_id": numbers[place.item.label],
        "bbox": pixels,
        "area": pixels[2] * pixels[3],
    }
    if shape is Shape.BOX:
        return common
    nothing = {"size": [height, width], "counts": [width * height]}
    rings = [_to_pixels(ring, width, height) for ring in _rings(place.item.polygons)]
    return {**common, "segmentation": rings or nothing}


def _rings(polygons: Sequence[Segment]) -> list[Segment]:
    return [ring for ring in polygons if len(ring) >= 6 and len(ring) % 2 == 0]


def _to_pixels(ring: Segment, width: int, height: int) -> list[float]:
    sides = (width, height)
    return [min(max(value, 0.0), 1.0) * sides[place % 2] for place, value in enumerate(ring)]


def _evaluate(labels: dict[str, Any], predictions: list[dict[str, Any]], shape: Shape) -> NDArray[np.float64]:
    """Return (10 thresholds, 101 recalls, classes) precision, -1 where a class is not labelled."""
    if not labels["images"] or not labels["categories"]:
        return np.full((10, 101, 0), -1.0)
    given = COCO(labels)
    evaluation = COCOeval_faster(given, given.loadRes(predictions), shape.value, print_function=_say_nothing)
    evaluation.params.maxDets = [MOST_PREDICTIONS]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    return np.asarray(evaluation.eval["precision"])[..., 0, 0]


def _say_nothing(*_words: object) -> None:
    """The library's progress is of no interest."""


def _mean(precision: NDArray[np.float64]) -> float | None:
    defined = precision[precision > -1]
    return float(defined.mean()) if defined.size else None
