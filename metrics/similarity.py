"""How alike two maps are, and how far small noise moves one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from domain.explanation import Heatmap, Region, RGBImage
from domain.trust import Estimate
from metrics.intervals import largest_of, mean_of
from metrics.map_grid import lay_on_pixels

_COMMON = (32, 32)
_FINE = 56
_PARTS = 7
_DRAWS = 500


def rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Spearman's correlation of two maps of one shape by their signed values, -1 to 1; 0 if one is constant."""
    ranks = [rankdata(values.ravel()) for values in (one, other)]
    deviations = [rank - rank.mean() for rank in ranks]
    size = float(np.linalg.norm(deviations[0]) * np.linalg.norm(deviations[1]))
    return float(np.clip(deviations[0] @ deviations[1] / size, -1, 1)) if size else 0.0


def similarity(one: tuple[Heatmap, Region], other: tuple[Heatmap, Region], *, is_regional: bool = False) -> float:
    """Return `rank_correlation` of two maps, on 32 x 32 cells of the first one's region when their grids differ."""
    if one[0].shape == other[0].shape and one[1] == other[1]:
        return rank_correlation(one[0], other[0])
    laid = [
        lay_on_pixels(heatmap, region, size=_COMMON, window=one[1], is_regional=is_regional)
        for heatmap, region in (one, other)
    ]
    return rank_correlation(laid[0], laid[1])


def similarity_estimate(
    one: tuple[Heatmap, Region], other: tuple[Heatmap, Region], *, is_regional: bool = False, seed: int = 0
) -> Estimate:
    """Return `similarity` of one pair of maps, n = 1, and how it depends on single parts of the picture.

    The interval is that of 500 resamples of the parts, 7 x 7 of them.
    """
    blocks = [
        cv2.resize(
            lay_on_pixels(heatmap, region, size=(_FINE, _FINE), window=one[1], is_regional=is_regional),
            (_PARTS, _PARTS),
            interpolation=cv2.INTER_AREA,
        )
        .ravel()
        .astype(np.float64)
        for heatmap, region in (one, other)
    ]
    drawn = np.random.default_rng(seed).integers(_PARTS**2, size=(_DRAWS, _PARTS**2))
    found = [rank_correlation(blocks[0][places], blocks[1][places]) for places in drawn]
    low, high = np.percentile(found, (2.5, 97.5)) - rank_correlation(*blocks)
    value = similarity(one, other, is_regional=is_regional)
    return Estimate(value, max(-1.0, value + min(0.0, float(low))), min(1.0, value + max(0.0, float(high))), 1)


def random_logit(similarities: Sequence[Estimate], *, seed: int = 0) -> Estimate:
    """Return the mean of `similarity_estimate` of a map with maps of other classes, drawn at random: low is good.

    The random logit test (Sixt, Granz and Landgraf, ICML 2020): a map that stays the same whatever class it is asked
    about is no evidence for any. n counts the other classes; the interval is that of their mean, and of one alone its
    own.

    Raises:
        ValueError: There is none.
    """
    if len(similarities) == 1:
        return similarities[0]
    mean = mean_of([each.value for each in similarities], seed=seed)
    return Estimate(mean.value, max(-1.0, mean.low), min(1.0, mean.high), mean.n)


def sensitivity_max(
    explain: Callable[[RGBImage], NDArray[np.floating]],
    picture: RGBImage,
    *,
    heatmap: NDArray[np.floating] | None = None,
    radius: float = 0.02,
    n: int = 10,
    seed: int = 0,
) -> Estimate:
    """Return how far noise too small to see moves a map, at most: the size of the change over the size of the map.

    Yeh et al., NeurIPS 2019 (https://arxiv.org/abs/1901.09392), by Monte Carlo as there. Low is good.

    Args:
        explain: A version of `picture` -> its map, always on the same grid.
        picture: (h, w, 3) uint8.
        heatmap: The map of `picture`, computed here when it is not given.
        radius: No value of a pixel changes by more than this share of its range.
        n: Noisy pictures; other noises of this size move the map less in a share of 0.05 ** (1 / n) of all cases, 74 %
            for ten, with 95 % certainty.
        seed: Of the noise.

    Raises:
        ValueError: The map is zero everywhere.
    """
    rng = np.random.default_rng(seed)
    own = np.asarray(explain(picture) if heatmap is None else heatmap, np.float64)
    size = float(np.linalg.norm(own))
    if size == 0:
        raise ValueError("A map of zeros has no size to compare with.")
    largest = int(255 * radius)
    moved = []
    for _ in range(n):
        noise = rng.integers(-largest, largest, picture.shape, endpoint=True)
        noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
        moved.append(float(np.linalg.norm(np.asarray(explain(noisy), np.float64) - own)) / size)
    return largest_of(moved, seed=seed)
