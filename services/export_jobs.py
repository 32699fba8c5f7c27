"""The corrected file of a project as screens offer it: written in the background, once for each state of it."""

from __future__ import annotations

from collections.abc import Hashable

from domain.errors import InputError
from domain.progress import Report
from executors.local import Job, JobState
from services.exporting import Export, export_name, export_project, export_version
from services.projects import fetch_project
from services.workspace import Workspace


def export_key(project_id: int) -> Hashable:
    """What the job that writes a project's file is found by."""
    return ("export", project_id)


def start_export(workspace: Workspace, project_id: int) -> Job:
    """Write the file of a project as it is now into the workspace's own folder."""
    out = workspace.folder("exports") / str(project_id) / export_name(fetch_project(workspace, project_id))

    def work(report: Report) -> tuple[tuple[object, ...], Export | InputError]:
        version = export_version(workspace, project_id)
        try:
            return version, export_project(workspace, project_id, out, report=report)
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
