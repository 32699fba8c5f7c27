"""Masks of a detector, as the polygons a person can edit."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry import Segment

_LEVEL = 0.5
_TOLERANCE = 1.0
_TOLERANCE_OF_SIDE = 1 / 60
_SMOOTH_SIDE = 512
_MAX_ZOOM = 4


def trace_mask(mask: NDArray[np.float32], *, with_holes: bool = False, smallest: float = 1.0) -> tuple[Segment, ...]:
    """Trace the outlines of a mask at level 0.5.

    Args:
        mask: (H, W) probabilities in [0, 1], on the pixel grid of the picture.
        with_holes: Holes become rings of their own, as everywhere where rings are even-odd; else they are not
            represented.
        smallest: Outlines that cover fewer pixels are dropped.

    Returns:
        Segments in fractions of the grid, the largest first, simplified to within a pixel, or a 60th
        of the side of a small object.
    """
    found = _bounds(mask)
    if found is None:
        return ()
    left, top, right, bottom = found
    part = np.pad(mask[top:bottom, left:right], 1)
    zoom = max(1, min(_MAX_ZOOM, math.ceil(_SMOOTH_SIDE / max(part.shape))))
    size = (part.shape[1] * zoom, part.shape[0] * zoom)
    inside = (cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) >= _LEVEL).astype(np.uint8)
    wanted = cv2.RETR_CCOMP if with_holes else cv2.RETR_EXTERNAL
    outlines, _ = cv2.findContours(inside, wanted, cv2.CHAIN_APPROX_NONE)
    # OpenCV traces the centres of the outermost pixels; zooming in first keeps the half pixel this loses small.
    origin = np.array([left - 1, top - 1]) + 0.5 / zoom
    scale = np.array([mask.shape[1], mask.shape[0]])
    tolerance = min(_TOLERANCE, _TOLERANCE_OF_SIDE * max(part.shape)) * zoom
    rings = [_simplify(outline, tolerance=tolerance) for outline in outlines]
    limit = smallest * zoom**2
    large = sorted((ring for ring in rings if len(ring) >= 3 and _area(ring) >= limit), key=_area, reverse=True)
    return tuple(_as_segment(ring / zoom + origin, scale) for ring in large)


def _bounds(mask: NDArray[np.float32]) -> tuple[int, int, int, int] | None:
    """The part of the grid with any evidence near the level, a pixel wider on each side."""
    rows, columns = (np.flatnonzero((mask >= _LEVEL).any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        return None
    height, width = mask.shape
    return (
        max(int(columns[0]) - 1, 0),
        max(int(rows[0]) - 1, 0),
        min(int(columns[-1]) + 2, width),
        min(int(rows[-1]) + 2, height),
    )


def _simplify(outline: NDArray[Any], *, tolerance: float) -> NDArray[np.float64]:
    return cv2.approxPolyDP(outline, tolerance, closed=True).reshape(-1, 2).astype(np.float64)


def _area(ring: NDArray[np.float64]) -> float:
    return float(cv2.contourArea(ring.astype(np.float32)))


def _as_segment(ring: NDArray[np.float64], scale: NDArray[Any]) -> Segment:
    return tuple(float(value) for value in np.clip(ring / scale, 0.0, 1.0).ravel())
