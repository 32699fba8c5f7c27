"""How much of the evidence of a map lies inside an object."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Explanation, Region
from domain.geometry import Segment
from domain.prediction import Instance

_LINES = 1024
"""About how many lines an outline is cut into, at least one per row of the grid."""


def evidence_inside(explanation: Explanation, instance: Instance) -> float | None:
    """Return the share of the positive evidence that lies inside an object; None without positive evidence.

    The energy-based pointing game of Score-CAM (arXiv 1910.01279): cells count by the part of them that is inside
    the object's outline where it has one, else its box. Where rings overlap there is a hole (formats.md 1.5).
    """
    positive = np.maximum(explanation.heatmap, 0)
    total = float(positive.sum())
    if total <= 0:
        return None
    height, width = positive.shape
    region, box = explanation.region, instance.box
    if instance.polygons:
        inside = _cover_outline(instance.polygons, height, width, region)
        return float((inside * positive).sum()) / total
    rows = _cover(height, (region.y_min, region.y_max), box.y_min, box.y_max)
    columns = _cover(width, (region.x_min, region.x_max), box.x_min, box.x_max)
    return float(rows @ positive @ columns) / total


def _cover(cells: int, span: tuple[float, float], low: float, high: float) -> NDArray[np.float64]:
    """Return which part of each of `cells` equal cells of `span` lies in [low, high]."""
    edges = np.linspace(*span, cells + 1)
    size = (span[1] - span[0]) / cells or math.inf
    return np.clip((np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)) / size, 0, 1)


def _cover_outline(rings: Sequence[Segment], height: int, width: int, region: Region) -> NDArray[np.float64]:
    """Return which part of each cell of (height, width) is inside; exact along x, sampled along y."""
    lines = max(1, _LINES // height)  # per row
    places = region.y_min + (np.arange(height * lines) + 0.5) / (height * lines) * (region.y_max - region.y_min)
    inside = np.zeros((height, width))
    for number, y in enumerate(places):
        crossings = _cross(rings, float(y))
        for low, high in zip(crossings[0::2], crossings[1::2], strict=True):
            inside[number // lines] += _cover(width, (region.x_min, region.x_max), low, high) / lines
    return inside


def _cross(rings: Sequence[Segment], y: float) -> list[float]:
    """Where the line at `y` goes in and out, from left to right."""
    found: list[float] = []
    for ring in rings:
        points = list(zip(ring[0::2], ring[1::2], strict=False))
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], *points[:1]], strict=True):
            if (y0 <= y) != (y1 <= y):
                found.append(x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return sorted(found)
