"""HiResCAM: the last layer's activation times the gradient, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from explainers.base import EXPLAINERS
from explainers.network.activation_maps import ActivationMap


@dataclass(frozen=True, slots=True)
class HiResCAM(ActivationMap):
    """High-resolution class activation mapping (Draelos and Carin, 2020), without the final ReLU.

    When nothing but a pooling or a flattening and one linear layer follows, the map sums to the logit but for its bias.
    """

    title: ClassVar[str] = "HiResCAM"
    summary: ClassVar[str] = "As fast as GradCAM, and true to each cell: never lights up what the score did not use."
    paper: ClassVar[str] = "https://arxiv.org/abs/2011.08891"

    @staticmethod
    def weigh(activation: Tensor, gradient: Tensor) -> Tensor:
        """Return the (h, w) sum over the channels of activation times gradient."""
        return (activation * gradient).sum(dim=0)


EXPLAINERS.register("hirescam", HiResCAM)
