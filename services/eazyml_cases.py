"""What a model and a prediction file say about one picture, in one form for classes, objects and pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError, ModelError
from domain.explanation import RGBImage
from domain.geometry import bounding_box, intersection_over_union
from domain.prediction import Instance, Instances, Labels
from domain.settings import read_settings
from formats.base.masks import rasterise
from formats.eazyml.predictions import read_prediction
from services.eazyml_scores import Predicted, choose_target
from services.methods import names_pixels
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from predictors import Predictor


@dataclass(frozen=True, slots=True)
class Axis:
    """Which classes stand on the last axis of probabilities.

    Attributes:
        names: Place -> class, the background left out.
        background: Its place, or None.
    """

    names: Mapping[int, str]
    background: int | None = None


def read_axis(predictor: Predictor, count: int) -> Axis:
    """Return which classes of a model the last axis of `count` values holds.

    Raises:
        FormatError: Neither its classes nor its classes and the background.
    """
    classes = predictor.info.classes
    outputs: Mapping[int, str] = getattr(predictor, "outputs", {})
    if outputs and count == max(outputs) + 1:
        return Axis(outputs, None if 0 in outputs else 0)
    if count == len(classes) or (count == 1 and predictor.info.task.has_objects and not names_pixels(predictor)):
        return Axis(dict(enumerate(classes[:count])))
    if predictor.info.task.has_objects and count == len(classes) + 1:
        return Axis(dict(enumerate(classes, start=1)), 0)
    with_background = f" or, with the background, {len(classes) + 1}" if predictor.info.task.has_objects else ""
    raise FormatError(
        f"The prediction holds {count} classes; expected those of the model: {len(classes)}{with_background}.",
        remedy="Take the prediction and the model of the same training.",
    )


def read_predicted(predictor: Predictor, path: Path) -> tuple[Predicted, Axis]:
    """Return what a prediction file says, and what its classes are.

    Raises:
        FormatError: It cannot be read, or does not go with the model.
        LimitError: It is too large.
    """
    values = read_prediction(path)
    if not predictor.info.task.has_objects:
        if values.shape[0] != 1 and values.shape[:2] != (1, 1):
            raise FormatError(
                f"The prediction has the shape {values.shape}; expected one line of {len(predictor.info.classes)} "
                f"probabilities, since {predictor.info.name} scores whole images.",
                where=path.name,
            )
        values = values.reshape(1, 1, -1)
    axis = read_axis(predictor, values.shape[-1])
    return choose_target(values, background=axis.background), axis


def open_picture(path: Path) -> RGBImage:
    """Return a picture on its stored pixel grid.

    Raises:
        ImageError: It cannot be read.
    """
    return load_picture(path, max_pixels=read_settings().max_pixels, max_side=MODEL_MAX_SIDE)


def predict_array(predictor: Predictor, picture: RGBImage) -> NDArray[np.float64]:
    """Return what a model says: (1, 1, C) of an image, (H, W, C) of pixels, the background first for objects.

    Raises:
        ModelError: Its answer has another shape, or values that are no numbers.
    """
    if names_pixels(predictor):
        model: Any = predictor
        return np.moveaxis(model.probabilities(picture), 0, -1).astype(np.float64)
    [content] = predictor.predict([picture])
    if isinstance(content, Labels):
        return np.array(list(content.scores.values()), np.float64).reshape(1, 1, -1)
    return _paint(content, predictor.info.classes, (picture.shape[0], picture.shape[1]))


def find_subject(predictor: Predictor, said: Predicted, axis: Axis, picture: RGBImage) -> tuple[str, Instance | None]:
    """Return the class that is explained, and where it is: the region of the prediction, or a detector's own object.

    Raises:
        ModelError: A detector finds nothing on the picture.
    """
    label = axis.names[said.target]
    if not predictor.info.task.has_objects:
        return label, None
    region = _as_instance(said.inside, label)
    if names_pixels(predictor):
        return label, region
    [content] = predictor.predict([picture])
    items = content.items if isinstance(content, Instances) else ()
    of_class = [item for item in items if item.label == label or len(axis.names) == 1] or list(items)
    if not of_class:
        raise ModelError("The model finds no object on this image, so there is none to explain.")
    chosen = max(of_class, key=lambda item: intersection_over_union(item.box, region.box)) if region else of_class[0]
    return chosen.label, chosen


def _as_instance(inside: NDArray[np.bool_], label: str) -> Instance | None:
    with importing_torch:
        from predictors.masks import trace_mask  # noqa: PLC0415

    rings = trace_mask(inside.astype(np.float32), with_holes=True)
    box = bounding_box(rings)
    return None if box is None else Instance("prediction", label, box, polygons=rings)


def _paint(content: Instances, classes: tuple[str, ...], size: tuple[int, int]) -> NDArray[np.float64]:
    """Return (H, W, 1 + classes): the highest score of an object of each class there, and what is left."""
    scores = np.zeros((*size, 1 + len(classes)))
    for item in content.items:
        layer = scores[..., 1 + classes.index(item.label)]
        corners = (item.box.x_min, item.box.y_min, item.box.x_max, item.box.y_min)
        corners += (item.box.x_max, item.box.y_max, item.box.x_min, item.box.y_max)
        mask = rasterise(item.polygons or (corners,), *size)
        layer[mask] = np.maximum(layer[mask], item.score or 0.0)
    scores[..., 0] = 1 - scores[..., 1:].max(axis=-1, initial=0.0)
    return scores
