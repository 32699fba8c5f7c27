"""From a mask to the polygon around it, along the pixels' edges."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from domain.geometry import Segment

SMALLEST_SEGMENT = 40.0
"""Pixels; smaller crumbs of a mask get no segment of their own."""

TOLERANCE = 0.6
"""Greatest distance in pixels between the polygon and the mask's edge."""


def outline(mask: npt.NDArray[np.bool_]) -> tuple[Segment, ...]:
    """The outer rings of a mask, greatest first, holes ignored.

    Args:
        mask: (H, W) bool.

    Returns:
        Flat rings in fractions of the mask's size, rounded to 5 digits; empty when nothing is left.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows) == 0:
        return ()
    top, left = int(rows[0]), int(columns[0])
    part = mask[top : rows[-1] + 1, left : columns[-1] + 1]
    # A pixel becomes a 3 x 3 block on a grid of half pixels, so the outermost points lie on its edges.
    grid = np.zeros((2 * part.shape[0] + 1, 2 * part.shape[1] + 1), np.uint8)
    grid[1::2, 1::2] = part
    found, _ = cv2.findContours(cv2.dilate(grid, np.ones((3, 3), np.uint8)), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    rings = sorted(found, key=cv2.contourArea, reverse=True)
    size = np.asarray([mask.shape[1], mask.shape[0]], np.float64)
    segments = []
    for ring in rings:
        if cv2.contourArea(ring) / 4 < SMALLEST_SEGMENT:
            continue
        points = cv2.approxPolyDP(ring, TOLERANCE * 2, closed=True)[:, 0] / 2 + (left, top)
        if len(points) >= 3:
            segments.append(tuple(np.round(points / size, 5).ravel().tolist()))
    return tuple(segments)
