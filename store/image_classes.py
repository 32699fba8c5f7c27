"""The classes of images, as labels and as predictions: for filters and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from store.many_rows import insert_many
from store.review_schema import image_classes

LABEL, PREDICTION = "label", "prediction"

Names = Mapping[str, int]
"""Class -> how many objects have it."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How often a class is there.

    Attributes:
        images: Images that have it.
        objects: Objects that have it.
        compared: Images that have it, and about which the other source says something.
        shared: Images that have it in both sources.
    """

    images: int
    objects: int
    compared: int
    shared: int


ClassRow = tuple[int, str, str, str, int, bool | None]


def class_rows(project_id: int, image_id: str, given: Names | None, predicted: Names | None) -> list[ClassRow]:
    """The rows of one image in the order of the table's columns; None where a source says nothing about it."""
    rows: list[ClassRow] = []
    for source, names, others in ((LABEL, given, predicted), (PREDICTION, predicted, given)):
        for name, count in (names or {}).items():
            rows.append((project_id, source, name, image_id, count, None if others is None else name in others))
    return rows


def replace_classes(
    connection: Connection, project_id: int, image_ids: Sequence[str], rows: Sequence[ClassRow]
) -> None:
    """Put `rows` in place of all rows of these images."""
    forget_classes(connection, project_id, image_ids)
    insert_many(connection, image_classes, rows)


def forget_classes(connection: Connection, project_id: int, image_ids: Sequence[str]) -> None:
    """Remove all rows of some images."""
    for start in range(0, len(image_ids), _CHUNK):
        same = image_classes.c.image_id.in_(image_ids[start : start + _CHUNK])
        connection.execute(delete(image_classes).where(image_classes.c.project_id == project_id, same))


def list_rows(connection: Connection, project_id: int, image_id: str) -> list[ClassRow]:
    """The rows of one image, in the order in which `class_rows` makes them, but for the names."""
    where = (image_classes.c.project_id == project_id, image_classes.c.image_id == image_id)
    return [tuple(row) for row in connection.execute(select(image_classes).where(*where))]


def count_classes(connection: Connection, project_id: int, source: str) -> dict[str, ClassCount]:
    """Class -> how often it is there, most frequent first."""
    query = (
        select(
            image_classes.c.name,
            func.count(),
            func.sum(image_classes.c.objects),
            func.count(image_classes.c.is_shared),
            func.count().filter(image_classes.c.is_shared),
        )
        .where(image_classes.c.project_id == project_id, image_classes.c.source == source)
        .group_by(image_classes.c.name)
    )
    counted = {name: ClassCount(*map(int, counts)) for name, *counts in connection.execute(query)}
    return dict(sorted(counted.items(), key=lambda item: (-item[1].images, item[0])))


def count_class(connection: Connection, project_id: int, source: str, name: str) -> int:
    """How many images have a class."""
    where = (image_classes.c.project_id == project_id, image_classes.c.source == source, image_classes.c.name == name)
    return connection.scalar(select(func.count()).select_from(image_classes).where(*where)) or 0
