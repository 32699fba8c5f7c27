"""Reading label and prediction files into a project. Reading one again replaces its lines; decisions stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from domain.errors import FormatError
from domain.finding import Finding, Severity
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from formats.azure.bulk import Block, BulkReader
from formats.azure.bulk_checks import BulkChecker
from formats.azure.prediction_shapes import detect_prediction_task
from formats.azure.predictions import PredictedLine, PredictionReader
from formats.azure.sniff import sniff
from formats.azure.tasks import detect_task, fits_task
from formats.base import ImageMatch, Record
from services.collecting import fewer_collections
from services.file_models import file_model, file_model_id, lasting_plain
from services.filing import Entry, Filing, ImportSummary
from services.line_files import LineFile, Pass, open_line_file
from services.project_images import ProjectImages
from services.projects import fetch_project
from services.splits import SplitTeller, describe_kept, keep_splits
from services.workspace import Workspace
from store import predictions, projects

_BATCH = 2000

T = TypeVar("T")


def import_file(
    workspace: Workspace,
    project_id: int,
    path: str,
    *,
    keeps_path: bool = True,
    takes_splits: bool = False,
    report: Report = ignore_progress,
) -> ImportSummary:
    """Read a file of labels or of predictions; which of the two it is, its lines tell.

    Args:
        workspace: The workspace.
        project_id: The project.
        path: Where the file lies on the server.
        keeps_path: Whether the place of the file is remembered.
        takes_splits: Whether splits that a label file names replace those that were made here.
        report: Called with (lines read, lines in about the whole file).

    Raises:
        FormatError: The file cannot be read, is neither, or is for another task than the project.
        LimitError: It is too large.
        Cancelled: A person asked to stop; nothing was changed.
    """
    limit = workspace.settings.max_file_bytes
    file = open_line_file(Path(path).expanduser(), max_bytes=limit, keeps_path=keeps_path)
    kind = _sniff(file)
    if kind is None:
        raise FormatError(
            "No line holds labels or predictions. Expected: one JSON object a line with image_url and label, or with "
            "filename and probs or boxes.",
            where=file.name,
            remedy="Choose an Azure AutoML JSONL file.",
        )
    if kind == "labels":
        return import_labels(workspace, project_id, file, takes_splits=takes_splits, report=report)
    return import_predictions(workspace, project_id, file, report=report)


def _sniff(file: LineFile) -> Literal["labels", "predictions"] | None:
    with closing(file.lines()) as lines:
        return sniff(lines)


def import_labels(
    workspace: Workspace,
    project_id: int,
    file: LineFile,
    *,
    takes_splits: bool = False,
    report: Report = ignore_progress,
) -> ImportSummary:
    """Read a label file.

    Raises:
        FormatError: Its labels are for another task than the project's.
        Cancelled: A person asked to stop; nothing was changed.
    """
    project = fetch_project(workspace, project_id)
    with closing(file.lines()) as lines:
        found = detect_task(lines)
    if found is not None and not fits_task(found, project.task):
        raise _wrong_task("labels", found, project.task, file.name)
    checker = BulkChecker(file.name, project.task, ProjectImages(workspace, project_id))
    reader, passed = BulkReader(file.name, project.task), Pass(file, report)
    with fewer_collections(), workspace.write() as connection, closing(reader.read(passed.blocks())) as blocks:
        filing = Filing(
            connection, project_id, kind="labels", file=file.name, path=file.origin, format_name="azure-jsonl"
        )
        teller, splits = SplitTeller(file.name, file.origin), dict[str, str]()
        for block in blocks:
            located = checker.locate(block)
            splits |= teller.splits_of(zip(block.urls, (match.path for match, _ in located), strict=True))
            filing.add(_entries(block, located), list(checker.check(block, located)))
            passed.tell()
        kept = keep_splits(connection, project_id, splits, takes_splits=takes_splits)
        return filing.finish(file.digest(), [*reader.file_findings(), *describe_kept(kept, file.name)])


def _entries(block: Block, located: Sequence[tuple[ImageMatch, int]]) -> list[Entry]:
    return [
        Entry(
            line,
            located[index][0].path,
            block.urls[index],
            block.text_of(index),
            block.plain_of(index),
            block.is_refused(index),
        )
        for index, line in enumerate(block.numbers)
    ]


def import_predictions(
    workspace: Workspace, project_id: int, file: LineFile, *, report: Report = ignore_progress
) -> ImportSummary:
    """Read a prediction file and make it the active model of the project.

    Raises:
        FormatError: Its predictions are for another task than the project's.
        Cancelled: A person asked to stop; nothing was changed.
    """
    project = fetch_project(workspace, project_id)
    with closing(file.lines()) as lines:
        found = detect_prediction_task(lines)
    if found is not None and found.has_objects != project.task.has_objects:
        raise _wrong_task("predictions", found, project.task, file.name)
    images, digest = ProjectImages(workspace, project_id), file.digest()
    model_id = file_model_id(file.name, digest)
    reader, passed = PredictionReader(file.name, project.task), Pass(file, report)
    with fewer_collections(), workspace.write() as connection, closing(reader.read_plain(passed.read())) as records:
        filing = Filing(
            connection, project_id, kind="predictions", file=file.name, path=file.origin, format_name="azure-batch"
        )
        predictions.save_model(connection, project_id, file_model(file.name, digest, project, ()), None)
        for batch in in_batches(records):
            matches = [match for match, _ in images.locate([record.image_url for record in batch])]
            filing.add(*_predicted(batch, matches, file.name))
            made = {
                match.path: lasting_plain(line.plain, model_id)
                for line, match in zip(batch, matches, strict=True)
                if match.path is not None and line.plain is not None
            }
            predictions.save_plain_predictions(connection, project_id, model_id, made)
            passed.tell()
        info = file_model(file.name, digest, project, tuple(sorted(filter(None, filing.classes))))
        predictions.save_model(connection, project_id, info, None)
        projects.update_project(connection, project_id, model_id=info.model_id)
        return filing.finish(digest, reader.file_findings())


def _predicted(
    batch: Sequence[PredictedLine], matches: Sequence[ImageMatch], name: str
) -> tuple[list[Entry], list[Finding]]:
    entries: list[Entry] = []
    findings: list[Finding] = []
    for line, match in zip(batch, matches, strict=True):
        entries.append(Entry(line.line, match.path, line.image_url, line.text, line.plain, line.is_refused))
        findings += line.findings
        if match.path is None and line.image_url:
            findings.append(unmatched_prediction(line, match, name))
    return entries, findings


def unmatched_prediction(record: Record | PredictedLine, match: ImageMatch, name: str) -> Finding:
    """What to say about a prediction for no image, or for several."""
    found = f"{len(match.candidates)} images fit it equally well" if match.candidates else "no image fits it"
    message = f"The prediction is for {record.image_url}; {found}."
    return Finding(
        "JL011", Severity.WARNING, message, name, record.line, remedy="Choose the folder that holds the image."
    )


def in_batches(records: Iterator[T]) -> Iterator[list[T]]:
    """The records some thousands at a time."""
    while batch := list(islice(records, _BATCH)):
        yield batch


def _wrong_task(what: str, found: Task, task: Task, name: str) -> FormatError:
    return FormatError(
        f"The {what} are for {found.in_words}; the project is {task.in_words}.",
        where=name,
        remedy="Choose another file, or make a new project of that task.",
    )
