"""The class list of a project: what people changed about it, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

from domain.class_edit import ClassEdit, EditKind, Example
from domain.prediction import Content, Instance, Instances, Labels


@dataclass(frozen=True, slots=True)
class KnownClass:
    """A class as it is now.

    Attributes:
        key: The name it first had; contents are stored with it, whatever the class is called later.
        name: What it is called.
        place: Its place in the palette; it never changes.
        colour: "#RRGGBB" where a person chose one, else empty.
        guideline: When an object is of this class, plain text.
        examples: Images that show it.
        names: All other names that labels and predictions may bear for it.
        is_removed: It was taken out of the list; a label that bears it brings it back.
    """

    key: str
    name: str
    place: int
    colour: str = ""
    guideline: str = ""
    examples: tuple[Example, ...] = ()
    names: tuple[str, ...] = ()
    is_removed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ClassList:
    """What names and edits come to.

    Attributes:
        classes: In palette order, without merged and removed ones.
        by_name: What a class is called now -> the class, removed ones included.
        present: Name -> what it is called now, of all names that are not.
        keys: What a class is called now -> its key, where the two differ.
        released: Names that only an undone rename gave: an open editor may still show them, and they are free.
        idle: Edits that change nothing, since later or earlier ones stand against them.
        size: How many names labels, predictions and people brought in all.
        newest: The newest edit; empty without any.
    """

    classes: tuple[KnownClass, ...] = ()
    by_name: Mapping[str, KnownClass] = field(default_factory=dict[str, KnownClass])
    present: Mapping[str, str] = field(default_factory=dict[str, str])
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    released: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    size: int = 0
    newest: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(known.name for known in self.classes)

    def find(self, name: str) -> KnownClass | None:
        """The class that bears a name now or bore it earlier, removed ones included."""
        return self.by_name.get(self.present.get(name, name))

    def find_owner(self, name: str) -> KnownClass | None:
        """The class that a name belongs to, so that no other can have it."""
        return None if name in self.released else self.find(name)

    def in_model(self, name: str, classes: Iterable[str]) -> list[str]:
        """Which of a model's classes are called `name` here, the one of that very name first."""
        return sorted((each for each in classes if self.present.get(each, each) == name), key=lambda each: each != name)


@overload
def take_names(content: Content, names: Mapping[str, str]) -> Content: ...
@overload
def take_names(content: None, names: Mapping[str, str]) -> None: ...
@overload
def take_names(content: Content | None, names: Mapping[str, str]) -> Content | None: ...
def take_names(content: Content | None, names: Mapping[str, str]) -> Content | None:
    """Return `content` with other class names; itself where none changes.

    Where two classes of an image become one, the higher score holds.

    Args:
        content: Labels, objects, or None.
        names: Name -> the one to put in its place.
    """
    if isinstance(content, Labels):
        return _take_label_names(content, names)
    if isinstance(content, Instances) and any(item.label in names for item in content.items):
        return Instances(tuple(_take_name(item, names) for item in content.items))
    return content


def fold_edits(names: Sequence[str], edits: Sequence[ClassEdit]) -> ClassList:
    """Return what the edits in force make of the names that labels, predictions and people brought.

    A name belongs to one class for good: neither a rename nor an undo lets it mean another one while anything bears it.

    Args:
        names: In palette order; it only grows.
        edits: The log, oldest first.
    """
    undone = undone_edits(edits)
    whole = [edit for edit in edits if edit.undoes is None and edit.is_whole]
    fold = _Fold(names, [edit for edit in whole if edit.edit_id not in undone])
    for edit in fold.edits:
        if not fold.apply(edit):
            fold.idle.add(edit.edit_id)
    for edit in whole:
        if edit.edit_id in undone and edit.kind is EditKind.ADD:
            fold.hide_unless_added(edit.key)
        if edit.edit_id in undone and edit.kind is EditKind.RENAME:
            # An editor may still be open that shows the name.
            fold.lend(edit.payload["to"], edit.key)
    return replace(fold.close(), newest=edits[-1].edit_id if edits else "")


def undone_edits(edits: Iterable[ClassEdit]) -> set[str]:
    """The edits that are taken back, and not brought back."""
    undos = [edit for edit in edits if edit.undoes is not None]
    redone = {edit.undoes for edit in undos}
    return {edit.undoes for edit in undos if edit.edit_id not in redone and edit.undoes is not None}


