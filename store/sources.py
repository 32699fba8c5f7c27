"""Label and prediction files that were read into a project, line by line, as they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from domain.prediction import Content, Labels
from store import contents
from store.schema import source_lines, sources


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


def replace_source(
    connection: Connection,
    project_id: int,
    *,
    kind: str,
    file: str,
    path: str,
    sha256: str,
    format_name: str,
    lines: Sequence[SourceLine],
) -> int:
    """Store a file's lines in place of the ones an earlier reading of a file of that name left; return its number."""
    same = (sources.c.project_id == project_id, sources.c.kind == kind, sources.c.file == file)
    connection.execute(delete(sources).where(*same))
    used = [line for line in lines if line.image_id is not None and line.content is not None]
    row = {
        "project_id": project_id,
        "kind": kind,
        "file": file,
        "path": path,
        "sha256": sha256,
        "format": format_name,
        "imported_at": datetime.now(UTC).isoformat(),
        "line_count": len(lines),
        "used_count": len(used),
        "object_count": sum(_count(line.content) for line in used),
    }
    source_id = connection.execute(insert(sources).values(row).returning(sources.c.id)).scalar_one()
    if lines:
        connection.execute(insert(source_lines), [_line_row(source_id, line) for line in lines])
    return source_id


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


def iterate_unmatched(connection: Connection, source_id: int) -> Iterator[SourceLine]:
    """The lines of a file that are about no image of the project, in order."""
    yield from _read_lines(connection, _lines_of(source_id).where(_image_id.is_(None)))


def assign_images(connection: Connection, source_id: int, lines: Sequence[SourceLine]) -> None:
    """Store the images that lines without one have found."""
    for line in lines:
        same = (source_lines.c.source_id == source_id, source_lines.c.line == line.line)
        connection.execute(update(source_lines).where(*same).values(image_id=line.image_id, image_url=None))
    used = [line for line in lines if line.content is not None]
    counts = {
        "used_count": sources.c.used_count + len(used),
        "object_count": sources.c.object_count + sum(_count(line.content) for line in used),
    }
    connection.execute(update(sources).where(sources.c.id == source_id).values(counts))


def relabelled_image_ids(connection: Connection, source_id: int) -> set[str]:
    """The images a file speaks about."""
    query = select(source_lines.c.image_id).where(source_lines.c.source_id == source_id).distinct()
    return {row.image_id for row in connection.execute(query) if row.image_id is not None}


def count_labelled_images(connection: Connection, project_id: int) -> int:
    query = (
        select(func.count(source_lines.c.image_id.distinct()))
        .join(sources, sources.c.id == source_lines.c.source_id)
        .where(sources.c.project_id == project_id, sources.c.kind == "labels", source_lines.c.content.is_not(None))
    )
    return connection.scalar(query) or 0


_image_id = source_lines.c.image_id


def _lines_of(source_id: int) -> Select[Any]:
    return select(source_lines).where(source_lines.c.source_id == source_id).order_by(source_lines.c.line)


def _read_lines(connection: Connection, query: Select[Any]) -> Iterator[SourceLine]:
    for row in connection.execute(query):
        yield SourceLine(row.line, row.image_id, row.text, contents.decode(row.content), row.is_refused, row.image_url)


def _line_row(source_id: int, line: SourceLine) -> dict[str, object]:
    return {
        "source_id": source_id,
        "line": line.line,
        "image_id": line.image_id,
        "text": line.text,
        "content": contents.encode(line.content),
        "is_refused": line.is_refused,
        "image_url": line.image_url if line.image_id is None else None,
    }


def _count(content: Content | None) -> int:
    if content is None:
        return 0
    return len(content.scores) if isinstance(content, Labels) else len(content.items)
