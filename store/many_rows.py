"""Inserting very many rows: the driver gets them as they are, without a dictionary for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows with a value for every column of `table`, in its order, of types the driver takes as they are."""
    if not rows:
        return
    statement = insert(table).compile(dialect=connection.dialect, column_keys=[column.name for column in table.columns])
    if statement.positional:
        connection.exec_driver_sql(str(statement), list(rows))
    else:
        names = [column.name for column in table.columns]
        connection.exec_driver_sql(str(statement), [dict(zip(names, row, strict=True)) for row in rows])
