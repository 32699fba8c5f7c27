"""Guided backprop: the gradient at each pixel, with nothing but positive evidence let back through the ReLUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from explainers.base import EXPLAINERS
from explainers.network.class_maps import PICTURES_WITH_GRAPH, ClassExplainer, ClassMap, scores_in_turn
from explainers.network.guidance import Guidance, differentiate_input, strongest_channel


@dataclass(frozen=True, slots=True)
class GuidedBackprop(ClassExplainer):
    """Guided backpropagation (Springenberg et al., 2014), on the grid of the network's input.

    Of each pixel's three gradients the map shows the strongest, with its sign.
    """

    title: ClassVar[str] = "Guided backprop"
    summary: ClassVar[str] = "Fine edges the network reacts to. They hardly depend on the class: no evidence for it."
    paper: ClassVar[str] = "https://arxiv.org/abs/1412.6806"
    at_once: ClassVar[Mapping[str, int]] = PICTURES_WITH_GRAPH

    def look(self, network: nn.Module, inputs: Tensor, classes: Sequence[Sequence[int]]) -> list[list[ClassMap]]:
        pixels = inputs.detach().requires_grad_()
        with Guidance() as guidance:
            logits = network(pixels.clone())  # a leaf cannot be changed in place, its copy can
        found: list[list[ClassMap]] = [[] for _ in classes]
        for rows, score in scores_in_turn(logits, classes):
            gradient = differentiate_input(score, pixels)
            for row in rows:
                values = strongest_channel(gradient[row])
                found[row].append(ClassMap(values, "the picture's gradient", warnings=guidance.warnings))
        return found


EXPLAINERS.register("guided_backprop", GuidedBackprop)
