"""Stored objects of many images as the arrays that figures are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from metrics.detection_masks import has_mask
from metrics.detection_pairs import Objects
from store.contents import StoredObject


def to_outlines(contents: Sequence[Sequence[StoredObject]]) -> NDArray[np.object_]:
    """(M,) the outlines of all objects that enclose something, in the order of `to_objects`."""
    rings = [tuple(ring for ring in item.polygons if has_mask([ring])) for items in contents for item in items]
    outlines = np.empty(len(rings), object)
    outlines[:] = rings
    return outlines


def to_objects(
    contents: Sequence[Sequence[StoredObject]], sizes: Sequence[tuple[int, int]], names: Sequence[str]
) -> Objects:
    """Return the objects of all images; boxes in pixels of the stored image.

    Args:
        contents: (N,) objects of each image.
        sizes: (N,) width and height; of an unreadable image 0, its objects are then measured in thousandths.
        names: Classes.
    """
    places = {name: place for place, name in enumerate(names)}
    counts = np.array([len(items) for items in contents], dtype=np.int64)
    flat = [item for items in contents for item in items]
    images = np.repeat(np.arange(len(contents)), counts)
    scale = np.array([size if all(size) else (1000, 1000) for size in sizes], dtype=np.float64).reshape(-1, 2)
    boxes = np.array([item.box for item in flat], dtype=np.float64).reshape(-1, 4)
    return Objects(
        images,
        np.array([places[item.label] for item in flat], dtype=np.int64),
        boxes * np.tile(scale[images], 2),
        np.array([np.nan if item.score is None else item.score for item in flat], dtype=np.float64),
        np.array([bool(item.is_crowd) for item in flat], dtype=bool),
    )
