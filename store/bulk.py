"""Decisions that were made together: found again by the client they bear, however long ago that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.image_classes import LABEL, PREDICTION
from store.review_schema import image_classes, image_facts
from store.schema import decisions
from store.worklist_schema import worklists
from store.worklists import Worklist

PREFIX = "bulk-"
"""Of the clients that such decisions bear."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Decisions made together.

    Attributes:
        client_id: What they bear.
        reviewer: Who made them.
        made_at: When the first one was written.
        decided: How many.
        in_force: How many of them are in force now.
    """

    client_id: str
    reviewer: str
    made_at: datetime
    decided: int
    in_force: int


def list_bulks(connection: Connection, project_id: int, *, count: int) -> list[Bulk]:
    """The newest of a project, those first of which something is in force."""
    in_force = func.count(image_facts.c.image_id)
    query = (
        select(
            decisions.c.client_id,
            func.min(decisions.c.reviewer).label("reviewer"),
            func.min(decisions.c.decided_at).label("made_at"),
            func.count().label("decided"),
            in_force.label("in_force"),
        )
        .outerjoin(
            image_facts,
            (image_facts.c.project_id == decisions.c.project_id)
            & (image_facts.c.image_id == decisions.c.image_id)
            & (image_facts.c.decision_id == decisions.c.decision_id),
        )
        .where(decisions.c.project_id == project_id, decisions.c.client_id.startswith(PREFIX, autoescape=True))
        .where(decisions.c.undoes.is_(None))
        .group_by(decisions.c.client_id)
        .having(in_force > 0)
        .order_by(func.max(decisions.c.seq).desc())
        .limit(count)
    )
    return [
        Bulk(row.client_id, row.reviewer, datetime.fromisoformat(row.made_at), row.decided, row.in_force)
        for row in connection.execute(query)
    ]


def list_in_force(connection: Connection, project_id: int, client_id: str) -> list[tuple[str, str]]:
    """(decision, image) of the decisions made together that are in force now, in the order they were made."""
    same = (image_facts.c.project_id == project_id, image_facts.c.decision_id == decisions.c.decision_id)
    query = (
        select(decisions.c.decision_id, decisions.c.image_id)
        .join(image_facts, image_facts.c.image_id == decisions.c.image_id)
        .where(decisions.c.project_id == project_id, decisions.c.client_id == client_id, *same)
        .order_by(decisions.c.seq)
    )
    return [(row.decision_id, row.image_id) for row in connection.execute(query)]


def list_with_classes(connection: Connection, project_id: int, names: Sequence[str]) -> set[str]:
    """The images whose label or prediction holds one of some classes."""
    query = select(image_classes.c.image_id).where(
        image_classes.c.project_id == project_id,
        image_classes.c.source.in_((LABEL, PREDICTION)),
        image_classes.c.name.in_(names),
    )
    return set(connection.scalars(query))


def find_newest(connection: Connection, project_id: int, title: str) -> Worklist | None:
    """The newest worklist of that title."""
    where = (worklists.c.project_id == project_id, worklists.c.title == title)
    number = connection.scalar(select(func.max(worklists.c.id)).where(*where))
    return None if number is None else Worklist(number, project_id, title)
