"""From the shapes of one image to objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np

from domain.errors import LimitError
from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances, Task
from formats.base.counts import count
from formats.base.masks import MOST_PIXELS
from formats.base.numbers import parse_number, whole_number
from formats.base.objects import note_odd_box
from formats.base.shapes import box_of, join_groups, outline_of_crop, ring_of, turned_corners
from formats.base.xml_document import Element

_CROWD_NAMES = {"iscrowd", "is_crowd"}
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_SIDES = ("xtl", "ytl", "xbr", "ybr")
_ITEMS = {"box", "polygon", "mask", "tag"}
_MOST_DIGITS = 10

Add = Callable[..., None]
"""Notes a finding about one object: takes a code, a message and a remedy."""


@dataclass(slots=True)
class ShapeReader:
    """Reads the shapes of one image.

    Attributes:
        size: (width, height) in pixels.
        task: A turned box becomes an outline in segmentation.
        note: Takes the shape, its index, a code, a message and a remedy.
        not_kept: Counts what Relook has no place for.
    """

    size: tuple[int, int]
    task: Task | None
    note: Callable[[Element, int, str, str, str], None]
    not_kept: Counter[str]

    def read(self, image: Element, prefix: str) -> tuple[Instances, tuple[str, ...]]:
        """The objects of an image, their ids begin with `prefix`; and the id for each shape, "" for one left out."""
        return join_groups(self._parts(image, prefix))

    def _parts(self, image: Element, prefix: str) -> Iterator[tuple[Hashable, Instance | None]]:
        for index, shape in enumerate(image.children):
            if shape.tag == "tag":
                self.not_kept["tags beside shapes"] += 1
                continue

            def add(code: str, message: str, remedy: str = "", *, shape: Element = shape, index: int = index) -> None:
                self.note(shape, index, code, message, remedy)

            item = self._read_shape(shape, f"{prefix}.{index + 1}", add)
            if item is not None:
                note_odd_box(item, add)
            group = shape.attributes.get("group_id", "")
            yield (group if group not in {"", "0"} else None), item

    def _read_shape(self, shape: Element, instance_id: str, add: Add) -> Instance | None:
        if shape.tag not in _ITEMS:
            add(
                "EX015",
                f"A shape of kind '{shape.tag[:40]}' is left out; Relook knows boxes, polygons, masks and tags.",
            )
            return None
        label = read_label(shape, add)
        if label is None:
            return None
        crowd = self._read_attributes(shape)
        if shape.tag == "box":
            found = self._read_box(shape, add)
        elif shape.tag == "polygon":
            found = self._read_polygon(shape, add)
        else:
            found = self._read_mask(shape, add)
        return None if found is None else Instance(instance_id, label, found[0], polygons=found[1], is_crowd=crowd)

    def _read_attributes(self, shape: Element) -> bool | None:
        """The crowd flag; everything else is counted as not kept."""
        crowd = None
        for attribute in shape.find_all("attribute"):
            name = attribute.attributes.get("name", "")
            if name.lower() in _CROWD_NAMES and attribute.text.strip().lower() in _FLAGS:
                crowd = _FLAGS[attribute.text.strip().lower()]
            else:
                self.not_kept[f"attribute '{name[:40]}'"] += 1
        for flag in ("occluded", "outside"):
            if shape.attributes.get(flag, "0") not in {"0", ""}:
                self.not_kept[flag] += 1
        return crowd

    def _read_box(self, shape: Element, add: Add) -> tuple[Box, tuple[Segment, ...]] | None:
        sides = [parse_number(shape.attributes.get(side)) for side in _SIDES]
        if None in sides:
            side = _SIDES[sides.index(None)]
            add("EX005", f"{side} is '{shape.attributes.get(side, '')[:40]}'; expected a number of pixels.", "Mend it.")
            return None
        left, top, right, bottom = (side for side in sides if side is not None)
        turn = parse_number(shape.attributes.get("rotation", "0"))
        if turn is None:
            add("EX005", f"rotation is '{shape.attributes['rotation'][:40]}'; expected degrees.", "Mend it.")
            return None
        if turn % 360 == 0:
            width, height = self.size
            return Box(left / width, top / height, right / width, bottom / height), ()
        ring = ring_of(
            turned_corners((left, top, right, bottom), ((left + right) / 2, (top + bottom) / 2), turn), self.size
        )
        box = bounding_box([ring]) or Box(0, 0, 0, 0)
        if self.task is Task.SEGMENTATION:
            add("EX009", f"The box is turned by {turn:g} degrees: it becomes an outline.")
            return box, (ring,)
        add("EX009", f"The box is turned by {turn:g} degrees: the upright box around it is taken.")
        return box, ()

    def _read_polygon(self, shape: Element, add: Add) -> tuple[Box, tuple[Segment, ...]] | None:
        text = shape.attributes.get("points", "")
        pairs = [pair.split(",") for pair in text.split(";") if pair.strip()]
        numbers = [(parse_number(pair[0]), parse_number(pair[1])) if len(pair) == 2 else (None, None) for pair in pairs]
        points = [(x, y) for x, y in numbers if x is not None and y is not None]
        if len(points) < len(pairs):
            wrong = next(pair for pair, (x, y) in zip(pairs, numbers, strict=True) if x is None or y is None)
            add("EX005", f"points hold '{','.join(wrong)[:40]}'; expected 'x,y' in pixels.", "Draw the outline again.")
            return None
        if len(points) < 3:
            add(
                "EX007",
                f"The polygon has {count(len(points), 'point')}; expected at least 3.",
                "Draw the outline again.",
            )
            return None
        return box_of(points, self.size), (ring_of(points, self.size),)

    def _read_mask(self, shape: Element, add: Add) -> tuple[Box, tuple[Segment, ...]] | None:
        place = [whole_number(shape.attributes.get(name, "")) for name in ("left", "top", "width", "height")]
        if None in place:
            add("EX007", "left, top, width and height of the mask are not whole numbers.", "Draw the mask again.")
            return None
        left, top, width, height = (number for number in place if number is not None)
        mask = _read_runs(shape.attributes.get("rle", ""), width, height)
        if mask is None:
            add("EX007", f"rle does not fill the mask of {width}x{height} pixels.", "Draw the mask again.")
            return None
        try:
            rings = outline_of_crop(mask, (left, top), self.size)
        except LimitError as error:
            add("EX007", error.message, error.remedy)
            return None
        box = bounding_box(rings)
        if box is None:
            add("EX007", "The mask is empty.", "Draw the mask again.")
            return None
        add("EX009", "The mask becomes an outline.")
        return box, rings


def read_label(shape: Element, add: Add) -> str | None:
    """The class of a shape or tag; None (noted) when it has none."""
    label = shape.attributes.get("label", "")
    if label.strip():
        return label
    add("EX004", "label is missing or empty; expected a class name.", "Name the class.")
    return None


def _read_runs(text: str, width: int, height: int) -> np.ndarray | None:
    """(height, width) mask from runs along the rows, starting with the pixels outside; None when they do not fit."""
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        return None
    pieces = [piece.strip() for piece in text.split(",")]
    if not all(piece.isascii() and piece.isdigit() and len(piece) <= _MOST_DIGITS for piece in pieces):
        return None
    lengths = np.array([int(piece) for piece in pieces], dtype=np.int64)
    if int(lengths.sum()) != width * height:
        return None
    return np.repeat(np.arange(len(lengths)) % 2 == 1, lengths).reshape(height, width)
