"""Rows of a Parquet or CSV file, one at a time, without holding the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formats.base import FileReport
from formats.base.csv_rows import read_csv
from formats.base.files import opened

if TYPE_CHECKING:
    import pyarrow as pa

SPLITS = ("predictions", "actuals", "both")
"""Tables beside a table NAME: NAME.actuals.parquet holds what the rows of NAME.parquet have no place for."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TableFile:
    """An open table.

    Attributes:
        names: Its columns in order; one may stand twice.
        schema: Types of the columns; None for a CSV.
        rows: (line, values by column): 1-based number of the row, or for a CSV the line of the file it begins at; None
            for a line that cannot be read (noted).
    """

    names: list[str]
    schema: pa.Schema | None
    rows: Iterator[tuple[int, Row | None]]


def is_csv(path: Path) -> bool:
    return path.suffix.lower() in {".csv", ".tsv"}


@contextmanager
def open_table(path: Path, report: FileReport) -> Iterator[TableFile | None]:
    """Open a table; None (noted) when it is none.

    Raises:
        FormatError: The file cannot be opened.
    """
    with opened(path) as stream:
        head = stream.read(4)
        stream.seek(0)
        if head == b"PAR1":
            from formats.arize.parquet_file import open_parquet  # noqa: PLC0415  a CSV does not need pyarrow

            parts = open_parquet(stream, report)
            yield TableFile(*parts) if parts is not None else None
        else:
            table = read_csv(stream, report, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            yield TableFile(table[0], None, _without_empty(table[1])) if table is not None else None


def _without_empty(rows: Iterator[tuple[int, dict[str, str] | None]]) -> Iterator[tuple[int, Row | None]]:
    """Rows in which an empty cell is none."""
    for line, row in rows:
        yield line, None if row is None else {name: cell or None for name, cell in row.items()}
