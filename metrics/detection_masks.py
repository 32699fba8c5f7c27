"""Masks of labelled and predicted objects laid over each other, image by image, with COCO's own run lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from faster_coco_eval.core import mask as coco_mask
from numpy.typing import NDArray

from domain.geometry import Segment
from domain.progress import Report, ignore_progress
from metrics.detection_pairs import LEAST_OVERLAP, Ints, Objects, Pairs

_TOLD_EVERY = 200
_NOTHING = [0.0] * 6
"""A ring that encloses no pixel."""


def has_mask(outlines: Sequence[Segment]) -> bool:
    """Whether an object has an outline that encloses something."""
    return any(len(ring) >= 6 and len(ring) % 2 == 0 for ring in outlines)


def pair_masks(
    given: Objects, found: Objects, sizes: Sequence[tuple[int, int]], *, report: Report = ignore_progress
) -> tuple[Objects, Objects, Pairs]:
    """Return both sides with the areas of their masks, and the pairs whose masks overlap by `LEAST_OVERLAP` or more.

    Only the masks of one image are held at a time. What lies outside of the image is cut off; an object without an
    outline has an empty mask, which overlaps nothing.

    Args:
        given: Labels with outlines, those without a mask left out.
        found: Predictions with outlines.
        sizes: (N,) width and height of each image, pixels.
        report: Called with (images done, images).

    Raises:
        Cancelled: A person asked to stop.
    """
    images = np.arange(len(sizes) + 1)
    ends = [np.searchsorted(side.images, images) for side in (given, found)]
    areas = [np.zeros(len(given)), np.zeros(len(found))]
    parts: list[tuple[Ints, Ints, NDArray[np.float64]]] = []
    for image, size in enumerate(sizes):
        if image % _TOLD_EVERY == 0:
            report(image, len(sizes))
        labels, predictions = (slice(end[image], end[image + 1]) for end in ends)
        masks = [_encode(given, labels, size), _encode(found, predictions, size)]
        for area, place, encoded in zip(areas, (labels, predictions), masks, strict=True):
            if encoded:
                area[place] = coco_mask.area(encoded)
        if all(masks):
            overlaps = np.asarray(coco_mask.iou(masks[1], masks[0], given.is_crowd[labels].astype(int).tolist()))
            rows, columns = np.nonzero(overlaps >= LEAST_OVERLAP)
            parts.append((columns + labels.start, rows + predictions.start, overlaps[rows, columns]))
    report(len(sizes), len(sizes))
    pairs = Pairs(*(np.concatenate(each) for each in zip(*parts, strict=True))) if parts else _no_pairs()
    return replace(given, mask_areas=areas[0]), replace(found, mask_areas=areas[1]), pairs


def _no_pairs() -> Pairs:
    return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def _encode(objects: Objects, places: slice, size: tuple[int, int]) -> list[dict[str, Any]]:
    if objects.outlines is None:
        raise ValueError("the objects have no outlines")
    return [_run_lengths(outlines, *size) for outlines in objects.outlines[places]]


def _run_lengths(outlines: Sequence[Segment], width: int, height: int) -> dict[str, Any]:
    rings = [_to_pixels(ring, width, height) for ring in outlines if len(ring) >= 6 and len(ring) % 2 == 0]
    parts = coco_mask.frPyObjects(rings or [_NOTHING], height, width)
    return coco_mask.merge(parts) if isinstance(parts, list) else parts


def _to_pixels(ring: Segment, width: int, height: int) -> list[float]:
    values = np.clip(np.asarray(ring, dtype=np.float64).reshape(-1, 2), 0.0, 1.0)
    return (values * (width, height)).ravel().tolist()
