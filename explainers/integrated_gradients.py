"""Integrated gradients: how much each pixel, on its way from a baseline, adds to the class score."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

import cv2
import numpy as np
import torch
from torch import Tensor

from domain.explanation import Heatmap, RGBImage
from explainers.base import EXPLAINERS, GivesGradients
from explainers.network.path_gradients import PathIntegral
from explainers.network.path_maps import PathExplainer
from explainers.network.precision import PRECISION_HELP, Precision
from explainers.network.quadrature import ApproximationMethod, Quadrature, quadrature

BLUR_SHARE = 1 / 16
"""Standard deviation of the blurred baseline, as a share of the longer side."""


class Baseline(StrEnum):
    """The picture that says nothing, where the path begins."""

    MEAN = "mean"
    BLACK = "black"
    WHITE = "white"
    BLACK_AND_WHITE = "black_and_white"
    BLUR = "blur"


@dataclass(frozen=True, slots=True)
class IntegratedGradients(PathExplainer):
    """Integrated gradients (Sundararajan et al., ICML 2017), on the grid of the network's input.

    The three channels of a pixel are added up, so that the map sums to the change of the class's logit between the
    baseline and the picture, but for the completeness gap.
    """

    title: ClassVar[str] = "Integrated gradients"
    summary: ClassVar[str] = "Pixel by pixel, what adds to the class score and what takes away from it."
    paper: ClassVar[str] = "https://arxiv.org/abs/1703.01365"
    remedy: ClassVar[str] = "Try another class, another baseline, or another method such as GradCAM or LIME."

    n_steps: int = field(
        default=50,
        metadata={
            "help": "Points of the path from each baseline. More take longer and are more exact.",
            "min": 2,
            "max": 1000,
        },
    )
    approximation_method: str = field(
        default=ApproximationMethod.RIEMANN_MIDDLE,
        metadata={
            "help": "Rule of integration. Middle is good for all networks, gausslegendre better for smooth ones.",
            "choices": tuple(ApproximationMethod),
        },
    )
    baseline: str = field(
        default=Baseline.MEAN,
        metadata={
            "help": "Where the path begins: at the mean colour that the model subtracts, as elsewhere; at black, at "
            "white, at each of the two and the average taken; or at the picture blurred.",
            "choices": tuple(Baseline),
        },
    )
    precision: str = field(default=Precision.EXACT, metadata=PRECISION_HELP)

    def rule(self) -> Quadrature:
        return quadrature(self.approximation_method, self.n_steps)

    def count_baselines(self) -> int:
        return 2 if self.baseline == Baseline.BLACK_AND_WHITE else 1

    def make_baselines(self, model: GivesGradients, crop: RGBImage) -> Tensor:
        if self.baseline == Baseline.MEAN:
            return torch.zeros_like(model.normalise([crop]))
        if self.baseline == Baseline.BLUR:
            deviation = max(crop.shape[:2]) * BLUR_SHARE
            return model.normalise([cv2.GaussianBlur(crop, (0, 0), sigmaX=deviation).astype(np.uint8)])
        shades = {Baseline.BLACK: [0], Baseline.WHITE: [255]}.get(Baseline(self.baseline), [0, 255])
        return model.normalise([np.full_like(crop, shade) for shade in shades])

    def draw(self, integral: PathIntegral, crop: RGBImage, label: str) -> Heatmap:  # noqa: ARG002 - pixels are enough
        return self.check(integral.attribution.sum(dim=0).cpu().numpy(), label, "the integrated gradients")


EXPLAINERS.register("integrated_gradients", IntegratedGradients)
