"""Checking a label or prediction file of any format, alone or against the images it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import FormatError, InputError
from domain.finding import Finding, Severity
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.settings import read_settings
from formats import FORMATS, Format
from services.folder_images import open_folder
from services.found import Emit, Found
from services.line_files import open_line_file
from services.measured_folder import MeasuredFolder
from services.recognising import choose_format
from services.validating_lines import check_labels, check_predictions
from services.validating_records import check_records

_LINE_FORMATS = {"azure-jsonl": check_labels, "azure-batch": check_predictions}
_LINE_SUFFIXES = {".jsonl", ".txt", ".csv", ""}


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found in a file.

    Attributes:
        file: Its name.
        format: Name of its format.
        task: What its lines are for; None when they do not tell.
        lines: Lines that are not blank, or records.
        images: Images of the folder; None when no folder was given.
        named: Images of the folder that the file speaks about.
        findings: The first ones, line by line; what concerns the whole file comes last.
        counts: Severity -> how many there are in all.
    """

    file: str
    format: str
    task: Task | None
    lines: int
    images: int | None
    named: int
    findings: tuple[Finding, ...]
    counts: Mapping[Severity, int]

    def count(self, severity: Severity) -> int:
        return self.counts.get(severity, 0)


def validate_file(
    file: Path,
    *,
    format_name: str = "",
    images: Path | None = None,
    classes: Mapping[int, str] | None = None,
    max_pixels: int,
    report: Report = ignore_progress,
    emit: Emit = lambda _finding: None,
) -> Validation:
    """Read a file and tell everything that is wrong with it.

    Args:
        file: The file, or the folder for formats of many files.
        format_name: Name of its format; empty to tell it from the content.
        images: The folder of the images it is about.
        classes: Class names by number, for formats that hold numbers only.
        max_pixels: Larger images count as unreadable.
        report: Called with (done, total): images read, or records where there is no total.
        emit: Called with every finding as it is made.

    Raises:
        UnknownNameError: There is no such format.
        InputError: There is no image in the folder, or class names are missing.
        FormatError: The file cannot be opened, is empty, or is in no known format.
        LimitError: It is too large.
    """
    path = file.expanduser()
    source = _choose(path, format_name)
    if source.name in _LINE_FORMATS:
        folder = MeasuredFolder(images, max_pixels) if images is not None else None
        return _validate_lines(path, source, folder, report, Found(emit))
    if source.needs_classes and not classes:
        raise InputError(f"{source.title} holds class numbers and no names.", remedy="Name the classes: --classes.")
    found = Found(emit)
    pictures = open_folder(images, max_pixels=max_pixels)
    task, count, named = check_records(source, path, pictures, found, classes=classes or {}, report=report)
    _check_count(count, path, found)
    total = len(pictures.paths) if pictures is not None else None
    return Validation(path.name, source.name, task, count, total, named, tuple(found.first), found.counts)


def _choose(path: Path, name: str) -> Format:
    """The format of a file; one of lines that nobody recognises is told line by line what is wrong with it."""
    try:
        return choose_format(path, name)
    except FormatError:
        if name or not path.is_file() or not path.stat().st_size or path.suffix.lower() not in _LINE_SUFFIXES:
            raise
        return FORMATS["azure-jsonl"]()


def _validate_lines(
    path: Path, source: Format, folder: MeasuredFolder | None, report: Report, found: Found
) -> Validation:
    lines = open_line_file(path, max_bytes=read_settings().max_file_bytes)
    task, count = _LINE_FORMATS[source.name](lines, folder, report, found)
    _check_count(count, path, found)
    return Validation(
        file=lines.name,
        format=source.name,
        task=task,
        lines=count,
        images=len(folder) if folder else None,
        named=folder.named if folder else 0,
        findings=tuple(found.first),
        counts=found.counts,
    )


def _check_count(count: int, path: Path, found: Found) -> None:
    """A file that says nothing is not what a person meant to hand on."""
    if not count and not found.counts[Severity.ERROR]:
        message = "Nothing is said about any image."
        found.add([Finding("EX003", Severity.ERROR, message, path.name, remedy="Export the file again.")])
