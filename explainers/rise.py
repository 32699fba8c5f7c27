"""RISE: show random parts of the picture, and average the masks by the scores they leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from domain.explanation import RGBImage
from domain.progress import Report
from explainers.base import EXPLAINERS
from explainers.network.class_scores import SCALE_HELP, ClassScores, Scale
from explainers.network.hiding import HidingExplainer, Maps
from explainers.network.mask_average import MaskAverage
from explainers.network.masked_scores import MaskedScores, stops_to_look_at
from explainers.network.precision import PRECISION_HELP, Precision
from explainers.network.random_masks import draw_masks
from explainers.picture.fills import Fill, hide_picture

AGREEMENT = 0.9
"""Correlation of the maps of two halves of the samples at which sampling may stop; that of the map of both with the
truth is then about 0.97."""
POOR_AGREEMENT = 0.5
LEAST = 200
"""Samples before early stopping."""


@dataclass(frozen=True, slots=True)
class RISE(HidingExplainer):
    """Randomized input sampling for explanation (Petsiuk et al., BMVC 2018).

    Divided by how often each pixel was shown, not by its expectation, so that the border is not favoured; the mean
    score is subtracted and masks come in opposite pairs, so that fewer are needed.
    """

    title: ClassVar[str] = "RISE"
    summary: ClassVar[str] = "Needs nothing but scores: shows random parts and sees which ones keep the score up."
    paper: ClassVar[str] = "https://arxiv.org/abs/1806.07421"
    source: ClassVar[str] = "the masks"
    remedy: ClassVar[str] = "Try another class, more samples, or another method."

    samples: int = field(
        default=1000,
        metadata={
            "help": "Pictures with random masks to score, at most. More take longer and repeat better.",
            "min": 10,
            "max": 100000,
        },
    )
    cells: int = field(
        default=7,
        metadata={
            "help": "Cells of a mask along each side. More show finer things and need more samples.",
            "min": 2,
            "max": 32,
        },
    )
    keep: float = field(default=0.5, metadata={"help": "Chance of a cell to be shown.", "min": 0.05, "max": 0.95})
    fill: str = field(
        default=Fill.GREY.value,
        metadata={
            "help": "What hidden parts show: the mean colour of the picture, the picture blurred, or grey.",
            "choices": tuple(fill.value for fill in Fill),
        },
    )
    scale: str = field(default=Scale.LOGIT.value, metadata=SCALE_HELP)
    stop_early: bool = field(
        default=True,
        metadata={"help": "Stop when the maps of two halves of the samples agree (correlation of 0.9)."},
    )
    precision: str = field(default=Precision.EXACT.value, metadata=PRECISION_HELP)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return self.samples, 0

    def look(self, scores: ClassScores, crop: RGBImage, *, seed: int, report: Report) -> Maps:
        height, width = crop.shape[:2]
        masked = MaskedScores(scores, crop, hide_picture(crop, self.fill), total=self.samples, report=report)
        masks = draw_masks(
            self.samples, (height, width), cells=self.cells, keep=self.keep, seed=seed, device=masked.device
        )
        average = MaskAverage()
        least = LEAST if self.stop_early else self.samples
        for stop in stops_to_look_at(self.samples, at_once=masked.at_once, least=least):
            masked.score(stop - masked.passes, masks.make, average.add)
            if stop < self.samples and (average.agreement() >= AGREEMENT).all():
                break
        return Maps(
            values=average.maps(),
            scored=masked,
            warnings=[warn_of(agreement) for agreement in average.agreement()],
        )


def warn_of(agreement: float) -> tuple[str, ...]:
    """Return what a reader should know about how well the halves agree; nothing when they do."""
    if agreement >= POOR_AGREEMENT:
        return ()
    found = f"The maps of two halves of the samples have a correlation of only {agreement:.2f}"
    return (f"{found}; expected at least {POOR_AGREEMENT}. More samples or fewer cells make the map more reliable.",)


EXPLAINERS.register("rise", RISE)
