"""Who has which role, in one project or in all of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, text, update

from domain.role import Role
from store.review_schema import members
from store.schema import decisions

_LOCK = 0x52656C01
"""Number of the lock that PostgreSQL knows it by."""

_ROLES = select(members.c.project_id, members.c.role).where(members.c.reviewer == bindparam("reviewer"))


def lock_members(connection: Connection) -> None:
    """Let nobody else change roles until this transaction ends. A writing transaction of SQLite does that by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})


def has_members(connection: Connection) -> bool:
    """Whether anybody was ever given a role."""
    return connection.execute(select(members.c.reviewer).limit(1)).first() is not None


def find_role(connection: Connection, project_id: int | None, reviewer: str) -> Role | None:
    """Return the role given for the project, else that for all projects; None when nobody gave one."""
    found = {row.project_id: row.role for row in connection.execute(_ROLES, {"reviewer": reviewer})}
    role = found.get(project_id) or found.get(None)
    return Role(role) if role else None


def list_members(connection: Connection, project_id: int | None) -> dict[str, tuple[Role, bool]]:
    """Return reviewer -> (role, whether it was given for this project alone), by name."""
    is_here = members.c.project_id.is_(None)
    if project_id is not None:
        is_here |= members.c.project_id == project_id
    query = select(members.c.reviewer, members.c.role, members.c.project_id).where(is_here).order_by(members.c.reviewer)
    known: dict[str, tuple[Role, bool]] = {}
    for reviewer, role, project in connection.execute(query):
        if project is not None or reviewer not in known:
            known[reviewer] = (Role(role), project is not None)
    return known


def list_leads(connection: Connection) -> Sequence[str]:
    """Return who leads all projects."""
    query = select(members.c.reviewer).where(members.c.project_id.is_(None), members.c.role == Role.LEAD.value)
    return connection.scalars(query).all()


def list_deciders(connection: Connection, project_id: int) -> list[str]:
    """Return everybody who ever decided something in a project; it costs a look into an index for each, not more."""
    found: list[str] = []
    query = select(func.min(decisions.c.reviewer)).where(decisions.c.project_id == project_id)
    name = connection.scalar(query)
    while name is not None:
        found.append(name)
        name = connection.scalar(query.where(decisions.c.reviewer > name))
    return found


def save_member(connection: Connection, project_id: int | None, reviewer: str, role: Role) -> None:
    """Give a person a role for one project, or for all (None)."""
    where = (members.c.reviewer == reviewer, _of(project_id))
    if not connection.execute(update(members).where(*where).values(role=role.value)).rowcount:
        row = {"project_id": project_id, "reviewer": reviewer, "role": role.value}
        connection.execute(insert(members).values(row))


def delete_member(connection: Connection, project_id: int | None, reviewer: str) -> bool:
    """Take back the role given for one project, or for all (None); return whether there was one."""
    return bool(connection.execute(delete(members).where(members.c.reviewer == reviewer, _of(project_id))).rowcount)


def _of(project_id: int | None) -> ColumnElement[bool]:
    return members.c.project_id.is_(None) if project_id is None else members.c.project_id == project_id
