"""What a detector answers in torchvision's form, as objects in fractions of the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from domain.errors import ModelError
from domain.geometry import Box, Segment
from domain.prediction import Instance, Instances
from predictors.masks import trace_mask

SCORE_THRESHOLD = 0.05
MAX_OBJECTS = 100


def parse_detections(
    found: Mapping[str, Tensor], *, size: tuple[int, int], outputs: Mapping[int, str], has_masks: bool
) -> Instances:
    """Turn one picture's answer into objects.

    Left out are boxes without area or with values that are not finite, scores under 0.05, and outputs that stand for no
    class.

    Args:
        found: `boxes` (N, 4) x_min, y_min, x_max, y_max in pixels, `labels` (N,), `scores` (N,), and with masks
            `masks` (N, 1, H, W) in [0, 1].
        size: (width, height) of the picture the network was given.
        outputs: The network's own index -> class name.
        has_masks: Whether to trace the masks; an object whose mask stays under 0.5 keeps its box and has no polygon.

    Raises:
        ModelError: An entry is missing.
    """
    missing = [name for name in ("boxes", "labels", "scores", *(["masks"] if has_masks else [])) if name not in found]
    if missing:
        raise ModelError(f"The model answers without '{missing[0]}'; it answers {', '.join(found) or 'nothing'}.")
    arrays = {name: found[name].detach().cpu().numpy() for name in ("boxes", "labels", "scores")}
    order = np.argsort(-arrays["scores"], kind="stable")
    items: list[Instance] = []
    for row in order:
        box, score = _to_box(arrays["boxes"][row], size), float(arrays["scores"][row])
        label = outputs.get(int(arrays["labels"][row]))
        if label is None or box is None or not score >= SCORE_THRESHOLD:
            continue
        polygons = _trace(found["masks"][int(row)]) if has_masks else ()
        items.append(Instance(f"p{len(items)}", label, box, score=min(score, 1.0), polygons=polygons))
        if len(items) == MAX_OBJECTS:
            break
    return Instances(tuple(items))


def _to_box(corners: NDArray[np.float32], size: tuple[int, int]) -> Box | None:
    """Return the box in fractions, clipped to the picture, or None when nothing is left of it."""
    if not all(map(math.isfinite, corners)):
        return None
    x_min, y_min, x_max, y_max = (
        min(max(float(value) / side, 0.0), 1.0) for value, side in zip(corners, (*size, *size), strict=True)
    )
    box = Box(x_min, y_min, x_max, y_max)
    return box if box.is_valid else None


def _trace(mask: Tensor) -> tuple[Segment, ...]:
    return trace_mask(mask.reshape(mask.shape[-2:]).float().cpu().numpy())
