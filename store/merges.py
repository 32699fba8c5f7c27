"""Decisions that were laid together with another one that came in between, and what was sent before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, select

from store.schema import decisions

MET = "met"
"""Key in the provenance of such a decision: {"with": the other's id, "sent": the label before, in its plain form}."""


_SENT = select(decisions.c.decision_id).where(
    decisions.c.client_id == bindparam("client"), decisions.c.client_seq == bindparam("seq")
)
_MERGED = (
    select(decisions)
    .where(decisions.c.client_id == bindparam("client"))
    .where(decisions.c.client_seq.in_(bindparam("seqs", expanding=True)))
    .where(decisions.c.provenance.contains(f'"{MET}"', autoescape=True))
    .order_by(decisions.c.client_seq)
)


@dataclass(frozen=True, slots=True)
class StoredMerge:
    """A decision that holds another's changes as well as its own."""

    client_seq: int
    decision_id: str
    image_id: str
    other_id: str


def sent_before(connection: Connection, client_id: str, client_seq: int) -> str | None:
    """Which decision this client sent under this number before; None when there was none."""
    return connection.scalar(_SENT, {"client": client_id, "seq": client_seq})


def list_merges(connection: Connection, client_id: str, client_seqs: Sequence[int]) -> list[StoredMerge]:
    """Which of the numbers a client sent were stored with another's changes, in order."""
    found: list[StoredMerge] = []
    for row in connection.execute(_MERGED, {"client": client_id, "seqs": client_seqs}):
        met = orjson.loads(row.provenance).get(MET)
        if isinstance(met, dict):
            found.append(StoredMerge(row.client_seq, row.decision_id, row.image_id, met["with"]))
    return found
