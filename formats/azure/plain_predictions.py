"""Lines of prediction files that need no closer look, decoded straight into checked structures (see `plain_lines`)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.plain_content import Plain

_Score = Annotated[float, Meta(ge=0, le=1)]
_Corner = Annotated[float, Meta(ge=-1.5, le=1.5)]


class _Struct(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    pass


class _Corners(_Struct):
    topX: _Corner  # noqa: N815  the key of the file
    topY: _Corner  # noqa: N815
    bottomX: _Corner  # noqa: N815
    bottomY: _Corner  # noqa: N815


class _Object(_Struct):
    box: _Corners
    label: str
    score: _Score


class _ObjectsLine(_Struct):
    filename: str
    boxes: tuple[_Object, ...]


class _ClassesLine(_Struct):
    filename: str
    probs: tuple[_Score, ...]
    labels: tuple[str, ...]


class PlainPredictions:
    """Decodes the plain lines of one kind of task: boxes with scores, or classes with probabilities."""

    def __init__(self, *, has_objects: bool) -> None:
        self._decode: Any = msgspec.json.Decoder(_ObjectsLine if has_objects else _ClassesLine).decode
        self._count: Any = _count_in_objects if has_objects else _count_in_classes
        self._has_objects = has_objects

    def decode(self, raw: bytes) -> Any:
        """The line with `filename`, or None for one that needs a closer look."""
        try:
            line = self._decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        colons = self._count(line)
        is_plain = colons >= 0 and line.filename.strip() and 92 not in raw
        return line if is_plain and raw.count(b":") == colons + line.filename.count(":") else None

    def plain(self, line: Any, prefix: str) -> Plain:
        """What a decoded line says; see `domain.plain_content`."""
        if not self._has_objects:
            return {"labels": dict(zip(line.labels, line.probs, strict=True))}
        return {
            "objects": [
                [
                    f"{prefix}-{index}",
                    o.label,
                    (o.box.topX, o.box.topY, o.box.bottomX, o.box.bottomY),
                    o.score,
                    (),
                    None,
                ]
                for index, o in enumerate(line.boxes)
            ]
        }


def _count_in_objects(line: _ObjectsLine) -> int:
    """Colons outside of the file name; below 0 where something is wrong."""
    colons = 2
    for each in line.boxes:
        box = each.box
        if box.bottomX - box.topX <= 0 or box.bottomY - box.topY <= 0 or not each.label.strip():
            return -1
        colons += 7 + each.label.count(":")
    return colons


def _count_in_classes(line: _ClassesLine) -> int:
    names = line.labels
    if len(names) != len(line.probs) or len(set(names)) != len(names) or not all(map(str.strip, names)):
        return -1
    return 3 + sum(name.count(":") for name in names)
