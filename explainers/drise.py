"""D-RISE: which parts of the picture a detector needs to see to find a box again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, BatchExplainer, DetectsObjects, Saliency, Subject
from explainers.checks import check_map
from explainers.network.precision import PRECISION_HELP, Precision, why_not_fast
from explainers.network.random_masks import RandomMasks, draw_masks
from explainers.objects.box_evidence import FAINT
from explainers.objects.mask_regression import CERTAIN
from explainers.objects.masked_answers import (
    AnswersInside,
    AnswersOutside,
    FindsObjects,
    MaskedAnswers,
    pixel_share,
)
from explainers.objects.masked_looks import Estimate, MaskedLooks
from explainers.objects.pictures import Answer, explain_pictures
from explainers.reasons import why_no_detector

BLOCK = 64
"""Masks between two looks at how far the halves agree."""
SHAKY = 0.3
"""Rank correlation of the halves below which the reader is warned."""
NOWHERE = 0.01
"""Overlap times score below which a box counts as not found at all."""
LOST = 0.5
"""Share of the box's score that must be left in the pictures looked at, with nothing hidden."""
NO_TWIN = "The inside of this model cannot be reached, so that it computes as exactly as ever."
NO_OBJECTS = "D-RISE explains the boxes of a model that finds objects, and this one finds none."
MORE = "More masks or fewer cells make the map more reliable."
REMEDY = "Try more masks, a higher resolution, or ODAM, which looks inside the detector."


