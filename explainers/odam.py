"""ODAM: the evidence for one box, not for every object of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, BatchExplainer, DetectsObjects, Saliency, Subject
from explainers.checks import check_map
from explainers.objects.box_evidence import Question, explain_boxes
from explainers.objects.head import Part
from explainers.objects.pictures import Answer, explain_pictures
from explainers.reasons import why_no_detector

REMEDY = "Try another box or part of it, or D-RISE, which needs nothing but what the model answers."


@dataclass(frozen=True, slots=True)
class ODAM(BatchExplainer):
    """Object detector activation maps (Zhao and Chan, ICLR 2023), without the final ReLU.

    The gradient is not averaged over the layer but multiplied cell by cell with the activation: averaging would light
    up every other object of the class as well. All boxes of an image share one forward pass.
    """

    title: ClassVar[str] = "ODAM"
    summary: ClassVar[str] = "Fast: where a detector found evidence for this one box, one of its sides, or its mask."
    paper: ClassVar[str] = "https://arxiv.org/abs/2304.06354"
    shares_passes: ClassVar[bool] = True

    part: str = field(
        default=Part.CLASS,
        metadata={
            "help": "What to explain: the class; where a side lies, positive being what pushes it outward; or the mask "
            "against the ring around it, for models that draw masks.",
            "choices": tuple(Part),
        },
    )
    layer: str = field(
        default="",
        metadata={"help": "Name of the feature level to look at. Empty: the one the box was read from."},
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_detector(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return 1, 1

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
        question = Question(Part(self.part), self.layer)

        def explain(image: RGBImage, instances: list[Instance], report: Report) -> list[Answer]:
            found = explain_boxes(model, image, instances, question, report=report)
            return [self._check(*pair) for pair in zip(instances, found, strict=True)]

        return explain_pictures(subjects, explain, report)

    def _check(self, instance: Instance, found: Answer) -> Answer:
        if isinstance(found, ExplanationError):
            return found
        label = instance.label if self.part == Part.CLASS else f"{instance.label} ({self.part})"
        try:
            check_map(found.heatmap, label=label, source=f"layer '{found.layer}'", remedy=REMEDY)
        except ExplanationError as error:
            return error
        return found


EXPLAINERS.register("odam", ODAM)
