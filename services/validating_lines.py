"""Checking Azure's files of lines: labels and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from domain.finding import Finding
from domain.prediction import Task
from domain.progress import Report
from formats.azure.bulk import BulkReader
from formats.azure.bulk_checks import BulkChecker
from formats.azure.prediction_shapes import detect_prediction_task
from formats.azure.predictions import PredictionReader
from formats.azure.tasks import detect_task
from formats.base import Record
from services.found import Found
from services.import_labels import in_batches, unmatched_prediction
from services.line_files import LineFile
from services.measured_folder import MeasuredFolder

Folder = MeasuredFolder | None


def check_labels(
    lines: LineFile, folder: MeasuredFolder | None, report: Report, found: Found
) -> tuple[Task | None, int]:
    with closing(lines.lines()) as head:
        task = detect_task(head)
    if folder is not None:
        with closing(BulkReader(lines.name, task, needs_ids=False).read(lines.blocks())) as blocks:
            folder.measure((block.urls for block in blocks), report)
    reader = BulkReader(lines.name, task, needs_ids=False)
    checker = BulkChecker(lines.name, task, folder)
    count = 0
    with closing(reader.read(lines.blocks())) as blocks:
        for block in blocks:
            count += len(block)
            found.add(list(checker.check(block, checker.locate(block))))
    found.add(reader.file_findings())
    return task, count


def check_predictions(
    lines: LineFile, folder: MeasuredFolder | None, report: Report, found: Found
) -> tuple[Task | None, int]:
    with closing(lines.lines()) as head:
        task = detect_prediction_task(head)
    if folder is not None:
        with closing(PredictionReader(lines.name, task).read(lines.lines())) as records:
            folder.measure(([record.image_url for record in batch] for batch in in_batches(records)), report)
    reader = PredictionReader(lines.name, task)
    count = 0
    with closing(reader.read(lines.lines())) as records:
        for batch in in_batches(records):
            count += len(batch)
            found.add(list(_findings_of(batch, folder, lines.name)))
    found.add(reader.file_findings())
    return task, count


def _findings_of(batch: Sequence[Record], folder: MeasuredFolder | None, name: str) -> Iterator[Finding]:
    matches = folder.locate([record.image_url for record in batch]) if folder else []
    for index, record in enumerate(batch):
        yield from record.findings
        if matches and record.image_url and matches[index][0].path is None:
            yield unmatched_prediction(record, matches[index][0], name)
