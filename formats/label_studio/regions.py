"""From the regions of one annotation or prediction to objects. Coordinates are percent of the picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from domain.errors import FormatError, LimitError
from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances, Task
from formats.base.numbers import finite_number
from formats.base.objects import note_odd_box
from formats.base.shapes import box_of, join_groups, outline_of_crop, ring_of, turned_corners
from formats.label_studio.brush import decode_brush

LABELLED = {"rectanglelabels", "polygonlabels", "brushlabels"}
_BARE = {"rectangle", "polygon", "brush"}
_NO_SHAPES = {"choices", "textarea", "rating", "taxonomy", "number", "datetime", "relation", "pairwise", "ranker"}
_SIDES = ("x", "y", "width", "height")
_FULL = 100.0

Add = Callable[..., None]
_Shape = tuple[Box, tuple[Segment, ...]]


def kind_of(item: Any) -> str:
    """The type of a region; of type "labels", which says classes of bare shapes, what the shape would be called."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind != "labels":
        return kind if isinstance(kind, str) else ""
    value = item.get("value")
    keys = value.keys() if isinstance(value, dict) else set()
    return next((name for key, name in _BY_KEY.items() if key in keys), "labels")


_BY_KEY = {"points": "polygonlabels", "rle": "brushlabels", "width": "rectanglelabels"}


def regions_in(results: list[Any]) -> list[int]:
    """Indices of what is drawn on the picture; a bare shape whose class stands beside it counts once."""
    named = {_id_of(item) for item in results if isinstance(item, dict) and item.get("type") == "labels"}
    kinds = enumerate(map(kind_of, results))
    return [
        index
        for index, kind in kinds
        if kind not in _NO_SHAPES and not (kind in _BARE and _id_of(results[index]) in named)
    ]


