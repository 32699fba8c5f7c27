"""Projects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from domain.errors import ConflictError, NotFoundError
from domain.prediction import Task
from domain.project import Project
from store.class_edits import NEWEST_EDIT, bring_back, fetch_class_list, fold_class_list, read_names
from store.facts import unsettle_all
from store.schema import projects
from store.tallies import note_change, start_tally

_ALL = select(projects, NEWEST_EDIT.label("newest_edit"))
_ONE = _ALL.where(projects.c.id == bindparam("project"))  # built once: it is asked for with every decision


def insert_project(connection: Connection, *, name: str, task: Task, image_folder: str, url_prefix: str = "") -> int:
    """Add a project and return its number.

    Raises:
        ConflictError: The name is taken.
    """
    row = {
        "name": name,
        "task": task.value,
        "image_folder": image_folder,
        "classes": "[]",
        "threshold": 0.5,
        "url_prefix": url_prefix,
        "created_at": datetime.now(UTC).isoformat(),
    }
    try:
        project_id = connection.execute(insert(projects).values(row).returning(projects.c.id)).scalar_one()
    except IntegrityError as error:
        raise _name_taken(name) from error
    start_tally(connection, project_id)
    return project_id


def list_projects(connection: Connection, *, with_archived: bool = False) -> list[Project]:
    """All projects, oldest first."""
    query = _ALL.order_by(projects.c.id)
    if not with_archived:
        query = query.where(projects.c.archived_at.is_(None))
    return [_read_project(connection, row) for row in connection.execute(query).all()]


def fetch_project(connection: Connection, project_id: int) -> Project:
    """Return one project.

    Raises:
        NotFoundError: There is none of that number.
    """
    row = connection.execute(_ONE, {"project": project_id}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no project {project_id}.", remedy="Choose one from the project menu.")
    return _read_project(connection, row)


def update_project(connection: Connection, project_id: int, **changes: Any) -> None:
    """Change columns of one project.

    Raises:
        ConflictError: The new name is taken.
    """
    where = projects.c.id == project_id
    before = connection.execute(select(projects.c.model_id, projects.c.threshold).where(where)).one_or_none()
    try:
        connection.execute(update(projects).where(where).values(changes))
    except IntegrityError as error:
        raise _name_taken(str(changes.get("name"))) from error
    if before and (before.model_id, before.threshold) != tuple(
        changes.get(name, getattr(before, name)) for name in ("model_id", "threshold")
    ):
        unsettle_all(connection, project_id)
    else:
        note_change(connection, project_id)


def add_classes(connection: Connection, project_id: int, names: Sequence[str]) -> tuple[str, ...]:
    """Append the names that are new and return all classes; the order, and with it every colour, stays.

    A name that a class bears, or bore before it was renamed, is not new. A removed class is back.
    """
    if _find_new(connection, project_id, names):
        # Of two who add at once the second reads what the first wrote. Rows that refer to the project are not held up.
        held = select(projects.c.id).where(projects.c.id == project_id).with_for_update(key_share=True)
        connection.execute(held).all()
        stored = [*read_names(connection, project_id), *_find_new(connection, project_id, names)]
        update_project(connection, project_id, classes=json.dumps(stored, ensure_ascii=False))
    bring_back(connection, project_id, names)
    return fetch_class_list(connection, project_id).names


def _find_new(connection: Connection, project_id: int, names: Sequence[str]) -> list[str]:
    known = fetch_class_list(connection, project_id)
    return [name for name in dict.fromkeys(names) if known.find_owner(name) is None]


def delete_project(connection: Connection, project_id: int) -> None:
    """Remove a project and, by cascade, everything said about its images."""
    connection.execute(delete(projects).where(projects.c.id == project_id))


def _name_taken(name: str) -> ConflictError:
    return ConflictError(f"There is a project named '{name}' already.", remedy="Choose another name.")


def _read_project(connection: Connection, row: Row[Any]) -> Project:
    known = fold_class_list(connection, row.id, row.newest_edit, row.classes)
    return Project(
        project_id=row.id,
        name=row.name,
        task=Task(row.task),
        image_folder=row.image_folder,
        classes=known.names,
        threshold=row.threshold,
        model_id=row.model_id,
        url_prefix=row.url_prefix,
        created_at=datetime.fromisoformat(row.created_at),
        archived_at=datetime.fromisoformat(row.archived_at) if row.archived_at else None,
        overlap=row.overlap,
        withheld_share=row.withheld_share,
        class_list=known,
    )
