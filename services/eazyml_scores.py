"""How sure a prediction is, 0 to 100: Relook's own approximations of EazyML's score strategies, which are not public.

The scales of the strategies differ: their scores are never compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Heatmap

_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a prediction says.

    Attributes:
        probabilities: (..., C) in [0, 1]: (H, W, C) of pixels, (1, 1, C) of an image. C is 1 for a single class.
        target: The class it is about, its place on the last axis.
        inside: (...) where that class is: its pixels, or everything for an image.
    """

    probabilities: NDArray[np.float64]
    target: int
    inside: NDArray[np.bool_]


def choose_target(probabilities: NDArray[np.float64], *, background: int | None) -> Predicted:
    """Return the class that most pixels have, the background aside; of an image the most probable one.

    Args:
        probabilities: (H, W, C).
        background: Its place on the last axis; None where every class counts.
    """
    if probabilities.shape[-1] == 1:
        return Predicted(probabilities, 0, probabilities[..., 0] >= 0.5)
    best = probabilities.argmax(axis=-1)
    counts = np.bincount(best.ravel(), minlength=probabilities.shape[-1])
    if background is not None:
        counts[background] = 0
    target = int(counts.argmax())
    if not counts.any():  # background everywhere
        means = probabilities.mean(axis=(0, 1))
        means[background] = -1
        target = int(means.argmax())
    return Predicted(probabilities, target, best == target)


def weighted_moments(said: Predicted) -> float:
    """Mean less standard deviation of the class's probability over its region, weighed by that probability.

    Where nothing is found the same is asked of the probability of nothing, everywhere.
    """
    values = said.probabilities[..., said.target]
    values = values[said.inside] if said.inside.any() else 1 - values.ravel()
    weights = values / max(float(values.sum()), _TINY)
    mean = float((weights * values).sum())
    deviation = float(np.sqrt((weights * (values - mean) ** 2).sum()))
    return _percent(mean - deviation)


def log_info(said: Predicted) -> float:
    """One less the mean entropy over the region, as a share of the largest possible one."""
    probabilities = said.probabilities
    if probabilities.shape[-1] == 1:
        probabilities = np.concatenate([probabilities, 1 - probabilities], axis=-1)
    shares = probabilities / np.maximum(probabilities.sum(axis=-1, keepdims=True), _TINY)
    entropy = -(shares * np.log(np.maximum(shares, _TINY))).sum(axis=-1) / np.log(probabilities.shape[-1])
    return _percent(1 - float((entropy[said.inside] if said.inside.any() else entropy).mean()))


def evidence_share(heatmap: Heatmap) -> float:
    """Share of a map's evidence that speaks for the class rather than against it, in percent."""
    total = float(np.abs(heatmap).sum())
    return _percent(float(np.clip(heatmap, 0, None).sum()) / total) if total > 0 else 0.0


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 2)
