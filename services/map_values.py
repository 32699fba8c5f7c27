"""A saliency map as the browser draws it: raw values, turned upright."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from domain.explanation import Explanation
from domain.geometry import Box
from domain.orientation import array_to_upright, box_to_upright


def render_map(
    explanation: Explanation, *, title: str, orientation: int, inside: float | None, key: str = ""
) -> dict[str, Any]:
    """A map, turned upright.

    Args:
        explanation: The map on the stored grid.
        title: Of the method.
        orientation: EXIF orientation of the image.
        inside: Share of the positive evidence inside the object; None without one.
        key: Its name in the cache, kept with decisions that are made under it.
    """
    heatmap = np.ascontiguousarray(array_to_upright(explanation.heatmap, orientation), dtype="<f4")
    region = explanation.region
    box = box_to_upright(Box(region.x_min, region.y_min, region.x_max, region.y_max), orientation)
    return {
        "key": key,
        "grid": list(heatmap.shape),
        "values": base64.b64encode(heatmap.tobytes()).decode(),
        "region": list(box.as_tuple()),
        "regional": explanation.is_regional,
        "seconds": explanation.seconds,
        "method": title,
        "warnings": list(explanation.warnings),
        "inside": inside,
    }
