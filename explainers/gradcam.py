"""GradCAM: the last layer's activations, weighted by how much the class score depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage, Target
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, DetectsObjects, Explainer, GivesGradients, Saliency
from explainers.checks import check_map
from explainers.network.hooks import borrowed, captured
from explainers.network.layers import choose_layer
from explainers.objects.box_evidence import box_evidence
from explainers.reasons import why_no_detector, why_no_gradients
from explainers.targets import chosen_object, index_of_class

REMEDY = "Try another class, another layer, or a method that looks at pixels such as XRAI or LIME."


@dataclass(frozen=True, slots=True)
class GradCAM(Explainer):
    """Gradient-weighted class activation mapping (Selvaraju et al., ICCV 2017), without the final ReLU.

    For an object of a detector the gradient is not averaged over the layer but multiplied cell by cell with the
    activation (ODAM, Zhao and Chan, ICLR 2023): averaging would light up every other object of the class as well.
    """

    title: ClassVar[str] = "GradCAM"
    summary: ClassVar[str] = "Fast and coarse: where the last layer found evidence for a class, or for one box."
    paper: ClassVar[str] = "https://arxiv.org/abs/1610.02391"

    layer: str = field(
        default="",
        metadata={"help": "Name of the layer to look at. Empty: the last one that still knows where things are."},
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        if isinstance(model, DetectsObjects):
            return why_no_detector(model, cls.title)
        return why_no_gradients(model, cls.title)

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
        report(0, 1)
        if isinstance(model, DetectsObjects):
            saliency = box_evidence(model, image, chosen_object(instance, target), level=self.layer)
        elif isinstance(model, GivesGradients):
            saliency = self._explain_class(model, image, target.label)
        else:
            raise ExplanationError(self.why_not(model))
        source = f"layer '{saliency.layer}'"
        check_map(saliency.heatmap, label=target.label, source=source, remedy=REMEDY)
        report(1, 1)
        return saliency

    def _explain_class(self, model: GivesGradients, image: RGBImage, label: str) -> Saliency:
        index = index_of_class(model.info, label)
        crop, region = model.crop(image)
        with borrowed(model, model.module) as network:
            inputs = model.normalise([crop])
            layer = choose_layer(network, inputs, self.layer)
            with captured(network, layer.name) as capture:
                logits = network(inputs)
                gradient = layer.to_grid(capture.gradient(logits[0, index]))
            activation = layer.to_grid(capture.activation.detach())
        heatmap = weigh_channels(activation, gradient).float().cpu().numpy()
        return Saliency(heatmap=heatmap, region=region, layer=layer.name, forward_passes=1, backward_passes=1)


def weigh_channels(activation: Tensor, gradient: Tensor) -> Tensor:
    """Return the (h, w) sum of the channels of `activation`, each weighted by the mean of its `gradient`, (C, h, w)."""
    return torch.einsum("c,chw->hw", gradient.mean(dim=(1, 2)), activation)


EXPLAINERS.register("gradcam", GradCAM)
