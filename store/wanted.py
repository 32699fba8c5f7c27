"""Which images a list is to hold, and how the database is asked for them.

SQLite keeps no statistics here and would guess, at times badly by a factor of a hundred. So it is told: either to walk
along an order and test image by image, which is quick where many images pass, or to look the few up and sort them.
PostgreSQL knows how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from domain.decision import STATUSES
from store.image_classes import LABEL, PREDICTION
from store.review_schema import image_classes, image_facts

_RARE = 20_000
_facts = image_facts.c
_plus = custom_op("+")


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
        condition: A further condition on rows of `image_facts` that most images meet.
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

    @property
    def has_filters(self) -> bool:
        """Whether anything but the status and the further condition matters."""
        return bool(self.label or self.predicted or self.scores or self.reviewer or self.name) or (
            self.differs is not None
        )

    @property
    def classes(self) -> list[tuple[str, str]]:
        """(source, name) of the classes wanted."""
        return [(source, name) for source, name in ((LABEL, self.label), (PREDICTION, self.predicted)) if name]


EVERYTHING = Wanted()


def is_selective(connection: Connection, project_id: int, wanted: Wanted, *, order: str, count: int) -> bool:
    """Whether it is quicker to look up all that is wanted and sort it than to walk along the order for `count`."""
    if connection.dialect.name != "sqlite" or not wanted.has_filters:
        return False
    if _has_rare(connection, project_id, wanted):
        return True
    # Walking along the order of names meets the rows as they lie in the file; any other order jumps about in it.
    most = 5 * count
    return order != "name" and _count_up_to(connection, conditions(connection, project_id, wanted), most) <= most


def conditions(
    connection: Connection, project_id: int, wanted: Wanted, *, is_walk: bool = False
) -> list[ColumnElement[bool]]:
    """What holds for the images wanted.

    Args:
        connection: The database.
        project_id: The project.
        wanted: Which images.
        is_walk: Only the order decides along which index the database goes, statuses are added by whoever walks.
    """

    def plain(column: ColumnElement[Any]) -> ColumnElement[Any]:
        return unindexed(connection, column) if is_walk else column

    found: list[ColumnElement[bool]] = [_facts.project_id == project_id]
    if not is_walk and not wanted.has_all_statuses:
        found.append(_facts.status.in_(wanted.statuses))
    found += [_has_class(project_id, *each, is_walk=is_walk) for each in wanted.classes]
    if wanted.scores is not None:
        found.append(plain(_facts.score).between(*wanted.scores))
    if wanted.differs is not None:
        found.append(plain(_facts.differs).is_(wanted.differs))
    if wanted.reviewer:
        found.append(plain(_facts.reviewer) == wanted.reviewer)
    if wanted.name:
        found.append(_holds_text(connection, wanted.name))
    if wanted.condition is not None:
        found.append(wanted.condition)
    return found


def unindexed(connection: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """`column`, kept out of SQLite's choice of an index by a plus sign (sqlite.org/optoverview.html, section 3)."""
    if connection.dialect.name != "sqlite":
        return column
    return UnaryExpression(column, operator=_plus, type_=column.type)


def _has_rare(connection: Connection, project_id: int, wanted: Wanted) -> bool:
    """Whether one of the classes, or the reviewer, has few images: an index tells."""
    mine = image_classes.c.project_id == project_id
    named = [[mine, image_classes.c.source == source, image_classes.c.name == name] for source, name in wanted.classes]
    if wanted.reviewer:
        named.append([_facts.project_id == project_id, _facts.reviewer == wanted.reviewer])
    return any(_count_up_to(connection, where, _RARE) <= _RARE for where in named)


def _count_up_to(connection: Connection, where: list[ColumnElement[bool]], most: int) -> int:
    """How many rows meet `where`; not counted further than one above `most`."""
    some = select(literal(1)).where(*where).limit(most + 1).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def _has_class(project_id: int, source: str, name: str, *, is_walk: bool) -> ColumnElement[bool]:
    where = (image_classes.c.project_id == project_id, image_classes.c.source == source, image_classes.c.name == name)
    if not is_walk:
        return _facts.image_id.in_(select(image_classes.c.image_id).where(*where))
    same = image_classes.c.image_id == _facts.image_id
    return select(image_classes.c.name).where(*where, same).correlate(image_facts).exists()


def _holds_text(connection: Connection, text: str) -> ColumnElement[bool]:
    if connection.dialect.name != "sqlite":
        return _facts.image_id.icontains(text, autoescape=True)
    if text.isascii():  # SQLite's LIKE knows no other letters, but is quick
        return _facts.image_id.contains(text, autoescape=True)
    return func.casefold(_facts.image_id).contains(text.casefold(), autoescape=True)
