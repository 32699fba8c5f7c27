"""Facts that take computing: which are to be computed anew, and taking them in when they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from store.image_classes import Names, class_rows, replace_classes
from store.review_schema import image_facts
from store.tallies import fetch_tally, note_change

_mine = image_facts.c.project_id


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An image whose facts must be computed anew; `mark` is another one after each change of their inputs."""

    image_id: str
    mark: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What was computed for an image.

    Attributes:
        unsettled: As it was when the inputs were read.
        score: The lowest score the active model gave a shown object, or that of its top class; None without one.
        differs: Whether label file and prediction differ.
        has_label: Whether a label file says something.
        has_prediction: Whether the active model says something.
        given: Class -> objects of the label as it stands; None without one.
        predicted: Class -> objects of the prediction above the threshold; None without one.
    """

    unsettled: Unsettled
    score: float | None
    differs: bool
    has_label: bool
    has_prediction: bool
    given: Names | None
    predicted: Names | None


def list_unsettled(connection: Connection, project_id: int, *, count: int) -> list[Unsettled]:
    """Some of the images whose facts must be computed anew."""
    query = select(image_facts.c.image_id, image_facts.c.settled).where(*_unsettled(connection, project_id))
    rows = connection.execute(query.order_by(image_facts.c.settled, image_facts.c.position).limit(count))
    return [Unsettled(name, mark) for name, mark in rows]


def count_unsettled(connection: Connection, project_id: int) -> int:
    """How many there are."""
    query = select(func.count()).select_from(image_facts).where(*_unsettled(connection, project_id))
    return connection.scalar(query) or 0


def save_settled(connection: Connection, project_id: int, *, epoch: int, made: Sequence[Settled]) -> int:
    """Take in what was computed, where the inputs are still what they were; return for how many images.

    Args:
        connection: In a transaction.
        project_id: The project.
        epoch: Of the project when its model and threshold were read.
        made: At most some hundred.
    """
    names = [each.unsettled.image_id for each in made]
    query = select(image_facts.c.image_id, image_facts.c.settled).where(_mine == project_id)
    locked = query.where(image_facts.c.image_id.in_(names)).order_by(image_facts.c.image_id).with_for_update()
    marks = {row.image_id: row.settled for row in connection.execute(locked)}
    ready = [each for each in made if marks.get(each.unsettled.image_id) == each.unsettled.mark]
    if not ready:
        return 0
    values = ("settled", "score", "differs", "has_label", "has_prediction")
    statement = update(image_facts).where(_mine == project_id, image_facts.c.image_id == bindparam("name"))
    connection.execute(
        statement.values({name: bindparam(f"new_{name}") for name in values}),
        [_as_parameters(each, epoch) for each in ready],
    )
    rows = [
        row for each in ready for row in class_rows(project_id, each.unsettled.image_id, each.given, each.predicted)
    ]
    replace_classes(connection, project_id, [each.unsettled.image_id for each in ready], rows)
    note_change(connection, project_id)
    return len(ready)


def _unsettled(connection: Connection, project_id: int) -> tuple[ColumnElement[bool], ...]:
    return _mine == project_id, image_facts.c.settled < fetch_tally(connection, project_id).epoch


def _as_parameters(each: Settled, epoch: int) -> dict[str, object]:
    return {
        "name": each.unsettled.image_id,
        "new_settled": epoch,
        "new_score": each.score,
        "new_differs": each.differs,
        "new_has_label": each.has_label,
        "new_has_prediction": each.has_prediction,
    }
