"""Where on an image the evidence of a map lies: inside an object, inside others, at its highest point."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Heatmap, Region
from domain.geometry import Segment
from domain.prediction import Instance

POINTING_TOLERANCE = 15
"""Pixels of the image, as in Fong et al., ICCV 2019."""

_LINES = 1024
"""About how many lines an outline is cut into, at least one per row of the grid."""

_FINE = 256
"""Cells along the longer side where objects are laid over each other."""


def energy_inside(heatmap: Heatmap, region: Region, instance: Instance) -> float | None:
    """Return the share of the positive evidence that lies inside an object; None without positive evidence.

    The energy-based pointing game of Score-CAM (arXiv 1910.01279): cells count by the part of them that is inside
    the object's outline where it has one, else its box. Where rings overlap there is a hole (formats.md 1.5).

    Args:
        heatmap: (h, w) raw and signed.
        region: Where it lies on the image.
        instance: On the same grid as `region`.
    """
    positive = np.maximum(heatmap.astype(np.float64), 0)
    total = float(positive.sum())
    return float((cover(instance, positive.shape, region) * positive).sum()) / total if total > 0 else None


def area_inside(region: Region, instance: Instance) -> float:
    """Return the share of the map's own area that an object takes up: the energy inside of a map that is even."""
    return float(cover(instance, (_FINE, _FINE), region).mean())


def energy_per_area(heatmap: Heatmap, region: Region, instance: Instance) -> float | None:
    """Return how many times as dense the positive evidence is inside an object as on the whole map; None if undefined.

    1 is what an even map gives, so that large objects win nothing by their size.
    """
    energy, area = energy_inside(heatmap, region, instance), area_inside(region, instance)
    return energy / area if energy is not None and area > 0 else None


def energy_in_others(heatmap: Heatmap, region: Region, instance: Instance, others: Sequence[Instance]) -> float | None:
    """Return which share of the positive evidence on objects lies on other objects; None without any on an object.

    The object discrimination index, ODI (Zhao and Chan, ODAM, ICLR 2023): low is good. What the object shares with
    others counts as its own.
    """
    finer = math.ceil(_FINE / max(heatmap.shape))
    positive = np.maximum(heatmap.astype(np.float64), 0).repeat(finer, axis=0).repeat(finer, axis=1)
    own = cover(instance, positive.shape, region)
    elsewhere = np.zeros_like(own)
    for other in others:
        elsewhere = np.maximum(elsewhere, cover(other, positive.shape, region))
    on_others = float((np.minimum(elsewhere, 1 - own) * positive).sum())
    on_objects = float((own * positive).sum()) + on_others
    return on_others / on_objects if on_objects > 0 else None


def highest_point(heatmap: Heatmap, region: Region) -> tuple[float, float]:
    """Return (x, y) on the image of the highest cell; of several, the one nearest to the middle of them all."""
    rows, columns = np.nonzero(heatmap == heatmap.max())
    nearest = int(np.argmin((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2))
    height, width = heatmap.shape
    x = region.x_min + (columns[nearest] + 0.5) / width * (region.x_max - region.x_min)
    y = region.y_min + (rows[nearest] + 0.5) / height * (region.y_max - region.y_min)
    return float(x), float(y)


def points_at(
    point: tuple[float, float],
    instances: Sequence[Instance],
    *,
    size: tuple[int, int],
    tolerance: float = POINTING_TOLERANCE,
) -> bool:
    """Return whether a point is on one of the objects, or at most `tolerance` pixels away: the pointing game.

    Args:
        point: (x, y) in fractions of the image.
        instances: By their outline where they have one, else by their box.
        size: (width, height) of the image, pixels.
        tolerance: Pixels.
    """
    return any(_distance(point, item, size) <= tolerance for item in instances)


def cover(instance: Instance, shape: tuple[int, ...], region: Region) -> NDArray[np.float64]:
    """Return (h, w), the part of each cell of a grid over `region` that is inside an object, 0 to 1."""
    height, width = shape
    if instance.polygons:
        return _cover_outline(instance.polygons, height, width, region)
    box = instance.box
    rows = _cover_line(height, (region.y_min, region.y_max), box.y_min, box.y_max)
    return np.outer(rows, _cover_line(width, (region.x_min, region.x_max), box.x_min, box.x_max))


def _cover_line(cells: int, span: tuple[float, float], low: float, high: float) -> NDArray[np.float64]:
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
            inside[number // lines] += _cover_line(width, (region.x_min, region.x_max), low, high) / lines
    return inside


def _cross(rings: Sequence[Segment], y: float) -> list[float]:
    """Where the line at `y` goes in and out, from left to right."""
    return sorted(
        x0 + (y - y0) / (y1 - y0) * (x1 - x0) for (x0, y0), (x1, y1) in _edges(rings) if (y0 <= y) != (y1 <= y)
    )


def _edges(rings: Sequence[Segment]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    corners = [list(zip(ring[0::2], ring[1::2], strict=False)) for ring in rings]
    return [edge for points in corners for edge in zip(points, [*points[1:], *points[:1]], strict=True)]


def _distance(point: tuple[float, float], instance: Instance, size: tuple[int, int]) -> float:
    """Pixels between a point and an object, 0 on it."""
    if instance.polygons:
        crossings = _cross(instance.polygons, point[1])
        if sum(x <= point[0] for x in crossings) % 2:
            return 0.0
        return min((_to_edge(point, edge, size) for edge in _edges(instance.polygons)), default=math.inf)
    box = instance.box
    across = max(box.x_min - point[0], 0.0, point[0] - box.x_max) * size[0]
    down = max(box.y_min - point[1], 0.0, point[1] - box.y_max) * size[1]
    return math.hypot(across, down)


def _to_edge(
    point: tuple[float, float], edge: tuple[tuple[float, float], tuple[float, float]], size: tuple[int, int]
) -> float:
    here, start, end = (np.multiply(place, size) for place in (point, *edge))
    along = end - start
    length = float(along @ along)
    share = float(np.clip((here - start) @ along / length, 0, 1)) if length else 0.0
    return float(np.linalg.norm(here - start - share * along))
