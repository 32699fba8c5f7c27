"""Maps for the Explain page: found when they were computed before, else computed as a job the page watches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from domain.explanation import Explanation, ParameterValue, Target
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Instances, Labels
from domain.progress import Report
from domain.project import ImageState, Project
from executors.local import Job
from services import explaining
from services.explaining import Method, Request
from services.scoring import load_active_model
from services.shown import above_threshold
from services.workspace import Workspace
from store import predictions

if TYPE_CHECKING:
    from predictors import Predictor

_TOP = 5


def start_loading(workspace: Workspace, project: Project) -> Job | None:
    """Load the project's model in the background; None when it is loaded, or there is none to load."""
    with workspace.read() as connection:
        stored = predictions.find_model(connection, project.project_id, project.model_id)
    if stored is None or stored.spec is None or workspace.models.holds(stored.spec):
        return None
    return workspace.jobs.submit(
        loading_key(project), lambda _: load_active_model(workspace, project), title="Loading the model", unit="models"
    )


def loading_key(project: Project) -> Hashable:
    return ("load", project.project_id, project.model_id)


def list_targets(state: ImageState, project: Project) -> list[tuple[Target, Instance | None, float | None]]:
    """What can be explained on an image: the model's objects, or its top classes and the classes of the label."""
    answer = above_threshold(state.prediction, project)
    if isinstance(answer, Instances):
        return [(Target(item.label, item.instance_id), item, item.score) for item in answer.items]
    if not isinstance(state.prediction, Labels):
        return []
    names = dict(state.prediction.top(_TOP))
    given = state.label.scores if isinstance(state.label, Labels) else {}
    names |= {name: state.prediction.scores[name] for name in given if name in state.prediction.scores}
    return [(Target(name), None, score) for name, score in names.items()]


def list_model_classes(state: ImageState) -> list[str]:
    """Every class the model knows, most probable first."""
    if not isinstance(state.prediction, Labels):
        return []
    return [name for name, _ in state.prediction.top(len(state.prediction.scores))]


def list_methods_for(model: explaining.Model) -> list[Method]:
    """The methods that can explain a model."""
    return explaining.list_methods(model[0])


def estimate(workspace: Workspace, project: Project, predictor: Predictor, methods: list[Method]) -> dict[str, float]:
    """About how many seconds each method takes here; empty before the model predicted anything."""
    with workspace.read() as connection:
        latency = predictions.median_latency(connection, project.project_id, predictor.info.model_id)
    model_id = predictor.info.model_id
    guesses = {name: seconds for (model, name), seconds in _measured.items() if model == model_id}
    if latency is not None:
        guesses = {item.name: explaining.estimate_seconds(predictor, item.name, latency) for item in methods} | guesses
    return guesses


def make_request(
    state: ImageState, target: Target, instance: Instance | None, method: str, values: Mapping[str, ParameterValue]
) -> Request:
    return Request(state.image, target, method, instance, dict(values))


_measured: dict[tuple[str, str], float] = {}
"""(model, method) -> seconds the newest map took: closer than any guess."""


def find_map(
    workspace: Workspace, project: Project, predictor: Predictor, spec: ModelSpec, request: Request
) -> Explanation | None:
    """The map when it was computed before.

    Raises:
        InputError: A parameter is off.
    """
    found = explaining.find_cached(workspace, predictor, spec, request, project_id=project.project_id)
    if found is not None:
        _measured[predictor.info.model_id, request.method] = found.seconds
    return found


def start_map(workspace: Workspace, project: Project, predictor: Predictor, spec: ModelSpec, request: Request) -> Job:
    """Compute a map in the background."""

    def work(report: Report) -> None:
        explaining.explain(workspace, predictor, spec, request, project_id=project.project_id, report=report)

    title = explaining.title_of(request.method)
    return workspace.jobs.submit(map_key(project, request), work, title=title, unit="passes")


def map_key(project: Project, request: Request) -> Hashable:
    parameters = tuple(sorted((request.parameters or {}).items()))
    target = (request.target.label, request.target.instance_id)
    return ("map", project.project_id, project.model_id, request.image.image_id, target, request.method, parameters)
