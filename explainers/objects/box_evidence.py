"""The evidence for the class of one box: gradient times activation on the level the box was read from."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from explainers.base import DetectsObjects, Saliency
from explainers.network.hooks import borrowed
from explainers.objects.box_match import SAME_BOX, Match
from explainers.objects.detector_scene import Scene, read_scene
from explainers.objects.one_stage import anchor_gradient, find_anchor
from explainers.objects.two_stage import find_proposal, proposal_gradient

FAINT = 0.05
"""Scores below this are not reported by torchvision's detectors."""


def box_evidence(model: DetectsObjects, image: RGBImage, instance: Instance, *, level: str = "") -> Saliency:
    """Explain the class score of one box (ODAM: Zhao and Chan, ICLR 2023).

    Args:
        model: A torchvision detector.
        image: (H, W, 3) uint8.
        instance: The box in fractions of `image`, and the class to explain.
        level: "backbone.NAME" of a feature level, or empty for the one the box was read from.

    Raises:
        ExplanationError: There is no such level, or the box lies outside the image.
    """
    class_index = model.class_index(instance.label)
    with borrowed(model, model.detector) as detector:
        scene = read_scene(detector, model.to_input(image))
        _check_level(scene, level)
        box = scene.to_pixels(instance.box)
        _check_inside(box, instance)
        if hasattr(detector, "roi_heads"):
            proposal, match = find_proposal(detector, scene, class_index, box)
            gradients, score = proposal_gradient(detector, scene, class_index, proposal)
            warnings = _warn_two_stage(instance.label, match, score)
        else:
            anchor, match = find_anchor(detector, scene, class_index, box)
            gradients = anchor_gradient(detector, scene, class_index, anchor)
            warnings = _warn_one_stage(instance.label, match)
    name = level.removeprefix("backbone.") or max(gradients, key=lambda key: float(gradients[key].abs().sum()))
    heatmap, region = scene.lay_on_picture(_multiply(scene.levels[name], gradients.get(name)))
    return Saliency(
        heatmap=np.ascontiguousarray(heatmap.float().cpu().numpy()),
        region=region,
        layer=f"backbone.{name}",
        forward_passes=1,
        backward_passes=1,
        warnings=warnings,
    )


def _multiply(activation: Tensor, gradient: Tensor | None) -> Tensor:
    if gradient is None:
        return activation.new_zeros(activation.shape[2:])
    return (activation * gradient)[0].sum(dim=0)


def _check_level(scene: Scene, level: str) -> None:
    known = [f"backbone.{name}" for name in scene.levels]
    if level and level not in known:
        raise ExplanationError(
            f"There is no feature level named '{level}'.",
            remedy=f"Leave it empty for the one the box was read from, or choose one of {', '.join(known)}.",
        )


def _check_inside(box: Tensor, instance: Instance) -> None:
    [[left, top, right, bottom]] = box.tolist()
    if right - left <= 0 or bottom - top <= 0:
        raise ExplanationError(
            f"The box of '{instance.label}' lies outside the image, where the model sees nothing.",
            remedy="Move the box onto the image.",
        )


def _warn_two_stage(label: str, match: Match | None, score: float) -> tuple[str, ...]:
    if match is None:
        looked = f"made to look at exactly this box, it gives '{label}' a score of {score:.2f}, and the map shows why."
        return (f"The model did not propose this box; {looked}",)
    return _warn_faint(label, match)


def _warn_one_stage(label: str, match: Match) -> tuple[str, ...]:
    if match.overlap < SAME_BOX:
        nearest = f"the nearest one, which overlaps it by {match.overlap:.0%} and gives '{label}' {match.score:.2f}"
        return (f"No candidate of the model is this box. The map explains {nearest}.",)
    return _warn_faint(label, match)


def _warn_faint(label: str, match: Match) -> tuple[str, ...]:
    if match.score >= FAINT:
        return ()
    return (f"The model would not report this box: its score for '{label}' is only {match.score:.3f}.",)
