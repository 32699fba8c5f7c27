"""From the shapes of one document to objects."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from domain.errors import LimitError
from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances, Task
from formats.base.counts import count
from formats.base.numbers import finite_number
from formats.base.objects import note_odd_box
from formats.base.shapes import CIRCLE_POINTS, box_of, circle_points, join_groups, outline_of_crop, ring_of
from formats.labelme.masks import read_mask
from formats.labelme.tasks import OUTLINES, kind_of

Add = Callable[..., None]
_Points = list[tuple[float, float]]
_Shape = tuple[Box, tuple[Segment, ...]]


@dataclass(slots=True)
class ShapeReader:
    """Reads the shapes of one image.

    Attributes:
        size: (width, height) in pixels.
        task: A circle becomes an outline in segmentation, else the box around it.
        note: Takes the index of the shape, a code, a message and a remedy.
    """

    size: tuple[int, int]
    task: Task | None
    note: Callable[[int, str, str, str], None]

    def read(self, shapes: list[Any], prefix: str) -> tuple[Instances, tuple[str, ...]]:
        """The objects of an image, their ids begin with `prefix`; and the id for each shape, "" for one left out."""
        return join_groups(self._parts(shapes, prefix))

    def _parts(self, shapes: list[Any], prefix: str) -> Iterator[tuple[Hashable, Instance | None]]:
        for index, shape in enumerate(shapes):
            add = partial(self._add, index)
            item = self._read_shape(shape, f"{prefix}.{index + 1}", add)
            if item is not None:
                note_odd_box(item, add)
            group = shape.get("group_id") if isinstance(shape, dict) else None
            yield (group if isinstance(group, int | str) else None), item

    def _add(self, index: int, code: str, message: str, remedy: str = "") -> None:
        self.note(index, code, message, remedy)

    def _read_shape(self, shape: Any, instance_id: str, add: Add) -> Instance | None:
        if not isinstance(shape, dict):
            add("EX003", f"The shape is of kind {type(shape).__name__}; expected an object.", "Remove it.")
            return None
        kind, label = kind_of(shape), shape.get("label")
        if kind != "rectangle" and kind not in OUTLINES:
            add("EX015", f"A shape of kind '{kind[:40]}' is left out; Relook knows boxes and outlines.")
            return None
        if not isinstance(label, str) or not label.strip():
            add("EX004", "label is missing or empty; expected a class name.", "Name the class.")
            return None
        points = self._read_points(shape.get("points"), add)
        found = None if points is None else self._read_kind(kind, points, shape, add)
        return None if found is None else Instance(instance_id, label, found[0], polygons=found[1])

    def _read_points(self, points: Any, add: Add) -> _Points | None:
        if not isinstance(points, list):
            add("EX003", "points is missing or no list; expected [[x, y], ...].", "Draw the shape again.")
            return None
        found: _Points = []
        for point in points:
            pair = [finite_number(value) for value in point] if isinstance(point, list) else []
            x, y = pair if len(pair) == 2 else (None, None)
            if x is None or y is None:
                add("EX005", f"points hold {str(point)[:40]}; expected [x, y] in pixels.", "Draw the shape again.")
                return None
            found.append((x, y))
        return found

    def _read_kind(self, kind: str, points: _Points, shape: dict[str, Any], add: Add) -> _Shape | None:
        if kind in {"polygon", "oriented_rectangle"}:
            if len(points) < 3:
                add(
                    "EX007",
                    f"The polygon has {count(len(points), 'point')}; expected at least 3.",
                    "Draw the outline again.",
                )
                return None
            return box_of(points, self.size), (ring_of(points, self.size),)
        if len(points) != 2:
            add("EX003", f"The {kind} has {count(len(points), 'point')}; expected 2.", "Draw the shape again.")
            return None
        if kind == "rectangle":
            return box_of(points, self.size), ()
        return self._read_circle(points, add) if kind == "circle" else self._read_mask(points, shape, add)

    def _read_circle(self, points: _Points, add: Add) -> _Shape | None:
        centre, edge = points
        radius = math.dist(centre, edge)
        if not math.isfinite(radius):
            add("EX005", "The circle is too large.", "Draw the shape again.")
            return None
        (x, y), (width, height) = centre, self.size
        box = Box((x - radius) / width, (y - radius) / height, (x + radius) / width, (y + radius) / height)
        if self.task is not Task.SEGMENTATION:
            add("EX009", "The circle becomes the box around it.")
            return box, ()
        add("EX009", f"The circle becomes an outline of {CIRCLE_POINTS} points with the same area.")
        corners = circle_points(centre, radius)
        return box_of(corners, self.size), (ring_of(corners, self.size),)

    def _read_mask(self, points: _Points, shape: dict[str, Any], add: Add) -> _Shape | None:
        mask = read_mask(shape.get("mask"), add)
        if mask is None:
            return None
        corner = (int(min(x for x, _ in points)), int(min(y for _, y in points)))
        try:
            rings = outline_of_crop(mask, corner, self.size)
        except LimitError as error:
            add("EX007", error.message, error.remedy)
            return None
        box = bounding_box(rings)
        if box is None:
            add("EX007", "The mask is empty.", "Draw the mask again.")
            return None
        add("EX009", "The mask becomes an outline.")
        return box, rings
