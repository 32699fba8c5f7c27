"""Images in an order, filtered, a page at a time: each page starts behind the last image of the one before.

Every query walks along an index and stops when the page is full; nothing is sorted, skipped or counted on the way.
Images of several statuses are merged from one walk for each status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_, union_all

from domain.decision import STATUSES
from store.image_classes import LABEL, PREDICTION, is_rare
from store.review_schema import image_classes, image_facts

_RARE = 20_000
_facts = image_facts.c


@dataclass(frozen=True, slots=True)
class Place:
    """Where an image stands in every order, and its status."""

    image_id: str
    position: int
    score: float | None
    differs: bool | None
    status: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which images are wanted; all unless said otherwise.

    Attributes:
        statuses: Of `domain.decision.STATUSES`; empty for all.
        label: A class that the label holds.
        predicted: A class that the prediction holds.
        scores: Lowest and highest score; None also for images without one.
        differs: Whether label file and prediction differ; None for either.
        reviewer: Who decided.
        name: A part of the path, without regard to case.
        condition: A further condition on rows of `image_facts`.
    """

    statuses: tuple[str, ...] = ()
    label: str = ""
    predicted: str = ""
    scores: tuple[float, float] | None = None
    differs: bool | None = None
    reviewer: str = ""
    name: str = ""
    condition: ColumnElement[bool] | None = None

    @property
    def has_all_statuses(self) -> bool:
        return not self.statuses or set(self.statuses) == set(STATUSES)


class _Part(NamedTuple):
    """A stretch of an order: the images for which `where` holds, by `columns`, each named as in `Place`."""

    where: tuple[ColumnElement[bool], ...]
    columns: tuple[ColumnElement[Any], ...]


_differs = (True, False, None)
_by_name = (_facts.position, _facts.image_id)
_ORDERS = {
    "name": (_Part((), _by_name),),
    "score": (
        _Part((_facts.score.is_not(None),), (_facts.score, *_by_name)),
        _Part((_facts.score.is_(None),), _by_name),
    ),
    "differs": tuple(_Part((_facts.differs.is_(value),), _by_name) for value in _differs),
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
    wanted: Wanted = Wanted(),
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
        here = _part_of(order, after)
        parts = parts[: here + 1] if is_backward else parts[here:]
    if is_backward:
        parts.reverse()
    conditions = _conditions(connection, project_id, wanted)
    found: list[str] = []
    for part in parts:
        where = [*conditions, *part.where]
        if after is not None and part is parts[0]:
            columns, key = tuple_(*part.columns), tuple(getattr(after, column.name) for column in part.columns)
            where.append(columns < key if is_backward else columns > key)
        if len(found) < count:
            walk = _Walk(part.columns, where, count - len(found), is_backward=is_backward)
            found += [row.image_id for row in connection.execute(walk.through(wanted))]
    return found


def count_images(connection: Connection, project_id: int, wanted: Wanted) -> int:
    """How many images are wanted. Walks along all of them when the filters are many."""
    conditions = _conditions(connection, project_id, wanted)
    query = select(func.count()).select_from(image_facts).where(*conditions)
    if not wanted.has_all_statuses:
        query = query.where(_facts.status.in_(wanted.statuses))
    return connection.scalar(query) or 0


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


@dataclass(frozen=True, slots=True)
class _Walk:
    """At most `count` images for which `where` holds, by `columns`."""

    columns: tuple[ColumnElement[Any], ...]
    where: Sequence[ColumnElement[bool]]
    count: int
    is_backward: bool

    def through(self, wanted: Wanted) -> Select[Any]:
        """The walk through all images, or those of the statuses wanted."""
        if wanted.has_all_statuses:
            return self._along()
        walks = [self._along(_facts.status == status) for status in dict.fromkeys(wanted.statuses)]
        if len(walks) == 1:
            return walks[0]
        merged = union_all(*(select(walk.subquery()) for walk in walks)).subquery()
        return select(merged).order_by(*self._order(merged.c)).limit(self.count)

    def _along(self, *status: ColumnElement[bool]) -> Select[Any]:
        return select(*self.columns).where(*self.where, *status).order_by(*self._order(_facts)).limit(self.count)

    def _order(self, columns: Any) -> list[ColumnElement[Any]]:
        named = [columns[column.name] for column in self.columns]
        return [column.desc() for column in named] if self.is_backward else named


def _conditions(connection: Connection, project_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Everything but the status."""
    found: list[ColumnElement[bool]] = [_facts.project_id == project_id]
    for source, name in ((LABEL, wanted.label), (PREDICTION, wanted.predicted)):
        if name:
            found.append(_has_class(connection, project_id, source, name))
    if wanted.scores is not None:
        found.append(_facts.score.between(*wanted.scores))
    if wanted.differs is not None:
        found.append(_facts.differs.is_(wanted.differs))
    if wanted.reviewer:
        found.append(_facts.reviewer == wanted.reviewer)
    if wanted.name:
        found.append(_holds_text(connection, wanted.name))
    if wanted.condition is not None:
        found.append(wanted.condition)
    return found


def _has_class(connection: Connection, project_id: int, source: str, name: str) -> ColumnElement[bool]:
    """A rare class is looked up first; a frequent one is asked about image by image, for a page is soon full."""
    where = (image_classes.c.project_id == project_id, image_classes.c.source == source, image_classes.c.name == name)
    if is_rare(connection, project_id, source, name, most=_RARE):
        return _facts.image_id.in_(select(image_classes.c.image_id).where(*where))
    same = image_classes.c.image_id == _facts.image_id
    return select(image_classes.c.name).where(*where, same).correlate(image_facts).exists()


def _holds_text(connection: Connection, text: str) -> ColumnElement[bool]:
    if connection.dialect.name != "sqlite":
        return _facts.image_id.icontains(text, autoescape=True)
    if text.isascii():  # SQLite's LIKE knows no other letters, but is quick
        return _facts.image_id.contains(text, autoescape=True)
    return func.casefold(_facts.image_id).contains(text.casefold(), autoescape=True)
