"""Images that several reviewers decide on, each without seeing the others: who has, and who still has to.

What counts is a decision in force that settles the image, made after the image was last sent back; a flag counts until
it is answered. Skipping settles nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, FromClause, Row, func, select

from domain.class_list import take_names
from domain.decision import Verdict
from domain.project import CurrentDecision
from domain.region import region_from_plain
from store import contents
from store.class_edits import present_names
from store.review_schema import image_facts, leases
from store.schema import decisions

CONSENSUS = "consensus"
"""Key in the provenance of a lead's choice between reviewers: it settles the image and is no opinion of its own."""

_SETTLING = [verdict.value for verdict in Verdict if verdict not in {Verdict.SKIP, Verdict.SEND_BACK, Verdict.RESOLVE}]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one reviewer says about an image: the newest decision of theirs that counts.

    Attributes:
        is_consensus: Whether it is a lead's choice between the reviewers.
    """

    decision: CurrentDecision
    is_consensus: bool


def awaits(project_id: int, reviewer: str, *, people: int, now: float) -> ColumnElement[bool]:
    """Say of a row of `image_facts` whether `reviewer` should decide on the image.

    Args:
        project_id: The project.
        reviewer: Who asks for work.
        people: How many are to decide on each image; those who work on it count as well.
        now: Seconds since 1970.
    """
    made, own, known = (decisions.alias(name) for name in ("made", "own", "known"))
    deciders = select(func.count(made.c.reviewer.distinct())).where(*_counts(made), made.c.reviewer != reviewer)
    counted = select(known.c.seq).where(*_counts(known), known.c.reviewer == leases.c.reviewer)
    at_work = (
        select(func.count())
        .select_from(leases)
        .where(leases.c.project_id == image_facts.c.project_id, leases.c.image_id == image_facts.c.image_id)
        .where(leases.c.reviewer != reviewer, leases.c.expires_at > now)
        .where(~counted.correlate(image_facts, leases).exists())
    )
    others = deciders.correlate(image_facts).scalar_subquery() + at_work.correlate(image_facts).scalar_subquery()
    has_decided = select(own.c.seq).where(*_counts(own), own.c.reviewer == reviewer).correlate(image_facts).exists()
    return (image_facts.c.project_id == project_id) & ~has_decided & (others < people)


def was_skipped(reviewer: str) -> ColumnElement[bool]:
    """Say of a row of `image_facts` whether `reviewer` skipped the image."""
    own = decisions.alias("skipped")
    where = (own.c.verdict == Verdict.SKIP.value, own.c.reviewer == reviewer, *_in_force(own))
    return select(own.c.seq).where(*where).correlate(image_facts).exists()


def list_opinions(
    connection: Connection, project_id: int, *, image_ids: Sequence[str] | None = None
) -> dict[str, list[Opinion]]:
    """Image -> what its reviewers say, in the order of their first decisions; a lead's choice comes last."""
    made = decisions.alias("made")
    query = select(made).join_from(made, image_facts, _is_about(made)).where(*_counts(made))
    query = query.where(image_facts.c.project_id == project_id).order_by(made.c.seq)
    if image_ids is not None:
        query = query.where(image_facts.c.image_id.in_(image_ids))
    names = present_names(connection, project_id)
    found: dict[str, dict[tuple[bool, str], Opinion]] = {}
    for row in connection.execute(query):
        opinion = _read(row, names)
        key = (opinion.is_consensus, "" if opinion.is_consensus else row.reviewer)
        found.setdefault(row.image_id, {})[key] = opinion
    return {name: [said[key] for key in sorted(said, key=lambda key: key[0])] for name, said in found.items()}


def newest_verdicts(connection: Connection, project_id: int, reviewer: str) -> dict[str, str]:
    """Image -> what a reviewer said of it last, of those about which they said something that counts."""
    own = decisions.alias("own")
    query = select(own.c.image_id, own.c.verdict).join_from(own, image_facts, _is_about(own))
    query = query.where(own.c.project_id == project_id, own.c.reviewer == reviewer, *_counts(own))
    return {row.image_id: row.verdict for row in connection.execute(query.order_by(own.c.seq))}


def list_complete(connection: Connection, project_id: int, *, people: int, count: int) -> list[str]:
    """The images that enough reviewers decided on, at most `count`, the newest first."""
    made = decisions.alias("made")
    query = (
        select(made.c.image_id)
        .join_from(made, image_facts, _is_about(made))
        .where(*_counts(made), image_facts.c.project_id == project_id)
        .group_by(made.c.image_id)
        .having(func.count(made.c.reviewer.distinct()) >= people)
        .order_by(func.max(made.c.seq).desc())
        .limit(count)
    )
    return list(connection.scalars(query))


def count_complete(
    connection: Connection, project_id: int, *, people: int, condition: ColumnElement[bool] | None = None
) -> int:
    """How many images enough reviewers decided on. It reads all decisions of the project.

    Args:
        connection: The database.
        project_id: The project.
        people: How many are enough.
        condition: What holds for the rows of `image_facts` that count; None for all.
    """
    made = decisions.alias("made")
    further = [] if condition is None else [condition]
    complete = (
        select(made.c.image_id)
        .join_from(made, image_facts, _is_about(made))
        .where(*_counts(made), image_facts.c.project_id == project_id, *further)
        .group_by(made.c.image_id)
        .having(func.count(made.c.reviewer.distinct()) >= people)
    )
    return connection.scalar(select(func.count()).select_from(complete.subquery())) or 0


def _is_about(made: FromClause) -> ColumnElement[bool]:
    return (made.c.project_id == image_facts.c.project_id) & (made.c.image_id == image_facts.c.image_id)


def _counts(made: FromClause) -> tuple[ColumnElement[bool], ...]:
    """What makes a row of the log an opinion on the image of a row of `image_facts`."""
    is_answered = _is_followed(made, Verdict.RESOLVE)
    return (made.c.verdict.in_(_SETTLING), *_in_force(made), (made.c.verdict != Verdict.FLAG.value) | ~is_answered)


def _in_force(made: FromClause) -> tuple[ColumnElement[bool], ...]:
    is_made = made.c.undoes.is_(None)
    return _is_about(made), is_made, ~_is_undone(made), ~_is_followed(made, Verdict.SEND_BACK)


def _is_undone(made: FromClause) -> ColumnElement[bool]:
    undo, redo = decisions.alias(), decisions.alias()
    taken_back = select(redo.c.seq).where(redo.c.undoes == undo.c.decision_id).exists()
    return select(undo.c.seq).where(undo.c.undoes == made.c.decision_id, ~taken_back).exists()


def _is_followed(made: FromClause, verdict: Verdict) -> ColumnElement[bool]:
    later = decisions.alias()
    same = (later.c.project_id == made.c.project_id, later.c.image_id == made.c.image_id, later.c.seq > made.c.seq)
    where = (*same, later.c.verdict == verdict.value, later.c.undoes.is_(None), ~_is_undone(later))
    return select(later.c.seq).where(*where).exists()


def _read(row: Row[Any], names: Mapping[str, str]) -> Opinion:
    provenance = orjson.loads(row.provenance) if row.provenance else {}
    decision = CurrentDecision(
        decision_id=row.decision_id,
        verdict=row.verdict,
        content=take_names(contents.decode(row.content), names),
        reviewer=row.reviewer,
        note=row.note,
        decided_at=datetime.fromisoformat(row.decided_at),
        region=region_from_plain(orjson.loads(row.region)) if row.region else None,
    )
    return Opinion(decision, CONSENSUS in provenance)
