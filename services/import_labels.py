"""Reading label and prediction files into a project. Reading one again replaces its lines; decisions stay."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.errors import FormatError, InputError, LimitError
from domain.finding import Finding, Severity
from domain.prediction import Content, Instances, Labels, ModelInfo, Task
from domain.project import Project
from formats.azure.labels import parse_labels
from formats.azure.prediction_shapes import detect_prediction_task
from formats.azure.predictions import parse_predictions
from formats.azure.sniff import sniff
from formats.azure.tasks import detect_task, fits_task
from formats.azure.validate import validate_labels
from formats.base import ImageMatch, ParsedFile, Record
from services.line_matching import ProjectImages, file_model_id, file_prediction
from services.projects import fetch_project
from services.workspace import Workspace
from store import predictions, projects
from store.findings import replace_findings
from store.predictions import StoredPrediction
from store.sources import SourceLine, replace_source

_SMALL_FILE_BYTES = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came of reading a file.

    Attributes:
        kind: "labels" or "predictions".
        lines: Lines that are not blank.
        used: Lines that speak about an image of the project.
        refused: Lines the training platform would refuse or drop, or that cannot be understood.
        unmatched: Lines about images the project does not have, or has twice.
        findings: Everything found, in reading order.
    """

    kind: str
    lines: int
    used: int
    refused: int
    unmatched: int
    findings: tuple[Finding, ...]


def import_file(workspace: Workspace, project_id: int, path: str, *, name: str = "") -> ImportSummary:
    """Read a file of labels or of predictions; which of the two it is, its lines tell.

    Args:
        workspace: The workspace.
        project_id: The project.
        path: Where the file lies on the server.
        name: What to call it in findings; its file name unless given.

    Raises:
        FormatError: The file cannot be read, or is neither.
        LimitError: It is too large.
    """
    file = Path(path).expanduser()
    lines = read_lines(file, max_bytes=min(_SMALL_FILE_BYTES, workspace.settings.max_file_bytes))
    return _import(workspace, project_id, lines, name=name or file.name, path=str(file.absolute()))


def import_labels(
    workspace: Workspace, project_id: int, data: Sequence[bytes], *, name: str, path: str = ""
) -> ImportSummary:
    """Read the lines of a label file.

    Raises:
        FormatError: Its labels are for another task than the project's.
    """
    project = fetch_project(workspace, project_id)
    images = ProjectImages(workspace, project_id)
    found = detect_task(data)
    if found is not None and not fits_task(found, project.task):
        raise _wrong_task("labels", found, project.task, name)
    parsed = parse_labels(data, file=name, task=project.task)
    findings = validate_labels(parsed, file=name, known_images=images.sizes, find_image=images.find)
    lines = [_source_line(record, images) for record in parsed.records]
    with workspace.write() as connection:
        source_id = replace_source(
            connection,
            project_id,
            kind="labels",
            file=name,
            path=path,
            sha256=_digest(data),
            format_name="azure-jsonl",
            lines=lines,
        )
        replace_findings(connection, project_id, findings, source_id=source_id)
        projects.add_classes(connection, project_id, _class_names(record.content for record in parsed.records))
    return _summarise("labels", parsed, lines, findings)


def import_predictions(
    workspace: Workspace, project_id: int, data: Sequence[bytes], *, name: str, path: str = ""
) -> ImportSummary:
    """Read the lines of a prediction file and make it the active model of the project.

    Raises:
        FormatError: Its predictions are for another task than the project's.
    """
    project = fetch_project(workspace, project_id)
    images = ProjectImages(workspace, project_id)
    found = detect_prediction_task(data)
    if found is not None and found.has_objects != project.task.has_objects:
        raise _wrong_task("predictions", found, project.task, name)
    parsed = parse_predictions(data, file=name, task=project.task)
    findings = list(parsed.all_findings)
    lines: list[SourceLine] = []
    made: dict[str, StoredPrediction] = {}
    model_id = file_model_id(name, _digest(data))
    for record in parsed.records:
        match = images.find(record.image_url) if record.image_url else ImageMatch(None)
        if match.path is None and record.image_url:
            findings.append(_unmatched(record, match, name))
        lines.append(
            SourceLine(record.line, match.path, record.text, record.content, record.is_refused, record.image_url)
        )
        if match.path is not None and record.content is not None:
            made[match.path] = file_prediction(match.path, record.content, model_id)
    info = _file_model(name, data, project, _class_names(record.content for record in parsed.records))
    with workspace.write() as connection:
        source_id = replace_source(
            connection,
            project_id,
            kind="predictions",
            file=name,
            path=path,
            sha256=_digest(data),
            format_name="azure-batch",
            lines=lines,
        )
        replace_findings(connection, project_id, findings, source_id=source_id)
        predictions.save_model(connection, project_id, info, None)
        rows = list(made.values())
        predictions.save_predictions(connection, project_id, info.model_id, rows)
        projects.update_project(connection, project_id, model_id=info.model_id)
        projects.add_classes(connection, project_id, info.classes)
    return _summarise("predictions", parsed, lines, findings)


