"""The first label each image was given by a person, for measuring what was on the screen then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from domain.class_list import take_names
from domain.decision import Verdict
from domain.prediction import Content
from store import contents
from store.class_edits import present_names
from store.review_schema import image_facts
from store.schema import decisions, predictions

_LABELLING = (Verdict.ACCEPT.value, Verdict.CORRECT.value)


@dataclass(frozen=True, slots=True)
class FirstDecision:
    """The first decision in force with a label, classes called as they are now.

    Attributes:
        withheld: Whether the prediction was kept from the screen; None when that was not noted.
        prediction: What the model of then says about the image, unfiltered; None without one.
        later: The label of the newest decision in force, where another person made it; else None.
    """

    image_id: str
    reviewer: str
    content: Content
    withheld: bool | None
    prediction: Content | None
    later: Content | None


def list_labelled(connection: Connection, project_id: int) -> list[str]:
    """The images whose decision in force gives them a label."""
    same = (image_facts.c.project_id == project_id, image_facts.c.status.in_(_LABELLING))
    return list(connection.scalars(select(image_facts.c.image_id).where(*same)))


def list_first(connection: Connection, project_id: int, image_ids: Sequence[str]) -> list[FirstDecision]:
    """The first decisions of some images; at most some hundred at once."""
    undo, redo = decisions.alias(), decisions.alias()
    redone = select(redo.c.seq).where(redo.c.undoes == undo.c.decision_id).exists()
    undone = select(undo.c.seq).where(undo.c.undoes == decisions.c.decision_id, ~redone).exists()
    where = (decisions.c.project_id == project_id, decisions.c.image_id.in_(image_ids))
    query = select(decisions).where(*where, decisions.c.undoes.is_(None), decisions.c.content.is_not(None), ~undone)
    first: dict[str, Row[Any]] = {}
    last: dict[str, Row[Any]] = {}
    for row in connection.execute(query.where(decisions.c.verdict.in_(_LABELLING)).order_by(decisions.c.seq)):
        first.setdefault(row.image_id, row)
        last[row.image_id] = row
    return _read(connection, project_id, first, last)


def _read(
    connection: Connection, project_id: int, first: Mapping[str, Row[Any]], last: Mapping[str, Row[Any]]
) -> list[FirstDecision]:
    names = present_names(connection, project_id)
    said = _read_predictions(connection, project_id, list(first))
    found: list[FirstDecision] = []
    for image_id, row in first.items():
        newest = last[image_id]
        content = take_names(contents.decode(row.content), names)
        later = take_names(contents.decode(newest.content), names) if newest.reviewer != row.reviewer else None
        prediction = take_names(contents.decode(said.get((image_id, row.model_id))), names)
        noted = orjson.loads(row.provenance).get("withheld") if row.provenance else None
        withheld = noted if isinstance(noted, bool) else None
        if content is not None:
            found.append(FirstDecision(image_id, row.reviewer, content, withheld, prediction, later))
    return found


def _read_predictions(
    connection: Connection, project_id: int, image_ids: Sequence[str]
) -> dict[tuple[str, str], str | None]:
    columns = (predictions.c.image_id, predictions.c.model_id, predictions.c.content)
    where = (predictions.c.project_id == project_id, predictions.c.image_id.in_(image_ids))
    return {(name, model): content for name, model, content in connection.execute(select(*columns).where(*where))}
