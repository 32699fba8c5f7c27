"""Label and prediction files that were read into a project, line by line, as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, insert, select, update

from domain.prediction import Content, count_things
from store import contents
from store.facts import unsettle, unsettle_source
from store.many_rows import insert_many
from store.schema import source_lines, sources

LABELS = "labels"
_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One line of a file.

    Attributes:
        line: 1-based.
        image_id: The image it is about, or None when no image of the project bears its name.
        text: As it stands in the file.
        content: What it says, or None when it cannot be understood.
        is_refused: The training platform would refuse or drop it, or part of it.
        image_url: What names the image in the file; kept only while no image is found, else None.
    """

    line: int
    image_id: str | None
    text: str
    content: Content | None
    is_refused: bool
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read.

    Attributes:
        kind: "labels" or "predictions".
        used_count: Lines that speak about an image of the project.
        object_count: Objects or labels on those lines.
        sha256: Hex digest of the file.
        format: Name of the format it is in.
    """

    source_id: int
    kind: str
    file: str
    path: str
    imported_at: datetime
    line_count: int
    used_count: int
    object_count: int
    sha256: str
    format: str


@dataclass(slots=True)
class Counts:
    """What the lines of a file come to.

    Attributes:
        lines: Lines that are not blank, or records.
        used: Those that speak about an image of the project.
        objects: Objects or classes on these.
    """

    lines: int = 0
    used: int = 0
    objects: int = 0


LineRow = tuple[int, str | None, str, str | None, bool, str | None]
"""Line, image_id, text, content as JSON, is_refused and image_url of a `SourceLine`, as they are stored."""


def replace_source(
    connection: Connection, project_id: int, *, kind: str, file: str, path: str, format_name: str
) -> int:
    """Make room for a file in place of an earlier reading of a file of that name, and return its number.

    Its lines come by `add_lines`, its counts by `finish_source`, in the same transaction.
    """
    same = (sources.c.project_id == project_id, sources.c.kind == kind, sources.c.file == file)
    for row in connection.execute(select(sources.c.id, sources.c.line_count).where(*same)).all():
        if kind == LABELS:
            unsettle_source(connection, project_id, row.id, lines=row.line_count)
        connection.execute(delete(sources).where(sources.c.id == row.id))
    row = {
        "project_id": project_id,
        "kind": kind,
        "file": file,
        "path": path,
        "sha256": "",
        "format": format_name,
        "imported_at": datetime.now(UTC).isoformat(),
        "line_count": 0,
        "used_count": 0,
        "object_count": 0,
    }
    return connection.execute(insert(sources).values(row).returning(sources.c.id)).scalar_one()


def add_lines(connection: Connection, source_id: int, rows: Sequence[LineRow]) -> None:
    """Store lines of a file; the address is kept only of those without an image."""
    insert_many(
        connection,
        source_lines,
        [
            (source_id, line, image_id, text, content, is_refused, image_url if image_id is None else None)
            for line, image_id, text, content, is_refused, image_url in rows
        ],
    )


def finish_source(connection: Connection, source_id: int, *, sha256: str, counts: Counts) -> None:
    """Note what a file came to once all its lines are stored."""
    values = {
        "sha256": sha256,
        "line_count": counts.lines,
        "used_count": counts.used,
        "object_count": counts.objects,
    }
    query = update(sources).where(sources.c.id == source_id).values(values)
    row = connection.execute(query.returning(sources.c.project_id, sources.c.kind)).one()
    if row.kind == LABELS:
        unsettle_source(connection, row.project_id, source_id, lines=counts.lines)


def list_sources(connection: Connection, project_id: int, *, kind: str | None = None) -> list[Source]:
    """The files read, oldest first."""
    query = select(sources).where(sources.c.project_id == project_id).order_by(sources.c.id)
    if kind:
        query = query.where(sources.c.kind == kind)
    return [
        Source(
            row.id,
            row.kind,
            row.file,
            row.path,
            datetime.fromisoformat(row.imported_at),
            row.line_count,
            row.used_count,
            row.object_count,
            row.sha256,
            row.format,
        )
        for row in connection.execute(query)
    ]


def iterate_lines(
    connection: Connection, source_id: int, *, image_ids: Sequence[str] | None = None
) -> Iterator[SourceLine]:
    """The lines of a file in order, all or those about some images."""
    query = _lines_of(source_id)
    yield from _read_lines(connection, query if image_ids is None else query.where(_image_id.in_(image_ids)))


def iterate_unmatched(connection: Connection, source_id: int) -> Iterator[tuple[int, str | None, str]]:
    """(line, address or None where it was not kept, text) of the lines that are about no image of the project."""
    query = (
        select(source_lines.c.line, source_lines.c.image_url, source_lines.c.text)
        .where(source_lines.c.source_id == source_id, _image_id.is_(None))
        .order_by(source_lines.c.line)
        .execution_options(yield_per=_CHUNK)
    )
    for line, image_url, text in connection.execute(query):
        yield line, image_url, text if image_url is None else ""


def addresses_of(connection: Connection, source_id: int, lines: Sequence[int]) -> dict[int, str]:
    """Line -> what names its image, of lines that found none."""
    found: dict[int, str] = {}
    for start in range(0, len(lines), _CHUNK // 2):
        some = lines[start : start + _CHUNK // 2]
        same = (source_lines.c.source_id == source_id, source_lines.c.line.in_(some))
        query = select(source_lines.c.line, source_lines.c.image_url).where(*same)
        found.update({row.line: row.image_url for row in connection.execute(query) if row.image_url})
    return found


def assign_images(connection: Connection, source_id: int, found: Mapping[int, str]) -> list[SourceLine]:
    """Store the images (line -> image_id) that lines without one have found; return these lines."""
    for line, image_id in found.items():
        same = (source_lines.c.source_id == source_id, source_lines.c.line == line)
        connection.execute(update(source_lines).where(*same).values(image_id=image_id, image_url=None))
    lines = list(_read_lines(connection, _lines_of(source_id).where(source_lines.c.line.in_(list(found)))))
    _unsettle(connection, source_id, lines)
    used = [line for line in lines if line.content is not None]
    counts = {
        "used_count": sources.c.used_count + len(used),
        "object_count": sources.c.object_count + sum(count_things(line.content) for line in used),
    }
    connection.execute(update(sources).where(sources.c.id == source_id).values(counts))
    return lines


def set_contents(connection: Connection, source_id: int, lines: Sequence[SourceLine]) -> None:
    """Store what lines say in another way than before."""
    for line in lines:
        same = (source_lines.c.source_id == source_id, source_lines.c.line == line.line)
        connection.execute(update(source_lines).where(*same).values(content=contents.encode(line.content)))
    _unsettle(connection, source_id, lines)


def _unsettle(connection: Connection, source_id: int, lines: Sequence[SourceLine]) -> None:
    project_id = connection.scalar(select(sources.c.project_id).where(sources.c.id == source_id))
    if project_id is not None:
        unsettle(connection, project_id, [line.image_id for line in lines if line.image_id is not None])


_image_id = source_lines.c.image_id


def _lines_of(source_id: int) -> Select[Any]:
    query = select(source_lines).where(source_lines.c.source_id == source_id).order_by(source_lines.c.line)
    return query.execution_options(yield_per=_CHUNK)


def _read_lines(connection: Connection, query: Select[Any]) -> Iterator[SourceLine]:
    for row in connection.execute(query):
        yield SourceLine(row.line, row.image_id, row.text, contents.decode(row.content), row.is_refused, row.image_url)
