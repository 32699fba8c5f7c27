"""LIME's linear model of the scores: its weights, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

KERNEL_WIDTH = 0.25
"""Of the proximity kernel over cosine distances, as in the lime library."""
RIDGE = 1.0
"""Penalty of the regression, as in the lime library."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """How much each superpixel adds to a score.

    Attributes:
        weights: (n,) signed.
        covariance: (n, n) of the weights, over other draws of the samples; infinite with too few of them.
        fit: Weighted share of the scores' variance that the model explains (R²).
    """

    weights: NDArray[np.float64]
    covariance: NDArray[np.float64]
    fit: float

    @property
    def errors(self) -> NDArray[np.float64]:
        """(n,) standard errors of the weights."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def reliability(self) -> float:
        """Share of the variance among the weights that is not chance: about their squared correlation with the truth.

        At most 1; 0 or less when nothing but chance is seen.
        """
        spread = float(self.weights.var())
        return 1 - float(np.diag(self.covariance).mean()) / spread if spread > 0 else 0.0


def fit_linear_model(
    shown: NDArray[np.int64], scores: NDArray[np.float64], *, group: int = 1, seed: int = 0
) -> LinearModel:
    """Fit the scores by the superpixels shown, near samples counting more, by the lime library's own regression.

    Args:
        shown: (samples, n) of 0 and 1; the first row is the picture itself.
        scores: (samples,).
        group: Neighbouring samples that were drawn together, 2 for pairs.
        seed: For the regression's solver.
    """
    from lime.lime_base import LimeBase  # noqa: PLC0415 - it loads scikit-learn, which takes seconds

    distances = 1 - np.sqrt(shown.sum(axis=1) / shown.shape[1])
    base = LimeBase(proximity, random_state=seed)
    found = base.explain_instance_with_data(
        shown, scores[:, None], distances, 0, shown.shape[1], feature_selection="none"
    )
    intercept, pairs, fit, _ = cast("tuple[float, list[tuple[int, float]], float, object]", found)
    weights = np.zeros(shown.shape[1])
    for number, weight in pairs:
        weights[number] = weight
    residuals = scores - intercept - shown @ weights
    return LinearModel(weights, _covariance(shown, residuals, proximity(distances), group), float(fit))


def proximity(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of samples at these cosine distances from the picture."""
    return np.sqrt(np.exp(-(distances**2) / KERNEL_WIDTH**2))


def _covariance(
    shown: NDArray[np.int64], residuals: NDArray[np.float64], nearness: NDArray[np.float64], group: int
) -> NDArray[np.float64]:
    """Return the (n, n) covariance of the weights in closed form.

    Sandwich estimator of White (1980): right although the residuals are no noise but what a linear model cannot say,
    and differ from sample to sample. Samples of a group are summed, since they are no independent draws (Liang and
    Zeger, 1986). The factor corrects for the weights having been fitted to the same samples.
    """
    samples, count = shown.shape
    groups = -(-samples // group)
    if groups < 2 or samples <= count + 1:
        return np.full((count, count), np.inf)
    centred = shown - nearness @ shown / nearness.sum()
    bread = np.linalg.inv((centred * nearness[:, None]).T @ centred + RIDGE * np.eye(count))
    parts = np.add.reduceat(centred * (nearness * residuals)[:, None], np.arange(0, samples, group))
    factor = groups / (groups - 1) * (samples - 1) / (samples - count - 1)
    return factor * bread @ (parts.T @ parts) @ bread
