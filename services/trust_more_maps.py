"""What more maps of a method tell about one: those of other classes, and those of the picture with a little noise."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from domain.errors import ExplanationError
from domain.explanation import Explanation, Heatmap, RGBImage, Target
from metrics.similarity import random_logit, sensitivity_max, similarity_estimate
from services.explaining import Request, compute_each
from services.methods import build_method
from services.trust_figures import likeness_figure, sensitivity_figure
from services.trust_trial import NOISES, Outcome, Trial, map_cost, other_classes_for
from services.watched import Watched


def compare_classes(trial: Trial) -> Outcome:
    """Compare the map with those of other classes, drawn at random: the random logit test."""
    count = other_classes_for(trial.predictor, trial.request)
    if count == 0:
        return Outcome(warnings=["The model knows one class only, so its map cannot be compared with another's."])
    if not trial.affords_likeness():
        return Outcome(omitted=["random_logit"])
    request, own = trial.request, trial.subject.explanation
    requests = [_about(request, label) for label in _draw_classes(trial, count)]
    found = compute_each(trial.predictor, trial.spec, requests, max_pixels=trial.max_pixels, report=trial.passes.hear)
    maps = [made for made in found if isinstance(made, Explanation)]
    trial.passes.add(max(1, sum(made.forward_passes + 2 * made.backward_passes for made in maps)))
    alike = [
        similarity_estimate(
            (own.heatmap, own.region),
            (other.heatmap, other.region),
            is_regional=own.is_regional,
            seed=request.seed,
        )
        for other in maps
    ]
    if not alike:
        return Outcome(warnings=[f"There is no map of {count} other classes here to compare this one with."])
    return Outcome([likeness_figure(random_logit(alike, seed=request.seed))])


def add_noise(trial: Trial) -> Outcome:
    """Make the map again for pictures with noise too small to see: sensitivity-max."""
    if not trial.is_thorough:
        return Outcome(omitted=["sensitivity"])
    watched, request = trial.watch(), trial.request
    explainer = build_method(trial.predictor, request.method, request.parameters or {})
    cost = map_cost(trial.predictor, request)

    def explain(picture: RGBImage) -> Heatmap:
        made = explainer.explain(
            trial.predictor,
            picture,
            request.target,
            instance=watched.instance,
            seed=request.seed,
            report=trial.passes.hear,
        )
        trial.passes.add(cost)
        return made.heatmap

    try:
        moved = sensitivity_max(explain, _at_model_size(watched), n=NOISES, seed=request.seed)
    except ExplanationError as error:
        return Outcome(warnings=[f"With a little noise on the picture there is no map any more: {error.message}"])
    return Outcome([sensitivity_figure(moved)])


def _about(request: Request, label: str) -> Request:
    instance = replace(request.instance, label=label) if request.instance else None
    return replace(request, target=Target(label, request.target.instance_id), instance=instance)


def _draw_classes(trial: Trial, count: int) -> list[str]:
    others = sorted(set(trial.predictor.info.classes) - {trial.request.target.label})
    drawn = np.random.default_rng(trial.request.seed).permutation(len(others))[:count]
    return [others[place] for place in drawn]


def _at_model_size(watched: Watched) -> RGBImage:
    """Return the picture in the size in which the model takes its crop: noise on more pixels would be averaged away."""
    window = watched.window
    height, width = watched.pixels.shape[:2]
    size = (round(width / (window.x_max - window.x_min)), round(height / (window.y_max - window.y_min)))
    return np.asarray(cv2.resize(watched.whole, size, interpolation=cv2.INTER_AREA), np.uint8)
