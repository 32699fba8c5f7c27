"""LayerCAM: a layer's activation, counted where the class score rises with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from explainers.base import EXPLAINERS
from explainers.network.activation_maps import ActivationMap


@dataclass(frozen=True, slots=True)
class LayerCAM(ActivationMap):
    """Layer class activation mapping (Jiang et al., IEEE TIP 2021), without the final ReLU."""

    title: ClassVar[str] = "LayerCAM"
    summary: ClassVar[str] = "Like GradCAM, and finer when an earlier layer is named: counts positive gradients only."
    paper: ClassVar[str] = "https://doi.org/10.1109/TIP.2021.3089943"

    @staticmethod
    def weigh(activation: Tensor, gradient: Tensor) -> Tensor:
        """Return the (h, w) sum over the channels of activation times the positive part of the gradient."""
        return (activation * gradient.clamp(min=0)).sum(dim=0)


EXPLAINERS.register("layercam", LayerCAM)
