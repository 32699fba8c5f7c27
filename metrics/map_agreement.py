"""How far two saliency maps of one image point to the same places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Explanation, Heatmap, Region
from metrics.map_grid import lay_on_pixels, rank_pixels

SIDE = 112
"""Both maps are laid on this many rows and columns of what both models saw."""
STRONGEST = 0.2
"""The share of the area whose overlap is measured."""
_TOP = 0.99


@dataclass(frozen=True, slots=True)
class MapAgreement:
    """Two maps compared on the part of the image that both cover.

    Attributes:
        overlap: Intersection over union of their strongest fifths, 0 to 1; two random maps get about 0.11.
        correlation: Of the ranks of all pixels, -1 to 1.
        difference: (h, w) float32, the first less the second, each as a share of its own strongest evidence.
        region: Where `difference` lies on the image.
    """

    overlap: float
    correlation: float
    difference: Heatmap
    region: Region


def compare_maps(one: Explanation, other: Explanation) -> MapAgreement | None:
    """Compare two maps of one image; None where they have no part of it in common."""
    common = _intersect(one.region, other.region)
    if common is None:
        return None
    first, second = _lay(one, common), _lay(other, common)
    ranks = rank_pixels(first, ties=second), rank_pixels(second, ties=first)
    top = [rank < STRONGEST for rank in ranks]
    overlap = np.count_nonzero(top[0] & top[1]) / np.count_nonzero(top[0] | top[1])
    correlation = float(np.corrcoef(ranks[0].ravel(), ranks[1].ravel())[0, 1])
    difference = (_share(first) - _share(second)).astype(np.float32)
    return MapAgreement(float(overlap), correlation, difference, common)


def _intersect(one: Region, other: Region) -> Region | None:
    left, right = max(one.x_min, other.x_min), min(one.x_max, other.x_max)
    top, bottom = max(one.y_min, other.y_min), min(one.y_max, other.y_max)
    return Region(left, top, right, bottom) if left < right and top < bottom else None


def _lay(explanation: Explanation, window: Region) -> NDArray[np.float64]:
    return lay_on_pixels(
        explanation.heatmap,
        explanation.region,
        size=(SIDE, SIDE),
        window=window,
        is_regional=explanation.is_regional,
    )


def _share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evidence for, as a share of the strongest; evidence against is left out."""
    positive = np.maximum(values, 0)
    limit = np.quantile(positive[positive > 0], _TOP) if (positive > 0).any() else 1.0
    return np.clip(positive / limit, 0, 1)
