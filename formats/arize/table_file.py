"""Rows of a Parquet or CSV file, one at a time, without holding the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from formats.base import FileReport
from formats.base.files import lines_of, opened

if TYPE_CHECKING:
    import pyarrow as pa

_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_RISKY = re.compile(r"'*[=+\-@\t\r]")

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


def harmless(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula; `as_written` takes the guard away again."""
    return f"'{text}" if _RISKY.match(text) else text


def as_written(cell: str) -> str:
    """The text of a CSV cell without the guard that `harmless` put before it."""
    return cell[1:] if _GUARDED.match(cell) else cell


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

            opened_file = open_parquet(stream, report)
            yield TableFile(*opened_file) if opened_file is not None else None
        else:
            yield _open_csv(stream, report, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")


def _open_csv(stream: Any, report: FileReport, *, delimiter: str) -> TableFile | None:
    texts = (raw.decode("utf-8", errors="surrogateescape") for raw in lines_of(stream))
    lines = (text.removeprefix("\ufeff") if number == 0 else text for number, text in enumerate(texts))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        names = next(reader, [])
    except csv.Error as error:
        report.add("EX001", f"The first line is not a line of a CSV: {error}.", line=1, remedy="Mend it.")
        return None
    names = [as_written(name).strip() for name in names]
    return TableFile(names, None, _csv_rows(reader, names, report))


def _csv_rows(reader: Any, names: list[str], report: FileReport) -> Iterator[tuple[int, Row | None]]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            report.add("EX001", f"This is not a line of a CSV: {error}.", line=line, remedy="Mend the quotes.")
            yield line, None
            continue
        if cells is None:
            return
        if cells:
            yield line, _csv_row(cells, names, line, report)


def _csv_row(cells: list[str], names: list[str], line: int, report: FileReport) -> Row | None:
    if len(cells) != len(names):
        found = f"Found: {len(cells)} cells. Expected: {len(names)}, as in the first line."
        report.add("EX001", found, line=line, remedy="Mend the line.")
        return None
    if any("\ud800" <= char <= "\udfff" for cell in cells for char in cell):
        report.add("EX001", "The line is not UTF-8 text.", line=line, remedy="Save the file as UTF-8.")
        return None
    return {name: as_written(cell) or None for name, cell in zip(names, cells, strict=True)}