def read_lines(file: Path, *, max_bytes: int = _SMALL_FILE_BYTES) -> list[bytes]:
    """Return the lines of a label or prediction file.

    Raises:
        FormatError: It is missing, no file, empty, or cannot be opened.
        LimitError: It is larger than `max_bytes`, 512 MB unless told otherwise.
    """
    try:
        if file.is_dir():
            raise FormatError(
                "Found: a folder. Expected: a JSONL file.", where=str(file), remedy="Choose a file in it."
            )
        size = file.stat().st_size
        if size > max_bytes:
            raise LimitError(
                f"The file has {size / 1024**2:,.1f} MB; at most {max_bytes / 1024**2:,.1f} MB are read at once.",
                where=file.name,
                remedy="Split it.",
            )
        lines = file.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise FormatError(
            f"The file cannot be opened: {error.strerror}.",
            where=str(file),
            remedy="Check the path and its permissions.",
        ) from error
    if not lines:
        raise FormatError("The file is empty (0 bytes).", where=file.name, remedy="Export it again.")
    return lines


def import_upload(workspace: Workspace, project_id: int, data: bytes, *, name: str) -> ImportSummary:
    """Read a file that came through the browser; see `import_file`."""
    return _import(workspace, project_id, data.splitlines(keepends=True), name=name, path="")


def guess_task(paths: Sequence[str]) -> Task:
    """Return the task the first file that tells is for.

    Raises:
        FormatError: A file cannot be read.
        InputError: No file tells.
    """
    for path in paths:
        file = Path(path).expanduser()
        lines = read_lines(file)
        parse = parse_predictions if sniff(lines) == "predictions" else parse_labels
        task = parse(lines, file=file.name).task
        if task is not None:
            return task
    raise InputError("No file tells what the labels are.", remedy="Choose whether they are classes, boxes or polygons.")


def _import(workspace: Workspace, project_id: int, data: list[bytes], *, name: str, path: str) -> ImportSummary:
    kind = sniff(data)
    if kind is None:
        raise FormatError(
            "No line holds labels or predictions. Expected: one JSON object a line with image_url and label, or with "
            "filename and probs or boxes.",
            where=name,
            remedy="Choose an Azure AutoML JSONL file.",
        )
    reader = import_labels if kind == "labels" else import_predictions
    return reader(workspace, project_id, data, name=name, path=path)


def _wrong_task(what: str, found: Task, task: Task, name: str) -> FormatError:
    return FormatError(
        f"The {what} are for {found.in_words}; the project is {task.in_words}.",
        where=name,
        remedy="Choose another file, or make a new project of that task.",
    )


def _source_line(record: Record, images: ProjectImages) -> SourceLine:
    path = images.find(record.image_url).path if record.image_url else None
    return SourceLine(record.line, path, record.text, record.content, record.is_refused, record.image_url)


def _unmatched(record: Record, match: ImageMatch, name: str) -> Finding:
    found = f"{len(match.candidates)} images fit it equally well" if match.candidates else "no image fits it"
    message = f"The prediction is for {record.image_url}; {found}."
    return Finding(
        "JL011", Severity.WARNING, message, name, record.line, remedy="Choose the folder that holds the image."
    )


def _class_names(contents: Iterable[Content | None]) -> tuple[str, ...]:
    names = {name for content in contents for name in _names(content)}
    return tuple(sorted(name for name in names if name))  # an object whose class is missing has an empty one


def _names(content: Content | None) -> list[str]:
    if isinstance(content, Labels):
        return list(content.scores)
    return [item.label for item in content.items] if isinstance(content, Instances) else []


def _file_model(name: str, data: Sequence[bytes], project: Project, classes: tuple[str, ...]) -> ModelInfo:
    digest = _digest(data)
    return ModelInfo(
        model_id=file_model_id(name, digest),
        name=name,
        version=name,
        task=project.task,
        classes=classes,
        input_size=None,
        runtime="file",
        weights_sha256=digest,
        notes=("Predictions read from a file: no map can be computed without the model.",),
    )


def _summarise(kind: str, parsed: ParsedFile, lines: Sequence[SourceLine], findings: list[Finding]) -> ImportSummary:
    return ImportSummary(
        kind=kind,
        lines=len(parsed.records),
        used=sum(line.image_id is not None and line.content is not None for line in lines),
        refused=sum(record.is_refused for record in parsed.records),
        unmatched=sum(line.image_id is None for line in lines),
        findings=tuple(findings),
    )


def _digest(data: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for line in data:
        digest.update(line)
    return digest.hexdigest()
