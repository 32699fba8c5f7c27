"""Rows of a Parquet file, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from formats.base import FileReport

_BATCH = 256
_UNREADABLE = (pa.ArrowException, OSError, ValueError, OverflowError)
Rows = Iterator[tuple[int, dict[str, Any]]]


def open_parquet(stream: BinaryIO, report: FileReport) -> tuple[list[str], pa.Schema, Rows] | None:
    """Return names, types and rows of a Parquet file; None (noted) when it cannot be read."""
    try:
        file = pq.ParquetFile(stream)
        schema = file.schema_arrow
    except _UNREADABLE as error:
        _note(report, error)
        return None
    if _has_index(schema):
        report.add("AR028", "The file holds an index of its own.", remedy="df.reset_index(drop=True) before saving.")
    return list(schema.names), schema, _rows(file, report)


def _has_index(schema: pa.Schema) -> bool:
    """Whether pandas saved an index other than 0 to n-1 as a column."""
    try:
        notes = schema.pandas_metadata
    except ValueError:
        return False
    index = notes.get("index_columns") if isinstance(notes, dict) else None
    return isinstance(index, list) and any(isinstance(name, str) for name in index)


def _rows(file: pq.ParquetFile, report: FileReport) -> Rows:
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH):
            columns = [column.to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                number += 1
                yield number, dict(zip(batch.schema.names, values, strict=True))
    except _UNREADABLE as error:
        _note(report, error, row=number + 1)


def _note(report: FileReport, error: Exception, *, row: int | None = None) -> None:
    words = " ".join(str(error).split())[:200]
    report.add("EX001", f"This is not Parquet that can be read: {words}.", line=row, remedy="Export the file again.")
