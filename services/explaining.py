"""Saliency maps: computed once per model, image, method, parameters and target, and kept."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from domain.errors import InputError
from domain.explanation import Explanation, ParameterValue, Region, Target
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import array_to_stored, box_to_stored, box_to_upright, segment_to_upright
from domain.prediction import Instance, ModelInfo
from domain.progress import Report, ignore_progress
from services.map_downloads import map_as_npz
from services.output_files import replacing
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE
from services.slow_imports import importing_torch
from services.workspace import Workspace

if TYPE_CHECKING:
    from explainers import Explainer
    from explainers.base import Saliency
    from explainers.parameters import Parameter
    from predictors import Predictor

Model: TypeAlias = "tuple[Predictor, ModelSpec]"
"""A loaded model with what was typed to load it."""

_LIBRARIES = ("torch", "torchvision", "numpy", "scikit-image", "lime")


@dataclass(frozen=True, slots=True)
class Method:
    """A method as menus, forms and the command line show it."""

    name: str
    title: str
    summary: str
    paper: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be explained, and how.

    Attributes:
        image: The image.
        target: The class, and the object for a detector.
        instance: The object named by `target`, on the stored grid.
        method: Registry name.
        parameters: Field name -> value, where it differs from the default.
        seed: Same seed, same machine: same bytes.
    """

    image: ImageRef
    target: Target
    method: str
    instance: Instance | None = None
    parameters: Mapping[str, ParameterValue] | None = None
    seed: int = 0


def list_methods(predictor: Predictor | None = None) -> list[Method]:
    """The methods Relook has, or those that can explain `predictor`."""
    with importing_torch:
        from explainers import EXPLAINERS  # noqa: PLC0415
        from explainers.parameters import describe_parameters  # noqa: PLC0415

    return [
        Method(name, cls.title, cls.summary, cls.paper, describe_parameters(cls))
        for name, cls in EXPLAINERS.items()
        if predictor is None or not cls.why_not(predictor)
    ]


def title_of(method: str) -> str:
    """The name of a method in menus."""
    with importing_torch:
        from explainers import EXPLAINERS  # noqa: PLC0415

    return EXPLAINERS[method].title


def explain(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    project_id: int = 0,
    report: Report = ignore_progress,
) -> Explanation:
    """Return the map `request` asks for, computed now or earlier.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
        ImageError: The image cannot be read.
        ExplanationError: There is no map, or it says nothing.
        Cancelled: A person asked to stop.
    """
    explainer = _build(predictor, request)
    file = _cache_file(workspace, project_id, _cache_key(predictor.info, spec, explainer, request))
    if file.exists():
        return _answer(request, load_explanation(file))
    explanation = compute(
        predictor, spec, request, explainer=explainer, max_pixels=workspace.settings.max_pixels, report=report
    )
    save_explanation(file, explanation)
    return explanation


def find_cached(
    workspace: Workspace, predictor: Predictor, spec: ModelSpec, request: Request, *, project_id: int
) -> Explanation | None:
    """Return the map when it was computed earlier."""
    explainer = _build(predictor, request)
    file = _cache_file(workspace, project_id, _cache_key(predictor.info, spec, explainer, request))
    return _answer(request, load_explanation(file)) if file.exists() else None


def compute(
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    max_pixels: int,
    explainer: Explainer | None = None,
    report: Report = ignore_progress,
) -> Explanation:
    """Compute a map on the stored pixel grid; see `explain` for what is raised."""
    explainer = explainer or _build(predictor, request)
    is_turned = spec.orientation is InputOrientation.UPRIGHT and request.image.orientation != 1
    picture = load_picture(
        Path(request.image.uri), orientation=spec.orientation, max_pixels=max_pixels, max_side=MODEL_MAX_SIDE
    )
    instance = _upright(request.instance, request.image.orientation) if is_turned else request.instance
    started = time.perf_counter()
    saliency = explainer.explain(
        predictor, picture, request.target, instance=instance, seed=request.seed, report=report
    )
    seconds = time.perf_counter() - started
    if is_turned:
        saliency = _on_stored_grid(saliency, request.image.orientation)
    return _record(predictor.info, request, explainer, saliency, seconds)


