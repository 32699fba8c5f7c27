"""Rows of a CSV, one at a time; and cells that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from formats.base.characters import NOT_IN_JSON
from formats.base.files import lines_of
from formats.base.rules import FileReport

_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_RISKY = re.compile(r"'*[=+\-@\t\r]")

CsvRow = dict[str, str]


def harmless(text: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula; `as_written` takes the guard away again."""
    return f"'{text}" if _RISKY.match(text) else text


def as_written(cell: str) -> str:
    """The text of a CSV cell without the guard that `harmless` put before it."""
    return cell[1:] if _GUARDED.match(cell) else cell


def read_csv(
    stream: BinaryIO, report: FileReport, *, delimiter: str = ","
) -> tuple[list[str], Iterator[tuple[int, CsvRow | None]]] | None:
    """Read the header of a CSV in UTF-8, with or without a byte order mark.

    Returns:
        The names of the columns and the rows: the line each begins at, and its cells by column, guards taken away; None
        instead of the cells where a line cannot be read (noted as EX001). None when there is no header (noted).
    """
    texts = (raw.decode("utf-8", errors="surrogateescape") for raw in lines_of(stream))
    lines = (text.removeprefix("\ufeff") if number == 0 else text for number, text in enumerate(texts))
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        report.add("EX001", f"The first line is not a line of a CSV: {error}.", line=1, remedy="Mend it.")
        return None
    names = [as_written(name).strip() for name in header]
    return names, _rows(reader, names, report)


def _rows(reader: Any, names: list[str], report: FileReport) -> Iterator[tuple[int, CsvRow | None]]:
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
            yield line, _row(cells, names, line, report)


def _row(cells: list[str], names: list[str], line: int, report: FileReport) -> CsvRow | None:
    if len(cells) != len(names):
        found = f"Found: {len(cells)} cells. Expected: {len(names)}, as in the first line."
        report.add("EX001", found, line=line, remedy="Mend the line.")
        return None
    if any(map(NOT_IN_JSON.search, cells)):
        report.add(
            "EX001",
            "The line is not UTF-8 text, or holds the zero character.",
            line=line,
            remedy="Save the file as UTF-8.",
        )
        return None
    return {name: as_written(cell) for name, cell in zip(names, cells, strict=True)}
