"""Evaluating a project from the database: what is compared, and the job that does it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from math import isnan

from domain.errors import InputError
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from domain.project import Project
from domain.splits import SPLITS
from services.evaluate_classes import evaluate_classes
from services.evaluate_labels import evaluate_labels
from services.evaluate_objects import evaluate_objects
from services.evaluation_looks import looks_stamp
from services.evaluation_notes import explain_nothing, leave_out_told, list_cautions
from services.evaluation_result import About, ProjectEvaluation
from services.evaluation_rows import gather
from services.projects import fetch_progress, fetch_project
from services.workspace import Workspace
from store.predictions import StoredModel, count_predictions, find_model, list_models

AT_ONCE = 3000
"""Up to so many images a page waits for the figures; of more a job works them out."""
_MOST_KEPT = 4
_kept: OrderedDict[Hashable, tuple[Hashable, ProjectEvaluation]] = OrderedDict()
_lock = threading.Lock()


def evaluate_project(
    workspace: Workspace,
    project: Project,
    *,
    split: str = "",
    against: str = "",
    report: Report = ignore_progress,
) -> ProjectEvaluation:
    """Hold the active model's predictions against the labels, as they were given and as they stand now.

    Args:
        workspace: The workspace.
        project: The project.
        split: Only images of this split; empty for all.
        against: Another model of the project by id or name: the change is then that from its predictions to those of
            the active model, on the images that both speak about and with the labels as they stand.
        report: Called with (images done, images).

    Raises:
        InputError: There is no such split or model.
        Cancelled: A person asked to stop.
    """
    report(0, 0)
    with workspace.read() as connection:
        model = find_model(connection, project.project_id, project.model_id)
    if split and split not in SPLITS:
        raise InputError(f"'{split}' is no split.", remedy=f"Choose {', '.join(SPLITS)}, or none for all images.")
    other = choose_other(workspace, project, against) if against else None
    about = About(project, model.info.name if model else "", other.info.name if other else "", split)
    said = gather(workspace, project, split=split, against=other.info.model_id if other else "")
    report(0, len(said.image_ids))
    unmeasured = sum(all(size) and isnan(light) for size, light in zip(said.sizes, said.brightness, strict=True))
    if project.task is Task.CLASSIFICATION:
        made = evaluate_classes(said, about)
    elif project.task is Task.MULTILABEL:
        made = evaluate_labels(said, about)
    else:
        made = evaluate_objects(said, about, report=report)
    cautions = list_cautions(made, model.info if model else None)
    nothing = explain_nothing(said, project, split=split)
    notes = (*cautions, *leave_out_told(made.notes, nothing))
    return replace(made, notes=notes, unmeasured=unmeasured, nothing=nothing)


def list_others(workspace: Workspace, project: Project) -> list[StoredModel]:
    """The models of a project beside its active one, the newest first."""
    with workspace.read() as connection:
        models = list_models(connection, project.project_id)
    return [model for model in reversed(models) if model.info.model_id != project.model_id]


def choose_other(workspace: Workspace, project: Project, wanted: str) -> StoredModel:
    """Return the model of that id, or else of that name.

    Raises:
        InputError: There is none, or there are several of that name.
    """
    others = list_others(workspace, project)
    found = [model for model in others if model.info.model_id == wanted]
    found = found or [model for model in others if model.info.name == wanted]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{model.info.name} ({model.info.model_id})" for model in others[:10]) or "none"
    says = f"{len(found)} models are called '{wanted}'" if found else f"There is no other model '{wanted}'"
    raise InputError(
        f"{says} in {project.name}. Beside the active one it knows: {known}.",
        remedy="Name the id of one of them." if others else "Load another model, or read another prediction file.",
    )


def evaluation_key(project_id: int, *, split: str = "", against: str = "") -> Hashable:
    """What the job that evaluates is found by."""
    return ("evaluating", project_id, split, against)


def find_evaluation(
    workspace: Workspace, project: Project, *, split: str = "", against: str = ""
) -> tuple[ProjectEvaluation | None, bool]:
    """Return the latest evaluation, and whether it is of the project as it is now.

    A small project is evaluated on the spot. In a large one a job does it, unless a person stopped it; until it ends
    there is the evaluation before, or None. `split` and `against` are those of `evaluate_project`.
    """
    wish = _Wish(workspace, project.project_id, split, against)
    stamp = wish.stamp(project)
    with _lock:
        known = _kept.get(wish.place)
    if known is not None and known[0] == stamp:
        return known[1], True
    if stamp[1] <= AT_ONCE and not project.task.has_objects:
        return wish.grant(), True
    _start(wish)
    return (known[1] if known else None), False


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be evaluated."""

    workspace: Workspace
    project_id: int
    split: str
    against: str

    @property
    def place(self) -> Hashable:
        return (str(self.workspace.engine.url), self.project_id, self.split, self.against)

    def stamp(self, project: Project) -> tuple[int, int, Hashable]:
        """Changes and images of the project, and another value whenever the figures may be others."""
        progress = fetch_progress(self.workspace, self.project_id)
        looks = looks_stamp(self.workspace, self.project_id)
        with self.workspace.read() as connection:
            others = count_predictions(connection, self.project_id, self.against) if self.against else 0
        return progress.changes, progress.total, (project.model_id, project.threshold, looks, others)

    def grant(self, report: Report = ignore_progress) -> ProjectEvaluation:
        """Evaluate, and keep what is found."""
        project = fetch_project(self.workspace, self.project_id)
        stamp = self.stamp(project)
        made = evaluate_project(self.workspace, project, split=self.split, against=self.against, report=report)
        with _lock:
            _kept[self.place] = (stamp, made)
            _kept.move_to_end(self.place)
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
        return made


def _start(wish: _Wish) -> None:
    """Work the figures out in the background; not again while what went wrong stands on the page."""
    key = evaluation_key(wish.project_id, split=wish.split, against=wish.against)
    job = wish.workspace.jobs.find(key)
    if job is not None and job.message:
        return

    def work(report: Report) -> None:
        wish.grant(report)

    wish.workspace.jobs.submit(key, work, title="Working out the figures")
