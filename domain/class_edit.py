"""A change of the class list: one row of its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class EditKind(StrEnum):
    """What was done to a class."""

    ADD = "add"
    RENAME = "rename"
    MERGE = "merge"
    COLOUR = "colour"
    GUIDELINE = "guideline"
    EXAMPLE = "example"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class ClassEdit:
    """One row of the log of the class list; it only grows, like the log of decisions.

    Attributes:
        edit_id: Unique.
        kind: What was done; for an undo the kind of the row it undoes.
        name: The class, as it was called before.
        payload: "key" (the name the class first had, which stays), and what the kind needs: "to" (rename), "into" and
            "into_key" (merge), "colour", "text" (guideline), "images" (example). A rename also says how many names the
            project had ("known"): a name that comes later, from a file, means the renamed class.
        reviewer: Who did it.
        edited_at: UTC.
        undoes: The row this one takes back (an undo, or a redo when that row is an undo itself).
    """

    edit_id: str
    kind: EditKind
    name: str
    payload: Mapping[str, Any]
    reviewer: str
    edited_at: datetime
    undoes: str | None = None

    @property
    def key(self) -> str:
        """The lasting name of the class it is about."""
        return str(self.payload.get("key", self.name))

    @property
    def is_whole(self) -> bool:
        """Whether the payload holds what its kind needs; an edit from elsewhere may not."""
        wanted = {"key": str, **_NEEDED.get(self.kind, {})}
        if not all(type(self.payload.get(name)) is kind for name, kind in wanted.items()):
            return False
        images = self.payload.get("images", ()) if self.kind is EditKind.EXAMPLE else ()
        return all(isinstance(each, dict) and _is_example(each) for each in images)


_NEEDED: Mapping[EditKind, Mapping[str, type]] = {
    EditKind.RENAME: {"to": str, "known": int},
    EditKind.MERGE: {"into": str, "into_key": str},
    EditKind.COLOUR: {"colour": str},
    EditKind.GUIDELINE: {"text": str},
    EditKind.EXAMPLE: {"images": list},
}


def _is_example(each: Mapping[str, Any]) -> bool:
    return isinstance(each.get("image_id"), str) and isinstance(each.get("instance_id"), str | None)


@dataclass(frozen=True, slots=True)
class Example:
    """An image that shows what a class is, or one object on it."""

    image_id: str
    instance_id: str | None = None
