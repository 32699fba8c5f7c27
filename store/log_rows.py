"""Rows of both logs of a project as they stand, for the file that goes with an export, and checks of such rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from store.dump_checks import check_row
from store.review_schema import class_edits
from store.schema import decisions

_TABLES: Mapping[str, Table] = {"decision": decisions, "class": class_edits}

JSON_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "decision": ("content", "overlays", "provenance", "region"),
    "class": ("payload",),
}
"""Columns that hold JSON as text."""

_CHUNK = 1000


def iterate_rows(connection: Connection, project_id: int, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the log of decisions ("decision") or of the class list ("class"), oldest first."""
    table = _TABLES[kind]
    columns = [column for column in table.columns if column.name != "project_id"]
    query = select(*columns).where(table.c.project_id == project_id).order_by(table.c.seq)
    for row in connection.execute(query.execution_options(yield_per=_CHUNK)).mappings():
        yield {str(name): value for name, value in row.items()}


def check_logged(kind: str, row: Mapping[str, Any]) -> None:
    """Raise unless Relook could have written a row.

    Raises:
        FormatError: A column is missing, unknown, or holds what Relook never writes there.
    """
    check_row(f"kind '{kind}'", _TABLES[kind], row, without=("project_id",))