@dataclass(slots=True)
class _Draft:
    """A class while edits are applied; `into` is the key of the one it was merged into."""

    known: KnownClass
    into: str = ""
    is_removed: bool = False


class _Fold:
    """Classes by their keys, and whose key each name leads to."""

    def __init__(self, names: Sequence[str], edits: Sequence[ClassEdit]) -> None:
        self.edits = edits
        self.idle: set[str] = set()
        places = {name: place for place, name in enumerate(names)}
        given = {
            str(edit.payload["to"]): edit.key
            for edit in edits
            if edit.kind is EditKind.RENAME
            and places.get(edit.key, len(names)) < edit.payload["known"]
            and places.get(str(edit.payload["to"]), 0) >= edit.payload["known"]
        }
        self.drafts = {
            name: _Draft(KnownClass(name, name, place)) for name, place in places.items() if name not in given
        }
        self.owners = {name: name for name in self.drafts}
        self._added: set[str] = set()
        self._lent: set[str] = set()
        self._size = len(names)

    def apply(self, edit: ClassEdit) -> bool:
        """Apply one edit; return whether it changed anything."""
        draft = self.drafts.get(edit.key)
        if draft is None:
            return False
        if edit.kind is EditKind.RENAME:
            return self._rename(draft, str(edit.payload["to"]))
        if edit.kind is EditKind.MERGE:
            return self._merge(edit.key, str(edit.payload["into_key"]))
        if edit.kind in {EditKind.ADD, EditKind.REMOVE}:
            draft.is_removed = edit.kind is EditKind.REMOVE
            self._added |= {edit.key} if edit.kind is EditKind.ADD else set()
            return True
        draft.known = replace(draft.known, **_details(edit))
        return True

    def hide_unless_added(self, key: str) -> None:
        """Take out what somebody added and took back."""
        if key in self.drafts and key not in self._added:
            self.drafts[key].is_removed = True

    def lend(self, name: str, key: str) -> None:
        """Let a name lead to a class unless it belongs to one."""
        if name not in self.owners:
            self.owners[name] = key
            self._lent.add(name)

    def close(self) -> ClassList:
        """The list as it came out."""
        others: dict[str, list[str]] = {}
        present: dict[str, str] = {}
        for name, key in self.owners.items():
            if key not in self.drafts:
                continue
            root = self._root(key)
            now = self.drafts[root].known.name
            if name != now:
                present[name] = now
                others.setdefault(root, []).extend([] if name in self._lent else [name])
        whole = [
            replace(draft.known, names=tuple(others.get(key, ())), is_removed=draft.is_removed)
            for key, draft in self.drafts.items()
            if not draft.into
        ]
        return ClassList(
            classes=tuple(known for known in whole if not known.is_removed),
            by_name={known.name: known for known in whole},
            present=present,
            keys={known.name: known.key for known in whole if known.name != known.key},
            released=frozenset(self._lent),
            idle=frozenset(self.idle),
            size=self._size,
        )

    def _rename(self, draft: _Draft, to: str) -> bool:
        key = draft.known.key
        if self._root(self.owners.setdefault(to, key)) != self._root(key):
            return False
        draft.known = replace(draft.known, name=to)
        return True

    def _merge(self, key: str, into: str) -> bool:
        if into not in self.drafts or self.drafts[key].into or self._root(into) == key:
            return False
        self.drafts[key].into = self._root(into)
        return True

    def _root(self, key: str) -> str:
        """The class that a class was merged into, however many times."""
        while key in self.drafts and self.drafts[key].into:
            key = self.drafts[key].into
        return key


def _details(edit: ClassEdit) -> dict[str, Any]:
    if edit.kind is EditKind.COLOUR:
        return {"colour": str(edit.payload.get("colour", ""))}
    if edit.kind is EditKind.GUIDELINE:
        return {"guideline": str(edit.payload.get("text", ""))}
    images = edit.payload.get("images", ())
    return {"examples": tuple(Example(each["image_id"], each.get("instance_id")) for each in images)}


def _take_label_names(content: Labels, names: Mapping[str, str]) -> Labels:
    if not any(name in names for name in content.scores):
        return content
    scores: dict[str, float] = {}
    for name, score in content.scores.items():
        now = names.get(name, name)
        scores[now] = max(score, scores.get(now, score))
    return Labels(scores)


def _take_name(item: Instance, names: Mapping[str, str]) -> Instance:
    return replace(item, label=names[item.label]) if item.label in names else item
