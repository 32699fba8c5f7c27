"""Maps of classes made of integrated gradients: all classes of a picture share the forward passes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import Heatmap, Region, RGBImage
from domain.progress import PartOf, Report, ignore_progress
from explainers.base import BatchExplainer, GivesGradients, Saliency, ScoresPixels, Subject
from explainers.checks import check_map
from explainers.network.chunks import is_out_of_memory
from explainers.network.class_regions import explain_regions
from explainers.network.path_gradients import PathIntegral, count_passes, integrate_gradients
from explainers.network.precision import is_computed_fast
from explainers.network.quadrature import Quadrature
from explainers.reasons import why_no_gradients
from explainers.targets import group_by_picture, index_of_class

LARGE_GAP = 0.05
Answer = Saliency | ExplanationError


class PathExplainer(BatchExplainer):
    """A method that integrates the gradient of a class's logit along straight paths to the picture.

    Never of the probability: once a softmax is nearly 1 its gradient vanishes, and so does the map.

    Attributes:
        n_steps: Points on each path.
        precision: How exactly the network computes.
        remedy: What to try when a map says nothing, a full sentence.
        layout: Of pictures on a CPU.
    """

    n_steps: int
    precision: str
    remedy: ClassVar[str] = "Try another class, or another method such as GradCAM or LIME."
    layout: ClassVar[torch.memory_format] = torch.contiguous_format

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_gradients(model, cls.title)

    @abstractmethod
    def rule(self) -> Quadrature:
        """Return how integrals are approximated."""

    @abstractmethod
    def count_baselines(self) -> int:
        """Return from how many baselines paths begin."""

    @abstractmethod
    def make_baselines(self, model: GivesGradients, crop: RGBImage) -> Tensor:
        """Return (B, 3, h, w), ready for the network."""

    @abstractmethod
    def draw(self, integral: PathIntegral, crop: RGBImage, label: str) -> Heatmap:
        """Return the (h, w) float32 map.

        Raises:
            ExplanationError: It says nothing.
        """

    def passes(self, model: object) -> tuple[int, int]:
        is_fast = isinstance(model, GivesGradients) and is_computed_fast(self.precision, model.module)
        return count_passes(self.rule(), self.count_baselines(), is_fast=is_fast)

    def explain_each(
        self,
        model: object,
        subjects: Sequence[Subject],
        *,
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> list[Answer]:
        if isinstance(model, ScoresPixels):
            return explain_regions(self.explain_each, model, subjects, seed=seed, report=report)
        reason = self.why_not(model)
        if reason or not isinstance(model, GivesGradients):
            return [ExplanationError(reason)] * len(subjects)
        for subject in subjects:
            index_of_class(model.info, subject.target.label)
        pictures = group_by_picture(subjects)
        answers: dict[int, Answer] = {}
        for place, numbers in enumerate(pictures):
            labels = [subjects[number].target.label for number in numbers]
            share = PartOf(report, place, len(pictures))
            found = self._explain_picture(model, subjects[numbers[0]].image, labels, share)
            answers.update(zip(numbers, found, strict=True))
        return [answers[number] for number in range(len(subjects))]

    def _explain_picture(
        self, model: GivesGradients, image: RGBImage, labels: list[str], report: Report
    ) -> list[Answer]:
        crop, region = model.crop(image)
        try:
            integrals = self.integrate(model, crop, labels, report)
        except ExplanationError as error:
            return [error] * len(labels)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            return [_too_large(crop)] * len(labels)
        return [self._judge(*pair, crop, region) for pair in zip(integrals, labels, strict=True)]

    def integrate(self, model: GivesGradients, crop: RGBImage, labels: list[str], report: Report) -> list[PathIntegral]:
        """Return the integrated gradients of each class on one picture."""
        return integrate_gradients(
            model,
            model.normalise([crop]),
            self.make_baselines(model, crop),
            classes=[index_of_class(model.info, label) for label in labels],
            rule=self.rule(),
            precision=self.precision,
            layout=self.layout,
            report=report,
        )

    def _judge(self, integral: PathIntegral, label: str, crop: RGBImage, region: Region) -> Answer:
        try:
            heatmap = self.draw(integral, crop, label)
        except ExplanationError as error:
            return error
        return Saliency(
            heatmap=heatmap,
            region=region,
            forward_passes=integral.forward_passes,
            backward_passes=integral.backward_passes,
            completeness_gap=integral.gap,
            warnings=(*self._warn(integral.gap), *integral.warnings),
        )

    def _warn(self, gap: float) -> tuple[str, ...]:
        if gap <= LARGE_GAP:
            return ()
        missed = f"The integrated gradients miss {gap:.0%} of the change in the class score."
        return (f"{missed} More than {self.n_steps} steps make the map more exact.",)

    def check(self, heatmap: Heatmap, label: str, source: str) -> Heatmap:
        """Return `heatmap` if it says anything; `source` tells where its values come from."""
        return check_map(heatmap, label=label, source=source, remedy=self.remedy)


def _too_large(crop: RGBImage) -> ExplanationError:
    height, width = crop.shape[:2]
    return ExplanationError(
        f"Memory ran out with a single picture of {width} x {height} pixels.",
        remedy="Free memory, load a smaller model, or use a method that needs no gradients, such as LIME.",
    )
