"""Images whose path holds a text: those with a file or folder that begins with it first, then by their place."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, literal, or_, select, tuple_

from store.review_schema import image_facts

_facts = image_facts.c


class Hit(NamedTuple):
    """An image that was found, and where it stands among all that are.

    Attributes:
        rank: 0 when its path, its file or a folder of it begins with the text, 1 when the text is somewhere in it.
        position: Its place in the natural order of the folder.
        image_id: The image.
    """

    rank: int
    position: int
    image_id: str


def search_images(
    connection: Connection, project_id: int, text: str, *, after: Hit | None = None, count: int
) -> list[Hit]:
    """Return the next images whose path holds `text`, without regard to case; all of them for an empty text.

    Args:
        connection: The database.
        project_id: The project.
        text: What is looked for; no sign in it has a meaning of its own.
        after: Begin behind this one.
        count: At most so many.
    """
    rank = case((_begins(connection, text), 0), else_=1) if text else literal(0)
    query = select(rank.label("rank"), _facts.position, _facts.image_id).where(_facts.project_id == project_id)
    if text:
        query = query.where(_holds(connection, text))
    here = (_facts.position, _facts.image_id)
    order = (rank, *here) if text else here
    if after is not None:
        query = query.where(tuple_(*order) > tuple(after)[-len(order) :])
    return [Hit(*row) for row in connection.execute(query.order_by(*order).limit(count))]


def _holds(connection: Connection, text: str) -> ColumnElement[bool]:
    if _needs_pattern(connection, text):
        return _facts.image_id.regexp_match(_either_case(text))
    name, text = _comparable(connection, text)
    return name.contains(text, autoescape=True)


def _begins(connection: Connection, text: str) -> ColumnElement[bool]:
    if _needs_pattern(connection, text):
        return _facts.image_id.regexp_match(f"(^|/){_either_case(text)}")
    name, text = _comparable(connection, text)
    return or_(name.startswith(text, autoescape=True), name.contains(f"/{text}", autoescape=True))


def _comparable(connection: Connection, text: str) -> tuple[ColumnElement[str], str]:
    """The path and the text as LIKE compares them: SQLite's knows the case of ASCII letters only, but is quick."""
    if connection.dialect.name != "sqlite":
        return func.lower(_facts.image_id), text.lower()
    return (_facts.image_id, text) if text.isascii() else (func.casefold(_facts.image_id), text.casefold())


def _needs_pattern(connection: Connection, text: str) -> bool:
    """Which letters have a case depends on the locale of a PostgreSQL database, and "C" knows ASCII only."""
    return connection.dialect.name != "sqlite" and not text.isascii()


def _either_case(text: str) -> str:
    """A pattern for `text` with every letter in either case, where that is one letter too."""
    cases = ({sign, *(case for case in (sign.lower(), sign.upper()) if len(case) == 1)} for sign in text)
    return "".join(
        f"[{''.join(sorted(case))}]" if sign.isalnum() else f"\\{sign}" for sign, case in zip(text, cases, strict=True)
    )