def estimate_seconds(predictor: Predictor, method: str, latency: float) -> float:
    """Return about how long `method` takes on a machine where one prediction takes `latency` seconds."""
    forward, backward = _build_by_name(method, {}).passes(predictor)
    return latency * (forward + 2 * backward)


def save_explanation(file: Path, explanation: Explanation) -> None:
    """Write a map with its facts as NPZ, in one step; `heatmap` is the raw signed float32 grid."""
    with replacing(file) as stream:
        stream.write(map_as_npz(explanation))


def load_explanation(file: Path) -> Explanation:
    """Read what `save_explanation` wrote."""
    with np.load(file, allow_pickle=False) as stored:
        facts: dict[str, Any] = json.loads(str(stored["facts"]))
        heatmap = stored["heatmap"]
    facts["target"] = Target(**facts["target"])
    facts["region"] = Region(**facts["region"])
    facts["warnings"] = tuple(facts["warnings"])
    return Explanation(heatmap=heatmap, **facts)


def _answer(request: Request, found: Explanation) -> Explanation:
    """A map is kept by what was explained: it may have been computed for an equal file or object of another name."""
    return replace(found, image_id=request.image.image_id, target=request.target)


def _build(predictor: Predictor, request: Request) -> Explainer:
    explainer = _build_by_name(request.method, request.parameters or {})
    reason = type(explainer).why_not(predictor)
    if reason:
        others = ", ".join(method.name for method in list_methods(predictor))
        raise InputError(reason, remedy=f"Methods for this model: {others}." if others else "")
    return explainer


def _build_by_name(method: str, parameters: Mapping[str, ParameterValue]) -> Explainer:
    with importing_torch:
        from explainers.parameters import build_explainer  # noqa: PLC0415

    return build_explainer(method, parameters)


def _record(info: ModelInfo, request: Request, explainer: Explainer, saliency: Saliency, seconds: float) -> Explanation:
    return Explanation(
        image_id=request.image.image_id,
        model_id=info.model_id,
        method=request.method,
        target=request.target,
        heatmap=saliency.heatmap,
        region=saliency.region,
        is_regional=type(explainer).is_regional,
        layer=saliency.layer,
        parameters=_parameters(explainer),
        seed=request.seed,
        seconds=seconds,
        forward_passes=saliency.forward_passes,
        backward_passes=saliency.backward_passes,
        completeness_gap=saliency.completeness_gap,
        versions=_versions(),
        warnings=saliency.warnings,
    )


@functools.cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in _LIBRARIES}


def _parameters(explainer: Explainer) -> dict[str, ParameterValue]:
    return (
        {field.name: getattr(explainer, field.name) for field in fields(explainer)} if is_dataclass(explainer) else {}
    )


def _cache_key(info: ModelInfo, spec: ModelSpec, explainer: Explainer, request: Request) -> str:
    """Everything the map depends on (resolutions.md, "Values")."""
    shape = asdict(request.instance) if request.instance else None
    if shape:
        del shape["instance_id"], shape["score"], shape["is_crowd"]
    parts = {
        "model": info.model_id,
        "weights": info.weights_sha256,
        "preprocessing": asdict(spec),
        "image": request.image.sha256 or [request.image.uri, request.image.width, request.image.height],
        "method": [request.method, type(explainer).version, _parameters(explainer)],
        "target": [request.target.label, shape],
        "seed": request.seed,
    }
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _cache_file(workspace: Workspace, project_id: int, key: str) -> Path:
    return workspace.folder("explanations") / str(project_id) / key[:2] / f"{key[2:34]}.npz"


def _upright(instance: Instance | None, orientation: int) -> Instance | None:
    if instance is None:
        return None
    rings = tuple(segment_to_upright(ring, orientation) for ring in instance.polygons)
    return replace(instance, box=box_to_upright(instance.box, orientation), polygons=rings)


def _on_stored_grid(saliency: Saliency, orientation: int) -> Saliency:
    region = saliency.region
    box = box_to_stored(Box(region.x_min, region.y_min, region.x_max, region.y_max), orientation)
    heatmap = np.ascontiguousarray(array_to_stored(saliency.heatmap, orientation))
    return replace(saliency, heatmap=heatmap, region=Region(*box.as_tuple()))
