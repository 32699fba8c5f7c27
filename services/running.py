"""The long work of a workspace, as screens start it and watch it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from domain.errors import InputError, LimitError
from domain.model_spec import ModelSpec
from domain.progress import Report
from executors.local import Job
from services.import_images import import_images, relink_folder
from services.importing import GivenFile, import_given
from services.pace import measure_pace
from services.projects import fetch_project
from services.scoring import attach_model, load_active_model, score_project
from services.workspace import Workspace

__all__ = [
    "GivenFile",
    "Job",
    "find_job",
    "forget_job",
    "is_active",
    "start_import",
    "start_model",
    "start_relink",
    "start_scoring",
]


def find_job(workspace: Workspace, key: Hashable) -> Job | None:
    return workspace.jobs.find(key)


def forget_job(workspace: Workspace, key: Hashable) -> None:
    workspace.jobs.forget(key)


def is_active(job: Job) -> bool:
    return job.is_active


def folder_key(project_id: int) -> Hashable:
    """What the job that reads a project's folder and files is found by."""
    return ("folder", project_id)


def model_key(project_id: int) -> Hashable:
    """What the job that loads a model and predicts is found by."""
    return ("model", project_id)


def start_import(workspace: Workspace, project_id: int, files: Sequence[GivenFile] = ()) -> Job:
    """Read the project's folder, then label or prediction files; one that cannot be read keeps no other out."""

    def work(report: Report) -> None:
        images = 0

        def count(done: int, total: int) -> None:
            nonlocal images
            images = total
            report(done, total)

        def share(done: int, total: int) -> None:
            report(images * done // total if total else 0, images)  # lines, told as images: the job counts these

        import_images(workspace, project_id, report=count)
        problems: list[str] = []
        for file in files:
            try:
                import_given(workspace, project_id, file, report=share)
            except (InputError, LimitError) as error:
                problems.append(str(error))
        if problems:
            raise InputError(" ".join(problems))

    return workspace.jobs.submit(
        folder_key(project_id), work, title="Reading images and files" if files else "Reading images"
    )


def start_relink(workspace: Workspace, project_id: int, folder: str) -> Job:
    """Point the project to where its images lie now."""

    def work(report: Report) -> None:
        relink_folder(workspace, project_id, folder, report=report)

    return workspace.jobs.submit(folder_key(project_id), work, title="Relinking images")


def start_model(workspace: Workspace, project_id: int, spec: ModelSpec) -> Job:
    """Load a model and predict every image with it."""

    def work(report: Report) -> None:
        attach_model(workspace, project_id, spec)
        score_project(workspace, project_id, report=report)
        measure_pace(load_active_model(workspace, fetch_project(workspace, project_id))[0])

    return workspace.jobs.submit(model_key(project_id), work, title=f"Predicting with {spec.name}")


def start_scoring(workspace: Workspace, project_id: int) -> Job:
    """Predict the images the active model was not asked about yet."""

    def work(report: Report) -> None:
        score_project(workspace, project_id, report=report)

    return workspace.jobs.submit(model_key(project_id), work, title="Predicting images")
