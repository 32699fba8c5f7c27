"""Guided GradCAM: the fine edges of guided backprop, where GradCAM found evidence for the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor, nn
from torch.nn.functional import interpolate

from explainers.base import EXPLAINERS
from explainers.gradcam import GradCAM
from explainers.network.activation_maps import LAYER_HELP, check_rows, weigh_rows
from explainers.network.class_maps import PICTURES_WITH_GRAPH, ClassExplainer, ClassMap, scores_in_turn
from explainers.network.guidance import Guidance, differentiate_input, strongest_channel
from explainers.network.hooks import captured
from explainers.network.layers import choose_layer


@dataclass(frozen=True, slots=True)
class GuidedGradCAM(ClassExplainer):
    """Guided backprop times the positive part of GradCAM (Selvaraju et al., ICCV 2017), on the input's grid.

    One forward pass serves both; GradCAM's own backward pass, which ends at the layer, is not guided.
    """

    title: ClassVar[str] = "Guided GradCAM"
    summary: ClassVar[str] = "Fine edges where GradCAM found evidence for a class."
    paper: ClassVar[str] = "https://arxiv.org/abs/1610.02391"
    remedy: ClassVar[str] = "Try another class, another layer, or a method that looks at pixels such as XRAI or LIME."
    gradients: ClassVar[int] = 2
    at_once: ClassVar[Mapping[str, int]] = PICTURES_WITH_GRAPH

    layer: str = field(default="", metadata=LAYER_HELP)

    def look(self, network: nn.Module, inputs: Tensor, classes: Sequence[Sequence[int]]) -> list[list[ClassMap]]:
        layer = choose_layer(network, inputs[:1], self.layer)
        pixels = inputs.detach().requires_grad_()
        with captured(network, layer.name) as capture, Guidance() as guidance:
            logits = network(pixels.clone())  # a leaf cannot be changed in place, its copy can
        check_rows(layer, capture, len(inputs))
        found: list[list[ClassMap]] = [[] for _ in classes]
        for rows, score in scores_in_turn(logits, classes):
            with guidance.paused():
                coarse = weigh_rows(layer, capture, score, rows=rows, weigh=GradCAM.weigh)
            gradient = differentiate_input(score, pixels)
            for row in rows:
                found[row].append(_refine(coarse[row], gradient[row], guidance.warnings))
        return found


def _refine(coarse: ClassMap, gradient: Tensor, warnings: tuple[str, ...]) -> ClassMap:
    """Return the strongest of the (C, h, w) gradient times the coarse map's positive part, scaled up to (h, w)."""
    positive = coarse.values.clamp(min=0)[None, None]
    scaled = interpolate(positive, size=gradient.shape[-2:], mode="bilinear", align_corners=False)[0, 0]
    source = f"the picture's gradient where {coarse.source} is positive"
    return ClassMap(
        strongest_channel(gradient) * scaled, source, layer=coarse.layer, made_from=coarse, warnings=warnings
    )


EXPLAINERS.register("guided_gradcam", GuidedGradCAM)
