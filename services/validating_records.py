"""Checking files of every format but Azure's files of lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from domain.finding import Finding
from domain.prediction import Task
from domain.progress import Report
from formats.base import FileReport, Format, ReadOptions, Record
from services.folder_images import FolderImages, finder
from services.found import Found, findings_of
from services.image_findings import as_shown, check_image

_STEP = 500


def check_records(
    source: Format,
    path: Path,
    folder: FolderImages | None,
    found: Found,
    *,
    classes: Mapping[int, str],
    report: Report,
) -> tuple[Task | None, int, int]:
    """Read a file to the end and note everything that is wrong with it.

    Returns:
        What it is for, how many records it has, and how many images of the folder they name.
    """
    reading = FileReport(path.name, source.rules)
    options = ReadOptions(classes=classes, find_image=finder(folder, upright=source.is_upright))
    count, named = 0, set[str]()
    for record in source.read(path, options, reading):
        count += 1
        found.add([*findings_of(record, source), *_check_image(record, source, folder, path.name, named)])
        if count % _STEP == 0:
            report(count, 0)
    found.add(reading.take())
    return reading.task, count, len(named)


def _check_image(
    record: Record, source: Format, folder: FolderImages | None, file: str, named: set[str]
) -> Iterator[Finding]:
    """Whether the image is there and readable: an error where the folder was given (formats.md section 11)."""
    if folder is None or not record.image_url:
        return
    match = folder.match(record.image_url)
    if match.path is not None:
        named.add(match.path)
    facts = folder.find(record.image_url)
    shown = as_shown(facts, is_upright=source.is_upright) if facts is not None else None
    yield from check_image(record, match, shown, file=file)
