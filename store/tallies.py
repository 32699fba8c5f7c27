"""One row for each project that says how far it is and whether anything changed, without counting images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, func, insert, select, update

from store.review_schema import image_facts, project_tallies

_ONE = select(project_tallies).where(project_tallies.c.project_id == bindparam("project"))
_TO_CHANGE = _ONE.with_for_update()
_CHANGED = update(project_tallies).where(project_tallies.c.project_id == bindparam("project"))


@dataclass(frozen=True, slots=True)
class Tally:
    """How a project stands.

    Attributes:
        changes: Another number after every change of anything in the project.
        epoch: Another number when the facts of all images have to be computed anew.
        statuses: Status -> number of images that are there; none that is 0.
    """

    changes: int
    epoch: int
    statuses: Mapping[str, int]

    @property
    def total(self) -> int:
        """Images that are there."""
        return sum(self.statuses.values())


def fetch_tally(connection: Connection, project_id: int) -> Tally:
    """How a project stands; nothing counted when there is none."""
    return _read(connection, project_id, is_to_change=False)


def start_tally(connection: Connection, project_id: int) -> None:
    """Add the row of a new project."""
    connection.execute(insert(project_tallies).values(project_id=project_id, changes=1, epoch=1, statuses="{}"))


def note_change(
    connection: Connection, project_id: int, moved: Mapping[str, int] | None = None, *, is_new_epoch: bool = False
) -> Tally:
    """Count a change, and images that came to a status or left it; return what holds now.

    Nobody else can note one in this project until the transaction ends: make it the last thing in it.
    """
    before = _read(connection, project_id, is_to_change=True)
    statuses = dict(before.statuses)
    for status, count in (moved or {}).items():
        statuses[status] = statuses.get(status, 0) + count
    after = Tally(before.changes + 1, before.epoch + is_new_epoch, {key: n for key, n in statuses.items() if n})
    _write(connection, project_id, after)
    return after


def count_anew(connection: Connection, project_id: int) -> Tally:
    """Count the images of every status, whatever was noted before."""
    before = _read(connection, project_id, is_to_change=True)
    where = image_facts.c.project_id == project_id
    query = select(image_facts.c.status, func.count().label("images")).where(where).group_by(image_facts.c.status)
    statuses = {row.status: row.images for row in connection.execute(query)}
    after = Tally(before.changes + 1, before.epoch, statuses)
    _write(connection, project_id, after)
    return after


def _read(connection: Connection, project_id: int, *, is_to_change: bool) -> Tally:
    row = connection.execute(_TO_CHANGE if is_to_change else _ONE, {"project": project_id}).one_or_none()
    return Tally(row.changes, row.epoch, orjson.loads(row.statuses)) if row else Tally(0, 1, {})


def _write(connection: Connection, project_id: int, tally: Tally) -> None:
    values = {
        "changes": tally.changes,
        "epoch": tally.epoch,
        "statuses": orjson.dumps(tally.statuses, option=orjson.OPT_SORT_KEYS).decode(),
    }
    connection.execute(_CHANGED, {"project": project_id, **values})
