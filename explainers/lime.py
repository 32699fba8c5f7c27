"""LIME: hide superpixels at random, score what is left, and fit a linear model to the scores."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from domain.errors import ExplanationError
from domain.explanation import RGBImage
from domain.progress import Report
from explainers.base import EXPLAINERS
from explainers.linear_model import LinearModel, fit_linear_model
from explainers.network.class_scores import SCALE_HELP, ClassScores, Scale
from explainers.network.hiding import HidingExplainer, Maps
from explainers.network.masked_scores import MaskedScores, stops_to_look_at
from explainers.network.precision import PRECISION_HELP, Precision
from explainers.picture.fills import Fill, hide_segments
from explainers.picture.superpixels import Segmentation, cut_superpixels

LEADERS = 5
"""Early stopping waits until these strongest superpixels are settled."""
MARGIN = 1.5
"""How many deviations must lie between a leader and any other superpixel.

On 16 photos, each with its 1000 samples in 8 orders, the five leaders were then those of all samples in 96 of 100 runs,
after 740 samples in the mean; with a margin of 1.25 in 89 (660 samples), with 1 in 79 (580). With another seed of 1000
samples they are the same on 3 of 10 photos.
"""
NEGLIGIBLE = 0.0025
"""Superpixels closer together than this share of the strongest weight may swap places: some pictures have no fifth."""
LEAST = 100
"""Samples before early stopping, and never fewer than two per superpixel."""
POOR_FIT = 0.3
UNSURE = 0.8
"""Reliability below which the weights are told with their intervals."""
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class LIME(HidingExplainer):
    """Local interpretable model-agnostic explanations (Ribeiro et al., KDD 2016).

    Equals the lime library called with `random_state=seed` when its ways are chosen: quickshift, independent samples,
    the mean colour, the probability, and no early stopping.
    """

    title: ClassVar[str] = "LIME"
    summary: ClassVar[str] = "Needs nothing but scores: hides superpixels and sees which ones the score depends on."
    paper: ClassVar[str] = "https://arxiv.org/abs/1602.04938"
    version: ClassVar[int] = 2
    is_regional: ClassVar[bool] = True
    source: ClassVar[str] = "the superpixels"
    remedy: ClassVar[str] = "Try another class, more samples, or another method."

    samples: int = field(
        default=1000,
        metadata={
            "help": "Pictures with hidden superpixels to score, at most. More take longer and repeat better.",
            "min": 10,
            "max": 20000,
        },
    )
    segmentation: str = field(
        default=Segmentation.SLIC.value,
        metadata={
            "help": "How to cut the picture: SLIC makes compact superpixels of like size, quickshift is what the lime "
            "library uses.",
            "choices": tuple(way.value for way in Segmentation),
        },
    )
    segments: int = field(
        default=60,
        metadata={
            "help": "About how many superpixels SLIC makes. More need more samples. Quickshift finds its own number.",
            "min": 8,
            "max": 1000,
        },
    )
    fill: str = field(
        default=Fill.MEAN.value,
        metadata={
            "help": "What hidden superpixels show: their own mean colour, the picture blurred, or grey.",
            "choices": tuple(fill.value for fill in Fill),
        },
    )
    sampling: str = field(
        default="balanced",
        metadata={
            "help": "Balanced hides every superpixel in half of the samples; independent draws like the lime library.",
            "choices": ("balanced", "independent"),
        },
    )
    scale: str = field(default=Scale.LOGIT.value, metadata=SCALE_HELP)
    stop_early: bool = field(
        default=True,
        metadata={"help": "Stop when the remaining samples are unlikely to change which five superpixels lead."},
    )
    precision: str = field(default=Precision.EXACT.value, metadata=PRECISION_HELP)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return self.samples, 0

    def look(self, scores: ClassScores, crop: RGBImage, *, seed: int, report: Report) -> Maps:
        numbers = cut_superpixels(crop, self.segmentation, self.segments)
        count = int(numbers.max()) + 1
        if count == 1:
            raise ExplanationError(
                "The whole image is one superpixel, so that none can be told from the others.",
                remedy="Choose another image, or cut it by SLIC.",
            )
        shown = self.draw(count, seed)
        hidden = hide_segments(crop, numbers, self.fill)
        masked = MaskedScores(scores, crop, hidden, total=self.samples, report=report)
        models = self._fit(masked, numbers, shown, seed)
        return Maps(
            values=np.stack([model.weights[numbers] for model in models]),
            scored=masked,
            warnings=[warn_of(model, masked.passes) for model in models],
        )

    def draw(self, count: int, seed: int) -> NDArray[np.int64]:
        """Return (samples, count) of 0 and 1, 1 where a superpixel is shown; the first row shows everything."""
        draw = draw_balanced if self.sampling == "balanced" else draw_independent
        shown = draw(self.samples, count, seed)
        shown[0] = 1
        return shown

    def _fit(
        self, masked: MaskedScores, numbers: NDArray[np.int64], shown: NDArray[np.int64], seed: int
    ) -> list[LinearModel]:
        """Return one model per class, of as many samples as it takes."""
        places = torch.from_numpy(numbers.ravel()).to(masked.device)
        rows = torch.from_numpy(shown).to(masked.device, torch.float32)
        scores: list[NDArray[np.float64]] = []

        def make_masks(samples: slice) -> Tensor:
            return rows[samples].index_select(1, places).unflatten(1, numbers.shape)

        group = 2 if self.sampling == "balanced" else 1
        models: list[LinearModel] = []
        least = max(LEAST, 2 * shown.shape[1] + 2) if self.stop_early else self.samples
        for stop in stops_to_look_at(self.samples, at_once=masked.at_once, least=least):
            masked.score(stop - masked.passes, make_masks, lambda _samples, _masks, found: scores.append(found))
            columns = np.concatenate(scores).T
            models = [fit_linear_model(shown[:stop], column, group=group, seed=seed) for column in columns]
            if all(is_settled(model, left=1 - stop / self.samples) for model in models):
                break
        return models


def draw_balanced(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draw pairs that hide complementary halves: every superpixel is hidden equally often."""
    half = np.random.default_rng(seed).integers(0, 2, ((samples + 1) // 2, count))
    return np.stack([half, 1 - half], axis=1).reshape(-1, count)[:samples]


def draw_independent(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draw as the lime library does, from the same generator; its first number is meant for the segmentation."""
    generator = np.random.RandomState(seed)
    generator.randint(0, high=1000)
    return generator.randint(0, 2, samples * count).reshape(samples, count).astype(np.int64)


def is_settled(model: LinearModel, *, left: float) -> bool:
    """Whether the samples left are unlikely to change which superpixels lead.

    From n samples to N the weights still move by about their present covariance times 1 - n / N.

    Args:
        model: Of the samples so far.
        left: Share of all samples that is left.
    """
    order = np.argsort(-model.weights, kind="stable")
    leaders, others = order[:LEADERS], order[LEADERS:]
    if not np.isfinite(model.covariance).all():
        return False
    variance = np.diag(model.covariance)
    spread = variance[leaders][:, None] + variance[others] - 2 * model.covariance[np.ix_(leaders, others)]
    gaps = model.weights[leaders][:, None] - model.weights[others]
    negligible = NEGLIGIBLE * float(np.abs(model.weights).max())
    return bool((gaps + negligible >= MARGIN * np.sqrt(np.clip(spread, 0, None) * left)).all())


def warn_of(model: LinearModel, samples: int) -> tuple[str, ...]:
    """Return what a reader should know about a model of so many samples; nothing when it is reliable."""
    warnings: list[str] = []
    if model.fit < POOR_FIT:
        found = f"The linear model explains only {max(model.fit, 0):.0%} of how the score varies"
        warnings.append(f"{found} (R² = {model.fit:.2f}). Fewer superpixels may fit better.")
    if model.reliability < UNSURE:
        strongest = int(model.weights.argmax())
        weight, reach = float(model.weights[strongest]), NORMAL_95 * float(model.errors[strongest])
        sure = f"the strongest is {weight:.3g} (95 % interval {weight - reach:.3g} to {weight + reach:.3g})"
        if not math.isfinite(reach):
            sure = "there are hardly more samples than superpixels"
        warnings.append(
            f"The weights of the superpixels are unsure after {samples} samples: {sure}. Take more samples."
        )
    return tuple(warnings)


EXPLAINERS.register("lime", LIME, aliases=("image-lime",))
