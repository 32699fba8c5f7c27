"""Saliency maps: an explanation method, a model and an image put together."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from domain.errors import ExplanationError, ImageError
from domain.explanation import Explanation, ParameterValue, Region, RGBImage, Target
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_stored, box_to_stored
from domain.prediction import Instance, ModelInfo
from domain.progress import Report, ignore_progress
from services.kept_pictures import KeptPictures
from services.methods import build_method, parameters_of
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE
from services.slow_imports import importing_torch
from services.turning import turn_upright

if TYPE_CHECKING:
    from explainers import Explainer
    from explainers.base import Saliency, Subject
    from predictors import Predictor

Model: TypeAlias = "tuple[Predictor, ModelSpec]"
"""A loaded model with what was typed to load it."""

_LIBRARIES = ("torch", "torchvision", "numpy", "scikit-image", "lime")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be explained, and how.

    Attributes:
        image: The image.
        target: The class, and the object for a detector.
        instance: The object named by `target`, on the stored grid.
        method: Registry name.
        parameters: Field name -> value, where it differs from the default.
        seed: Same seed, same machine: same bytes.
    """

    image: ImageRef
    target: Target
    method: str
    instance: Instance | None = None
    parameters: Mapping[str, ParameterValue] | None = None
    seed: int = 0


def compute(
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    max_pixels: int,
    report: Report = ignore_progress,
) -> Explanation:
    """Compute a map on the stored pixel grid; see `explain` for what is raised."""
    [made] = compute_each(predictor, spec, [request], max_pixels=max_pixels, report=report)
    if isinstance(made, ExplanationError | ImageError):
        raise made
    return made


def compute_each(
    predictor: Predictor,
    spec: ModelSpec,
    requests: Sequence[Request],
    *,
    max_pixels: int,
    pictures: KeptPictures | None = None,
    report: Report = ignore_progress,
) -> list[Explanation | ExplanationError | ImageError]:
    """Compute maps of one method with one set of parameters and one seed, sharing what can be shared.

    A map that there is not is the error that says why; the others are computed all the same. The seconds of a map are
    its share of those of all.

    Args:
        predictor: The model.
        spec: What was typed to load it.
        requests: What is to be explained.
        max_pixels: Larger images are refused.
        pictures: Where pictures are kept that are asked about again soon; None to load each anew.
        report: Told the progress.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
        Cancelled: A person asked to stop.
    """
    explainer = build_method(predictor, requests[0].method, requests[0].parameters or {})
    subjects = _Subjects(spec, max_pixels, pictures)
    prepared = [subjects.prepare(request) for request in requests]
    ready = [subject for subject in prepared if not isinstance(subject, ImageError)]
    started = time.perf_counter()
    saliencies = iter(explainer.explain_each(predictor, ready, seed=requests[0].seed, report=report) if ready else ())
    seconds = (time.perf_counter() - started) / max(1, len(ready))
    made: list[Explanation | ExplanationError | ImageError] = []
    for request, subject in zip(requests, prepared, strict=True):
        found = subject if isinstance(subject, ImageError) else next(saliencies)
        if not isinstance(found, ImageError | ExplanationError):
            on_grid = on_stored_grid(found, request.image.orientation) if _is_turned(spec, request) else found
            found = _record(predictor.info, request, explainer, on_grid, seconds)
        made.append(found)
    return made


class _Subjects:
    """Requests as the methods take them; those of one image share its pixels."""

    def __init__(self, spec: ModelSpec, max_pixels: int, kept: KeptPictures | None) -> None:
        with importing_torch:
            from explainers.base import Subject  # noqa: PLC0415

        self._make, self._spec, self._max_pixels, self._kept = Subject, spec, max_pixels, kept
        self._pictures: dict[str, RGBImage | ImageError] = {}

    def prepare(self, request: Request) -> Subject | ImageError:
        uri = request.image.uri
        if uri not in self._pictures:
            self._pictures[uri] = self._load(Path(uri))
        picture = self._pictures[uri]
        if isinstance(picture, ImageError):
            return picture
        is_turned = _is_turned(self._spec, request)
        instance = request.instance
        if is_turned and instance is not None:
            instance = turn_upright(instance, request.image.orientation)
        return self._make(picture, request.target, instance)

    def _load(self, path: Path) -> RGBImage | ImageError:
        orientation = self._spec.orientation
        try:
            load = self._kept.take if self._kept else load_picture
            return load(path, orientation=orientation, max_pixels=self._max_pixels, max_side=MODEL_MAX_SIDE)
        except ImageError as error:
            return error


def _is_turned(spec: ModelSpec, request: Request) -> bool:
    return spec.orientation is InputOrientation.UPRIGHT and request.image.orientation != 1


def _record(info: ModelInfo, request: Request, explainer: Explainer, saliency: Saliency, seconds: float) -> Explanation:
    return Explanation(
        image_id=request.image.image_id,
        model_id=info.model_id,
        method=request.method,
        target=request.target,
        heatmap=saliency.heatmap,
        region=saliency.region,
        is_regional=type(explainer).is_regional,
        layer=saliency.layer,
        parameters=parameters_of(explainer),
        seed=request.seed,
        seconds=seconds,
        forward_passes=saliency.forward_passes,
        backward_passes=saliency.backward_passes,
        completeness_gap=saliency.completeness_gap,
        versions=_versions(),
        warnings=saliency.warnings,
    )


@functools.cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def on_stored_grid(saliency: Saliency, orientation: int) -> Saliency:
    """What was computed on the upright picture, on the stored pixel grid."""
    region = saliency.region
    box = box_to_stored(Box(region.x_min, region.y_min, region.x_max, region.y_max), orientation)
    heatmap = np.ascontiguousarray(array_to_stored(saliency.heatmap, orientation))
    return replace(saliency, heatmap=heatmap, region=Region(*box.as_tuple()))
