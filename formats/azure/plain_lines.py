"""Lines of label files that need no closer look, decoded straight into checked structures.

A line is taken here only where `LabelReader` would find nothing to say about its JSON, its label and its image_details.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol

import msgspec
import orjson
from msgspec import UNSET, Meta, Raw, UnsetType

from domain.geometry import Segment, bounding_box
from domain.plain_content import Plain
from domain.prediction import Task
from formats.azure.crossings import find_crossing
from formats.azure.image_fields import KNOWN_FORMATS, declared_size, is_plain_side
from formats.azure.json_line import may_repeat_a_key
from formats.azure.polygons import is_closed

_MOST_NAMES = 100_000
_MOST_DETAILS = 4096

Fraction = Annotated[float, Meta(ge=0, le=1)]
Ring = Annotated[list[Fraction], Meta(min_length=6)]
Crowd = Literal[0, 1] | UnsetType


class StoredBox(Protocol):
    """An object as the store keeps it."""

    label: str
    box: tuple[float, float, float, float]
    is_crowd: bool | None


class _Struct(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    pass


class _BoxObject(_Struct):
    label: str
    topX: Fraction  # noqa: N815  the key of the file
    topY: Fraction  # noqa: N815
    bottomX: Fraction  # noqa: N815
    bottomY: Fraction  # noqa: N815
    isCrowd: Crowd = UNSET  # noqa: N815


class _RingObject(_Struct):
    label: str
    polygon: Annotated[list[Ring], Meta(min_length=1)]
    isCrowd: Crowd = UNSET  # noqa: N815


class _Line(_Struct):
    image_url: str
    image_details: Raw = Raw(b"")


class _BoxLine(_Line, kw_only=True):
    label: tuple[_BoxObject, ...]


class _RingLine(_Line, kw_only=True):
    label: tuple[_RingObject, ...]


class _ClassLine(_Line, kw_only=True):
    label: str


class _ClassesLine(_Line, kw_only=True):
    label: tuple[str, ...]


class _Details(_Struct):
    format: str | UnsetType | None = UNSET
    width: int | str | UnsetType | None = UNSET
    height: int | str | UnsetType | None = UNSET


class PlainLines(ABC):
    """Decodes the plain lines of one task."""

    line_type: ClassVar[type[_Line]]

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(self.line_type).decode
        self._names: dict[str, int] = {}
        self._details: dict[bytes, tuple[int, tuple[int, int] | None]] = {b"": (2, None)}

    def decode(self, raw: bytes) -> Any:
        """The line with `image_url` and `label`, or None for one that needs a closer look."""
        try:
            line: Any = self._decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        details = bytes(line.image_details)
        colons = (self._details.get(details) or self._read_details(details))[0] + line.image_url.count(":")
        colons += self._count_colons(line.label)
        # A key that stands twice shows as a colon too many: all others belong to the keys that are known, or stand in
        # a text that was decoded. Where texts have escapes, they may hold more than meets the eye.
        if 92 in raw:
            return None if colons < 0 or b"\\u0000" in raw or may_repeat_a_key(raw, orjson.loads(raw)) else line
        return line if raw.count(b":") == colons else None

    def size_of(self, line: Any) -> tuple[int, int] | None:
        """The (width, height) that a decoded line declares."""
        details = bytes(line.image_details)
        return (self._details.get(details) or self._read_details(details))[1]

    @abstractmethod
    def plain(self, label: Any, prefix: str) -> Plain:
        """What a decoded label says, with the ids the objects get; see `domain.plain_content`."""

    @abstractmethod
    def count_objects(self, label: Any) -> int:
        """How many objects count for the checks of the file; 0 for class names."""

    def is_crossed(self, label: Any) -> bool:
        """Whether an outline may cross itself."""
        return False

    def are_boxes(self, label: Any, boxes: Sequence[StoredBox]) -> bool:
        """Whether a decoded label says exactly these boxes; False where that takes a closer look."""
        return False

    @abstractmethod
    def _count_colons(self, label: Any) -> int:
        """Colons in the label: one a key, and those in class names; `_WRONG` where it needs a closer look."""

    def _count_in_name(self, name: str) -> int:
        """Colons in a class name; `_WRONG` where no sign of it is visible."""
        count = self._names.get(name)
        if count is None:
            count = name.count(":") if name.strip() else _WRONG
            if len(self._names) < _MOST_NAMES:
                self._names[name] = count
        return count

    def _read_details(self, details: bytes) -> tuple[int, tuple[int, int] | None]:
        """How many colons stand outside of the label and the address, and the declared size."""
        try:
            found = msgspec.json.decode(details, type=_Details)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _WRONG, None
        values = (found.format, found.width, found.height)
        is_plain = found.format in (UNSET, None, *KNOWN_FORMATS) and all(map(is_plain_side, values[1:]))
        keys = sum(value is not UNSET for value in values)
        texts = sum(value.count(":") for value in values if isinstance(value, str))
        if not is_plain or details.count(b":") != keys + texts or 92 in details:
            return _WRONG, None
        if len(self._details) >= _MOST_DETAILS:
            self._details = {b"": (2, None)}
        self._details[details] = 3 + keys + texts, declared_size({"image_details": orjson.loads(details)})
        return self._details[details]


_WRONG = -(1 << 40)


class PlainBoxes(PlainLines):
    line_type = _BoxLine

    def plain(self, label: Sequence[_BoxObject], prefix: str) -> Plain:
        return {
            "objects": [
                [f"{prefix}-{index}", o.label, (o.topX, o.topY, o.bottomX, o.bottomY), None, (), _crowd(o.isCrowd)]
                for index, o in enumerate(label)
            ]
        }

    def count_objects(self, label: Sequence[_BoxObject]) -> int:
        return len(label)

    def _count_colons(self, label: Sequence[_BoxObject]) -> int:
        colons = 0
        names = self._names
        for each in label:
            if not (each.topX < each.bottomX and each.topY < each.bottomY):
                return _WRONG
            name = names.get(each.label)
            colons += (self._count_in_name(each.label) if name is None else name) + (5 if each.isCrowd is UNSET else 6)
        return colons

    def are_boxes(self, label: Sequence[_BoxObject], boxes: Sequence[StoredBox]) -> bool:
        if len(label) != len(boxes):
            return False
        for one, other in zip(label, boxes, strict=True):
            if one.label != other.label or (one.topX, one.topY, one.bottomX, one.bottomY) != other.box:
                return False
            if other.is_crowd is not (None if one.isCrowd is UNSET else one.isCrowd == 1):
                return False
        return True


class PlainRings(PlainLines):
    line_type = _RingLine

    def plain(self, label: Sequence[_RingObject], prefix: str) -> Plain:
        return {"objects": [_plain_rings(each, f"{prefix}-{index}") for index, each in enumerate(label)]}

    def count_objects(self, label: Sequence[_RingObject]) -> int:
        return len(label)

    def is_crossed(self, label: Sequence[_RingObject]) -> bool:
        return any(find_crossing(tuple(ring)) for each in label for ring in each.polygon)

    def _count_colons(self, label: Sequence[_RingObject]) -> int:
        if not all(_are_plain(each.polygon) for each in label):
            return _WRONG
        return sum(self._count_in_name(each.label) + 2 + (each.isCrowd is not UNSET) for each in label)


class PlainClass(PlainLines):
    line_type = _ClassLine

    def plain(self, label: str, prefix: str) -> Plain:
        return {"labels": {label: 1.0}}

    def count_objects(self, label: str) -> int:
        return 0

    def _count_colons(self, label: str) -> int:
        return self._count_in_name(label)


class PlainClasses(PlainLines):
    line_type = _ClassesLine

    def plain(self, label: Sequence[str], prefix: str) -> Plain:
        return {"labels": dict.fromkeys(label, 1.0)}

    def count_objects(self, label: Sequence[str]) -> int:
        return 0

    def _count_colons(self, label: Sequence[str]) -> int:
        return sum(map(self._count_in_name, label)) if len(set(label)) == len(label) else _WRONG


PLAIN_LINES: dict[Task, type[PlainLines]] = {
    Task.CLASSIFICATION: PlainClass,
    Task.MULTILABEL: PlainClasses,
    Task.DETECTION: PlainBoxes,
    Task.SEGMENTATION: PlainRings,
}


def _crowd(value: Any) -> bool | None:
    return None if value is UNSET else value == 1


def _are_plain(polygon: Sequence[Sequence[float]]) -> bool:
    """Whether Azure keeps every ring, none is closed, and together they have an area."""
    if any(len(ring) % 2 or is_closed(tuple(ring)) for ring in polygon):
        return False
    box = bounding_box([tuple(ring) for ring in polygon])
    return box is not None and box.width > 0 and box.height > 0


def _plain_rings(each: _RingObject, instance_id: str) -> list[Any]:
    rings: list[Segment] = [tuple(ring) for ring in each.polygon]
    box = bounding_box(rings)
    return [instance_id, each.label, box.as_tuple() if box else (), None, rings, _crowd(each.isCrowd)]
