"""The four demo projects of a first start: drawn, imported, and predicted by the demo models."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from demo.dataset import DEFAULT_SEED, FOLDERS, write_task
from domain.model_spec import ModelSpec
from domain.prediction import Task
from domain.progress import Report
from executors.local import Job
from services.import_images import import_images
from services.import_labels import import_file
from services.model_catalogue import DEMO_MODELS
from services.output_files import replacing
from services.projects import create_project, list_projects
from services.scoring import attach_model, score_project
from services.workspace import Workspace

JOB = "demo"

TITLES = {
    Task.DETECTION: "Fridge, boxes",
    Task.SEGMENTATION: "Fridge, polygons",
    Task.CLASSIFICATION: "Fridge, one class each",
    Task.MULTILABEL: "Fridge, several classes",
}


def prepare_demo(workspace: Workspace) -> Job | None:
    """Start making the demo projects that were never made; return the job, or None when there is nothing to do.

    A project that a person deleted or renamed does not come back.
    """
    if not workspace.settings.has_demo or not _unfinished(workspace):
        return None
    return workspace.jobs.submit(JOB, lambda report: _prepare(workspace, report), title="Preparing the demo projects")


def _prepare(workspace: Workspace, report: Report) -> None:
    tasks, images = list(TITLES), workspace.settings.demo_images
    steps = 2 * images * len(tasks)  # every image is drawn once and predicted once
    for number, task in enumerate(tasks):
        if task in _unfinished(workspace):
            _make(workspace, task, images, _part(report, 2 * images * number, steps))
            _note(workspace, task)
    report(steps, steps)


def _make(workspace: Workspace, task: Task, images: int, report: Report) -> None:
    folder = workspace.folder("demo") / FOLDERS[task]
    write_task(folder, task, images=images, seed=DEFAULT_SEED, report=report)
    project_id = _find_or_create(workspace, task, folder / "images")
    import_images(workspace, project_id)
    import_file(workspace, project_id, str(folder / "labels.jsonl"))
    attach_model(workspace, project_id, ModelSpec(DEMO_MODELS[task]))
    score_project(workspace, project_id, report=_part(report, images, 2 * images))


def _find_or_create(workspace: Workspace, task: Task, images: Path) -> int:
    projects = list_projects(workspace, with_archived=True)
    half_made = [project.project_id for project in projects if project.image_folder == str(images)]
    if half_made:  # a start that was cut off left it
        return half_made[0]
    is_taken = any(project.name == TITLES[task] for project in projects)
    name = f"{TITLES[task]} (demo)" if is_taken else TITLES[task]
    return create_project(workspace, name, task, str(images)).project_id


def _part(report: Report, offset: int, total: int) -> Callable[[int, int], None]:
    return lambda done, _: report(offset + done, total)


def _record(workspace: Workspace) -> Path:
    return workspace.folder("demo") / "made.json"


def _unfinished(workspace: Workspace) -> list[Task]:
    record = _record(workspace)
    made = json.loads(record.read_text()) if record.exists() else {}
    return [task for task in TITLES if task.value not in made]


def _note(workspace: Workspace, task: Task) -> None:
    record = _record(workspace)
    made = json.loads(record.read_text()) if record.exists() else {}
    made[task.value] = datetime.now(UTC).isoformat()
    with replacing(record) as stream:
        stream.write(json.dumps(made).encode())
