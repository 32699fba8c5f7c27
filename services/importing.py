"""Reading a label or prediction file of any format into a project."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from domain.errors import InputError
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from formats.base import FileReport, ReadOptions
from services.filing import ImportSummary
from services.import_labels import import_file
from services.import_records import import_records
from services.recognising import choose_format
from services.workspace import Workspace

_LINE_FORMATS = {"azure-jsonl", "azure-batch"}
"""Read line by line and kept as they stand, so that untouched lines can be written back."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file or folder a person points at.

    Attributes:
        path: Where it lies on the server.
        format_name: The format to read it in; empty to tell it from the content.
        classes: Class names by number, for formats that hold numbers only.
        mends: Read a stranger's notation, such as pixels in Azure's lines, as what it obviously is.
        takes_splits: Take the splits that it names also for images whose split was made here.
        is_upload: It came through the browser: it is removed once it is read, and its place is not kept.
    """

    path: Path
    format_name: str = ""
    classes: Mapping[int, str] = field(default_factory=dict[int, str])
    mends: bool = False
    takes_splits: bool = False
    is_upload: bool = False


def import_given(
    workspace: Workspace, project_id: int, given: GivenFile, *, report: Report = ignore_progress
) -> list[ImportSummary]:
    """Read a file: one summary for its labels and one for the predictions of every model in it.

    Raises:
        UnknownNameError: There is no such format.
        FormatError: The file cannot be read, is in no known format, or is for another task than the project.
        InputError: Class names are missing.
        LimitError: It is too large.
        Cancelled: A person asked to stop; nothing was changed.
    """
    path = given.path.expanduser().absolute()
    try:
        source = choose_format(path, given.format_name)
        if source.name in _LINE_FORMATS and not given.mends:
            keeps = {"keeps_path": not given.is_upload, "takes_splits": given.takes_splits}
            return [import_file(workspace, project_id, str(path), **keeps, report=report)]
        return import_records(
            workspace,
            project_id,
            source,
            path,
            classes=given.classes,
            keeps_path=not given.is_upload,
            mends=given.mends,
            takes_splits=given.takes_splits,
            report=report,
        )
    finally:
        if given.is_upload:
            shutil.rmtree(path.parent, ignore_errors=True)


def keep_upload(workspace: Workspace, stream: BinaryIO, name: str) -> GivenFile:
    """Store what came through the browser below the home until it is read."""
    uploads = workspace.folder("uploads")
    folder = Path(tempfile.mkdtemp(dir=uploads))
    file = folder / (PurePosixPath(name.replace("\\", "/")).name or "upload")
    with file.open("wb") as target:
        shutil.copyfileobj(stream, target)
    return GivenFile(file, is_upload=True)


def guess_task(given: Sequence[GivenFile]) -> Task:
    """Return the task the first file that tells is for.

    Raises:
        FormatError: A file cannot be read.
        InputError: No file tells.
    """
    for each in given:
        path = each.path.expanduser()
        source = choose_format(path, each.format_name)
        found = FileReport(path.name, source.rules)
        for _ in source.read(path, ReadOptions(classes=each.classes), found):
            if found.task is not None:
                return found.task
        if found.task is not None:
            return found.task
    raise InputError("No file tells what the labels are.", remedy="Choose whether they are classes, boxes or polygons.")
