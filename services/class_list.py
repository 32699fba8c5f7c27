"""Changing the class list: add, rename, merge, remove, and taking any change back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.class_edit import ClassEdit, EditKind
from domain.class_list import ClassList, KnownClass, undone_edits
from domain.errors import ConflictError, InputError, NotFoundError
from services.class_change import CHANGING, append_changes, describe_change, need_class, start_change
from services.class_rules import NameTakenError, check_class_name, shorten
from services.identity import require_lead
from services.settling import settle_soon
from services.workspace import Workspace
from store import class_edits as log
from store.class_use import is_used
from store.engine import Connection
from store.projects import add_classes as add_names

MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class EditEntry:
    """A change of the class list with what became of it.

    Attributes:
        edit: The change.
        is_undone: It was taken back.
        undo_id: The row that took it back, to be taken back in turn; empty when it is in force.
    """

    edit: ClassEdit
    is_undone: bool
    undo_id: str


def fetch_class_list(workspace: Workspace, project_id: int) -> ClassList:
    """The class list as it is now."""
    with workspace.read() as connection:
        return log.fetch_class_list(connection, project_id)


def list_changes(workspace: Workspace, project_id: int, *, count: int = 200) -> list[EditEntry]:
    """The newest changes that are no undos themselves, newest first, each with whether it is in force."""
    with workspace.read() as connection:
        edits = log.list_edits(connection, project_id)
    undone = undone_edits(edits)
    undos = {edit.undoes: edit.edit_id for edit in edits if edit.undoes in undone}
    newest = [edit for edit in reversed(edits) if edit.undoes is None][:count]
    return [EditEntry(edit, edit.edit_id in undone, undos.get(edit.edit_id, "")) for edit in newest]


def add_classes(workspace: Workspace, project_id: int, names: Sequence[str], reviewer: str) -> list[str]:
    """Add classes to the list; return those that were new. Removed ones come back.

    Raises:
        RightsError: This person is no lead.
        InputError: A name cannot be one.
        ConflictError: A name belongs to a class that is called otherwise now.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    wanted = list(dict.fromkeys(check_class_name(name) for name in names))
    if len(wanted) > MOST_AT_ONCE:
        raise InputError(f"{len(wanted):,} classes at once; at most {MOST_AT_ONCE:,}.", remedy="Add them in parts.")
    with workspace.write() as connection:
        known = start_change(connection, project_id)
        fresh: dict[str, str] = {}
        for name in wanted:
            owner = known.find_owner(name)
            if owner is not None and name != owner.name:
                raise _earlier_name(name, owner)
            if owner is None or owner.is_removed:
                fresh[name] = owner.key if owner is not None else name
        add_names(connection, project_id, [name for name in fresh if known.find_owner(name) is None])
        edits = [log.make_edit(EditKind.ADD, name, {"key": key}, reviewer) for name, key in fresh.items()]
        append_changes(connection, project_id, edits)
    return list(fresh)


def rename_class(workspace: Workspace, project_id: int, name: str, to: str, *, reviewer: str) -> None:
    """Call a class otherwise, on every label, prediction and decision there is and will be.

    Raises:
        RightsError: This person is no lead.
        NotFoundError: There is no class of that name any more.
        InputError: The new name cannot be one.
        NameTakenError: Another class bears it: they can be merged.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    to = check_class_name(to)
    with workspace.write() as connection:
        known = start_change(connection, project_id)
        each = need_class(known, name)
        if to == each.name:
            return
        owner = known.find_owner(to)
        if owner is not None and owner.key != each.key:
            _refuse_taken(each, to, owner)
        append_changes(
            connection, project_id, [describe_change(EditKind.RENAME, each, reviewer, to=to, known=known.size)]
        )


def merge_classes(workspace: Workspace, project_id: int, name: str, into: str, *, reviewer: str) -> None:
    """Make one class of two: what bears the first counts as the second from now on.

    Raises:
        RightsError: This person is no lead.
        NotFoundError: There is no class of either name any more.
        InputError: It is the same class.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    with workspace.write() as connection:
        known = start_change(connection, project_id)
        each, other = need_class(known, name), need_class(known, into)
        if each.key == other.key:
            raise InputError(f"'{shorten(name)}' is that class already.", remedy="Choose another class to merge into.")
        append_changes(
            connection,
            project_id,
            [describe_change(EditKind.MERGE, each, reviewer, into=other.name, into_key=other.key)],
        )


