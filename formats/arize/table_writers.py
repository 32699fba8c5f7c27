"""Rows into a Parquet file or a CSV, batch by batch."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from formats.base.csv_rows import harmless

Row = dict[str, Any]


class ParquetTable:
    """Row groups of a Parquet file; every column has its type from the start, whatever the rows hold."""

    def __init__(self, path: Path, types: Mapping[str, str]) -> None:
        self._schema = pa.schema([(name, _arrow_type(kind)) for name, kind in types.items()])
        self._writer = pq.ParquetWriter(path, self._schema)

    def write(self, rows: list[Row]) -> None:
        self._writer.write_table(pa.Table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def _arrow_type(kind: str) -> pa.DataType:
    number = pa.float64()
    return {
        "text": pa.string(),
        "int": pa.int64(),
        "float": number,
        "floats": pa.list_(number),
        "texts": pa.list_(pa.string()),
        "places": pa.list_(pa.list_(number)),
        "classes": pa.list_(pa.struct([("class_name", pa.string()), ("score", number)])),
    }[kind]


class CsvTable:
    """Lines of a CSV that no spreadsheet takes for formulas."""

    def __init__(self, path: Path, types: Mapping[str, str]) -> None:
        self._names = list(types)
        self._stream = path.open("w", newline="", encoding="utf-8")
        self._lines = csv.writer(self._stream, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
        self._lines.writerow(self._names)

    def write(self, rows: list[Row]) -> None:
        for row in rows:
            self._lines.writerow([_cell(row.get(name)) for name in self._names])

    def close(self) -> None:
        self._stream.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return harmless(value) if isinstance(value, str) else repr(value)
