"""Evaluating a project from the database: what is compared, and the job that does it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.project import Project
from services.evaluate_classes import evaluate_classes
from services.evaluate_labels import evaluate_labels
from services.evaluate_objects import evaluate_objects
from services.evaluation_looks import looks_stamp
from services.evaluation_result import ProjectEvaluation
from services.evaluation_rows import gather
from services.projects import fetch_progress, fetch_project
from services.workspace import Workspace
from store.predictions import find_model

AT_ONCE = 3000
"""Up to so many images a page waits for the figures; of more a job works them out."""
_MOST_KEPT = 4
_kept: OrderedDict[Hashable, tuple[Hashable, ProjectEvaluation]] = OrderedDict()
_lock = threading.Lock()


def evaluate_project(workspace: Workspace, project: Project, *, report: Report = ignore_progress) -> ProjectEvaluation:
    """Hold the active model's predictions against the labels, as they were given and as they stand now.

    Raises:
        Cancelled: A person asked to stop.
    """
    report(0, 0)
    with workspace.read() as connection:
        model = find_model(connection, project.project_id, project.model_id)
    name = model.info.name if model else ""
    said = gather(workspace, project)
    report(0, len(said.image_ids))
    if project.task is Task.CLASSIFICATION:
        return evaluate_classes(said, project, name)
    if project.task is Task.MULTILABEL:
        return evaluate_labels(said, project, name)
    return evaluate_objects(said, project, name, report=report)


def evaluation_key(project_id: int) -> Hashable:
    """What the job that evaluates is found by."""
    return ("evaluating", project_id)


def find_evaluation(workspace: Workspace, project: Project) -> tuple[ProjectEvaluation | None, bool]:
    """Return the latest evaluation, and whether it is of the project as it is now.

    A small project is evaluated on the spot. In a large one a job does it, unless a person stopped it; until it ends
    there is the evaluation before, or None.
    """
    stamp = _stamp(workspace, project)
    place = (str(workspace.engine.url), project.project_id)
    with _lock:
        known = _kept.get(place)
    if known is not None and known[0] == stamp:
        return known[1], True
    if stamp[1] <= AT_ONCE and not project.task.has_objects:
        return _evaluate_and_keep(workspace, project.project_id), True
    start_evaluation(workspace, project.project_id)
    return (known[1] if known else None), False


def start_evaluation(workspace: Workspace, project_id: int) -> None:
    """Work the figures out in the background; not again while what went wrong stands on the page."""
    job = workspace.jobs.find(evaluation_key(project_id))
    if job is not None and job.message:
        return

    def work(report: Report) -> None:
        _evaluate_and_keep(workspace, project_id, report)

    workspace.jobs.submit(evaluation_key(project_id), work, title="Working out the figures")


def _evaluate_and_keep(workspace: Workspace, project_id: int, report: Report = ignore_progress) -> ProjectEvaluation:
    project = fetch_project(workspace, project_id)
    stamp = _stamp(workspace, project)
    made = evaluate_project(workspace, project, report=report)
    with _lock:
        place = (str(workspace.engine.url), project_id)
        _kept[place] = (stamp, made)
        _kept.move_to_end(place)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _stamp(workspace: Workspace, project: Project) -> tuple[int, int, str | None, float, int]:
    """Another value whenever the figures may be others."""
    progress = fetch_progress(workspace, project.project_id)
    return (
        progress.changes,
        progress.total,
        project.model_id,
        project.threshold,
        looks_stamp(workspace, project.project_id),
    )
