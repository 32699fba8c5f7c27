"""GradCAM: the last layer's channels, weighed by how much the class score depends on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from explainers.base import EXPLAINERS
from explainers.network.activation_maps import ActivationMap


@dataclass(frozen=True, slots=True)
class GradCAM(ActivationMap):
    """Gradient-weighted class activation mapping (Selvaraju et al., ICCV 2017), without the final ReLU."""

    title: ClassVar[str] = "GradCAM"
    summary: ClassVar[str] = "Fast and coarse: where the last layer found evidence for a class."
    paper: ClassVar[str] = "https://arxiv.org/abs/1610.02391"

    @staticmethod
    def weigh(activation: Tensor, gradient: Tensor) -> Tensor:
        """Return the (h, w) sum of the channels, each weighed by the mean of its gradient."""
        return torch.einsum("c,chw->hw", gradient.mean(dim=(1, 2)), activation)


EXPLAINERS.register("gradcam", GradCAM)
