"""How strangers write boxes, classes and images in JSON Lines: recognising the notation of one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from domain.geometry import Segment
from formats.azure.boxes import BOX_KEYS
from formats.azure.numbers import read_number

_IMAGE_KEYS = ("imageurl", "image", "imagepath", "filename", "imagename", "url", "path", "file")
_LABEL_KEYS = ("labels", "annotations", "objects", "boxes", "bboxes")
_CLASS_KEYS = ("class", "classname", "category", "categoryname", "name", "labelname", "tag")
_LIST_KEYS = ("bbox", "box", "boundingbox", "bndbox")
_RING_KEYS = ("polygon", "polygons", "segmentation", "points")


class Layout(Enum):
    """What the four numbers of a box are."""

    CORNERS = "left, top, right, bottom"
    SIZE = "left, top, width, height"
    CENTRE = "middle x, middle y, width, height"
    UNKNOWN = "four numbers"


_FAMILIES = (
    (("topx", "topy", "bottomx", "bottomy"), Layout.CORNERS),
    (("xmin", "ymin", "xmax", "ymax"), Layout.CORNERS),
    (("x1", "y1", "x2", "y2"), Layout.CORNERS),
    (("left", "top", "right", "bottom"), Layout.CORNERS),
    (("left", "top", "width", "height"), Layout.SIZE),
    (("xmin", "ymin", "width", "height"), Layout.SIZE),
    (("x", "y", "width", "height"), Layout.SIZE),
    (("x", "y", "w", "h"), Layout.SIZE),
    (("xcenter", "ycenter", "width", "height"), Layout.CENTRE),
    (("cx", "cy", "width", "height"), Layout.CENTRE),
    (("cx", "cy", "w", "h"), Layout.CENTRE),
)
AZURE = ", ".join(BOX_KEYS)


@dataclass(frozen=True, slots=True)
class ForeignBox:
    """A box in some notation, Azure's own included.

    Attributes:
        notation: The keys as they stand in the file: "xmin, ymin, xmax, ymax".
        layout: What the numbers are; UNKNOWN for a list, which only the whole file tells.
        numbers: Four of them, in the order of `layout`.
        keys: Keys of the object that hold it.
    """

    notation: str
    layout: Layout
    numbers: tuple[float, float, float, float]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignObject:
    """One object of a line.

    Attributes:
        source: As it stands.
        class_key: Stands for `label`; empty where it is Azure's own.
        box: Its box, if it has one.
        rings: Its rings, flat; empty unless all can be read.
        ring_key: What they stand under.
        ring_shape: How they are written, in words; empty for flat lists in a list.
    """

    source: Mapping[str, Any]
    class_key: str = ""
    box: ForeignBox | None = None
    rings: tuple[Segment, ...] = ()
    ring_key: str = ""
    ring_shape: str = ""


@dataclass(frozen=True, slots=True)
class ForeignLine:
    """How a line names its image and its objects; keys are empty where they are Azure's own.

    Attributes:
        image_key: Stands for `image_url`.
        label_key: Stands for `label`.
        is_single: The label is one object without a list.
        objects: Those that are JSON objects, by their index.
    """

    image_key: str
    label_key: str
    is_single: bool
    objects: dict[int, ForeignObject]


def read_foreign(fields: Mapping[str, Any]) -> ForeignLine:
    """Recognise the notation of a line."""
    folded = _fold(fields)
    image_key = "" if "image_url" in fields else _first_text(fields, folded)
    label_key = "" if "label" in fields else _first_list(fields, folded)
    label = fields.get(label_key or "label")
    members = label if isinstance(label, list) else [label]
    objects = {index: _read_object(member) for index, member in enumerate(members) if isinstance(member, dict)}
    return ForeignLine(image_key, label_key, isinstance(label, dict), objects)


def _fold(source: Mapping[str, Any]) -> dict[str, str]:
    """Key without regard to case, underscores and hyphens -> key."""
    return {key.lower().replace("_", "").replace("-", ""): key for key in source}


def _first_text(fields: Mapping[str, Any], folded: Mapping[str, str]) -> str:
    keys = (folded[name] for name in _IMAGE_KEYS if name in folded)
    return next((key for key in keys if isinstance(fields[key], str) and fields[key].strip()), "")


def _first_list(fields: Mapping[str, Any], folded: Mapping[str, str]) -> str:
    keys = (folded[name] for name in _LABEL_KEYS if name in folded)
    return next((key for key in keys if _holds_objects(fields[key])), "")


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, dict) for member in value)


def _read_object(source: Mapping[str, Any]) -> ForeignObject:
    folded = _fold(source)
    class_key = ""
    if "label" not in source:
        keys = (folded[name] for name in _CLASS_KEYS if name in folded)
        class_key = next((key for key in keys if isinstance(source[key], (str, int))), "")
    ring_key, rings, ring_shape = _read_rings(source, folded)
    return ForeignObject(source, class_key, _read_box(source, folded), rings, ring_key, ring_shape)


def _read_box(source: Mapping[str, Any], folded: Mapping[str, str]) -> ForeignBox | None:
    for names, layout in _FAMILIES:
        if all(name in folded for name in names):
            keys = tuple(folded[name] for name in names)
            numbers = _four([source[key] for key in keys])
            return None if numbers is None else ForeignBox(", ".join(keys), layout, numbers, keys)
    for name in _LIST_KEYS:
        value = source.get(folded.get(name, ""))
        if isinstance(value, list):
            numbers = _four(value)
            return None if numbers is None else ForeignBox(folded[name], Layout.UNKNOWN, numbers, (folded[name],))
        inner = _read_box(value, _fold(value)) if isinstance(value, dict) else None
        if inner is not None:
            return ForeignBox(f"{folded[name]} with {inner.notation}", inner.layout, inner.numbers, (folded[name],))
    return None


def _four(values: list[Any]) -> tuple[float, float, float, float] | None:
    numbers = [number for value in values if (number := read_number(value)) is not None]
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == len(values) == 4 else None


def _read_rings(source: Mapping[str, Any], folded: Mapping[str, str]) -> tuple[str, tuple[Segment, ...], str]:
    """The key, the flat rings, and how they are written; no rings unless all can be read."""
    for name in _RING_KEYS:
        value = source.get(folded.get(name, ""))
        if isinstance(value, list) and value:
            rings, shape = _flatten(value)
            if rings:
                return folded[name], rings, shape
    return "", (), ""


def _flatten(value: list[Any]) -> tuple[tuple[Segment, ...], str]:
    if _are_points(value):
        return (_join(value),), "points [x, y]"
    if all(isinstance(ring, list) and _are_points(ring) for ring in value):
        return tuple(map(_join, value)), "points [x, y]"
    are_lists = all(isinstance(ring, list) for ring in value)
    numbers = [[read_number(each) for each in ring] for ring in (value if are_lists else [value])]
    if any(None in ring or len(ring) < 6 or len(ring) % 2 for ring in numbers):
        return (), ""
    rings = tuple(tuple(each for each in ring if each is not None) for ring in numbers)
    return rings, "" if are_lists else "one flat list"


def _are_points(value: list[Any]) -> bool:
    return len(value) >= 3 and all(
        isinstance(point, list) and len(point) == 2 and None not in map(read_number, point) for point in value
    )


def _join(points: list[Any]) -> Segment:
    return tuple(number for point in points for each in point if (number := read_number(each)) is not None)
