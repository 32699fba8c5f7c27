"""Writing the labels or predictions of a project in any format."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from domain.errors import InputError
from domain.progress import Report, ignore_progress
from formats import FORMATS
from formats.base import FileReport, Record
from services.conversion import Conversion
from services.format_choices import CONTENTS, find_choice
from services.project_records import ProjectRecords, classes_of
from services.projects import fetch_project
from services.record_flow import Flow
from services.survey import Material
from services.workspace import Workspace
from services.writing_records import write_records


def export_as(
    workspace: Workspace,
    project_id: int,
    out: Path,
    *,
    format_name: str,
    contents: str = "",
    split: str = "",
    report: Report = ignore_progress,
) -> Conversion:
    """Write what is known about the images of a project, read it back and compare.

    Labels are written as they stand after review, predictions as the active model gave them, each where the format
    has a place for it.

    Args:
        workspace: The workspace.
        project_id: The project.
        out: The file, or the folder for formats of many files.
        format_name: The format.
        contents: One of `services.format_choices.CONTENTS`; the format's usual one unless given.
        split: Only the images of this split; empty for all.
        report: Called with (records done, records in all).

    Raises:
        UnknownNameError: There is no such format.
        InputError: The project has nothing the format can hold, or `out` cannot be written to.
        Cancelled: A person asked to stop; nothing is left behind.
    """
    project = fetch_project(workspace, project_id)
    target = FORMATS[format_name]()
    if project.task not in target.tasks:
        raise InputError(f"{target.title} cannot hold {project.task.in_words}.", remedy="Choose another format.")
    wanted = CONTENTS[contents or find_choice(format_name).contents[0]]
    records = ProjectRecords(workspace, project, roles=target.roles & wanted, split=split)

    def read(_report: FileReport) -> Iterator[Record]:
        return records.read()

    material = Material(
        project.name,
        read,
        Flow(None, target, records, project.url_prefix),
        task=project.task,
        model=project.model_id or "",
        classes=tuple(classes_of(project)),
        decided_by=records.decided_by,
        decisions=records.decisions,
    )
    return write_records(material, out, now=time.time(), report=report)