def remove_class(workspace: Workspace, project_id: int, name: str, *, reviewer: str) -> None:
    """Take a class that no label bears out of the list.

    Raises:
        RightsError: This person is no lead.
        ConflictError: A label bears it, or that is not known yet.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    _check_known(workspace, project_id)
    with workspace.write() as connection:
        each = need_class(start_change(connection, project_id), name)
        _check_unused(connection, project_id, each.name)
        append_changes(connection, project_id, [describe_change(EditKind.REMOVE, each, reviewer)])


def undo_edit(workspace: Workspace, project_id: int, edit_id: str, *, reviewer: str) -> None:
    """Take a change back, or an undo: whatever was done since stays.

    Raises:
        RightsError: This person is no lead.
        NotFoundError: The log has no such row.
        ConflictError: It is taken back already, or another change rests on it.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    _check_known(workspace, project_id)
    with workspace.write() as connection:
        before = start_change(connection, project_id)
        edits = log.list_edits(connection, project_id)
        edit = next((each for each in edits if each.edit_id == edit_id), None)
        if edit is None:
            raise NotFoundError("The class list has no such change.", remedy="Reload the page.")
        _check_open(edit, edits)
        if edit.kind is EditKind.ADD and edit.undoes is None and (owner := before.find(edit.name)) is not None:
            _check_unused(connection, project_id, owner.name)
        _check_redo(edit, before)
        append_changes(
            connection, project_id, [log.make_edit(edit.kind, edit.name, edit.payload, reviewer, undoes=edit_id)]
        )
        idle = log.fetch_class_list(connection, project_id).idle - before.idle
        if idle:  # raising takes the row back
            other = next(each for each in edits if each.edit_id in idle)
            raise ConflictError(
                f"This cannot be taken back alone: '{shorten(other.name)}' was changed on top of it by "
                f"{shorten(other.reviewer) or 'an import'}.",
                remedy="Take that change back first.",
            )


def _refuse_taken(each: KnownClass, to: str, owner: KnownClass) -> None:
    if owner.is_removed:
        raise ConflictError(
            f"'{shorten(to)}' is a class that was removed from the list.",
            remedy="Add it again and merge the two, or choose another name.",
        )
    if owner.name != to:
        raise _earlier_name(to, owner)
    raise NameTakenError(each.name, owner.name)


def _earlier_name(name: str, owner: KnownClass) -> ConflictError:
    return ConflictError(
        f"'{shorten(name)}' is a name of the class '{shorten(owner.name)}': labels may still bear it.",
        remedy=f"Choose another name, or take back the change that made it '{shorten(owner.name)}'.",
    )


def _check_open(edit: ClassEdit, edits: Sequence[ClassEdit]) -> None:
    undone = undone_edits(edits)
    is_undo = edit.undoes is not None
    if (edit.undoes not in undone) if is_undo else (edit.edit_id in undone):
        raise ConflictError("Somebody has done that already.", remedy="Reload the page.")
    if is_undo and any(each.undoes == edit.edit_id for each in edits):
        raise ConflictError("Somebody has done that already.", remedy="Reload the page.")


def _check_redo(edit: ClassEdit, known: ClassList) -> None:
    """A rename cannot come back when the name means another class by now."""
    if edit.undoes is None or edit.kind is not EditKind.RENAME:
        return
    to = str(edit.payload["to"])
    owner = known.find_owner(to)
    each = next((one for one in known.by_name.values() if one.key == edit.key), None)
    if owner is not None and each is not None and owner.key != each.key:
        raise NameTakenError(each.name, owner.name)


def _check_known(workspace: Workspace, project_id: int) -> None:
    if not settle_soon(workspace, project_id):
        raise ConflictError(
            "It is not known yet which classes the labels bear: they are being read.", remedy="Try again in a moment."
        )


def _check_unused(connection: Connection, project_id: int, name: str) -> None:
    if is_used(connection, project_id, name):
        raise ConflictError(
            f"Labels bear the class '{shorten(name)}', so it cannot be removed.",
            remedy="Merge it into another class instead.",
        )
