"""What an export reads: lines in order, and which of them need more than copying."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from domain.decision import Verdict
from store.current_view import current_decisions
from store.schema import decisions, images, source_lines, sources

_BLOCK = 4096


class StoredLine(NamedTuple):
    """A line of a file; `content` is JSON."""

    line: int
    image_id: str | None
    text: str
    content: str | None
    is_refused: bool


_columns = (
    source_lines.c.line,
    source_lines.c.image_id,
    source_lines.c.text,
    source_lines.c.content,
    source_lines.c.is_refused,
)


def iterate_blocks(connection: Connection, source_id: int) -> Iterator[Sequence[StoredLine]]:
    """The lines of a file in order, some thousands at a time."""
    query = select(*_columns).where(source_lines.c.source_id == source_id).order_by(source_lines.c.line)
    if connection.dialect.name != "sqlite":
        for rows in connection.execute(query.execution_options(yield_per=_BLOCK)).partitions():
            yield list(map(StoredLine._make, rows))
        return
    # Measured: half of the time went into rows and truth values that are made of what the driver gives anyway.
    text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(text)
        while rows := cursor.fetchmany(_BLOCK):
            yield list(map(StoredLine._make, rows))


def lines_of_images(connection: Connection, source_id: int, image_ids: Sequence[str]) -> dict[str, list[StoredLine]]:
    """The lines of a file about some images, in order."""
    found: dict[str, list[StoredLine]] = {}
    for start in range(0, len(image_ids), 500):
        some = image_ids[start : start + 500]
        query = select(*_columns).where(source_lines.c.source_id == source_id, source_lines.c.image_id.in_(some))
        for row in connection.execute(query.order_by(source_lines.c.line)):
            found.setdefault(row.image_id, []).append(StoredLine._make(row))
    return found


def decided_images(connection: Connection, project_id: int) -> set[str]:
    """The images with a decision in force."""
    query = select(current_decisions.c.image_id).where(current_decisions.c.project_id == project_id)
    return set(connection.scalars(query.execution_options(yield_per=_BLOCK)))


def count_repeated(connection: Connection, source_id: int) -> dict[str, int]:
    """Image -> lines, of the images that stand on several lines of a file."""
    query = (
        select(source_lines.c.image_id, func.count())
        .where(source_lines.c.source_id == source_id, source_lines.c.image_id.is_not(None))
        .group_by(source_lines.c.image_id)
        .having(func.count() > 1)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def newest_files(connection: Connection, source_ids: Sequence[int]) -> dict[str, int]:
    """Image -> the last file that says something about it, else the first that names it; of those in several files."""
    if len(source_ids) < 2:
        return {}
    inside = source_lines.c.source_id.in_(source_ids)
    several = (
        select(source_lines.c.image_id)
        .where(inside, source_lines.c.image_id.is_not(None))
        .group_by(source_lines.c.image_id)
        .having(func.count(source_lines.c.source_id.distinct()) > 1)
    )
    query = (
        select(source_lines.c.image_id, source_lines.c.source_id, func.count(source_lines.c.content))
        .where(inside, source_lines.c.image_id.in_(several))
        .group_by(source_lines.c.image_id, source_lines.c.source_id)
        .order_by(source_lines.c.source_id)
    )
    newest: dict[str, int] = {}
    for image_id, source_id, contents in connection.execute(query.execution_options(yield_per=_BLOCK)):
        if contents or image_id not in newest:
            newest[image_id] = source_id
    return newest


def iterate_unnamed(connection: Connection, project_id: int, source_ids: Sequence[int]) -> Iterator[Any]:
    """(image_id, width, height) of decided images that no line of these files is about, in natural order."""
    columns = (images.c.image_id, images.c.width, images.c.height)
    yield from connection.execute(_unnamed(project_id, source_ids, *columns).order_by(images.c.position))


def count_unnamed(
    connection: Connection, project_id: int, source_ids: Sequence[int], *, besides: Collection[Verdict]
) -> int:
    """How many decided images no line of these files is about, but for those with one of these verdicts."""
    query = _unnamed(project_id, source_ids, func.count()).where(current_decisions.c.verdict.not_in(besides))
    return connection.scalar(query) or 0


def _unnamed(project_id: int, source_ids: Sequence[int], *columns: Any) -> Any:
    is_same = (current_decisions.c.project_id == images.c.project_id) & (
        current_decisions.c.image_id == images.c.image_id
    )
    named = select(source_lines.c.line).where(
        source_lines.c.source_id.in_(source_ids), source_lines.c.image_id == images.c.image_id
    )
    joined = images.join(current_decisions, is_same)
    return select(*columns).select_from(joined).where(images.c.project_id == project_id, ~named.exists())


def count_labelled(connection: Connection, project_id: int, source_ids: Sequence[int]) -> int:
    """How many images have a label or a decision with content."""
    labelled = (
        select(source_lines.c.image_id)
        .where(source_lines.c.source_id.in_(source_ids))
        .where(source_lines.c.image_id.is_not(None), source_lines.c.content.is_not(None))
    )
    return connection.scalar(select(func.count()).select_from(labelled.union(_decided(project_id)).subquery())) or 0


def count_unlabelled(connection: Connection, project_id: int, source_ids: Sequence[int], *, labelled: int) -> int:
    """How many images that are there have neither, given how many have in all."""
    mine = (images.c.project_id == project_id,)
    there = connection.scalar(select(func.count()).where(*mine, images.c.is_missing.is_(False))) or 0
    named = select(source_lines.c.line).where(
        source_lines.c.source_id.in_(source_ids),
        source_lines.c.image_id == images.c.image_id,
        source_lines.c.content.is_not(None),
    )
    gone = select(func.count()).where(
        *mine, images.c.is_missing.is_(True), named.exists() | images.c.image_id.in_(_decided(project_id))
    )
    return there - (labelled - (connection.scalar(gone) or 0))


def _decided(project_id: int) -> Any:
    """The images with a decision that has content."""
    return select(current_decisions.c.image_id).where(
        current_decisions.c.project_id == project_id, current_decisions.c.content.is_not(None)
    )


def fingerprint(connection: Connection, project_id: int) -> tuple[object, ...]:
    """Changes whenever what an export would hold may have changed."""
    # The count too: of two who decide at once, the one with the lower number may be the later to be there.
    made = select(func.max(decisions.c.seq), func.count()).where(decisions.c.project_id == project_id)
    query = select(sources.c.id, sources.c.used_count).where(sources.c.project_id == project_id)
    return (*connection.execute(made).one(), *(tuple(row) for row in connection.execute(query.order_by(sources.c.id))))
