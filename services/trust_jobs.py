"""Trust for the screens: found when it was measured before, else measured as a job the page watches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from domain.explanation import ParameterValue, Target
from domain.image import ImageRef
from domain.model_spec import ModelSpec
from domain.prediction import Instance
from domain.progress import Report
from domain.project import Project
from domain.trust import Trust, WeightCheck
from executors.local import Job
from services import random_null, trust_cache, weight_check
from services.explain_jobs import typical_pace
from services.explaining import Request
from services.methods import estimate_seconds, title_of
from services.model_targets import ask_for_targets, readable_images
from services.trust_files import load_weight_check, save_weight_check, weight_check_file
from services.trust_trial import count_passes
from services.workspace import Workspace

if TYPE_CHECKING:
    from predictors import Predictor


def find_trust(
    workspace: Workspace, project: Project, predictor: Predictor, spec: ModelSpec, request: Request
) -> Trust | None:
    """The figures of a map when they were measured before.

    Raises:
        InputError: A parameter is off.
    """
    return trust_cache.find_trust(workspace, predictor, spec, request, project_id=project.project_id)


def start_trust(
    workspace: Workspace,
    project: Project,
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    objects: Sequence[Instance] = (),
    is_thorough: bool = False,
) -> Job:
    """Measure a map in the background, computing it first where it is not known.

    Where the model's null distribution is missing, a job of its own is started afterwards, see `null_key`.

    Args:
        workspace: Keeps what is measured.
        project: Whose images serve for the null distribution.
        predictor: The model.
        spec: As it was loaded.
        request: The map.
        objects: All objects of the image, for what lies on other ones.
        is_thorough: Also what takes many passes with this method.
    """

    def work(report: Report) -> None:
        trust = trust_cache.keep_trust(
            workspace,
            predictor,
            spec,
            request,
            project_id=project.project_id,
            objects=objects,
            is_thorough=is_thorough,
            report=report,
        )
        if trust.excess is not None:
            start_null(workspace, project, predictor, spec, trust.cells)

    title = f"Measuring {title_of(request.method)}"
    return workspace.jobs.submit(trust_key(project, request), work, title=title, unit="passes")


def start_null(workspace: Workspace, project: Project, predictor: Predictor, spec: ModelSpec, cells: int) -> Job | None:
    """Measure random maps on the model in the background; None when that was done."""
    if random_null.is_null_complete(workspace, predictor, spec, cells):
        return None

    def work(report: Report) -> None:
        images = readable_images(workspace, project.project_id)
        random_null.measure_null(workspace, predictor, spec, images, cells=cells, report=report)

    key = null_key(predictor.info.model_id, cells)
    return workspace.jobs.submit(key, work, title="Measuring random maps", unit="passes")


def find_weight_check(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    method: str,
    *,
    parameters: Mapping[str, ParameterValue] | None = None,
) -> WeightCheck | None:
    """Return the weight-randomisation check of a method, when it was made before.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
    """
    return load_weight_check(weight_check_file(workspace, predictor, spec, _any_image(method, parameters)))


def start_weight_check(
    workspace: Workspace,
    project: Project,
    predictor: Predictor,
    spec: ModelSpec,
    method: str,
    *,
    parameters: Mapping[str, ParameterValue] | None = None,
) -> Job:
    """Make the weight-randomisation check of a method in the background, on five images of the project."""
    like = _any_image(method, parameters)
    file = weight_check_file(workspace, predictor, spec, like)
    max_pixels = workspace.settings.max_pixels

    def work(report: Report) -> None:
        images = readable_images(workspace, project.project_id)
        count = weight_check.count_images(predictor, like)
        requests = ask_for_targets(predictor, spec, images, like, count=count, max_pixels=max_pixels)
        found = weight_check.check_weights(
            predictor, spec, requests, max_pixels=max_pixels, seeds=weight_check.SEEDS, report=report
        )
        save_weight_check(file, found)

    key = weight_check_key(predictor.info.model_id, method, parameters)
    return workspace.jobs.submit(key, work, title=f"Checking {title_of(method)}", unit="passes")


def estimate_trust(
    workspace: Workspace, project: Project, predictor: Predictor, request: Request, *, is_thorough: bool = False
) -> float | None:
    """About how many seconds `start_trust` takes here; None before anything was predicted."""
    pace = typical_pace(workspace, project, predictor)
    return pace * count_passes(predictor, request, is_thorough=is_thorough) if pace is not None else None


def estimate_weight_check(
    workspace: Workspace, project: Project, predictor: Predictor, request: Request
) -> float | None:
    """About how many seconds `start_weight_check` takes here; None before anything was predicted."""
    pace = typical_pace(workspace, project, predictor)
    maps = weight_check.count_images(predictor, request) * (1 + len(weight_check.SEEDS))
    return maps * estimate_seconds(predictor, request.method, pace, request.parameters) if pace is not None else None


def trust_key(project: Project, request: Request) -> Hashable:
    """What the job that measures a map is found by."""
    parameters = tuple(sorted((request.parameters or {}).items()))
    image_id = request.image.image_id
    return ("trust", project.project_id, project.model_id, image_id, request.target, request.method, parameters)


def null_key(model_id: str, cells: int) -> Hashable:
    """What the job that measures random maps on a model is found by."""
    return ("null", model_id, cells)


def weight_check_key(model_id: str, method: str, parameters: Mapping[str, ParameterValue] | None = None) -> Hashable:
    """What the job that checks a method with random weights is found by."""
    return ("weights", model_id, method, tuple(sorted((parameters or {}).items())))


def _any_image(method: str, parameters: Mapping[str, ParameterValue] | None) -> Request:
    return Request(ImageRef("", "", 0, 0), Target(""), method, None, parameters)
