"""Worklists: kept with their images, and read a page at a time, each page behind the last image of the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from store import wanted as wanted_images
from store.listing import Place
from store.many_rows import insert_many
from store.review_schema import image_facts
from store.wanted import Wanted
from store.worklist_schema import worklist_images, worklists

MOST_KEPT = 50
"""Worklists of one project; the oldest goes when another one comes."""

_facts = image_facts.c
_listed = worklist_images.c


@dataclass(frozen=True, slots=True)
class Worklist:
    """Images to be reviewed in an order of their own.

    Attributes:
        worklist_id: Its number, never given again.
        project_id: The project.
        title: Where it came from, in words.
    """

    worklist_id: int
    project_id: int
    title: str


def save_worklist(
    connection: Connection,
    project_id: int,
    title: str,
    image_ids: Sequence[str],
    *,
    made_by: str,
    reasons: Mapping[str, str],
) -> Worklist:
    """Keep a worklist, or find the same one again; the oldest of too many goes.

    Args:
        connection: A writing transaction.
        project_id: The project.
        title: At most 200 characters.
        image_ids: In the order of review, each once.
        made_by: Who put it together.
        reasons: Image -> why it is on the list; images may be left out.
    """
    digest = _digest(title, image_ids)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = {"project_id": project_id, "title": title, "digest": digest, "made_by": made_by}
    added = dialect.insert(worklists).values(**row, made_at=datetime.now(UTC).isoformat())
    made = connection.scalar(
        added.on_conflict_do_nothing(index_elements=["project_id", "digest"]).returning(worklists.c.id)
    )
    if made is None:
        same = (worklists.c.project_id == project_id, worklists.c.digest == digest)
        return Worklist(connection.execute(select(worklists.c.id).where(*same)).scalar_one(), project_id, title)
    rows = [(made, position, name, reasons.get(name, "")) for position, name in enumerate(image_ids)]
    insert_many(connection, worklist_images, rows)
    newest = select(worklists.c.id).where(worklists.c.project_id == project_id).order_by(worklists.c.id.desc())
    kept = newest.limit(MOST_KEPT).subquery()
    connection.execute(
        delete(worklists).where(worklists.c.project_id == project_id, worklists.c.id.not_in(select(kept.c.id)))
    )
    return Worklist(made, project_id, title)


def find_worklist(connection: Connection, project_id: int, worklist_id: int) -> Worklist | None:
    """A worklist of a project; None where there is none of that number."""
    where = (worklists.c.id == worklist_id, worklists.c.project_id == project_id)
    title = connection.scalar(select(worklists.c.title).where(*where))
    return None if title is None else Worklist(worklist_id, project_id, title)


def list_images(
    connection: Connection, worklist: Worklist, wanted: Wanted, *, after: Place | None, count: int
) -> list[str]:
    """The next images of a worklist that are there and wanted, behind a place, at most `count`."""
    query = _walk(connection, worklist, wanted, _listed.image_id).order_by(_listed.position).limit(count)
    if after is not None:
        query = query.where(_listed.position > after.position)
    return list(connection.scalars(query))


def find_place(connection: Connection, worklist: Worklist, image_id: str) -> Place | None:
    """Where an image stands on a worklist; None when it is not listed, or its file is gone."""
    columns = (_listed.position, _facts.score, _facts.differs, _facts.status)
    query = _walk(connection, worklist, Wanted(), *columns).where(_listed.image_id == image_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else Place(image_id, *row)


def count_statuses(connection: Connection, worklist: Worklist) -> dict[str, int]:
    """Status -> images of a worklist that are there; none that is 0."""
    query = _walk(connection, worklist, Wanted(), _facts.status, func.count().label("images"))
    return {row.status: row.images for row in connection.execute(query.group_by(_facts.status))}


def is_listed(worklist: Worklist, image_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Say of an image whether it is on a worklist."""
    return image_id.in_(select(_listed.image_id).where(_listed.worklist_id == worklist.worklist_id))


def read_reasons(connection: Connection, worklist: Worklist, image_ids: Sequence[str]) -> dict[str, str]:
    """Image -> why it is on the list, for those of which that was kept."""
    where = (_listed.worklist_id == worklist.worklist_id, _listed.image_id.in_(image_ids), _listed.reason != "")
    return {row.image_id: row.reason for row in connection.execute(select(worklist_images).where(*where))}


def _walk(connection: Connection, worklist: Worklist, wanted: Wanted, *columns: ColumnElement[Any]) -> Select[Any]:
    """Rows of a worklist with the facts of their images.

    SQLite is kept from walking along an index of the facts: it goes along the list, and looks each image up.
    """
    listed = wanted_images.unindexed(connection, _listed.image_id)
    where = wanted_images.conditions(connection, worklist.project_id, wanted, is_walk=True)
    if not wanted.has_all_statuses:
        where.append(wanted_images.unindexed(connection, _facts.status).in_(wanted.statuses))
    query = select(*columns).select_from(worklist_images).join(image_facts, _facts.image_id == listed)
    return query.where(_listed.worklist_id == worklist.worklist_id, *where)


def _digest(title: str, image_ids: Sequence[str]) -> str:
    made = hashlib.sha256(title.encode(errors="surrogatepass"))
    for name in image_ids:
        made.update(b"\0" + name.encode(errors="surrogatepass"))
    return made.hexdigest()
