"""XRAI: regions of the picture, ranked by the integrated gradients they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from domain.errors import ExplanationError
from domain.explanation import RGBImage, Target
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, Explainer, GivesGradients, Saliency
from explainers.checks import check_map
from explainers.network.path_gradients import PathIntegral, count_points, integrate_gradients
from explainers.picture.regions import rank_regions, rank_regions_fast
from explainers.picture.segments import multiscale_regions
from explainers.reasons import why_no_gradients
from explainers.targets import index_of_class

LARGE_GAP = 0.05
REMEDY = "Try another class, more steps, or another method such as GradCAM or LIME."


@dataclass(frozen=True, slots=True)
class XRAI(Explainer):
    """Explanation with ranked area integrals (Kapishnikov et al., ICCV 2019), exact unless `fast`.

    Integrated gradients of the class logit from a black and a white baseline, over the regions of six segmentations.
    """

    title: ClassVar[str] = "XRAI"
    summary: ClassVar[str] = "Sharp regions of the picture, ranked by how much they raise the class score."
    paper: ClassVar[str] = "https://arxiv.org/abs/1906.02825"
    is_regional: ClassVar[bool] = True

    steps: int = field(
        default=50,
        metadata={
            "help": "Points of the path from each of the two baselines. More take longer and are more exact.",
            "min": 2,
            "max": 1000,
        },
    )
    fast: bool = field(
        default=False,
        metadata={"help": "Order the regions only once, as some services do. Saves no time here and changes the map."},
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_gradients(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        points = count_points(self.steps, baselines=2)
        return points, points

    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,  # noqa: ARG002 - a class is explained, not an object
        seed: int = 0,  # noqa: ARG002 - nothing is random here
        report: Report = ignore_progress,
    ) -> Saliency:
        if not isinstance(model, GivesGradients):
            raise ExplanationError(self.why_not(model))
        crop, region = model.crop(image)
        _check_varies(crop)
        integral = self._integrate(model, crop, index_of_class(model.info, target.label), report)
        attribution = integral.attribution.amax(dim=0).float().cpu().numpy()
        check_map(attribution, label=target.label, source="the integrated gradients", remedy=REMEDY)
        rank = rank_regions_fast if self.fast else rank_regions
        heatmap = rank(attribution, multiscale_regions(crop))
        check_map(heatmap, label=target.label, source="the regions", remedy=REMEDY)
        return Saliency(
            heatmap=heatmap,
            region=region,
            forward_passes=integral.passes,
            backward_passes=integral.passes,
            warnings=self._warn(integral),
        )

    def _integrate(self, model: GivesGradients, crop: RGBImage, index: int, report: Report) -> PathIntegral:
        black, white = np.zeros_like(crop), np.full_like(crop, 255)
        return integrate_gradients(
            model,
            model.module,
            model.normalise([crop]),
            model.normalise([black, white]),
            index=index,
            steps=self.steps,
            report=report,
        )

    def _warn(self, integral: PathIntegral) -> tuple[str, ...]:
        if integral.gap <= LARGE_GAP:
            return ()
        gap = f"The integrated gradients miss {integral.gap:.0%} of the change in the class score."
        return (f"{gap} More than {self.steps} steps make the map more exact.",)


def _check_varies(crop: RGBImage) -> None:
    if crop.min() == crop.max():
        raise ExplanationError(
            f"Every value of the image the model sees is {crop.min()}, so it has no regions to rank.",
            remedy="Choose another image, or GradCAM, which needs no regions.",
        )


EXPLAINERS.register("xrai", XRAI)
