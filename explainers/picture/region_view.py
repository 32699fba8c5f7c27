"""Any map of a picture, seen through the picture's regions."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.explanation import Heatmap, Region, RGBImage
from explainers.picture.regions import Regions, rank_regions
from explainers.picture.segments import multiscale_regions

LONGEST_SIDE = 512
"""Larger pictures are shrunk to this: the regions come from 224 x 224 pixels anyway."""

Rank = Callable[[NDArray[np.float32], Regions], NDArray[np.float32]]


def view_regions(
    evidence: Heatmap, region: Region, image: RGBImage, *, rank: Rank = rank_regions
) -> tuple[Heatmap, Region]:
    """Rank the regions of a picture by a coarser map of it.

    Args:
        evidence: (h, w), signed.
        region: Where it lies on the picture; may hang over its edge.
        image: (H, W, 3) uint8, not constant.
        rank: How regions are ranked.

    Returns:
        A map of the whole picture, its longest side at most `LONGEST_SIDE`, and where it lies.
    """
    small = _bound(image)
    height, width = small.shape[:2]
    rows = _sample(evidence, (np.arange(height) + 0.5) / height, region.y_min, region.y_max)
    fine = _sample(rows.T, (np.arange(width) + 0.5) / width, region.x_min, region.x_max).T
    return rank(np.ascontiguousarray(fine), multiscale_regions(small)), Region()


def _bound(image: RGBImage) -> RGBImage:
    height, width = image.shape[:2]
    if max(height, width) <= LONGEST_SIDE:
        return image
    scale = LONGEST_SIDE / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _sample(values: NDArray[np.float32], places: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float32]:
    """Interpolate rows, which fill [start, stop] evenly, at `places`; beyond their centres the outer ones hold."""
    count = len(values)
    at = np.clip((places - start) / (stop - start) * count - 0.5, 0, count - 1)
    above = np.floor(at).astype(np.int64)
    below = np.minimum(above + 1, count - 1)
    share = (at - above)[:, None]
    return (values[above] * (1 - share) + values[below] * share).astype(np.float32)
