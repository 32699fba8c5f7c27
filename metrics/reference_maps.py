"""Maps that know nothing of the model: random ones of the same coarseness, and one that points to the centre."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

COARSENESS = (7, 14, 56)
"""Cells along a side of random maps: a layer's grid, a finer one or regions, and single pixels.

Random maps of other coarseness would be no fair comparison: on MobileNetV2 the gains of 7 x 7 maps scatter two to five
times as widely as those of 56 x 56 maps, since a fine pattern destroys every object a little.
"""
_WIDTH = 0.25


def coarseness_of(grid: tuple[int, int], *, is_regional: bool) -> int:
    """Return which of `COARSENESS` random maps must have to be compared with a map of `grid` (rows, columns) cells."""
    if is_regional:
        return COARSENESS[1]
    return next((cells for cells, most in zip(COARSENESS, (10, 40), strict=False) if max(grid) <= most), COARSENESS[-1])


def random_map(size: tuple[int, int], cells: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return (h, w) smooth noise, signed: `cells` independent values along each side, bilinear between them."""
    noise = rng.standard_normal((cells, cells))
    return cv2.resize(noise, (size[1], size[0]), interpolation=cv2.INTER_LINEAR).astype(np.float64)


def centre_map(size: tuple[int, int]) -> NDArray[np.float64]:
    """Return (h, w), a Gaussian about the centre, a quarter of each side wide."""
    rows, columns = (np.exp(-((((np.arange(side) + 0.5) / side - 0.5) / _WIDTH) ** 2) / 2) for side in size)
    return np.outer(rows, columns)
