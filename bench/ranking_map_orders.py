"""Orders made from saliency maps: where the evidence for a label lies, how much of it there is, whom it resembles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bench.ranking import sheet_of
from bench.ranking_demo import MAX_PIXELS, Case
from demo.dataset import draw_for
from domain.errors import ExplanationError
from domain.explanation import Heatmap, RGBImage, Target
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instance, Instances, Labels, Task
from explainers.base import Saliency, Subject
from explainers.gradcam import GradCAM
from explainers.odam import ODAM
from metrics.localisation import cover
from predictors.demo_models import DemoClassifier
from sampling import STRATEGIES, Embeddings
from sampling.sheets import Floats
from services.eazyml_scores import evidence_share
from services.model_catalogue import DEMO_MODELS
from services.model_shelf import ModelShelf
from services.pictures import load_picture

_SURE = 0.5
"""Score from which a class or an object counts as predicted."""

Orders = dict[str, Floats]
Made = Saliency | ExplanationError
"""A map, or that there is no evidence for the class at all."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the maps of one image with class names say.

    Attributes:
        given: Class of each label -> its map.
        predicted: Class the model names -> its map.
        features: (D, h, w), what the last layer holds, on the grid of the maps.
    """

    given: Mapping[str, Made]
    predicted: Mapping[str, Made]
    features: NDArray[np.float32]


def order_classes(case: Case, pictures: Sequence[Path]) -> Orders:
    """Name -> (N,) scores in [0, 1], by GradCAM maps; with several labels an image, its worst one counts."""
    shelf = ModelShelf()
    model, detector = shelf.take(ModelSpec(DEMO_MODELS[case.task])), shelf.take(ModelSpec(DEMO_MODELS[Task.DETECTION]))
    if not isinstance(model, DemoClassifier):
        raise TypeError("The orders by maps of classes are measured on the demo's classifiers.")
    looks: list[Look] = []
    found: list[list[Instance]] = []
    for path, given, predicted in zip(pictures, case.given, case.predicted, strict=True):
        picture = load_picture(path, max_pixels=MAX_PIXELS)
        looks.append(look_at(model, picture, given=given, predicted=predicted))
        found.append([thing for thing in things_of(detector.predict([picture])[0]) if (thing.score or 0) >= _SURE])
    drawn = [draw_for(case.task, case.seed, place).objects for place in range(len(pictures))]
    sheet, neighbours = sheet_of(case), STRATEGIES["neighbours"].rank
    by_given = np.stack([embed(look.features, look.given.values()) for look in looks])
    by_predicted = np.stack([embed(look.features, look.predicted.values()) for look in looks])
    return {
        "evidence outside what the detector finds": outside(looks, found),
        "evidence outside what was drawn": outside(looks, drawn),
        "explainability score": np.array([max(map(against, look.given.values()), default=0.0) for look in looks]),
        "neighbours": neighbours(sheet).scores,
        "neighbours, by the label's map": neighbours(replace(sheet, embeddings=by_given)).scores,
        "neighbours, by the prediction's map": neighbours(replace(sheet, embeddings=by_predicted)).scores,
    }


def order_objects(case: Case, pictures: Sequence[Path]) -> Orders:
    """Name -> (N,) scores in [0, 1], by ODAM maps of the labelled objects; the worst of an image counts."""
    model = ModelShelf().take(ModelSpec(DEMO_MODELS[case.task]))
    outside_own: list[float] = []
    against_own: list[float] = []
    for path, given in zip(pictures, case.given, strict=True):
        picture, things = load_picture(path, max_pixels=MAX_PIXELS), things_of(given)
        subjects = [Subject(picture, Target(thing.label, thing.instance_id), thing) for thing in things]
        maps: list[Made] = ODAM().explain_each(model, subjects) if subjects else []
        shares = [outside_share(made, [thing]) for made, thing in zip(maps, things, strict=True)]
        outside_own.append(max(shares, default=0.0))
        against_own.append(max(map(against, maps), default=0.0))
    return {
        "evidence outside the labelled object": np.array(outside_own),
        "explainability score": np.array(against_own),
    }


def look_at(model: DemoClassifier, picture: RGBImage, *, given: Content, predicted: Content) -> Look:
    """Compute the maps of all classes that matter, and what the last layer holds."""
    labels, scores = names_of(given), predicted.scores if isinstance(predicted, Labels) else {}
    if model.info.task is Task.MULTILABEL:
        said = [name for name, score in scores.items() if score >= _SURE]
    else:
        said = [max(scores, key=lambda name: scores[name])]
    names = list(dict.fromkeys([*labels, *said]))
    made = GradCAM().explain_each(model, [Subject(picture, Target(name)) for name in names])
    maps = dict(zip(names, made, strict=True))
    with torch.inference_mode():
        features = model.module.get_submodule("trunk")(model.normalise([model.crop(picture)[0]]))
    return Look({name: maps[name] for name in labels}, {name: maps[name] for name in said}, features[0].numpy())


def outside(looks: Sequence[Look], things: Sequence[Sequence[Instance]]) -> Floats:
    """(N,) the largest share of the evidence for a label that lies outside all objects of its image."""
    pairs = zip(looks, things, strict=True)
    return np.array(
        [max((outside_share(made, own) for made in look.given.values()), default=0.0) for look, own in pairs]
    )


def outside_share(made: Made, things: Sequence[Instance]) -> float:
    """The share of the positive evidence outside all of `things`; 1 where there is no evidence."""
    if isinstance(made, ExplanationError):
        return 1.0
    positive = positive_part(made.heatmap)
    covered = np.zeros(positive.shape)
    for thing in things:
        covered = np.maximum(covered, cover(thing, positive.shape, made.region))
    return float(((1 - covered) * positive).sum() / positive.sum())


def against(made: Made) -> float:
    """1 minus the explainability score: the share of the evidence that speaks against the class."""
    return 1.0 if isinstance(made, ExplanationError) else 1 - evidence_share(made.heatmap) / 100


def embed(features: NDArray[np.float32], maps: Iterable[Made]) -> Embeddings:
    """(D,) the features averaged with the maps as weights; plainly where there is no evidence."""
    weights = joined(maps)
    if weights is None:
        return features.mean(axis=(1, 2))
    return np.einsum("chw,hw->c", features, weights).astype(np.float32)


def joined(maps: Iterable[Made]) -> Heatmap | None:
    """The mean of the positive parts of maps, each of sum 1; None where there is no evidence."""
    parts = [positive_part(made.heatmap) for made in maps if isinstance(made, Saliency)]
    return np.mean([part / part.sum() for part in parts], axis=0) if parts else None


def positive_part(heatmap: Heatmap) -> Heatmap:
    return np.clip(heatmap, 0, None)


def things_of(content: Content) -> tuple[Instance, ...]:
    return content.items if isinstance(content, Instances) else ()


def names_of(content: Content) -> tuple[str, ...]:
    return tuple(content.scores) if isinstance(content, Labels) else ()
