"""The log of decisions. Rows are only ever added; what is in force is the view `current_decisions`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from domain.class_list import take_names
from domain.decision import Decision, Verdict
from domain.errors import ConflictError
from domain.project import CurrentDecision
from domain.region import Region, region_from_plain, region_to_plain
from store import contents
from store.class_edits import lasting_names, present_names
from store.current_view import current_decisions
from store.facts import follow_decision
from store.images import lock_image
from store.schema import decisions

_CHUNK = 1000
_CURRENT = select(current_decisions).where(current_decisions.c.project_id == bindparam("project"))
_CURRENT_OF_SOME = _CURRENT.where(current_decisions.c.image_id.in_(bindparam("images", expanding=True)))
_APPEND = {
    dialect.__name__.rpartition(".")[2]: dialect.insert(decisions)
    .on_conflict_do_nothing(index_elements=["client_id", "client_seq"])
    .returning(decisions.c.seq)
    for dialect in (sqlite, postgresql)
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a decision came from, so that sending it twice does nothing.

    Attributes:
        client_id: The browser tab or program.
        client_seq: Counted up by that client.
        seconds: How long the person looked, or None.
        model_id: The model whose predictions were on screen, or None.
        provenance: What was on screen (original label, prediction and score, weights hash, explanation key, queue
            reason, client), to be kept as JSON; None when it was not told.
    """

    client_id: str
    client_seq: int
    seconds: float | None = None
    model_id: str | None = None
    provenance: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the log with its place in it and where it came from."""

    seq: int
    decision: Decision
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A decision a reviewer can take back, or an undo that can be taken back."""

    decision_id: str
    image_id: str


def append_decision(connection: Connection, project_id: int, decision: Decision, receipt: Receipt) -> bool:
    """Add one row; return False when this client sent this number before.

    Classes are stored by their lasting names, see `domain.class_list`.

    Raises:
        ConflictError: Another decision bears the same id.
    """
    lock_image(connection, project_id, decision.image_id)
    return append_held(connection, project_id, decision, receipt, keys=lasting_names(connection, project_id))


def append_held(
    connection: Connection, project_id: int, decision: Decision, receipt: Receipt, *, keys: Mapping[str, str]
) -> bool:
    """As `append_decision`, for who holds the image by `lock_image` already; `keys` is what `lasting_names` gives."""
    row = _row(project_id, replace(decision, content=take_names(decision.content, keys)), receipt)
    try:
        added = connection.scalar(_APPEND[connection.dialect.name], row)
    except IntegrityError as error:
        raise ConflictError(
            f"There is a decision {decision.decision_id} already.", remedy="Reload the page."
        ) from error
    if added is None:
        return False
    follow_decision(connection, project_id, row)
    return True


def last_client_seq(connection: Connection, client_id: str) -> int:
    """The highest number a client's rows bear; 0 without any."""
    query = select(func.max(decisions.c.client_seq)).where(decisions.c.client_id == client_id)
    return connection.scalar(query) or 0


def find_decision(connection: Connection, project_id: int, decision_id: str) -> Decision | None:
    """A row of the log, classes called as they are now."""
    where = (decisions.c.project_id == project_id, decisions.c.decision_id == decision_id)
    row = connection.execute(select(decisions).where(*where)).one_or_none()
    if row is None:
        return None
    decision = _read_decision(row)
    return replace(decision, content=take_names(decision.content, present_names(connection, project_id)))


def is_undone(connection: Connection, decision_id: str) -> bool:
    """Whether a row was taken back and that was not taken back in turn."""
    undo, redo = decisions.alias(), decisions.alias()
    taken_back = select(redo.c.seq).where(redo.c.undoes == undo.c.decision_id).exists()
    query = select(undo.c.seq).where(undo.c.undoes == decision_id, ~taken_back)
    return connection.execute(query).first() is not None


