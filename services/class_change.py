"""What every change of the class list does: hold it still, find the class, write the row, tell the filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.class_edit import ClassEdit, EditKind
from domain.class_list import ClassList, KnownClass
from domain.errors import NotFoundError
from services.class_rules import shorten
from services.identity import require_lead
from services.workspace import Workspace
from store import class_edits as log
from store.engine import Connection
from store.facts import unsettle_all
from store.projects import fetch_project
from store.tallies import note_change

CHANGING = "change the class list"
"""What only leads may do, in words."""

_RENAMING = {EditKind.RENAME, EditKind.MERGE}


def start_change(connection: Connection, project_id: int) -> ClassList:
    """Read the list as it is, with nobody else changing it until the transaction ends.

    Raises:
        NotFoundError: There is no such project.
    """
    log.lock_class_list(connection, project_id)
    fetch_project(connection, project_id)
    return log.fetch_class_list(connection, project_id)


def append_changes(connection: Connection, project_id: int, edits: Sequence[ClassEdit]) -> None:
    if not edits:
        return
    log.append_edits(connection, project_id, edits)
    if any(edit.kind in _RENAMING for edit in edits):
        unsettle_all(connection, project_id)  # filters and counts go by the names of now
    else:
        note_change(connection, project_id)


def change_class(
    workspace: Workspace, project_id: int, name: str, kind: EditKind, reviewer: str, **payload: Any
) -> None:
    """Write one change of one class that does not touch its name.

    Raises:
        RightsError: This person is no lead.
        NotFoundError: There is no class of that name any more.
    """
    require_lead(workspace, project_id, reviewer, to=CHANGING)
    with workspace.write() as connection:
        each = need_class(start_change(connection, project_id), name)
        append_changes(connection, project_id, [describe_change(kind, each, reviewer, **payload)])


def describe_change(kind: EditKind, of: KnownClass, reviewer: str, **payload: Any) -> ClassEdit:
    whole: Mapping[str, Any] = {"key": of.key, **payload}
    return log.make_edit(kind, of.name, whole, reviewer)


def need_class(known: ClassList, name: str) -> KnownClass:
    each = known.find(name)
    if each is None or each.is_removed:
        raise NotFoundError(
            f"There is no class '{shorten(name)}' in the list any more.",
            remedy="Reload the page to see what it became.",
        )
    return each
