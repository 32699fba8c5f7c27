"""ODAM: the evidence for one box, not for every object of its class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from domain.errors import ExplanationError
from domain.explanation import RGBImage, Target
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, DetectsObjects, Explainer, Saliency
from explainers.checks import check_map
from explainers.objects.box_evidence import box_evidence
from explainers.reasons import why_no_detector
from explainers.targets import chosen_object

REMEDY = "Try another box, another feature level, or D-RISE, which needs nothing but what the model answers."


@dataclass(frozen=True, slots=True)
class ODAM(Explainer):
    """Object detector activation maps (Zhao and Chan, ICLR 2023), without the final ReLU.

    The gradient is not averaged over the layer but multiplied cell by cell with the activation: averaging would light
    up every other object of the class as well.
    """

    title: ClassVar[str] = "ODAM"
    summary: ClassVar[str] = "Fast: where a detector found evidence for this one box, not for others of its class."
    paper: ClassVar[str] = "https://arxiv.org/abs/2304.06354"

    layer: str = field(
        default="",
        metadata={"help": "Name of the feature level to look at. Empty: the one the box was read from."},
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_detector(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return 1, 1

    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,
        seed: int = 0,  # noqa: ARG002 - nothing is random here
        report: Report = ignore_progress,
    ) -> Saliency:
        if not isinstance(model, DetectsObjects) or self.why_not(model):
            raise ExplanationError(self.why_not(model))
        report(0, 1)
        saliency = odam_map(model, image, chosen_object(instance, target), layer=self.layer)
        check_map(saliency.heatmap, label=target.label, source=f"layer '{saliency.layer}'", remedy=REMEDY)
        report(1, 1)
        return saliency


def odam_map(model: DetectsObjects, image: RGBImage, instance: Instance, *, layer: str = "") -> Saliency:
    """Return the signed map of the class score of one box, unchecked: it may hold no positive evidence.

    Args:
        model: A torchvision detector.
        image: (H, W, 3) uint8.
        instance: The box in fractions of `image`, and the class to explain.
        layer: "backbone.NAME" of a feature level, or empty for the one the box was read from.

    Raises:
        ExplanationError: There is no such level, or the box lies outside the image.
    """
    return box_evidence(model, image, instance, level=layer)


EXPLAINERS.register("odam", ODAM)
