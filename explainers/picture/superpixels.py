"""The superpixels that LIME hides. They depend on the picture alone, so those of the last few are kept."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import quickshift

from domain.explanation import RGBImage
from explainers.picture.segments import superpixels as slic_superpixels

KERNEL_SIZE, MAX_DISTANCE, RATIO = 4, 200, 0.2
"""Quickshift as the lime library calls it."""

KEPT = 32
"""Pictures whose superpixels are kept; about 0.4 MB each at 224 x 224."""

_CACHE: OrderedDict[tuple[bytes, str, int], NDArray[np.int64]] = OrderedDict()
_CACHE_LOCK = threading.Lock()


class Segmentation(StrEnum):
    """How a picture is cut into superpixels."""

    SLIC = "slic"
    QUICKSHIFT = "quickshift"


def cut_superpixels(crop: RGBImage, segmentation: str, count: int) -> NDArray[np.int64]:
    """Return (h, w) segment numbers 0 .. n - 1.

    Args:
        crop: (h, w, 3) uint8.
        segmentation: A `Segmentation`; quickshift finds the number of superpixels by itself.
        count: About how many SLIC makes.
    """
    picture = hashlib.blake2b(repr(crop.shape).encode() + crop.tobytes(), digest_size=16).digest()
    key = (picture, segmentation, count if segmentation == Segmentation.SLIC else 0)
    with _CACHE_LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key].copy()
    numbers = slic_superpixels(crop, count) if segmentation == Segmentation.SLIC else _quickshift(crop)
    with _CACHE_LOCK:
        _CACHE[key] = numbers
        while len(_CACHE) > KEPT:
            _CACHE.popitem(last=False)
    return numbers.copy()


def _quickshift(crop: RGBImage) -> NDArray[np.int64]:
    found = quickshift(crop, kernel_size=KERNEL_SIZE, max_dist=MAX_DISTANCE, ratio=RATIO)
    return np.unique(found, return_inverse=True)[1].reshape(crop.shape[:2]).astype(np.int64)
