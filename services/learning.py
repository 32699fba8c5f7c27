"""Teaching the model of a project with its labels, as screens and the command line start it."""

from __future__ import annotations

from collections.abc import Hashable

from domain.errors import ConflictError
from domain.prediction import ModelInfo
from domain.progress import Report
from domain.project import Project
from executors.local import Job
from services.learning_runs import LearningRun, RunState, find_run, keep_run, list_runs, new_run
from services.learning_work import RUNTIMES, run_training
from services.pace import measure_pace
from services.projects import list_projects
from services.running import model_key
from services.scoring import load_model, score_project
from services.workspace import Workspace
from store import predictions, projects
from training.recipe import MODES, STRATEGIES, Mode, Recipe, Strategy

__all__ = [
    "MODES",
    "STRATEGIES",
    "LearningRun",
    "Mode",
    "Recipe",
    "RunState",
    "Strategy",
    "go_on",
    "learning_key",
    "list_box_projects",
    "list_teachable",
    "newest_run",
    "start_learning",
    "start_using",
    "use_model",
]

_NAMES_PIXELS = ("deeplabv3", "fcn_", "lraspp")
"""Builders of models that name the class of every pixel; `ez_image_online_learning` teaches those."""


def learning_key(project_id: int) -> Hashable:
    """What the job that learns is found by."""
    return ("learning", project_id)


def list_teachable(workspace: Workspace, project: Project) -> list[ModelInfo]:
    """The models of a project that can learn here, the active one first."""
    with workspace.read() as connection:
        stored = predictions.list_models(connection, project.project_id)
    infos = [
        model.info
        for model in stored
        if model.spec is not None
        and model.spec.runtime in RUNTIMES
        and not model.spec.architecture.startswith(_NAMES_PIXELS)
    ]
    return sorted(infos, key=lambda info: info.model_id != project.model_id)


def list_box_projects(workspace: Workspace, project: Project) -> list[Project]:
    """Projects of boxes or polygons over the same folder: their objects say where the evidence of a class lies."""
    if project.task.has_objects:
        return []
    return [
        other
        for other in list_projects(workspace)
        if other.task.has_objects and other.image_folder == project.image_folder
    ]


def newest_run(workspace: Workspace, project_id: int) -> LearningRun | None:
    """The training that was started last; one that broke off with the server counts as stopped."""
    run = next(iter(list_runs(workspace, project_id)), None)
    job = workspace.jobs.find(learning_key(project_id))
    if run is not None and run.state is RunState.LEARNING and (job is None or not job.is_active):
        return keep_run(workspace, run, state=RunState.STOPPED, message="It broke off. What was learned is kept.")
    return run


def start_learning(
    workspace: Workspace, project_id: int, recipe: Recipe, *, parent: str, boxes_from: int | None = None
) -> Job:
    """Start a training in the background."""
    return _submit(workspace, new_run(project_id, parent, recipe, boxes_from=boxes_from))


def go_on(workspace: Workspace, project_id: int, run_id: str, *, takes_best: bool = False) -> Job:
    """Go on with a training that stopped or failed, or take its best epoch instead.

    Raises:
        NotFoundError: There is none of that name.
        ConflictError: It is done.
    """
    run = find_run(workspace, project_id, run_id)
    if run.state is RunState.DONE:
        raise ConflictError("This training is done.", remedy="Start another one.")
    return _submit(workspace, run, takes_best=takes_best)


def use_model(workspace: Workspace, project_id: int, model_id: str, report: Report) -> None:
    """Make a model the one of the project: it predicts the images it was not asked about, and then its answers show.

    Raises:
        InputError: The project has no such model that can be run.
        Cancelled: A person asked to stop; the other model stays.
    """
    predictor, _ = load_model(workspace, project_id, model_id)
    score_project(workspace, project_id, model_id=model_id, report=report)
    with workspace.write() as connection:
        projects.update_project(connection, project_id, model_id=model_id)
    measure_pace(predictor)


def start_using(workspace: Workspace, project_id: int, model_id: str) -> Job:
    """The same in the background."""

    def work(report: Report) -> None:
        use_model(workspace, project_id, model_id, report)

    return workspace.jobs.submit(model_key(project_id), work, title="Predicting with the new model")


def _submit(workspace: Workspace, run: LearningRun, *, takes_best: bool = False) -> Job:
    def work(report: Report) -> LearningRun:
        return run_training(workspace, run, takes_best=takes_best, report=report)

    return workspace.jobs.submit(learning_key(run.project_id), work, title="Learning", unit="thousandths")
