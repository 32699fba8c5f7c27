"""What a picture shows where it is hidden."""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.explanation import RGBImage

GREY = 128
BLUR = 1 / 16
"""Deviation of the blur, as a share of the long side."""


class Fill(StrEnum):
    """What is put in the place of what is hidden."""

    MEAN = "mean"
    BLUR = "blur"
    GREY = "grey"


def hide_picture(crop: RGBImage, fill: str) -> RGBImage:
    """Return what `crop` looks like with all of it hidden: its mean colour, blurred, or grey."""
    if fill == Fill.BLUR:
        return cv2.GaussianBlur(crop, (0, 0), sigmaX=max(max(crop.shape[:2]) * BLUR, 0.5)).astype(np.uint8)
    colour = GREY if fill == Fill.GREY else crop.reshape(-1, 3).mean(axis=0).astype(np.uint8)
    return np.full_like(crop, colour)


def hide_segments(crop: RGBImage, numbers: NDArray[np.int64], fill: str) -> RGBImage:
    """Return what `crop` looks like with every segment hidden; the mean is that of each segment.

    Args:
        crop: (h, w, 3).
        numbers: (h, w) segment numbers 0 .. n - 1, all of which occur.
        fill: A `Fill`.
    """
    if fill != Fill.MEAN:
        return hide_picture(crop, fill)
    sizes = np.bincount(numbers.ravel())
    sums = [np.bincount(numbers.ravel(), weights=crop[..., channel].ravel()) for channel in range(3)]
    return (np.stack(sums, axis=1) / sizes[:, None]).astype(np.uint8)[numbers]