@dataclass(frozen=True, slots=True)
class DRISE(BatchExplainer):
    """Detector randomized input sampling (Petsiuk et al., CVPR 2021).

    A mask is judged by how well the best candidate under it matches the box: overlap times class score, read before
    doubles are suppressed where the inside can be reached. All boxes of an image share every pass.

    The paper's map is the mean of the masks weighted by these scores, which smears evidence over a cell and more. Here
    scores are regressed on masks that come in opposite pairs, and what may be chance is drawn to 0: of the evidence
    for objects of drawn scenes 0.86 lies inside the box instead of 0.44.
    """

    title: ClassVar[str] = "D-RISE"
    summary: ClassVar[str] = "Slow, for any detector: hides parts of the picture and sees if the box is still found."
    paper: ClassVar[str] = "https://arxiv.org/abs/2006.03204"
    shares_passes: ClassVar[bool] = True

    masks: int = field(
        default=500,
        metadata={
            "help": "Pictures with hidden parts to look at. Small objects need more; the paper takes 5000.",
            "min": 8,
            "max": 5000,
        },
    )
    stop_early: bool = field(
        default=True,
        metadata={"help": "Stop once the maps of two halves of the masks agree (rank correlation of 0.7)."},
    )
    cells: int = field(
        default=8,
        metadata={
            "help": "Cells of a mask along each side of the picture. Small objects want more of them, as the 16 of the "
            "paper, and several times as many masks.",
            "min": 2,
            "max": 32,
        },
    )
    keep: float = field(
        default=0.5, metadata={"help": "Share of the picture that a mask shows.", "min": 0.05, "max": 0.95}
    )
    resolution: int = field(
        default=400,
        metadata={
            "help": "Short side of the pictures with hidden parts, in pixels: half of it takes a quarter of the time. "
            "0: as large as the model sees pictures otherwise.",
            "min": 0,
            "max": 2000,
        },
    )
    precision: str = field(default=Precision.EXACT, metadata=PRECISION_HELP)

    @classmethod
    def why_not(cls, model: object) -> str:
        if isinstance(model, DetectsObjects) and not why_no_detector(model, cls.title):
            return ""
        if isinstance(model, FindsObjects) and model.info.task.has_objects:
            return ""
        return why_no_detector(model, cls.title) if isinstance(model, DetectsObjects) else NO_OBJECTS

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return self.masks + 1, 0

    def pass_cost(self, model: object) -> float:
        if not isinstance(model, DetectsObjects) or why_no_detector(model, self.title):
            return 1.0
        return pixel_share(model, self.resolution)

    def explain_each(
        self, model: object, subjects: Sequence[Subject], *, seed: int = 0, report: Report = ignore_progress
    ) -> list[Saliency | ExplanationError]:
        reason = self.why_not(model)
        if reason:
            raise ExplanationError(reason)

        def explain(image: RGBImage, instances: list[Instance], report: Report) -> list[Answer]:
            return self._explain_picture(model, image, instances, seed, report)

        return explain_pictures(subjects, explain, report)

    def _explain_picture(
        self, model: object, image: RGBImage, instances: list[Instance], seed: int, report: Report
    ) -> list[Answer]:
        answers = self._open(model, image, instances)
        unhidden = answers.similarities(torch.ones(1, *answers.size))[0].tolist()
        looks = MaskedLooks(answers, len(instances), cells=self.cells, report=report, total=self.masks)
        while looks.done < self.masks and not looks.are_settled:
            looks.look(self._draw(min(BLOCK, self.masks - looks.done), answers.size, (seed, looks.done)))
            if self.stop_early:
                looks.settle()
        general = (*looks.warnings, *self._warn_of_precision(model))
        rows = zip(instances, looks.estimates(), unhidden, strict=True)
        return _share_passes([self._answer(*row, general) for row in rows], looks.done + 1)

    def _draw(self, count: int, size: tuple[int, int], seeds: tuple[int, int]) -> RandomMasks:
        """Draw the next masks: a block at a time, so that memory does not grow with their number."""
        seed = int(np.random.default_rng(seeds).integers(2**32))
        return draw_masks(count, size, cells=self.cells, keep=self.keep, seed=seed, device=torch.device("cpu"))

    def _answer(self, instance: Instance, estimate: Estimate, unhidden: float, general: tuple[str, ...]) -> Answer:
        if estimate.best < NOWHERE:
            return ExplanationError(
                f"The model finds nothing like this box of '{instance.label}', whatever is hidden: overlap times score "
                f"is {estimate.best:.2g} at best, and expected was at least {NOWHERE}.",
                remedy="Ask for a box that the model found, for a higher resolution, or why the object was missed.",
            )
        try:
            values = check_map(estimate.heatmap, label=instance.label, source="the masks", remedy=REMEDY)
        except ExplanationError as error:
            return error
        return Saliency(values, warnings=(*_warn(instance, estimate, unhidden), *general))

    def _warn_of_precision(self, model: object) -> tuple[str, ...]:
        if isinstance(model, DetectsObjects) and not why_no_detector(model, self.title):
            return why_not_fast(self.precision, model.detector)
        return () if self.precision == Precision.EXACT else (NO_TWIN,)

    def _open(self, model: object, image: RGBImage, instances: list[Instance]) -> MaskedAnswers:
        if isinstance(model, DetectsObjects) and not why_no_detector(model, self.title):
            return AnswersInside(model, image, instances, short_side=self.resolution, precision=self.precision)
        if isinstance(model, FindsObjects):
            return AnswersOutside(model, image, instances)
        raise ExplanationError(self.why_not(model))


def _warn(instance: Instance, estimate: Estimate, unhidden: float) -> Iterator[str]:
    if unhidden < max(FAINT, LOST * (instance.score or 0.0)):
        yield (
            f"Even with nothing hidden, the model finds this box only to {unhidden:.2f} (overlap times score) in the "
            "pictures looked at: a higher resolution may find it better."
        )
    if not estimate.stands_out:
        yield f"Nothing that speaks for the box stands out from chance by {CERTAIN} standard errors. {MORE}"
    elif estimate.agreement < SHAKY:
        yield (
            f"The maps of two halves of the masks have a rank correlation of only {estimate.agreement:.2f}; expected "
            f"at least {SHAKY}. {MORE}"
        )


def _share_passes(found: list[Answer], passes: int) -> list[Answer]:
    """Give every map its share of the passes; the first of them takes what is left over."""
    places = [number for number, each in enumerate(found) if isinstance(each, Saliency)]
    shares = dict.fromkeys(places, passes // max(1, len(places)))
    if places:
        shares[places[0]] += passes % len(places)
    return [
        replace(each, forward_passes=shares[n]) if isinstance(each, Saliency) else each for n, each in enumerate(found)
    ]


EXPLAINERS.register("drise", DRISE)
