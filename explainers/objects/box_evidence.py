"""The evidence for boxes of one picture: gradient times activation on the level each was read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import DetectsObjects, Saliency
from explainers.network.hooks import borrowed
from explainers.objects.box_match import SAME_BOX, Match
from explainers.objects.detector_scene import Detector, Scene, read_scene
from explainers.objects.head import Head, Part, Patch, Source
from explainers.objects.kept_heads import head_of
from explainers.objects.one_stage import OneStageHead
from explainers.objects.two_stage import TwoStageHead

FAINT = 0.05
"""Scores below this are not reported by torchvision's detectors."""


def read_head(detector: Detector, picture: Tensor) -> Head:
    """Run a detector on one (3, H, W) picture in [0, 1], up to all of its candidates."""
    scene = read_scene(detector, picture)
    return (TwoStageHead if hasattr(detector, "roi_heads") else OneStageHead)(detector, scene)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about every box: the part of it, and the feature level, empty for the one it was read from."""

    part: Part = Part.CLASS
    level: str = ""


def explain_boxes(
    model: DetectsObjects,
    image: RGBImage,
    instances: Sequence[Instance],
    question: Question,
    *,
    report: Report = ignore_progress,
) -> list[Saliency | ExplanationError]:
    """Explain one part of each box (ODAM: Zhao and Chan, ICLR 2023); all boxes share one forward pass.

    The pass is counted with the first map; there is none for a picture that is remembered (see `kept_heads`). A map is
    signed and unchecked: it may be zero everywhere.

    Args:
        model: A torchvision detector.
        image: (H, W, 3) uint8.
        instances: Boxes on the picture, in fractions of it, and the class of each to explain.
        question: What to explain.
        report: Told the boxes done, and all of them.

    Returns:
        For each box its map, or that the level asked for has no part in it.

    Raises:
        UnknownNameError: The model has no such class.
        ExplanationError: The model has no such level, or draws no masks.
    """
    indices = [model.class_index(instance.label) for instance in instances]
    with borrowed(model, model.detector) as detector:
        head, is_new = head_of(detector, image, lambda: read_head(detector, model.to_input(image)))
        _check(head, question)
        boxes = [head.scene.to_pixels(instance.box) for instance in instances]
        sources = [head.find(*pair) for pair in zip(indices, boxes, strict=True)]
        patches = head.patches(sources, question.part, report=report)
    rows = zip(instances, sources, patches, strict=True)
    answers = [_answer(head.scene, *row, question) for row in rows]
    return _count_the_pass(answers) if is_new else answers


def _answer(
    scene: Scene, instance: Instance, source: Source, patch: Patch, question: Question
) -> Saliency | ExplanationError:
    if question.level not in {"", _full_name(patch.level)}:
        return ExplanationError(
            f"The {question.part} of this box was read from '{_full_name(patch.level)}' alone: "
            f"'{question.level}' has no part in it.",
            remedy="Leave the layer empty.",
        )
    return replace(lay_evidence(scene, patch), warnings=(*_warn(instance.label, source), *patch.warnings))


def lay_evidence(scene: Scene, patch: Patch) -> Saliency:
    """Return the evidence of one output as a map of the picture, outside a graph and without the forward pass."""
    heatmap, region = scene.lay_on_picture(patch.on_level(scene.levels[patch.level]))
    values = np.ascontiguousarray(heatmap.float().cpu().numpy())
    return Saliency(values, region, _full_name(patch.level), backward_passes=1)


def _full_name(level: str) -> str:
    return f"backbone.{level}"


def _check(head: Head, question: Question) -> None:
    known = [_full_name(name) for name in head.scene.levels]
    if question.level and question.level not in known:
        raise ExplanationError(
            f"There is no feature level named '{question.level}'.",
            remedy=f"Leave it empty for the one the box was read from, or choose one of {', '.join(known)}.",
        )
    if question.part is Part.MASK and not head.has_masks:
        raise ExplanationError(
            "This detector draws no masks, so there is no mask to explain.",
            remedy="Explain the class, or one of the sides of the box.",
        )


def _count_the_pass(found: list[Saliency | ExplanationError]) -> list[Saliency | ExplanationError]:
    for number, each in enumerate(found):
        if isinstance(each, Saliency):
            return [*found[:number], replace(each, forward_passes=1), *found[number + 1 :]]
    return found


def _warn(label: str, source: Source) -> tuple[str, ...]:
    if source.match is None:
        looked = f"made to look at exactly this box, it gives '{label}' a score of {source.score:.2f}"
        return (f"The model did not propose this box; {looked}, and the map shows why.",)
    return _warn_distant(label, source.match) or _warn_faint(label, source.match)


def _warn_distant(label: str, match: Match) -> tuple[str, ...]:
    if match.overlap >= SAME_BOX:
        return ()
    nearest = f"the nearest one, which overlaps it by {match.overlap:.0%} and gives '{label}' {match.score:.2f}"
    return (f"No candidate of the model is this box. The map explains {nearest}.",)


def _warn_faint(label: str, match: Match) -> tuple[str, ...]:
    if match.score >= FAINT:
        return ()
    return (f"The model would not report this box: its score for '{label}' is only {match.score:.3f}.",)
