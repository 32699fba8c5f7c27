"""Explanations in the answers of an endpoint: Azure's own, and the maps that only Relook's endpoint gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from domain.errors import ExplanationError, InputError
from domain.explanation import Heatmap, ParameterValue, Region, RGBImage, Target
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.azure.scoring_explanations import ScoringExplanation, select_classes
from formats.azure.scoring_maps import MapsWanted, ServedMap
from formats.azure.scoring_xai import XaiParameters
from services.explaining import on_stored_grid
from services.map_composite import draw_composite
from services.methods import build_method, quickest_method, title_of
from services.served_model import SentPicture, ServedModel
from services.slow_imports import importing_torch
from services.turning import turn_upright

if TYPE_CHECKING:
    from explainers import Explainer
    from explainers.base import Saliency

_CHANNELS = 3


def explain_as_azure(
    served: ServedModel, picture: SentPicture, content: Content, asked: XaiParameters
) -> list[ScoringExplanation]:
    """Explain the most probable class, or, of several classes an image, all that reach the threshold.

    Attributions are (3, h, w) on what the model saw of the picture; the three channels add up to the map. A class whose
    map says nothing has attributions of zero. Models of boxes are not explained this way, as on the platform.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
    """
    if not isinstance(content, Labels):
        return []
    labels = [content.top()[0][0]]
    if served.info.task is Task.MULTILABEL:
        labels = select_classes(content, asked.confidence_score_threshold_multilabel)
    explainer = build_method(served.predictor, asked.xai_algorithm, _parameters(asked))
    found = _explain(served, explainer, picture, [(Target(label), None) for label in labels])
    crop, region = served.crop(picture.pixels)
    return [
        _as_azure(crop, region, saliency, asked, number=number, title=f"{label}, score {content.scores[label]:.3f}")
        for number, (label, saliency) in enumerate(zip(labels, found, strict=True))
    ]


def explain_with_maps(
    served: ServedModel, picture: SentPicture, content: Content, wanted: MapsWanted
) -> list[ServedMap | ExplanationError]:
    """The maps a request asks for beside Azure's explanations, on the stored pixel grid.

    Args:
        served: The model.
        picture: The image.
        content: What the model predicts on it, on the stored pixel grid.
        wanted: Which classes or objects, by which method.

    Raises:
        InputError: There is no such method or class, it cannot explain this model, or a parameter is off.
    """
    method = wanted.method or quickest_method(served.predictor)
    explainer = build_method(served.predictor, method, wanted.parameters)
    targets = _targets(served, content, wanted)
    turned = [(target, thing and turn_upright(thing, picture.turned)) for target, thing in targets]
    made: list[ServedMap | ExplanationError] = []
    for (target, _), saliency in zip(targets, _explain(served, explainer, picture, turned, wanted.seed), strict=True):
        if isinstance(saliency, ExplanationError):
            made.append(saliency)
            continue
        placed = saliency if picture.turned == 1 else on_stored_grid(saliency, picture.turned)
        is_regional = type(explainer).is_regional
        made.append(ServedMap(target, method, placed.heatmap, placed.region, is_regional, placed.warnings))
    return made


def _parameters(asked: XaiParameters) -> Mapping[str, ParameterValue]:
    if asked.xai_algorithm == "xrai":
        return {"n_steps": asked.n_steps, "xrai_fast": asked.xrai_fast}
    if asked.xai_algorithm == "integrated_gradients":
        return {"n_steps": asked.n_steps, "approximation_method": asked.approximation_method}
    return {}


def _targets(served: ServedModel, content: Content, wanted: MapsWanted) -> list[tuple[Target, Instance | None]]:
    """What is to be explained; objects lie on the stored pixel grid."""
    if isinstance(content, Instances):
        things = wanted.objects or content.items[: wanted.count]
        return [(Target(thing.label, thing.instance_id), thing) for thing in things]
    if wanted.objects:
        raise InputError(
            f"{served.info.name} says what is on the whole image, and the request names objects.",
            remedy="Name classes in maps.labels.",
        )
    labels: Sequence[str] = wanted.labels
    if not labels and isinstance(content, Labels):
        labels = [name for name, _ in content.top(wanted.count)]
    return [(Target(label), None) for label in labels]


def _explain(
    served: ServedModel,
    explainer: Explainer,
    picture: SentPicture,
    targets: Sequence[tuple[Target, Instance | None]],
    seed: int = 0,
) -> list[Saliency | ExplanationError]:
    with importing_torch:
        from explainers.base import Subject  # noqa: PLC0415

    subjects = [Subject(picture.pixels, target, thing) for target, thing in targets]
    return explainer.explain_each(served.predictor, subjects, seed=seed) if subjects else []


def _as_azure(
    crop: RGBImage,
    region: Region,
    saliency: Saliency | ExplanationError,
    asked: XaiParameters,
    *,
    number: int,
    title: str,
) -> ScoringExplanation:
    height, width = crop.shape[:2]
    if isinstance(saliency, ExplanationError):
        heatmap, title = np.zeros((height, width), np.float32), f"{title}. {saliency.message}"
    else:
        heatmap = place_on_crop(saliency, region, size=(width, height))
    picture = attributions = None
    if asked.visualizations:
        method = title_of(asked.xai_algorithm)
        is_regional = asked.xai_algorithm == "xrai"
        picture = draw_composite(crop, heatmap, title=f"Predicted: {title}", method=method, is_regional=is_regional)
    if asked.attributions:
        attributions = np.repeat(heatmap[None] / np.float32(_CHANNELS), _CHANNELS, axis=0)
    return ScoringExplanation(None, number + 1, 0, picture, attributions)


def place_on_crop(saliency: Saliency, region: Region, *, size: tuple[int, int]) -> Heatmap:
    """A map on the pixels of what the model saw; zero where it does not reach.

    Args:
        saliency: On a grid of its own.
        region: Where the model's crop lies on the picture.
        size: (width, height) of that crop, pixels.
    """
    rows, columns = saliency.heatmap.shape
    if saliency.region == region and (columns, rows) == size:
        return saliency.heatmap
    own = saliency.region
    across, down = columns / (own.x_max - own.x_min), rows / (own.y_max - own.y_min)
    step_x, step_y = (region.x_max - region.x_min) / size[0], (region.y_max - region.y_min) / size[1]
    matrix = np.array(
        [
            [step_x * across, 0, (region.x_min + step_x / 2 - own.x_min) * across - 0.5],
            [0, step_y * down, (region.y_min + step_y / 2 - own.y_min) * down - 0.5],
        ],
        np.float64,
    )
    placed = cv2.warpAffine(saliency.heatmap, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(placed, np.float32)
