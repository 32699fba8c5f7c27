"""The score that a map explains, on the pixels the model saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.errors import ExplanationError, InputError
from domain.explanation import Explanation, Region, RGBImage
from domain.geometry import Box
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_upright, box_to_upright
from domain.prediction import Instance, Instances
from domain.progress import Report
from metrics.map_grid import lay_on_pixels
from metrics.masking import Probe, Score, open_probe
from metrics.object_score import score_object
from services.explaining import Request
from services.methods import names_pixels
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE
from services.slow_imports import importing_torch
from services.turning import to_upright

if TYPE_CHECKING:
    from predictors import Predictor

_AT_ONCE = 8
"""Pictures between two looks at whether a person wants to stop."""

_DETECTOR_MAX_SIDE = 1333
"""Detectors reduce pictures to this themselves."""

_LEAST_SHARE = 1e-4


class Passes:
    """Counts the pictures pushed through a model, and tells of them."""

    def __init__(self, report: Report, total: int) -> None:
        """Tell `report`; `total` is a guess."""
        self.done, self._report, self._total = 0, report, max(1, total)

    def add(self, count: int) -> None:
        self.done += count
        self._report(min(self.done, self._total), self._total)

    def finish(self) -> None:
        """Tell that all is done, however many that were."""
        self._report(self._total, self._total)

    def hear(self, done: int, total: int) -> None:  # noqa: ARG002 - counted otherwise
        """A `Report` for work that is counted when it is done: only hears that it should stop."""
        self._report(min(self.done, self._total), self._total)


@dataclass(frozen=True, slots=True)
class Watched:
    """A picture as the model sees it, and the score of what is explained on it.

    Attributes:
        whole: (H, W, 3) uint8, turned as the model wants it.
        pixels: (h, w, 3) uint8: a classifier's crop, or all of the picture a detector gets.
        window: Where `pixels` lie on `whole`.
        score: Scores versions of `pixels`.
        limit: See `metrics.masking.Probe`.
        instance: The object, in fractions of `whole`.
        orientation: By which the stored grid was turned, 1 when it was not.
    """

    whole: RGBImage
    pixels: RGBImage
    window: Region
    score: Score
    limit: float
    instance: Instance | None
    orientation: int

    def open_probe(self) -> Probe:
        """Score the picture, whole and hidden.

        Raises:
            ExplanationError: The model does not find on it what is explained.
        """
        return open_probe(self.score, self.pixels, limit=self.limit)

    def lay(self, explanation: Explanation) -> NDArray[np.float64]:
        """Return a map of the stored grid on `pixels`, (h, w) signed."""
        heatmap = array_to_upright(explanation.heatmap, self.orientation)
        region = explanation.region
        box = box_to_upright(Box(region.x_min, region.y_min, region.x_max, region.y_max), self.orientation)
        size = self.pixels.shape[0], self.pixels.shape[1]
        return lay_on_pixels(
            heatmap, Region(*box.as_tuple()), size=size, window=self.window, is_regional=explanation.is_regional
        )


def watch(predictor: Predictor, spec: ModelSpec, request: Request, passes: Passes, *, max_pixels: int) -> Watched:
    """Prepare the picture and the score of a request.

    Raises:
        ImageError: The image cannot be read.
        InputError: The model has no such class, or tells no scores.
        ExplanationError: No object was chosen for a detector.
    """
    is_upright = spec.orientation is InputOrientation.UPRIGHT
    orientation = request.image.orientation if is_upright else 1
    max_side = _DETECTOR_MAX_SIDE if predictor.info.task.has_objects else MODEL_MAX_SIDE
    picture = load_picture(
        Path(request.image.uri), orientation=spec.orientation, max_pixels=max_pixels, max_side=max_side
    )
    if names_pixels(predictor):
        return _watch_region(predictor, request, picture, passes, orientation=orientation)
    if predictor.info.task.has_objects:
        return _watch_object(predictor, request, picture, passes, orientation=orientation)
    return _watch_class(predictor, request.target.label, picture, passes, orientation=orientation)


def _watch_class(predictor: Predictor, label: str, picture: RGBImage, passes: Passes, *, orientation: int) -> Watched:
    with importing_torch:
        from explainers.base import ScoresImages  # noqa: PLC0415
        from explainers.targets import index_of_class  # noqa: PLC0415

    if not isinstance(predictor, ScoresImages):
        raise InputError(
            f"{predictor.info.name} does not tell what it scores an image it is given.",
            remedy="Load a model whose scores can be reached.",
        )
    index = index_of_class(predictor.info, label)
    crop, window = predictor.crop(picture)

    def score(pictures: Sequence[RGBImage]) -> NDArray[np.floating]:
        return predictor.scores(pictures)[:, index]

    return Watched(picture, crop, window, _counted(score, passes, _AT_ONCE), 1.0, None, orientation)


def _watch_region(
    predictor: Predictor, request: Request, picture: RGBImage, passes: Passes, *, orientation: int
) -> Watched:
    """Watch the mean probability of a class on its region, or on that of an object."""
    from explainers.base import ScoresPixels, Subject  # noqa: PLC0415
    from explainers.network.class_regions import watch_region  # noqa: PLC0415

    assert isinstance(predictor, ScoresPixels)  # noqa: S101  what was asked before
    instance = _turned(request.instance, orientation)
    scorer = watch_region(predictor, Subject(picture, request.target, instance))
    crop, window = scorer.crop(picture)

    def score(pictures: Sequence[RGBImage]) -> NDArray[np.floating]:
        return scorer.scores(pictures)[:, 0]

    return Watched(picture, crop, window, _counted(score, passes, _AT_ONCE), 1.0, instance, orientation)


def _turned(instance: Instance | None, orientation: int) -> Instance | None:
    if instance is None:
        return None
    turned = to_upright(Instances((instance,)), orientation)
    assert isinstance(turned, Instances)  # noqa: S101  what went in
    return turned.items[0]


def _watch_object(
    predictor: Predictor, request: Request, picture: RGBImage, passes: Passes, *, orientation: int
) -> Watched:
    instance = _turned(request.instance, orientation)
    if instance is None:
        raise ExplanationError("No object was chosen.", remedy="Choose one of the boxes on the image.")

    def predict(pictures: Sequence[RGBImage]) -> list[Instances]:
        return [found for found in predictor.predict(pictures) if isinstance(found, Instances)]

    score = _counted(score_object(predict, request.target.label, instance.box), passes, 1)
    limit = max(_LEAST_SHARE, _area_on_picture(instance.box))
    return Watched(picture, picture, Region(), score, limit, instance, orientation)


def _area_on_picture(box: Box) -> float:
    return Box(max(box.x_min, 0), max(box.y_min, 0), min(box.x_max, 1), min(box.y_max, 1)).area


def _counted(score: Score, passes: Passes, size: int) -> Score:
    """Score a few pictures at a time, so that a person can stop in between."""

    def score_in_parts(pictures: Sequence[RGBImage]) -> NDArray[np.floating]:
        parts: list[NDArray[np.floating]] = []
        for start in range(0, len(pictures), size):
            part = pictures[start : start + size]
            parts.append(np.asarray(score(part)))
            passes.add(len(part))
        return np.concatenate(parts)

    return score_in_parts
