"""Boxes and polygons, in fractions of the stored pixel grid (origin top left)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Segment = tuple[float, ...]
"""One ring of a polygon, flat: (x1, y1, x2, y2, ...)."""


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box. Any finite floats: validity is judged by validators, not by the type.

    Attributes:
        x_min: Left edge, fraction of the width.
        y_min: Top edge, fraction of the height.
        x_max: Right edge, fraction of the width.
        y_max: Bottom edge, fraction of the height.
    """

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        """Area as a fraction of the image; 0 for an inverted box."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def is_valid(self) -> bool:
        """Whether a training platform takes it: inside the image and of positive size (formats.md 1.4)."""
        return 0 <= self.x_min < self.x_max <= 1 and 0 <= self.y_min < self.y_max <= 1

    def as_tuple(self) -> tuple[float, float, float, float]:
        return (self.x_min, self.y_min, self.x_max, self.y_max)


def intersection_over_union(a: Box, b: Box) -> float:
    """Overlap of two boxes in [0, 1]; 0 when both are empty."""
    overlap = Box(max(a.x_min, b.x_min), max(a.y_min, b.y_min), min(a.x_max, b.x_max), min(a.y_max, b.y_max))
    if overlap.width <= 0 or overlap.height <= 0:
        return 0.0
    union = a.area + b.area - overlap.area
    return overlap.area / union if union > 0 else 0.0


def bounding_box(segments: Sequence[Segment]) -> Box | None:
    """The smallest box around all segments, or None when there is no point (formats.md 1.5)."""
    xs = [x for segment in segments for x in segment[0::2]]
    ys = [y for segment in segments for y in segment[1::2]]
    if not xs or not ys:
        return None
    return Box(min(xs), min(ys), max(xs), max(ys))
