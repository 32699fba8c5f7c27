"""The files of a project as screens offer them: written in the background, once for each state of it."""

from __future__ import annotations

import shutil
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.progress import Report
from executors.local import Job, JobState
from services.conversion import Conversion
from services.export_as import export_as
from services.exporting import Export, export_name, export_project, export_version, file_stem
from services.format_choices import find_choice
from services.output_files import zip_folder
from services.projects import fetch_project
from services.workspace import Workspace
from store.predictions import count_predictions


def export_key(project_id: int) -> Hashable:
    """What the job that writes a project's file is found by."""
    return ("export", project_id)


def start_export(workspace: Workspace, project_id: int) -> Job:
    """Write the file of a project as it is now into the workspace's own folder."""
    out = workspace.folder("exports") / str(project_id) / export_name(fetch_project(workspace, project_id))

    def work(report: Report) -> tuple[tuple[object, ...], Export | InputError]:
        version = export_version(workspace, project_id)
        try:
            return version, export_project(workspace, project_id, out, by_split=True, report=report)
        except InputError as error:
            return version, error

    return workspace.jobs.submit(export_key(project_id), work, title="Writing the file", unit="lines")


def find_export(workspace: Workspace, project_id: int) -> Export | InputError | None:
    """The file that was written, or why it cannot be; None when it is not there, or something has changed since."""
    job = workspace.jobs.find(export_key(project_id))
    if job is None or job.state is not JobState.DONE or not isinstance(job.result, tuple):
        return None
    version, export = job.result
    if version != export_version(workspace, project_id):
        return None
    is_there = isinstance(export, InputError) or all(file.is_file() for file in export.files)
    return export if is_there else None


@dataclass(frozen=True, slots=True)
class Converted:
    """A project in another format.

    Attributes:
        conversion: What went in, came out and was lost.
        download: The file, or the folder as a ZIP archive.
        beside: Files that belong to it, the report and the table of the images last.
    """

    conversion: Conversion
    download: Path
    beside: tuple[Path, ...]


def conversion_key(project_id: int, format_name: str, contents: str, split: str = "") -> Hashable:
    """What the job that writes labels, predictions or both of a project, or of a split, in a format is found by."""
    return ("export", project_id, format_name, contents, split)


def start_conversion(workspace: Workspace, project_id: int, format_name: str, contents: str, split: str = "") -> Job:
    """Write a project, or one split of it, as it is now in another format, into the workspace's own folder."""
    folder = workspace.folder("exports") / str(project_id) / format_name / contents.replace(" ", "-").lower()
    folder = folder / (split or "all")
    stem = file_stem(fetch_project(workspace, project_id))
    out = folder / f"{stem}{f'-{split}' if split else ''}{find_choice(format_name).suffix}"

    def work(report: Report) -> tuple[tuple[object, ...], Converted | InputError]:
        version = _version(workspace, project_id)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            conversion = export_as(
                workspace, project_id, out, format_name=format_name, contents=contents, split=split, report=report
            )
        except InputError as error:
            return version, error
        beside = tuple(file for file in conversion.files if file != out)
        return version, Converted(conversion, zip_folder(out) if out.is_dir() else out, beside)

    key, title = conversion_key(project_id, format_name, contents, split), f"Writing {find_choice(format_name).title}"
    return workspace.jobs.submit(key, work, title=title, unit="records")


def find_conversion(
    workspace: Workspace, project_id: int, format_name: str, contents: str, split: str = ""
) -> Converted | InputError | None:
    """What was written, or why it cannot be; None when it is not there, or something has changed since."""
    job = workspace.jobs.find(conversion_key(project_id, format_name, contents, split))
    if job is None or job.state is not JobState.DONE or not isinstance(job.result, tuple):
        return None
    version, made = job.result
    if version != _version(workspace, project_id):
        return None
    return made if isinstance(made, InputError) or made.download.is_file() else None


def _version(workspace: Workspace, project_id: int) -> tuple[object, ...]:
    """Changes whenever labels or predictions change."""
    model_id = fetch_project(workspace, project_id).model_id
    with workspace.read() as connection:
        predicted = count_predictions(connection, project_id, model_id) if model_id else 0
    return (model_id, predicted, *export_version(workspace, project_id))
