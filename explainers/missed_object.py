"""Missed object: why a detector found nothing where there is something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, BatchExplainer, DetectsObjects, Saliency, Subject
from explainers.checks import check_map
from explainers.network.hooks import borrowed
from explainers.objects.box_evidence import lay_evidence, read_head
from explainers.objects.box_match import ROUGHLY_THERE
from explainers.objects.head import Part
from explainers.objects.pictures import Answer, explain_pictures
from explainers.objects.verdict import Case, read_answer, tell
from explainers.reasons import why_no_detector

REMEDY = "Draw the box again, or explain what the model found instead."


@dataclass(frozen=True, slots=True)
class MissedObject(BatchExplainer):
    """The evidence for and against a class in a drawn box, and where the model lost the object.

    Of all candidates before doubles are suppressed, the one with the largest overlap times score is explained, as
    VPS does (Chen et al., CVPR 2025), by the signed map of ODAM: what is negative speaks against the class. The
    warnings tell the step at which the object was lost.
    """

    title: ClassVar[str] = "Missed object"
    summary: ClassVar[str] = "Why nothing was found in a drawn box: what speaks against it, and where it got lost."
    paper: ClassVar[str] = "https://arxiv.org/abs/2411.16198"
    shares_passes: ClassVar[bool] = True
    explains_absence: ClassVar[bool] = True

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_detector(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return 2, 1

    def explain_each(
        self,
        model: object,
        subjects: Sequence[Subject],
        *,
        seed: int = 0,  # noqa: ARG002 - nothing is random here
        report: Report = ignore_progress,
    ) -> list[Saliency | ExplanationError]:
        if not isinstance(model, DetectsObjects) or self.why_not(model):
            raise ExplanationError(self.why_not(model))

        def explain(image: RGBImage, instances: list[Instance], report: Report) -> list[Answer]:
            return _explain_picture(model, image, instances, report)

        return explain_pictures(subjects, explain, report)


def _explain_picture(model: DetectsObjects, image: RGBImage, instances: list[Instance], report: Report) -> list[Answer]:
    indices = [model.class_index(instance.label) for instance in instances]
    names = {model.class_index(name): name for name in model.info.classes}
    with borrowed(model, model.detector) as detector:
        picture = model.to_input(image)
        head = read_head(detector, picture)
        report(1, 3)
        reported = read_answer(detector, picture, head.scene)
        report(2, 3)
        boxes = [head.scene.to_pixels(instance.box) for instance in instances]
        sources = [head.find(*pair, at_least=ROUGHLY_THERE) for pair in zip(indices, boxes, strict=True)]
        patches = head.patches(sources, Part.CLASS)
    found = [lay_evidence(head.scene, patch) for patch in patches]
    cases = [Case(head, reported, names, *pair) for pair in zip(boxes, sources, strict=True)]
    found = [replace(each, warnings=tell(case)) for each, case in zip(found, cases, strict=True)]
    found[0] = replace(found[0], forward_passes=2)
    return [_check(*pair) for pair in zip(instances, found, strict=True)]


def _check(instance: Instance, found: Saliency) -> Answer:
    """Refuse maps that say nothing; evidence that is all negative is an answer here."""
    values = np.abs(found.heatmap) if found.heatmap.max(initial=0) <= 0 else found.heatmap
    try:
        check_map(values, label=instance.label, source=f"layer '{found.layer}'", remedy=REMEDY)
    except ExplanationError as error:
        return error
    return found


EXPLAINERS.register("missed_object", MissedObject)
