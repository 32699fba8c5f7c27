"""Who works on which image until when, so that two people never get the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, literal, select, text, update

from store.review_schema import image_facts, leases
from store.upsert import upsert

_LOCK = 0x52656C02
"""Number of the lock that PostgreSQL knows it by, with the project's."""

_mine = leases.c.project_id
_DUE = update(leases).where(  # built once: it runs with every decision
    _mine == bindparam("project"),
    leases.c.reviewer == bindparam("holder"),
    leases.c.client_id == bindparam("page"),
    leases.c.expires_at < bindparam("due"),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """An image somebody works on.

    Attributes:
        expires_at: Seconds since 1970.
    """

    image_id: str
    reviewer: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who works on images now.

    Attributes:
        images: How many.
        first_free: When the first of them is free again unless it is renewed, seconds since 1970.
    """

    reviewer: str
    images: int
    first_free: float


def lock_queue(connection: Connection, project_id: int) -> None:
    """Let nobody else take images of a project until this transaction ends. SQLite's writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        names = {"number": _LOCK, "project": project_id}
        connection.execute(text("SELECT pg_advisory_xact_lock(:number, :project)"), names)


def drop_expired(connection: Connection, project_id: int, *, now: float, until: float) -> None:
    """Forget what has expired; what ends after `until` was taken before the clock was put back, and ends then."""
    connection.execute(delete(leases).where(_mine == project_id, leases.c.expires_at <= now))
    connection.execute(update(leases).where(_mine == project_id, leases.c.expires_at > until).values(expires_at=until))


def is_free(project_id: int, reviewer: str, *, now: float) -> ColumnElement[bool]:
    """Say of a row of `image_facts` whether nobody but `reviewer` works on the image."""
    return ~(
        select(leases.c.image_id)
        .where(_mine == project_id, leases.c.image_id == image_facts.c.image_id)
        .where(leases.c.reviewer != reviewer, leases.c.expires_at > now)
        .correlate(image_facts)
        .exists()
    )


def grant(
    connection: Connection,
    project_id: int,
    reviewer: str,
    image_ids: Sequence[str],
    *,
    client_id: str,
    now: float,
    until: float,
) -> None:
    """Give somebody images, or more time for those they have."""
    given = {"project_id": project_id, "reviewer": reviewer, "client_id": client_id}
    rows = [{**given, "image_id": name, "granted_at": now, "expires_at": until} for name in sorted(set(image_ids))]
    upsert(connection, leases, rows, key=("project_id", "image_id", "reviewer"))


def grant_unless_held(
    connection: Connection, project_id: int, reviewer: str, image_id: str, *, client_id: str, now: float, until: float
) -> None:
    """Give somebody one image, or more time for it, unless somebody else works on it."""
    release(connection, project_id, reviewer, image_ids=[image_id])
    held = select(leases.c.image_id).where(
        _mine == project_id, leases.c.image_id == image_id, leases.c.expires_at > now
    )
    names = ["project_id", "image_id", "reviewer", "client_id", "granted_at", "expires_at"]
    row = select(*map(literal, (project_id, image_id, reviewer, client_id, now, until)))
    connection.execute(insert(leases).from_select(names, row.where(~held.exists())))


def renew(connection: Connection, project_id: int, reviewer: str, *, client_id: str, until: float, due: float) -> None:
    """Give more time for all images of one open page that end before `due`."""
    whose = {"project": project_id, "holder": reviewer, "page": client_id}
    connection.execute(_DUE, {**whose, "due": due, "expires_at": until})


def release(
    connection: Connection,
    project_id: int,
    reviewer: str,
    *,
    image_ids: Sequence[str] | None = None,
    client_id: str | None = None,
) -> None:
    """Take images back from somebody: those named, or those of one open page, or both."""
    where = [_mine == project_id, leases.c.reviewer == reviewer]
    if image_ids is not None:
        where.append(leases.c.image_id.in_(image_ids))
    if client_id is not None:
        where.append(leases.c.client_id == client_id)
    connection.execute(delete(leases).where(*where))


def list_free(
    connection: Connection,
    project_id: int,
    is_free: ColumnElement[bool] | None,
    *,
    image_ids: Sequence[str],
    statuses: Sequence[str] = (),
) -> list[str]:
    """Return those of some images for which the condition holds and that have one of the statuses, or any."""
    query = select(image_facts.c.image_id).where(image_facts.c.project_id == project_id)
    query = query.where(image_facts.c.image_id.in_(image_ids))
    if is_free is not None:
        query = query.where(is_free)
    if statuses:
        query = query.where(image_facts.c.status.in_(statuses))
    return list(connection.scalars(query))


def has_any(connection: Connection, condition: ColumnElement[bool]) -> bool:
    """Whether a condition holds for any row of `image_facts`."""
    return connection.execute(select(image_facts.c.image_id).where(condition).limit(1)).first() is not None


def list_leases(
    connection: Connection,
    project_id: int,
    *,
    now: float,
    image_ids: Sequence[str] | None = None,
    reviewer: str | None = None,
    condition: ColumnElement[bool] | None = None,
) -> list[Lease]:
    """Who works on which images now, all or some (`condition` is on rows of `leases`), the longest granted first."""
    query = select(leases).where(_mine == project_id, leases.c.expires_at > now)
    if image_ids is not None:
        query = query.where(leases.c.image_id.in_(image_ids))
    if reviewer is not None:
        query = query.where(leases.c.reviewer == reviewer)
    if condition is not None:
        query = query.where(condition)
    rows = connection.execute(query.order_by(leases.c.granted_at, leases.c.image_id))
    return [Lease(row.image_id, row.reviewer, row.expires_at) for row in rows]


def list_holders(
    connection: Connection, project_id: int, *, now: float, condition: ColumnElement[bool] | None = None
) -> list[Holder]:
    """Who works on images now, all or some (`condition` is on rows of `leases`), by name."""
    query = (
        select(leases.c.reviewer, func.count().label("images"), func.min(leases.c.expires_at).label("first_free"))
        .where(_mine == project_id, leases.c.expires_at > now)
        .group_by(leases.c.reviewer)
        .order_by(leases.c.reviewer)
    )
    if condition is not None:
        query = query.where(condition)
    return [Holder(row.reviewer, row.images, row.first_free) for row in connection.execute(query)]
