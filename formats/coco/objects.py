"""One annotation as an object, with everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.geometry import Box, bounding_box
from domain.prediction import Instance, Task
from formats.base.numbers import finite_number
from formats.base.objects import note_odd_box
from formats.base.rules import FileReport
from formats.coco.document import shown, text_of
from formats.coco.grouping import key_of
from formats.coco.remarks import Remarks
from formats.coco.shapes import Shape, Size, read_box, read_segmentation

_LABEL_KEYS = frozenset({"id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation", "score"})
_RESULT_KEYS = _LABEL_KEYS | {"category_name", "file_name"}
_FOREIGN = ("keypoints", "caption", "segments_info")
_CROWD = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}
_FARTHEST_BOX = 1.5
"""Pixels; the boxes of COCO's own crowds end one early."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an annotation stands: the 1-based number of its image, and its 0-based number on it."""

    line: int
    annotation: int


class ObjectReader:
    """Reads annotations one by one; what concerns many of them goes into `remarks`."""

    def __init__(
        self, names: Mapping[str, str], report: FileReport, remarks: Remarks, *, task: Task, is_scored: bool
    ) -> None:
        """Args:
        names: Class name by the key of its number.
        report: Where findings go.
        remarks: Where counts go.
        task: What the objects are for.
        is_scored: They are predictions.
        """
        self._names = names
        self._report = report
        self._remarks = remarks
        self._task = task
        self._is_scored = is_scored

    def read(self, value: Any, instance_id: str, size: Size, place: Place) -> Instance | None:
        """The object of an annotation; None (noted) when it cannot be understood."""
        if not isinstance(value, dict):
            self._add("EX003", f"The annotation is {shown(value)}; expected an object.", place)
            return None
        self._count_keys(value)
        label = self._read_class(value, place)
        score = self._read_score(value, place)
        shape = self._read_shape(value, size, place)
        box = self._read_box(value, shape, size, place)
        if label is None or box is None or (score is None and self._is_scored):
            return None
        self._remarks.measure(box, size)
        crowd = self._read_crowd(value, place)
        if shape.is_mask and crowd:
            self._remarks.count("crowd mask")
        item = Instance(instance_id, label, box, score, shape.rings, crowd)
        if not box.is_valid:
            note_odd_box(item, lambda code, message: self._add(code, message, place, _remedy(code)))
        return item

    def _add(self, code: str, message: str, place: Place, remedy: str = "") -> None:
        self._report.add(code, message, line=place.line, annotation=place.annotation, remedy=remedy)

    def _count_keys(self, value: dict[str, Any]) -> None:
        known = _RESULT_KEYS if self._is_scored else _LABEL_KEYS
        if known.issuperset(value):
            return
        for key in sorted(value.keys() - known):
            if key in _FOREIGN:
                self._remarks.count(key)
            elif key != "num_keypoints":
                self._remarks.count_key("annotations", shown(key))

    def _read_class(self, value: dict[str, Any], place: Place) -> str | None:
        name = text_of(value.get("category_name")) if self._is_scored else ""
        if name:
            return name
        number = value.get("category_id")
        label = self._names.get(key_of(number) or "")
        if label is None and "category_id" not in value:
            self._add("EX004", "The annotation has no category_id.", place, "Add the number of its class.")
        elif label is None:
            message = f"category_id is {shown(number)}, which is no class of the file; the object is left out."
            self._add("EX004", message, place, "Add the class to categories, or name the classes.")
        return label

    def _read_score(self, value: dict[str, Any], place: Place) -> float | None:
        if not self._is_scored:
            if "score" in value:
                self._remarks.count("score left out")
            return None
        score = finite_number(value.get("score"))
        if score is None or not 0 <= score <= 1:
            found = shown(value["score"]) if "score" in value else "missing"
            message = f"score is {found}; expected a number from 0 to 1. The object is left out."
            self._add("EX012", message, place, "Write the probability of the class.")
            return None
        return score

    def _read_shape(self, value: dict[str, Any], size: Size, place: Place) -> Shape:
        segmentation = value.get("segmentation")
        if self._task is Task.DETECTION:
            if segmentation:
                self._remarks.count("outline left out")
            return Shape()
        shape = read_segmentation(segmentation, size)
        for problem in shape.problems:
            self._add("EX007", problem, place, "Export or draw the outline again.")
        for kind, applies in (("mask", shape.is_mask), ("joined", shape.is_joined), ("flat", shape.is_flat)):
            if applies:
                self._remarks.count(kind)
        if not shape.rings:
            self._remarks.count("no outline")
        return shape

    def _read_box(self, value: dict[str, Any], shape: Shape, size: Size, place: Place) -> Box | None:
        """The box of the outlines, or else the one given."""
        given = read_box(value.get("bbox"), size)
        around = bounding_box(shape.rings)
        if around is not None:
            farthest = 0.0 if given is None else _distance(given, around, size)
            if farthest > _FARTHEST_BOX:
                self._remarks.count("other box", farthest)
            return around
        if given is None:
            found = shown(value["bbox"]) if "bbox" in value else "missing"
            message = f"bbox is {found}; expected [x, y, width, height] as finite numbers. The object is left out."
            self._add("EX005", message, place, "Write the box in pixels.")
        return given

    def _read_crowd(self, value: dict[str, Any], place: Place) -> bool | None:
        if "iscrowd" not in value:
            return None
        found = value["iscrowd"]
        known = isinstance(found, int | float | str) and found in _CROWD
        if not known:
            self._add("EX009", f"iscrowd is {shown(found)}; expected 0 or 1. It is taken as 0.", place, "Write 0 or 1.")
        return _CROWD[found] if known else False


def _distance(a: Box, b: Box, size: Size) -> float:
    """Largest distance of two edges in pixels."""
    width, height = size
    sides = zip(a.as_tuple(), b.as_tuple(), (width, height, width, height), strict=True)
    return max(abs(one - two) * side for one, two, side in sides)


def _remedy(code: str) -> str:
    return "Draw the box again." if code == "EX006" else "Move it into the image."
