"""LIME: hide superpixels at random, score what is left, and fit a linear model to the scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.errors import ExplanationError
from domain.explanation import RGBImage, Target
from domain.prediction import Instance
from domain.progress import Report, ignore_progress
from explainers.base import EXPLAINERS, Explainer, Saliency, ScoresImages
from explainers.checks import check_map
from explainers.picture.segments import superpixels
from explainers.reasons import why_no_scores
from explainers.targets import index_of_class

BATCH = 4
"""Samples scored at once. On a CPU larger batches of small networks are slower: their buffers go back to the system."""
KERNEL_WIDTH = 0.25
"""Of the proximity kernel over cosine distances, as in the lime library."""
POOR_FIT = 0.3
REMEDY = "Try another class, more samples, or another method."


@dataclass(frozen=True, slots=True)
class LIME(Explainer):
    """Local interpretable model-agnostic explanations (Ribeiro et al., KDD 2016).

    The kernel and the weighted ridge regression are the lime library's own; the superpixels (SLIC), the drawing of
    samples and the batched scoring are not, since the library's are slow and do not repeat themselves.
    """

    title: ClassVar[str] = "LIME"
    summary: ClassVar[str] = "Needs nothing but scores: hides superpixels and sees which ones the score depends on."
    paper: ClassVar[str] = "https://arxiv.org/abs/1602.04938"
    is_regional: ClassVar[bool] = True

    samples: int = field(
        default=500,
        metadata={
            "help": "Pictures with hidden superpixels to score. More take longer and repeat better.",
            "min": 10,
            "max": 20000,
        },
    )
    segments: int = field(
        default=60,
        metadata={"help": "About how many superpixels. More need more samples.", "min": 8, "max": 1000},
    )
    fill: str = field(
        default="mean",
        metadata={
            "help": "What hidden superpixels show: their own mean colour, the picture blurred, or grey.",
            "choices": ("mean", "blur", "grey"),
        },
    )
    sampling: str = field(
        default="balanced",
        metadata={
            "help": "Balanced hides every superpixel in half of the samples; independent draws like the lime library.",
            "choices": ("balanced", "independent"),
        },
    )

    @classmethod
    def why_not(cls, model: object) -> str:
        return why_no_scores(model, cls.title)

    def passes(self, model: object) -> tuple[int, int]:  # noqa: ARG002 - the same for every model
        return self.samples, 0

    def explain(
        self,
        model: object,
        image: RGBImage,
        target: Target,
        *,
        instance: Instance | None = None,  # noqa: ARG002 - a class is explained, not an object
        seed: int = 0,
        report: Report = ignore_progress,
    ) -> Saliency:
        if not isinstance(model, ScoresImages):
            raise ExplanationError(self.why_not(model))
        index = index_of_class(model.info, target.label)
        crop, region = model.crop(image)
        numbers = superpixels(crop, self.segments)
        shown = self._draw(int(numbers.max()) + 1, seed)
        views = _Views(crop, hide_all(crop, numbers, self.fill), numbers)
        scores = _score(model, views, shown, index, report)
        weights, fit = fit_weights(shown, scores, seed)
        heatmap = weights.astype(np.float32)[numbers]
        check_map(heatmap, label=target.label, source="the superpixels", remedy=REMEDY)
        return Saliency(heatmap=heatmap, region=region, forward_passes=self.samples, warnings=_warn(fit))

    def _draw(self, count: int, seed: int) -> NDArray[np.int64]:
        """Return (samples, count) of 0 and 1, 1 where a superpixel is shown; the first row shows everything."""
        draw = _draw_balanced if self.sampling == "balanced" else _draw_independent
        shown = draw(self.samples, count, seed)
        shown[0] = 1
        return shown


def _draw_balanced(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draw pairs that hide complementary halves: every superpixel is hidden equally often."""
    half = np.random.default_rng(seed).integers(0, 2, ((samples + 1) // 2, count))
    return np.stack([half, 1 - half], axis=1).reshape(-1, count)[:samples]


def _draw_independent(samples: int, count: int, seed: int) -> NDArray[np.int64]:
    """Draw as the lime library does, from the same generator."""
    generator = np.random.RandomState(seed)
    return generator.randint(0, 2, samples * count).reshape(samples, count).astype(np.int64)


def hide_all(crop: RGBImage, numbers: NDArray[np.int64], fill: str) -> RGBImage:
    """Return what `crop` looks like with every superpixel hidden."""
    if fill == "blur":
        return cv2.GaussianBlur(crop, (0, 0), sigmaX=max(crop.shape[:2]) / 16).astype(np.uint8)
    if fill == "grey":
        return np.full_like(crop, 128)
    sizes = np.bincount(numbers.ravel())
    sums = [np.bincount(numbers.ravel(), weights=crop[..., channel].ravel()) for channel in range(3)]
    return (np.stack(sums, axis=1) / sizes[:, None]).astype(np.uint8)[numbers]


@dataclass(frozen=True, slots=True)
class _Views:
    """A picture, the same with everything hidden, and the superpixel of each pixel."""

    crop: RGBImage
    hidden: RGBImage
    numbers: NDArray[np.int64]

    def show(self, superpixels_shown: NDArray[np.int64]) -> RGBImage:
        is_shown = superpixels_shown.astype(bool)[self.numbers]
        return np.where(is_shown[..., None], self.crop, self.hidden)


def _score(
    model: ScoresImages, views: _Views, shown: NDArray[np.int64], index: int, report: Report
) -> NDArray[np.float64]:
    """Return (samples,) probabilities of the class."""
    scores = np.empty(len(shown))
    for first in range(0, len(shown), BATCH):
        report(first, len(shown))
        batch = [views.show(row) for row in shown[first : first + BATCH]]
        scores[first : first + BATCH] = model.scores(batch)[:, index]
    report(len(shown), len(shown))
    if not np.isfinite(scores).all():
        raise ExplanationError(
            "The model gives scores that are not finite numbers for some of the samples.",
            remedy="Check the model's weights and its input normalisation.",
        )
    return scores


def fit_weights(shown: NDArray[np.int64], scores: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], float]:
    """Fit the scores by the superpixels shown, near samples counting more.

    Args:
        shown: (samples, n) of 0 and 1; the first row is the picture itself.
        scores: (samples,) probabilities.
        seed: For the regression's solver.

    Returns:
        (n,) weights, signed, and the weighted R² of the fit.
    """
    from lime.lime_base import LimeBase  # noqa: PLC0415 - it loads scikit-learn, which takes seconds

    similarity = np.sqrt(shown.sum(axis=1) / shown.shape[1])
    base = LimeBase(_proximity, random_state=seed)
    found = base.explain_instance_with_data(
        shown, scores[:, None], 1 - similarity, 0, shown.shape[1], feature_selection="none"
    )
    _, pairs, fit, _ = cast("tuple[float, list[tuple[int, float]], float, object]", found)
    weights = np.zeros(shown.shape[1])
    for number, weight in pairs:
        weights[number] = weight
    return weights, float(fit)


def _proximity(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(np.exp(-(distances**2) / KERNEL_WIDTH**2))


def _warn(fit: float) -> tuple[str, ...]:
    if fit >= POOR_FIT:
        return ()
    found = f"The linear model explains only {max(fit, 0):.0%} of how the score varies (R² = {fit:.2f})."
    return (f"{found} More samples or fewer superpixels make the map more reliable.",)


EXPLAINERS.register("lime", LIME)
