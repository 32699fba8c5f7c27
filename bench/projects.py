"""Projects of a few drawn images, made before the app starts: for the benchmarks and the browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.dataset import FOLDERS, write_task
from domain.model_spec import ModelSpec
from domain.prediction import Task
from domain.project import Project
from domain.settings import read_settings
from executors.local import JobState
from services.demo_projects import prepare_demo
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project, fetch_project
from services.scoring import attach_model, score_project
from services.workspace import Workspace, open_workspace


@contextmanager
def opened(home: Path) -> Iterator[Workspace]:
    """The workspace under `home`, also while an app runs on it."""
    workspace = open_workspace(read_settings({"RELOOK_HOME": str(home)}))
    try:
        yield workspace
    finally:
        workspace.close()


def make_demo(home: Path) -> None:
    """Make all demo projects, as a first start does."""
    with opened(home) as workspace:
        job = prepare_demo(workspace)
        if job is not None:
            job.ended.wait()
            if job.state is not JobState.DONE:
                raise RuntimeError(job.message)


def predict(home: Path, project: Project, model: str) -> None:
    """Ask a model about every image of a project."""
    with opened(home) as workspace:
        attach_model(workspace, project.project_id, ModelSpec(model))
        score_project(workspace, project.project_id)


def draw_project(home: Path, task: Task, *, images: int = 6, seed: int = 3, name: str = "") -> Project:
    """Draw images with labels under `home`, and make a project of them; there is no model."""
    folder = home / "drawn" / FOLDERS[task]
    write_task(folder, task, images=images, seed=seed)
    with opened(home) as workspace:
        project = create_project(workspace, name or FOLDERS[task], task, str(folder / "images"))
        import_images(workspace, project.project_id)
        import_file(workspace, project.project_id, str(folder / "labels.jsonl"))
        return fetch_project(workspace, project.project_id)