def list_current(
    connection: Connection,
    project_id: int,
    *,
    image_ids: Sequence[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> dict[str, CurrentDecision]:
    """The decision in force for each decided image, classes called as they are now.

    Args:
        connection: The database.
        project_id: The project.
        image_ids: The images wanted; None for all.
        names: What `present_names` gives, where it was read already.
    """
    names = present_names(connection, project_id) if names is None else names
    if image_ids is None:
        rows = connection.execute(_CURRENT, {"project": project_id})
    else:
        rows = connection.execute(_CURRENT_OF_SOME, {"project": project_id, "images": image_ids})
    return {
        row.image_id: CurrentDecision(
            decision_id=row.decision_id,
            verdict=row.verdict,
            content=take_names(contents.decode(row.content), names),
            reviewer=row.reviewer,
            note=row.note,
            decided_at=datetime.fromisoformat(row.decided_at),
            region=_read_region(row.region),
        )
        for row in rows
    }


def list_decisions(connection: Connection, project_id: int) -> list[Decision]:
    """The whole log, oldest first, as it was written."""
    query = select(decisions).where(decisions.c.project_id == project_id).order_by(decisions.c.seq)
    return [_read_decision(row) for row in connection.execute(query)]


def iterate_log(
    connection: Connection, project_id: int, *, after: int = 0, image_id: str | None = None
) -> Iterator[LogRow]:
    """The rows of the log behind number `after`, oldest first, as they were written and without holding them all.

    Args:
        connection: The database.
        project_id: The project.
        after: Only rows with a higher number.
        image_id: Only rows about this image; None for all.
    """
    where = [decisions.c.project_id == project_id, decisions.c.seq > after]
    if image_id is not None:
        where.append(decisions.c.image_id == image_id)
    query = select(decisions).where(*where).order_by(decisions.c.seq).execution_options(yield_per=_CHUNK)
    for row in connection.execute(query):
        provenance = None if row.provenance is None else orjson.loads(row.provenance)
        receipt = Receipt(row.client_id, row.client_seq, row.seconds, row.model_id, provenance)
        yield LogRow(row.seq, _read_decision(row), receipt)


def list_undoable(connection: Connection, project_id: int, reviewer: str, *, count: int) -> list[HistoryEntry]:
    """The reviewer's newest decisions in force, oldest first."""
    undo, redo = decisions.alias(), decisions.alias()
    taken_back = select(redo.c.seq).where(redo.c.undoes == undo.c.decision_id).exists()
    undone = select(undo.c.seq).where(undo.c.undoes == decisions.c.decision_id, ~taken_back).exists()
    query = _newest(project_id, reviewer, count).where(decisions.c.undoes.is_(None), ~undone)
    return [HistoryEntry(row.decision_id, row.image_id) for row in reversed(connection.execute(query).all())]


def list_redoable(connection: Connection, project_id: int, reviewer: str, *, count: int) -> list[HistoryEntry]:
    """The reviewer's undos made after the last new decision and not taken back, oldest undo first."""
    newest_decision = (
        select(func.coalesce(func.max(decisions.c.seq), 0))
        .where(decisions.c.project_id == project_id, decisions.c.reviewer == reviewer, decisions.c.undoes.is_(None))
        .scalar_subquery()
    )
    undone, redo = decisions.alias(), decisions.alias()
    query = (
        _newest(project_id, reviewer, count)
        .join(undone, (undone.c.decision_id == decisions.c.undoes) & undone.c.undoes.is_(None))
        .where(~select(redo.c.seq).where(redo.c.undoes == decisions.c.decision_id).exists())
        .where(decisions.c.seq > newest_decision)
    )
    return [HistoryEntry(row.decision_id, row.image_id) for row in reversed(connection.execute(query).all())]


def _newest(project_id: int, reviewer: str, count: int) -> Any:
    where = (decisions.c.project_id == project_id, decisions.c.reviewer == reviewer)
    return (
        select(decisions.c.decision_id, decisions.c.image_id)
        .where(*where)
        .order_by(decisions.c.seq.desc())
        .limit(count)
    )


def _row(project_id: int, decision: Decision, receipt: Receipt) -> dict[str, object]:
    return {
        "decision_id": decision.decision_id,
        "project_id": project_id,
        "image_id": decision.image_id,
        "instance_id": decision.instance_id,
        "verdict": decision.verdict.value,
        "content": contents.encode(decision.content),
        "reviewer": decision.reviewer,
        "note": decision.note,
        "overlays": json.dumps(decision.overlays),
        "decided_at": decision.decided_at.isoformat(),
        "undoes": decision.undoes,
        "client_id": receipt.client_id,
        "client_seq": receipt.client_seq,
        "seconds": receipt.seconds,
        "model_id": receipt.model_id,
        "parent": decision.parent,
        "provenance": None if receipt.provenance is None else _to_json(receipt.provenance),
        "region": None if decision.region is None else _to_json(region_to_plain(decision.region)),
    }


def _read_decision(row: Row[Any]) -> Decision:
    return Decision(
        decision_id=row.decision_id,
        image_id=row.image_id,
        instance_id=row.instance_id,
        verdict=Verdict(row.verdict),
        content=contents.decode(row.content),
        reviewer=row.reviewer,
        note=row.note,
        overlays=tuple(json.loads(row.overlays)),
        decided_at=datetime.fromisoformat(row.decided_at),
        undoes=row.undoes,
        parent=row.parent,
        region=_read_region(row.region),
    )


def _read_region(text: str | None) -> Region | None:
    return None if text is None else region_from_plain(orjson.loads(text))


def _to_json(plain: Mapping[str, Any]) -> str:
    return orjson.dumps(plain).decode()
