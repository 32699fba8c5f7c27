"""What importers found wrong, kept until the next import of the same file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select

from domain.finding import Finding, Severity
from store.schema import findings


def replace_findings(
    connection: Connection, project_id: int, found: Sequence[Finding], *, source_id: int | None = None
) -> None:
    """Store the findings of one file, or of the image folder when `source_id` is None, in place of the earlier ones."""
    same = findings.c.source_id == source_id if source_id is not None else findings.c.source_id.is_(None)
    connection.execute(delete(findings).where(findings.c.project_id == project_id, same))
    add_findings(connection, project_id, found, source_id=source_id)


def add_findings(
    connection: Connection, project_id: int, found: Sequence[Finding], *, source_id: int | None = None
) -> None:
    """Store more findings of a file, or of the image folder when `source_id` is None."""
    if found:
        connection.execute(insert(findings), [_row(project_id, source_id, finding) for finding in found])


def drop_findings(connection: Connection, source_id: int, code: str, *, lines: Sequence[int]) -> None:
    """Remove what is no longer true of some lines of a file."""
    same = (findings.c.source_id == source_id, findings.c.code == code, findings.c.line.in_(lines))
    connection.execute(delete(findings).where(*same))


def drop_finding(connection: Connection, source_id: int, code: str, *, start: str) -> None:
    """Remove the findings of a file that start with these words."""
    same = (findings.c.source_id == source_id, findings.c.code == code)
    connection.execute(delete(findings).where(*same, findings.c.message.startswith(start, autoescape=True)))


def list_findings(connection: Connection, project_id: int, *, limit: int | None = None) -> list[Finding]:
    """What was found in the project's files, in reading order: all, or the first ones."""
    return _read(connection, select(findings).where(findings.c.project_id == project_id).limit(limit))


def count_findings(connection: Connection, project_id: int) -> int:
    """How much was found in the project's files."""
    query = select(func.count()).select_from(findings).where(findings.c.project_id == project_id)
    return connection.scalar(query) or 0


def list_folder_findings(connection: Connection, project_id: int) -> list[Finding]:
    """What was found in the image folder."""
    where = (findings.c.project_id == project_id, findings.c.source_id.is_(None))
    return _read(connection, select(findings).where(*where))


def _read(connection: Connection, query: Select[Any]) -> list[Finding]:
    return [
        Finding(
            code=row.code,
            severity=Severity(row.severity),
            message=row.message,
            file=row.file,
            line=row.line,
            column=row.column,
            annotation=row.annotation,
            remedy=row.remedy,
        )
        for row in connection.execute(query.order_by(findings.c.id))
    ]


def _row(project_id: int, source_id: int | None, finding: Finding) -> dict[str, object]:
    return {
        "project_id": project_id,
        "source_id": source_id,
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "annotation": finding.annotation,
        "remedy": finding.remedy,
    }
