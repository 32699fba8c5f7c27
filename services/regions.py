"""Regions between the stored pixel grid and the upright picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from domain.geometry import Box
from domain.orientation import array_to_stored, array_to_upright, box_to_stored, box_to_upright
from domain.region import Brush, Region


def region_to_upright(region: Region, orientation: int) -> Region:
    """Return `region` as it lies on the upright picture."""
    if isinstance(region, Box):
        return box_to_upright(region, orientation)
    return region if orientation == 1 else _as_brush(array_to_upright(_as_mask(region), orientation))


def region_to_stored(region: Region, orientation: int) -> Region:
    """Return what was drawn on the upright picture, on the stored pixel grid."""
    if isinstance(region, Box):
        return box_to_stored(region, orientation)
    return region if orientation == 1 else _as_brush(array_to_stored(_as_mask(region), orientation))


def _as_mask(brush: Brush) -> NDArray[np.bool_]:
    """(H, W), True where it was brushed."""
    is_brushed = np.arange(len(brush.runs)) % 2 == 1
    return np.repeat(is_brushed, brush.runs).reshape(brush.height, brush.width)


def _as_brush(mask: NDArray[np.bool_]) -> Brush:
    flat = mask.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=False)) if flat.size else np.empty(0, int)
    lengths = np.diff(np.concatenate([[0], edges, [flat.size]]))
    return Brush(mask.shape[1], mask.shape[0], tuple(int(length) for length in lengths))