@dataclass(slots=True)
class RegionReader:
    """Reads the regions of one picture.

    Attributes:
        size: (width, height) in pixels; None when nothing tells.
        task: A turned box becomes an outline in segmentation.
        note: Takes the index of the region, a code, a message and a remedy.
        not_kept: Counts what Relook has no place for.
        scored: Whether regions have scores.
    """

    size: tuple[int, int] | None
    task: Task | None
    note: Callable[[int, str, str, str], None]
    not_kept: Counter[str]
    scored: bool

    def read(self, results: list[Any], prefix: str) -> tuple[Instances, tuple[str, ...]]:
        """The objects, their ids begin with `prefix`; and the id for each region, "" for one left out."""
        self.not_kept.update(kind for kind in map(kind_of, results) if kind in _NO_SHAPES)
        return join_groups(self._parts(results, prefix))

    def _parts(self, results: list[Any], prefix: str) -> Iterator[tuple[Hashable, Instance | None]]:
        for index in regions_in(results):
            item, add = results[index], partial(self._add, index)
            found = self._read_region(item, kind_of(item), f"{prefix}.{index + 1}", add)
            if found is not None:
                note_odd_box(found, add)
            yield (None if found is None else _instance_of(item)), found

    def _add(self, index: int, code: str, message: str, remedy: str = "") -> None:
        self.note(index, code, message, remedy)

    def _read_region(self, item: Any, kind: str, instance_id: str, add: Add) -> Instance | None:
        if not isinstance(item, dict) or not isinstance(item.get("value"), dict):
            add("EX003", "The region is no object with a value.", "Remove it.")
            return None
        if kind not in LABELLED | _BARE:
            add(
                "EX015",
                f"A region of type '{kind[:40]}' is left out; Relook knows boxes, polygons, brushes and choices.",
            )
            return None
        if item.get("item_index") not in (None, 0):
            add("EX015", "The region is on another picture of the task and is left out.")
            return None
        label = _read_label(item["value"], kind, add)
        shape = None if label is None else self._read_shape(item["value"], kind, add)
        if label is None or shape is None:
            return None
        score = self._read_score(item, add)
        crowd = _meta(item).get("isCrowd")
        crowd = crowd if isinstance(crowd, bool) else None
        return Instance(instance_id, label, shape[0], score, shape[1], crowd)

    def _read_score(self, item: dict[str, Any], add: Add) -> float | None:
        if item.get("score") is None:
            return None
        if not self.scored:
            self.not_kept["score"] += 1
            return None
        score = finite_number(item["score"])
        if score is None or not 0 <= score <= 1:
            add("EX012", f"score is {str(item['score'])[:40]}; expected 0 to 1.", "Predict again.")
            return None
        return score

    def _read_shape(self, value: dict[str, Any], kind: str, add: Add) -> _Shape | None:
        if kind.startswith("rectangle"):
            return self._read_box(value, add)
        return self._read_polygon(value, add) if kind.startswith("polygon") else self._read_brush(value, add)

    def _read_box(self, value: dict[str, Any], add: Add) -> _Shape | None:
        sides = [finite_number(value.get(side)) for side in _SIDES]
        turn = finite_number(value.get("rotation") or 0)
        if None in sides or turn is None:
            wrong = "rotation" if None not in sides else _SIDES[sides.index(None)]
            add("EX005", f"{wrong} is {str(value.get(wrong))[:40]}; expected a number.", "Draw the box again.")
            return None
        x, y, width, height = (side for side in sides if side is not None)
        if turn % 360 == 0:
            return Box(x / _FULL, y / _FULL, (x + width) / _FULL, (y + height) / _FULL), ()
        return self._turn((x, y, x + width, y + height), turn, add)

    def _turn(self, box: tuple[float, float, float, float], turn: float, add: Add) -> _Shape | None:
        """A box turned about its top left corner, which needs the true proportions of the picture."""
        if self.size is None:
            message = f"The box is turned by {turn:g} degrees, and nothing tells the size of the picture."
            add("EX008", message, "Name the folder of the images.")
            return None
        scale = (self.size[0] / _FULL, self.size[1] / _FULL)
        pixels = (box[0] * scale[0], box[1] * scale[1], box[2] * scale[0], box[3] * scale[1])
        corners = turned_corners(pixels, (pixels[0], pixels[1]), turn)
        if self.task is Task.SEGMENTATION:
            add("EX009", f"The box is turned by {turn:g} degrees: it becomes an outline.")
            return box_of(corners, self.size), (ring_of(corners, self.size),)
        add("EX009", f"The box is turned by {turn:g} degrees: the upright box around it is taken.")
        return box_of(corners, self.size), ()

    def _read_polygon(self, value: dict[str, Any], add: Add) -> _Shape | None:
        points = value.get("points")
        if not isinstance(points, list) or len(points) < 3:
            add("EX007", "points is no list of at least 3 points.", "Draw the outline again.")
            return None
        ring: list[float] = []
        for point in points:
            pair = [finite_number(number) for number in point] if isinstance(point, list) else []
            x, y = pair if len(pair) == 2 else (None, None)
            if x is None or y is None:
                add("EX005", f"points hold {str(point)[:40]}; expected [x, y] in percent.", "Draw the outline again.")
                return None
            ring += [x / _FULL, y / _FULL]
        return bounding_box([tuple(ring)]) or Box(0, 0, 0, 0), (tuple(ring),)

    def _read_brush(self, value: dict[str, Any], add: Add) -> _Shape | None:
        if self.size is None:
            add(
                "EX008",
                "Nothing tells the size of the picture, which the brush needs.",
                "Name the folder of the images.",
            )
            return None
        try:
            mask = decode_brush(value.get("rle"), *self.size)
            rings = outline_of_crop(mask, (0, 0), self.size)
        except (FormatError, LimitError) as error:
            add("EX007", error.message, error.remedy)
            return None
        box = bounding_box(rings)
        if box is None:
            add("EX007", "The brush painted nothing.", "Draw the region again.")
            return None
        add("EX009", "The brush becomes an outline.")
        return box, rings


def _read_label(value: dict[str, Any], kind: str, add: Add) -> str | None:
    labels = value.get(kind, value.get("labels"))
    names = [name for name in labels if isinstance(name, str) and name.strip()] if isinstance(labels, list) else []
    if not names:
        add("EX004", "The region has no class.", "Name the class.")
        return None
    if len(names) > 1:
        add("EX009", f"The region has {len(names)} classes; the first is taken.")
    return names[0]


def _id_of(item: dict[str, Any]) -> str | None:
    found = item.get("id")
    return found if isinstance(found, str) else None


def _meta(item: dict[str, Any]) -> dict[str, Any]:
    meta = item.get("meta")
    return meta if isinstance(meta, dict) else {}


def _instance_of(item: dict[str, Any]) -> Hashable:
    """What regions of one object share; None for a region of its own."""
    instance = _meta(item).get("instance")
    return instance if isinstance(instance, str) else None
