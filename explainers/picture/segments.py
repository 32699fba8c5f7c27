"""Cutting a picture into segments. They depend on the picture alone, so those of the last few are kept."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from skimage.segmentation import felzenszwalb, slic
from skimage.transform import resize

from domain.explanation import RGBImage
from explainers.picture.regions import Regions, join_regions

SCALES = (50, 100, 150, 250, 500, 1200)
"""Felzenszwalb's scale of each segmentation of XRAI, with `SIGMA`, `MIN_SIZE` and `SIDE` (published values)."""
SIGMA = 0.8
MIN_SIZE = 150
SIDE = 224
GROWTH = 5
"""Pixels by which XRAI grows every segment, so that edges belong to both sides."""

COMPACTNESS = (10, 30, 100)
"""How much SLIC weighs nearness against colour; the first that gives enough segments is taken."""

KEPT = 16
"""Pictures whose regions are kept; about 3 MB each at 224 x 224."""

_CACHE: OrderedDict[bytes, Regions] = OrderedDict()
_CACHE_LOCK = threading.Lock()


def superpixels(image: RGBImage, count: int) -> NDArray[np.int64]:
    """Return (h, w) segment numbers 0 .. n - 1 by SLIC, n about `count` (Achanta et al., TPAMI 2012).

    Where colours vary so wildly that SLIC merges most segments away, they are made more compact.
    """
    numbers = np.zeros(image.shape[:2], np.int64)
    for compactness in COMPACTNESS:
        labels = slic(image, n_segments=count, compactness=compactness, sigma=1, start_label=0)
        _, numbers = np.unique(labels, return_inverse=True)
        if numbers.max() + 1 >= count / 2:
            break
    return numbers.reshape(image.shape[:2]).astype(np.int64)


def multiscale_regions(image: RGBImage) -> Regions:
    """Return XRAI's regions of a picture, from those kept where they are.

    Args:
        image: (h, w, 3) uint8, not constant.
    """
    key = hashlib.blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=16).digest()
    with _CACHE_LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
    regions = cut_regions(image)
    with _CACHE_LOCK:
        _CACHE[key] = regions
        while len(_CACHE) > KEPT:
            _CACHE.popitem(last=False)
    return regions


def cut_regions(image: RGBImage) -> Regions:
    """Return every segment of six segmentations of a picture, grown by `GROWTH` pixels.

    Args:
        image: (h, w, 3) uint8, not constant.
    """
    height, width = image.shape[:2]
    small = _prepare(image)

    def segment(scale: int) -> NDArray[np.int64]:
        labels = felzenszwalb(small, scale=scale, sigma=SIGMA, min_size=MIN_SIZE)
        return _resize_labels(labels, height, width)

    with ThreadPoolExecutor(max_workers=len(SCALES)) as pool:  # the merging runs without Python's lock
        segmentations = list(pool.map(segment, SCALES))
    return join_regions([region for labels in segmentations for region in grow_segments(labels)], (height, width))


def _prepare(image: RGBImage) -> NDArray[np.float64]:
    """Stretch the values to [-1, 1] and resize to `SIDE` x `SIDE` with cubic interpolation."""
    values = image.astype(np.float64)
    low, high = values.min(), values.max()
    stretched = (values - low) / (high - low) * 2 - 1
    small = resize(stretched, (SIDE, SIDE), order=3, preserve_range=True, mode="constant", anti_aliasing=True)
    return np.asarray(small, np.float64)


def _resize_labels(labels: NDArray[np.int64], height: int, width: int) -> NDArray[np.int64]:
    same = resize(labels, (height, width), order=0, preserve_range=True, mode="constant", anti_aliasing=False)
    return np.asarray(same, np.int64)


def grow_segments(labels: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the sorted flat pixel indices of each segment, grown by a disk, in order of their number.

    Only the surroundings of a segment are looked at, not the whole picture.

    Args:
        labels: (h, w) numbers from 0.
    """
    disk = _disk(GROWTH)
    return [_grow(labels, number, box, disk) for number, box in enumerate(find_objects(labels + 1)) if box is not None]


def _grow(
    labels: NDArray[np.int64], number: int, box: tuple[slice, slice], disk: NDArray[np.uint8]
) -> NDArray[np.int64]:
    height, width = labels.shape
    top, bottom = max(box[0].start - GROWTH, 0), min(box[0].stop + GROWTH, height)
    left, right = max(box[1].start - GROWTH, 0), min(box[1].stop + GROWTH, width)
    mask = (labels[top:bottom, left:right] == number).astype(np.uint8)
    rows, columns = np.nonzero(cv2.dilate(mask, disk))
    return (rows + top) * width + (columns + left)


def _disk(radius: int) -> NDArray[np.uint8]:
    reach = np.arange(-radius, radius + 1)
    return (reach[:, None] ** 2 + reach[None, :] ** 2 <= radius**2).astype(np.uint8)
