"""What a semantic model answers, as objects a person can review: one for each connected region of a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from domain.geometry import bounding_box
from domain.prediction import Instance, Instances
from predictors.masks import trace_mask

SPECK_PIXELS = 16
SPECK_SHARE = 0.0005
"""Regions, and holes in them, of fewer pixels than `SPECK_PIXELS` or this share of the picture are specks."""
MAX_REGIONS = 100


@dataclass(frozen=True, slots=True)
class ClassMap:
    """The class of every pixel.

    Attributes:
        classes: (H, W) the model's own index of the class; -1 for no class at all.
        scores: (H, W) float32, the probability of that class.
    """

    classes: NDArray[np.int32]
    scores: NDArray[np.float32]


def read_class_map(probabilities: NDArray[np.float32]) -> ClassMap:
    """Return the most probable class of every pixel.

    Args:
        probabilities: (C, H, W) in [0, 1]. With a single class, pixels under 0.5 have none.
    """
    if len(probabilities) == 1:
        [inside] = probabilities
        is_inside = inside >= 0.5
        return ClassMap(np.where(is_inside, 0, -1).astype(np.int32), np.where(is_inside, inside, 1 - inside))
    return ClassMap(probabilities.argmax(axis=0).astype(np.int32), probabilities.max(axis=0))


def speck_limit(height: int, width: int) -> int:
    """Return how many pixels a region of a picture needs to be told."""
    return max(SPECK_PIXELS, round(SPECK_SHARE * height * width))


def find_regions(found: ClassMap, names: Mapping[int, str]) -> Instances:
    """Return every connected region of a named class as an object with its outline, holes included.

    Pixels that touch at a corner are connected. Two things of one class that touch come as one object: a semantic model
    does not tell them apart. Specks are dropped, see `speck_limit`, and of more than 100 regions the smallest.

    Args:
        found: The class of every pixel.
        names: The model's own index -> class name; a background is not named.

    Returns:
        Objects in fractions of the picture, the highest mean probability first.
    """
    regions = sorted(_regions(found, names), key=lambda region: -region.area)[:MAX_REGIONS]
    regions.sort(key=lambda region: -region.score)
    items = []
    for region in regions:
        rings = trace_mask(
            region.mask.astype(np.float32), with_holes=True, smallest=speck_limit(*region.mask.shape) / 2
        )
        box = bounding_box(rings)
        if box is not None:
            items.append(Instance(f"p{len(items)}", region.label, box, score=region.score, polygons=rings))
    return Instances(tuple(items))


@dataclass(frozen=True, slots=True)
class _Region:
    label: str
    mask: NDArray[np.bool_]
    area: int
    score: float


def _regions(found: ClassMap, names: Mapping[int, str]) -> Iterator[_Region]:
    limit = speck_limit(*found.classes.shape)
    for index in np.unique(found.classes).tolist():
        if index not in names:
            continue
        inside = (found.classes == index).astype(np.uint8)
        _, numbers, statistics, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
        areas = statistics[:, cv2.CC_STAT_AREA]
        for number in np.flatnonzero(areas >= limit).tolist():
            if number == 0:  # what lies outside the class
                continue
            mask = numbers == number
            score = float(found.scores[mask].mean())
            yield _Region(names[index], mask, int(areas[number]), min(score, 1.0))
