"""The log of changes to the class list. Rows are only ever added; what they come to is `domain.class_list`."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, insert, select

from domain.class_edit import ClassEdit, EditKind
from domain.class_list import ClassList, fold_edits
from store.review_schema import class_edits
from store.schema import projects

_MOST_REMEMBERED = 64
_NEWEST = (  # built once: it is asked for several times with every decision
    select(class_edits.c.edit_id)
    .where(class_edits.c.project_id == bindparam("project"))
    .order_by(class_edits.c.seq.desc())
    .limit(1)
)
NEWEST_EDIT = (
    select(class_edits.c.edit_id)
    .where(class_edits.c.project_id == projects.c.id)
    .order_by(class_edits.c.seq.desc())
    .limit(1)
    .correlate(projects)
    .scalar_subquery()
)
"""Of a row of `projects`: the newest edit of its class list."""
_FACTS = select(NEWEST_EDIT.label("newest"), projects.c.classes).where(projects.c.id == bindparam("project"))
_remembered: dict[tuple[str, str], ClassList] = {}
_lock = threading.Lock()


def lock_class_list(connection: Connection, project_id: int) -> None:
    """Hold up everybody else who wants to change the class list until this transaction ends."""
    if connection.dialect.name != "sqlite":  # there one transaction writes at a time
        connection.execute(select(projects.c.id).where(projects.c.id == project_id).with_for_update()).all()


def append_edits(connection: Connection, project_id: int, edits: Sequence[ClassEdit]) -> None:
    """Add rows; the caller holds the lock, so that their order is that in which they come into force."""
    rows = [
        {
            "edit_id": edit.edit_id,
            "project_id": project_id,
            "kind": edit.kind.value,
            "name": edit.name,
            "payload": orjson.dumps(edit.payload).decode(),
            "reviewer": edit.reviewer,
            "edited_at": edit.edited_at.isoformat(),
            "undoes": edit.undoes,
        }
        for edit in edits
    ]
    if rows:
        connection.execute(insert(class_edits), rows)


def list_edits(connection: Connection, project_id: int) -> list[ClassEdit]:
    """The whole log, oldest first."""
    query = select(class_edits).where(class_edits.c.project_id == project_id).order_by(class_edits.c.seq)
    return [_read_edit(row) for row in connection.execute(query)]


def last_edit(connection: Connection, project_id: int) -> str:
    """The id of the newest row; empty without any. Another one whenever the class list was changed."""
    return connection.scalar(_NEWEST, {"project": project_id}) or ""


def fetch_class_list(connection: Connection, project_id: int) -> ClassList:
    """What names and edits of a project come to."""
    row = connection.execute(_FACTS, {"project": project_id}).one_or_none()
    return fold_class_list(connection, project_id, row.newest, row.classes) if row else ClassList()


def fold_class_list(connection: Connection, project_id: int, newest: str | None, names: str) -> ClassList:
    """As `fetch_class_list`, from what was read of the project: its newest edit and the column `classes`."""
    known = _remembered.get((newest or "", names))
    if known is None:
        known = fold_edits(json.loads(names), list_edits(connection, project_id) if newest else [])
        with _lock:
            while len(_remembered) >= _MOST_REMEMBERED:
                _remembered.pop(next(iter(_remembered)), None)
            # Another edit may have come in between: what is remembered bears the number of what was read.
            _remembered[known.newest, names] = known
    return known


def fetch_class_list_at(connection: Connection, project_id: int, edit_id: str) -> ClassList | None:
    """What the class list was when a row was its newest one; None when there is no such row. "" is before all rows."""
    edits = list_edits(connection, project_id)
    until = next((at for at, edit in enumerate(edits, start=1) if edit.edit_id == edit_id), 0)
    if edit_id and not until:
        return None
    return fold_edits(json.loads(_stored_names(connection, project_id)), edits[:until])


def read_names(connection: Connection, project_id: int) -> tuple[str, ...]:
    """Every name that labels, predictions and people brought, as it came, in palette order."""
    return tuple(json.loads(_stored_names(connection, project_id)))


def present_names(connection: Connection, project_id: int) -> Mapping[str, str]:
    """Name -> what the class is called now, of all names in labels and predictions that are not."""
    return fetch_class_list(connection, project_id).present if last_edit(connection, project_id) else {}


def lasting_names(connection: Connection, project_id: int) -> Mapping[str, str]:
    """What a class is called now -> the name it is stored by, where the two differ."""
    return fetch_class_list(connection, project_id).keys if last_edit(connection, project_id) else {}


def bring_back(connection: Connection, project_id: int, names: Sequence[str], *, reviewer: str = "") -> None:
    """Put removed classes back into the list, since something bears them again."""
    if not last_edit(connection, project_id):
        return
    known = fetch_class_list(connection, project_id)
    found = {name: each.key for name in names if (each := known.find(name)) is not None and each.is_removed}
    if found:
        lock_class_list(connection, project_id)
        append_edits(
            connection, project_id, [make_edit(EditKind.ADD, n, {"key": k}, reviewer) for n, k in found.items()]
        )


def make_edit(
    kind: EditKind, name: str, payload: Mapping[str, Any], reviewer: str, *, undoes: str | None = None
) -> ClassEdit:
    """A new row, made now."""
    return ClassEdit(uuid.uuid4().hex, kind, name, payload, reviewer, datetime.now(UTC), undoes)


def _stored_names(connection: Connection, project_id: int) -> str:
    return connection.scalar(select(projects.c.classes).where(projects.c.id == project_id)) or "[]"


def _read_edit(row: Row[Any]) -> ClassEdit:
    return ClassEdit(
        edit_id=row.edit_id,
        kind=EditKind(row.kind),
        name=row.name,
        payload=orjson.loads(row.payload),
        reviewer=row.reviewer,
        edited_at=datetime.fromisoformat(row.edited_at),
        undoes=row.undoes,
    )
