"""Reading an Arize table, and validating one that is not in a file."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from domain.finding import Finding
from formats.arize.column_checks import check_columns, check_types, is_multi_label
from formats.arize.columns import OWN_TAGS, Columns, guess_columns
from formats.arize.rows import RowReader
from formats.arize.rules import ARIZE_RULES
from formats.arize.schema_json import read_schema
from formats.arize.table_file import SPLITS, TableFile, open_table
from formats.base import FileReport, ReadOptions, Record

if TYPE_CHECKING:
    import pyarrow as pa


def read_table(path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
    """Yield the records of a file and of the tables that belong to it; what is wrong as a whole stays in the report.

    Raises:
        FormatError: The file cannot be opened.
    """
    yield from _read_file(path, options, report)
    for kind in SPLITS:
        beside = path.with_name(f"{path.stem}.{kind}{path.suffix}")
        if beside.is_file():
            report.add("AR054", f"{beside.name} lies beside the file and is read with it.")
            own = FileReport(beside.name, ARIZE_RULES, task=report.task)
            yield from _read_file(beside, options, own, prefix=f"{kind}-")
            report.findings += own.take()


def _read_file(path: Path, options: ReadOptions, report: FileReport, *, prefix: str = "") -> Iterator[Record]:
    with open_table(path, report) as table:
        if table is not None:
            columns = read_schema(path, report) or guess_columns(table.names)
            yield from read_rows(table, columns, options, report, prefix=prefix)


def read_rows(
    table: TableFile, columns: Columns, options: ReadOptions, report: FileReport, *, prefix: str = ""
) -> Iterator[Record]:
    """Yield the records of an open table."""
    columns = columns.resolve(table.names)
    reader = RowReader(
        columns,
        options,
        report,
        now=time.time() if options.now is None else options.now,
        is_multi_label=is_multi_label(columns, table.schema),
        prefix=prefix,
    )
    about_file = FileReport(report.file, ARIZE_RULES)
    about_file.findings += report.take()
    _check_table(table, columns, about_file)
    report.task = reader.task if columns.has_prediction or columns.has_actual else options.task
    for line, row in table.rows:
        if row is None:
            yield Record(line, "", "", None, findings=report.take())
        else:
            yield from reader.read(line, row)
    report.findings[:0] = about_file.take()


def _check_table(table: TableFile, columns: Columns, report: FileReport) -> None:
    for code, message, remedy in check_columns(columns, table.names):
        report.add(code, message, remedy=remedy)
    if table.schema is not None:
        for code, message, remedy in check_types(columns, table.schema):
            report.add(code, message, remedy=remedy)
    if not columns.has_prediction and not columns.has_actual:
        message = f"No column is a prediction or an actual; found: {', '.join(table.names)[:200] or 'no column'}."
        report.add("EX003", message, remedy="Put the schema beside the file: NAME.schema.json.")
    unused = _unused(table, columns)
    if unused:
        message = f"{len(unused)} columns have no place in Relook and are left out: {', '.join(unused)[:200]}."
        report.add("AR053", message)


def _unused(table: TableFile, columns: Columns) -> list[str]:
    vectors = [name for embedding in columns.embeddings[1:] for name in embedding.names]
    texts = [embedding.raw_data for embedding in columns.embeddings[:1] if embedding.raw_data]
    batch = [columns.batch_id] if columns.batch_id else []
    others = {*columns.features, *columns.shap_values, *vectors, *texts, *batch}
    kept = {*columns.tags, columns.link, *OWN_TAGS}
    return [name for name in table.names if name in others and name not in kept]


def validate_arize(
    batches: Iterable[pa.RecordBatch], columns: Columns, *, schema: pa.Schema, now: float
) -> list[Finding]:
    """What Arize would refuse in a table, and what it takes although it cannot be meant.

    Args:
        batches: The rows.
        columns: What the columns mean.
        schema: Names and types of the columns.
        now: Unix seconds, against which times are judged.

    Returns:
        In the order of the rows, what concerns the columns last; places on images are not judged by their size.
    """
    rows = ((number, row) for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), 1))
    report = FileReport("table", ARIZE_RULES)
    table = TableFile(list(schema.names), schema, rows)
    found = [
        finding
        for record in read_rows(table, columns, ReadOptions(now=now), report)
        for finding in record.findings
        if finding.code != "EX008"
    ]
    return [*found, *report.take()]
