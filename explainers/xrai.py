"""XRAI: regions of the picture, ranked by the evidence they hold."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import Heatmap, RGBImage
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, DetectsObjects, GivesGradients, Subject
from explainers.network.path_gradients import PathIntegral
from explainers.network.path_maps import Answer, PathExplainer
from explainers.network.precision import PRECISION_HELP, Precision
from explainers.network.quadrature import ApproximationMethod, Quadrature, quadrature
from explainers.odam import ODAM
from explainers.picture.region_view import view_regions
from explainers.picture.regions import rank_regions, rank_regions_fast
from explainers.picture.segments import multiscale_regions
from explainers.reasons import why_no_detector, why_no_gradients


@dataclass(frozen=True, slots=True)
class XRAI(PathExplainer):
    """Explanation with ranked area integrals (Kapishnikov et al., ICCV 2019), exact unless `xrai_fast`.

    Of a class: integrated gradients of its logit from a black and a white baseline, over the regions of six
    segmentations; of the three channels of a pixel the largest counts. Of an object: the same regions over its ODAM
    map, which no path leads to.
    """

    title: ClassVar[str] = "XRAI"
    summary: ClassVar[str] = "Sharp regions of the picture, ranked by how much they raise the score of class or object."
    paper: ClassVar[str] = "https://arxiv.org/abs/1906.02825"
    version: ClassVar[int] = 2
    is_regional: ClassVar[bool] = True
    layout: ClassVar[torch.memory_format] = torch.channels_last

    n_steps: int = field(
        default=50,
        metadata={
            "help": "Points of the path from each of the two baselines. More take longer and are more exact. Objects "
            "need none.",
            "min": 2,
            "max": 1000,
        },
    )
    xrai_fast: bool = field(
        default=False,
        metadata={"help": "Order the regions only once, as some services do. Saves no time here and changes the map."},
    )
    precision: str = field(default=Precision.EXACT, metadata=PRECISION_HELP)

    @classmethod
    def why_not(cls, model: object) -> str:
        reason = why_no_detector if isinstance(model, DetectsObjects) else why_no_gradients
        return reason(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:
        return (1, 1) if isinstance(model, DetectsObjects) else PathExplainer.passes(self, model)

    def explain_each(
        self, model: object, subjects: Sequence[Subject], *, seed: int = 0, report: Report = ignore_progress
    ) -> list[Answer]:
        if not isinstance(model, DetectsObjects) or self.why_not(model):
            return PathExplainer.explain_each(self, model, subjects, seed=seed, report=report)
        found = ODAM().explain_each(model, subjects, seed=seed, report=report)
        return [self._view(*pair) for pair in zip(found, subjects, strict=True)]

    def rule(self) -> Quadrature:
        return quadrature(ApproximationMethod.TRAPEZOID, self.n_steps)

    def count_baselines(self) -> int:
        return 2

    def make_baselines(self, model: GivesGradients, crop: RGBImage) -> Tensor:
        return model.normalise([np.zeros_like(crop), np.full_like(crop, 255)])

    def integrate(self, model: GivesGradients, crop: RGBImage, labels: list[str], report: Report) -> list[PathIntegral]:
        _check_varies(crop)
        with ThreadPoolExecutor(max_workers=1) as pool:
            pool.submit(multiscale_regions, crop)  # meanwhile; `draw` finds them among those kept
            return PathExplainer.integrate(self, model, crop, labels, report)

    def draw(self, integral: PathIntegral, crop: RGBImage, label: str) -> Heatmap:
        attribution = integral.attribution.amax(dim=0).cpu().numpy()
        self.check(attribution, label, "the integrated gradients")
        rank = rank_regions_fast if self.xrai_fast else rank_regions
        return self.check(rank(attribution, multiscale_regions(crop)), label, "the regions")

    def _view(self, found: Answer, subject: Subject) -> Answer:
        """Lay the regions of the picture over the map of one object."""
        if isinstance(found, ExplanationError):
            return found
        rank = rank_regions_fast if self.xrai_fast else rank_regions
        try:
            _check_varies(subject.image)
            heatmap, region = view_regions(found.heatmap, found.region, subject.image, rank=rank)
            self.check(heatmap, subject.target.label, "the regions")
        except ExplanationError as error:
            return error
        return replace(found, heatmap=heatmap, region=region)


def _check_varies(crop: RGBImage) -> None:
    if crop.min() == crop.max():
        raise ExplanationError(
            f"Every value of the image the model sees is {crop.min()}, so it has no regions to rank.",
            remedy="Choose another image, or GradCAM, which needs no regions.",
        )


EXPLAINERS.register("xrai", XRAI)
