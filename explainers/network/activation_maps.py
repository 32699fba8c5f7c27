"""Class activation maps: what a layer holds, weighed by how the score of a class depends on it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor, nn

from domain.errors import ExplanationError
from explainers.network.class_maps import ClassExplainer, ClassMap, scores_in_turn
from explainers.network.hooks import Capture, captured
from explainers.network.layers import FeatureLayer, choose_layer

LAYER_HELP = {"help": "Name of the layer to look at. Empty: the last one that still knows where things are."}
"""Metadata of the parameter `layer` of every method that has it."""


@dataclass(frozen=True, slots=True)
class ActivationMap(ClassExplainer):
    """A method of the CAM family: a sum over a layer's channels, on the layer's own grid, signed."""

    remedy: ClassVar[str] = "Try another class, another layer, or a method that looks at pixels such as XRAI or LIME."

    layer: str = field(default="", metadata=LAYER_HELP)

    @staticmethod
    @abstractmethod
    def weigh(activation: Tensor, gradient: Tensor) -> Tensor:
        """Return the (h, w) map of a layer's (C, h, w) activation and the logit's gradient with respect to it."""

    def look(self, network: nn.Module, inputs: Tensor, classes: Sequence[Sequence[int]]) -> list[list[ClassMap]]:
        layer = choose_layer(network, inputs[:1], self.layer)
        with captured(network, layer.name) as capture:
            logits = network(inputs)
        check_rows(layer, capture, len(inputs))
        found: list[list[ClassMap]] = [[] for _ in classes]
        for rows, score in scores_in_turn(logits, classes):
            for row, made in weigh_rows(layer, capture, score, rows=rows, weigh=self.weigh).items():
                found[row].append(made)
        return found


def weigh_rows(
    layer: FeatureLayer,
    capture: Capture,
    score: Tensor,
    *,
    rows: Sequence[int],
    weigh: Callable[[Tensor, Tensor], Tensor],
) -> dict[int, ClassMap]:
    """Return the map of each of `rows`, the pictures that have a part in `score`."""
    activation, gradient = capture.activation.detach(), capture.gradient(score)
    source = f"layer '{layer.name}'"
    return {
        row: ClassMap(
            weigh(layer.to_grid(activation[row : row + 1]), layer.to_grid(gradient[row : row + 1])),
            source,
            layer=layer.name,
        )
        for row in rows
    }


def check_rows(layer: FeatureLayer, capture: Capture, count: int) -> None:
    """Refuse a layer that cuts each picture into several rows, such as the windows of a Swin transformer.

    Raises:
        ExplanationError: It does.
    """
    found = len(capture.activation)
    if found != count:
        raise ExplanationError(
            f"Layer '{layer.name}' gives {found} maps for {count} pictures; expected one each.",
            remedy="Choose another layer.",
        )
