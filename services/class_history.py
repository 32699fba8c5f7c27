"""What was changed about the class list, in sentences, and what takes each change back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.class_edit import ClassEdit, EditKind
from services.class_list import EditEntry, list_changes, undo_edit
from services.class_rules import shorten
from services.workspace import Workspace

MOST_UNDONE = 50
"""Classes that were added together are taken back together up to so many."""

_TOGETHER = timedelta(seconds=2)
_NAMED = 3
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One change of the class list, or classes that were added together.

    Attributes:
        sentence: What was done.
        reviewer: Who did it; empty for a file that was read.
        changed_at: When.
        is_undone: It was taken back.
        rows: What `undo_edit` takes to turn it round; empty where too many classes came at once.
    """

    sentence: str
    reviewer: str
    changed_at: datetime
    is_undone: bool
    rows: tuple[str, ...]


def list_class_changes(workspace: Workspace, project_id: int) -> list[ClassChange]:
    """Every change, newest first; classes that came together count as one."""
    entries = list_changes(workspace, project_id, count=_ALL)
    return [_describe(group) for group in _group(entries)]


def turn_round(workspace: Workspace, project_id: int, change: ClassChange, *, reviewer: str) -> None:
    """Take a change back, or bring back what was taken back.

    Raises:
        RightsError: This person is no lead.
        ConflictError: Another change rests on it, or a label bears an added class; what came before in it is done.
    """
    for row in change.rows:
        undo_edit(workspace, project_id, row, reviewer=reviewer)


def _group(entries: Iterable[EditEntry]) -> Iterator[list[EditEntry]]:
    group: list[EditEntry] = []
    for entry in entries:
        if group and not _are_together(group[-1], entry):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _are_together(later: EditEntry, earlier: EditEntry) -> bool:
    one, other = later.edit, earlier.edit
    return (
        one.kind is other.kind is EditKind.ADD
        and one.reviewer == other.reviewer
        and later.is_undone == earlier.is_undone
        and abs(one.edited_at - other.edited_at) <= _TOGETHER
    )


def _describe(group: Sequence[EditEntry]) -> ClassChange:
    newest = group[0]
    rows = tuple(entry.undo_id if entry.is_undone else entry.edit.edit_id for entry in group)
    sentence = _say(newest.edit) if len(group) == 1 else _say_added([entry.edit.name for entry in reversed(group)])
    return ClassChange(
        sentence,
        newest.edit.reviewer,
        newest.edit.edited_at,
        newest.is_undone,
        rows if len(rows) <= MOST_UNDONE else (),
    )


def _say_added(names: Sequence[str]) -> str:
    listed = ", ".join(_quote(name) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{len(names):,} classes added: {listed}{more}"


def _say(edit: ClassEdit) -> str:
    name, payload = _quote(edit.name), edit.payload
    if edit.kind is EditKind.RENAME:
        return f"{name} renamed to {_quote(str(payload.get('to', '')))}"
    if edit.kind is EditKind.MERGE:
        return f"{name} merged into {_quote(str(payload.get('into', '')))}"
    if edit.kind is EditKind.COLOUR:
        return f"Colour of {name}: {payload.get('colour') or 'that of the palette'}"
    if edit.kind is EditKind.GUIDELINE:
        return f"Guideline of {name} {'written' if payload.get('text') else 'taken away'}"
    if edit.kind is EditKind.EXAMPLE:
        count = len(payload.get("images", ()))
        return f"Examples of {name}: {count} image{'' if count == 1 else 's'}"
    return f"{name} {'added' if edit.kind is EditKind.ADD else 'removed'}"


def _quote(name: str) -> str:
    return f"“{shorten(name)}”"
