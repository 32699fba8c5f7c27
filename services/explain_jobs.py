"""Maps for the Explain page: found when they were computed before, else computed as a job the page watches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.explanation import Explanation, ParameterValue, Target
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Instances, Labels
from domain.progress import Report
from domain.project import ImageState, Project
from executors.local import Job
from services import map_cache
from services.explaining import Request
from services.methods import Method, estimate_seconds, names_pixels, pass_cost, title_of
from services.pace import find_pace, learn_pace, measure_pace
from services.scoring import load_active_model
from services.shown import above_threshold, unpaired
from services.workspace import Workspace
from store import predictions

if TYPE_CHECKING:
    from predictors import Predictor

_TOP = 5


def start_loading(workspace: Workspace, project: Project) -> Job | None:
    """Load the model that `project` names in the background, and see how fast it is here.

    None when it is loaded, or there is none to load.
    """
    with workspace.read() as connection:
        stored = predictions.find_model(connection, project.project_id, project.model_id)
    if stored is None or stored.spec is None or workspace.models.holds(stored.spec):
        return None

    def work(_report: Report) -> None:
        predictor, _ = load_active_model(workspace, project)
        measure_pace(predictor)

    return workspace.jobs.submit(loading_key(project), work, title=f"Loading {stored.info.name}", unit="models")


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


def list_regions(predictor: Predictor, state: ImageState, project: Project) -> list[Target]:
    """The classes on an image of which a semantic model can be asked as a whole, beside their regions one by one."""
    if not names_pixels(predictor):
        return []
    return [Target(label) for label in dict.fromkeys(target.label for target, _, _ in list_targets(state, project))]


def list_missed(state: ImageState, project: Project) -> list[tuple[Target, Instance]]:
    """The objects of the label at whose place the model finds none of their class."""
    answer = above_threshold(state.prediction, project)
    if not isinstance(state.label, Instances) or not isinstance(answer, Instances):
        return []
    missed = unpaired(state.label.items, answer.items)
    return [(Target(item.label, item.instance_id), item) for item in missed]


def list_model_classes(state: ImageState) -> list[str]:
    """Every class the model knows, most probable first."""
    if not isinstance(state.prediction, Labels):
        return []
    return [name for name, _ in state.prediction.top(len(state.prediction.scores))]


def estimate(
    workspace: Workspace,
    project: Project,
    predictor: Predictor,
    methods: Sequence[Method],
    values: Mapping[str, Mapping[str, ParameterValue]],
) -> dict[str, float]:
    """About how many seconds each method takes here with the given parameters; empty before anything was predicted."""
    pace = typical_pace(workspace, project, predictor)
    if pace is None:
        return {}
    guesses: dict[str, float] = {}
    for method in methods:
        chosen = values.get(method.name, {})
        measured = _measured.get((predictor.info.model_id, method.name, _as_key(chosen)))
        if method.shares_passes:
            measured = None  # what a map took was its share of all that were made together
        guesses[method.name] = measured or estimate_seconds(predictor, method.name, pace, chosen)
    return guesses


def typical_pace(workspace: Workspace, project: Project, predictor: Predictor) -> float | None:
    """Seconds of a forward pass here; None before anything was predicted."""
    pace = find_pace(predictor.info.model_id)
    if pace is not None:
        return pace
    with workspace.read() as connection:
        return predictions.median_latency(connection, project.project_id, predictor.info.model_id)


def make_request(
    state: ImageState, target: Target, instance: Instance | None, method: str, values: Mapping[str, ParameterValue]
) -> Request:
    return Request(state.image, target, method, instance, dict(values))


_measured: dict[tuple[str, str, Hashable], float] = {}
"""(model, method, parameters) -> seconds the newest map took: closer than any guess."""


def find_map(
    workspace: Workspace, project: Project, predictor: Predictor, spec: ModelSpec, request: Request
) -> Explanation | None:
    """The map when it was computed before.

    Raises:
        InputError: A parameter is off.
    """
    found = map_cache.find_cached(workspace, predictor, spec, request, project_id=project.project_id)
    if found is not None:
        learn_pace(found, pass_cost=pass_cost(predictor, request.method, request.parameters))
        _measured[predictor.info.model_id, request.method, _as_key(request.parameters or {})] = found.seconds
    return found


def start_map(
    workspace: Workspace,
    project: Project,
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    together: Sequence[Request] = (),
) -> Job:
    """Compute a map in the background, and those of `together` with it: other targets of a method that shares passes.

    The job's result tells of each target without a map why there is none.
    """
    requests = [request, *(other for other in together if other.target != request.target)]

    def work(report: Report) -> dict[Target, str]:
        found = map_cache.explain_each(
            workspace, predictor, spec, requests, project_id=project.project_id, report=report
        )
        pairs = zip(requests, found, strict=True)
        return {asked.target: str(made) for asked, made in pairs if not isinstance(made, Explanation)}

    key = map_key(project, request, is_together=bool(together))
    return workspace.jobs.submit(key, work, title=title_of(request.method), unit="passes")


def why_no_map(job: Job, request: Request) -> str:
    """Return why a finished job made no map of a request, or ""."""
    return job.result.get(request.target, "") if isinstance(job.result, dict) else ""


def map_key(project: Project, request: Request, *, is_together: bool = False) -> Hashable:
    """Return the key of the job that makes a map; the same for all targets of an image when they are made together."""
    target = "all" if is_together else (request.target.label, request.target.instance_id)
    what = (target, request.method, _as_key(request.parameters or {}))
    return ("map", project.project_id, project.model_id, request.image.image_id, *what)


def _as_key(parameters: Mapping[str, ParameterValue]) -> Hashable:
    return tuple(sorted(parameters.items()))
