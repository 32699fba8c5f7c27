"""How far the review of a project is and how fast it goes: counts by reviewer and class, and the latest decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, func, or_, select

from store.bulk import PREFIX
from store.image_classes import LABEL, PREDICTION
from store.review_schema import image_classes, image_facts
from store.schema import decisions

_HOUR = len("2026-11-20T12")
_facts, _classes = image_facts.c, image_classes.c


@dataclass(frozen=True, slots=True)
class Made:
    """One row of the log, as far as its pace goes.

    Attributes:
        made_at: When it was written, UTC.
        seconds: How long the reviewer looked; None when that is not known.
        is_undo: It takes another row back, or an undo.
    """

    image_id: str
    verdict: str
    made_at: datetime
    seconds: float | None
    is_undo: bool


@dataclass(frozen=True, slots=True)
class ClassDone:
    """How far one class is, in images that have it."""

    name: str
    done: int
    left: int


def count_by_hour(connection: Connection, project_id: int) -> dict[datetime, int]:
    """Begin of an hour, UTC -> decisions made in it, undone ones too but no undos; hours without any are left out."""
    hour = func.substr(decisions.c.decided_at, 1, _HOUR).label("hour")
    query = (
        select(hour, func.count().label("made"))
        .where(decisions.c.project_id == project_id, decisions.c.undoes.is_(None))
        .group_by(hour)
        .order_by(hour)
    )
    return {datetime.fromisoformat(f"{row.hour}:00:00+00:00"): row.made for row in connection.execute(query)}


def count_statuses_by_reviewer(connection: Connection, project_id: int) -> dict[str, dict[str, int]]:
    """Reviewer -> status -> images whose decision in force is theirs."""
    query = (
        select(_facts.reviewer, _facts.status, func.count().label("images"))
        .where(_facts.project_id == project_id, _facts.reviewer.is_not(None))
        .group_by(_facts.reviewer, _facts.status)
    )
    found: dict[str, dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.reviewer, {})[row.status] = row.images
    return found


def count_by_class(connection: Connection, project_id: int, *, waiting: Sequence[str]) -> list[ClassDone]:
    """How far every class is, the one with most left first.

    An image has the classes of its label; while it waits and no file labels it, those of its prediction.

    Args:
        connection: The database.
        project_id: The project.
        waiting: Statuses of images that wait for a decision.
    """
    waits = _facts.status.in_(waiting)
    counts = or_(_classes.source == LABEL, and_(_classes.source == PREDICTION, waits, _facts.has_label.is_(False)))
    left = func.sum(case((waits, 1), else_=0))
    query = (
        select(_classes.name, func.count().label("images"), left.label("left"))
        .join(image_facts, and_(_facts.project_id == _classes.project_id, _facts.image_id == _classes.image_id))
        .where(_classes.project_id == project_id, counts)
        .group_by(_classes.name)
    )
    rows = [ClassDone(row.name, row.images - int(row.left), int(row.left)) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: (-row.left, -row.done, row.name))


def list_latest(connection: Connection, project_id: int, reviewer: str, *, count: int) -> list[Made]:
    """The newest rows of one reviewer, oldest first."""
    columns = ("image_id", "verdict", "decided_at", "seconds", "undoes")
    query = (
        select(*(decisions.c[name] for name in columns))
        .where(decisions.c.project_id == project_id, decisions.c.reviewer == reviewer)
        .where(~decisions.c.client_id.startswith(PREFIX, autoescape=True))  # nobody looked at these one by one
        .order_by(decisions.c.seq.desc())
        .limit(count)
    )
    rows = connection.execute(query).all()
    return [
        Made(row.image_id, row.verdict, datetime.fromisoformat(row.decided_at), row.seconds, row.undoes is not None)
        for row in reversed(rows)
    ]
