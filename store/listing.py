"""Images in an order, filtered, a page at a time: each page starts behind the last image of the one before.

A query walks along an index and stops when the page is full; nothing is sorted, skipped or counted on the way. Images
of several statuses are merged from one walk for each status. Only where few images pass the filters are they looked up
and sorted (see `store.wanted`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_, union_all

from store import wanted as wanted_images
from store.image_classes import count_class
from store.review_schema import image_facts
from store.wanted import EVERYTHING, Wanted, unindexed

__all__ = [
    "ORDERS",
    "Place",
    "Wanted",
    "count_images",
    "count_reviewers",
    "count_said",
    "find_place",
    "list_images",
]

_facts = image_facts.c


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image stands in every order, and its status."""

    image_id: str
    position: int
    score: float | None
    differs: bool | None
    status: str


class _Part(NamedTuple):
    """A stretch of an order, by columns named as in `Place`: the images for which `column` is, or is not, a value."""

    columns: tuple[ColumnElement[Any], ...]
    column: ColumnElement[Any] | None = None
    value: bool | None = None
    is_other: bool = False

    def where(self, plain: Callable[[ColumnElement[Any]], ColumnElement[Any]]) -> list[ColumnElement[bool]]:
        """What holds for its images; `plain` is applied to the column."""
        if self.column is None:
            return []
        column = plain(self.column)
        return [column.is_not(self.value) if self.is_other else column.is_(self.value)]


_differs = (True, False, None)
_by_name = (_facts.position, _facts.image_id)
_ORDERS = {
    "name": (_Part(_by_name),),
    "score": (_Part((_facts.score, *_by_name), _facts.score, None, is_other=True), _Part(_by_name, _facts.score)),
    "differs": tuple(_Part(_by_name, _facts.differs, value) for value in _differs),
}
ORDERS = tuple(_ORDERS)
"""By position, by score with images without one last, and those that differ first with those not yet known last."""


def find_place(connection: Connection, project_id: int, image_id: str) -> Place | None:
    """Where an image stands; None when the project has no such image or its file is missing."""
    columns = (_facts.image_id, _facts.position, _facts.score, _facts.differs, _facts.status)
    where = (_facts.project_id == project_id, _facts.image_id == image_id)
    row = connection.execute(select(*columns).where(*where)).one_or_none()
    return Place(*row) if row else None


def list_images(
    connection: Connection,
    project_id: int,
    wanted: Wanted = EVERYTHING,
    *,
    order: str = "name",
    after: Place | None = None,
    count: int,
    is_backward: bool = False,
) -> list[str]:
    """Return the next images in an order.

    Args:
        connection: The database.
        project_id: The project.
        wanted: Which images.
        order: One of `ORDERS`.
        after: Begin behind this place, whether the image is wanted or not; None to begin at the beginning.
        count: At most so many.
        is_backward: Go the other way: `after` is then what comes behind them, and the nearest comes first.
    """
    parts = list(_ORDERS[order])
    if after is not None:
        first = _part_of(order, after)
        parts = parts[: first + 1] if is_backward else parts[first:]
    if is_backward:
        parts.reverse()
    is_selective = wanted_images.is_selective(connection, project_id, wanted, order=order, count=count)
    conditions = wanted_images.conditions(connection, project_id, wanted, is_walk=not is_selective)
    statuses = () if is_selective or wanted.has_all_statuses else wanted.statuses

    def plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return unindexed(connection, column) if is_selective else column

    found: list[str] = []
    for part in parts:
        where = [*conditions, *part.where(plain)]
        if after is not None and part is parts[0]:
            here = tuple_(*map(plain, part.columns))
            key = tuple(getattr(after, column.name) for column in part.columns)
            where.append(here < key if is_backward else here > key)
        if len(found) < count:
            order_by = list(map(plain, part.columns))
            walk = _Walk(part.columns, order_by, where, count - len(found), is_backward)
            found += [row.image_id for row in connection.execute(walk.through(statuses))]
    return found


def count_images(connection: Connection, project_id: int, wanted: Wanted) -> int:
    """How many images are wanted. Looks at many of them when the filters are several."""
    if len(wanted.classes) == 1 and wanted == Wanted(label=wanted.label, predicted=wanted.predicted):
        return count_class(connection, project_id, *wanted.classes[0])
    conditions = wanted_images.conditions(connection, project_id, wanted)
    return connection.scalar(select(func.count()).select_from(image_facts).where(*conditions)) or 0


def count_reviewers(connection: Connection, project_id: int) -> dict[str, int]:
    """Who decided -> images whose decision in force is theirs, most first."""
    query = select(_facts.reviewer, func.count().label("images")).where(_facts.project_id == project_id)
    rows = connection.execute(query.where(_facts.reviewer.is_not(None)).group_by(_facts.reviewer)).all()
    return {row.reviewer: row.images for row in sorted(rows, key=lambda row: (-row.images, row.reviewer))}


def count_said(connection: Connection, project_id: int) -> tuple[int, int]:
    """Images with a label of a file, and images with a prediction of the active model, as far as known."""
    query = select(func.count().filter(_facts.has_label), func.count().filter(_facts.has_prediction))
    labelled, predicted = connection.execute(query.where(_facts.project_id == project_id)).one()
    return labelled, predicted


def _part_of(order: str, place: Place) -> int:
    """In which part of an order an image stands."""
    if order == "score":
        return int(place.score is None)
    return _differs.index(place.differs) if order == "differs" else 0


class _Walk(NamedTuple):
    """At most `limit` images for which `where` holds, by `columns`, each named as in `Place`."""

    columns: tuple[ColumnElement[Any], ...]
    order_by: Sequence[ColumnElement[Any]]
    where: Sequence[ColumnElement[bool]]
    limit: int
    is_backward: bool

    def through(self, statuses: Sequence[str]) -> Select[Any]:
        """The walk through all images, or one for each status and merged."""
        if not statuses:
            return self._along()
        walks = [self._along(_facts.status == status) for status in dict.fromkeys(statuses)]
        if len(walks) == 1:
            return walks[0]
        merged = union_all(*(select(walk.subquery()) for walk in walks)).subquery()
        order_by = self._directed([merged.c[column.name] for column in self.columns])
        return select(merged).order_by(*order_by).limit(self.limit)

    def _along(self, *status: ColumnElement[bool]) -> Select[Any]:
        order_by = self._directed(self.order_by)
        return select(*self.columns).where(*self.where, *status).order_by(*order_by).limit(self.limit)

    def _directed(self, columns: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [column.desc() if self.is_backward else column for column in columns]
