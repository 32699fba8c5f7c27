"""Saliency maps are computed once per model, image, method, parameters and target, and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.errors import ExplanationError, ImageError
from domain.explanation import Explanation, Region, Target
from domain.model_spec import ModelSpec
from domain.progress import Report, ignore_progress
from services.content_hash import content_hash, keep_hash
from services.explaining import Request, compute_each
from services.kept_pictures import KeptPictures
from services.map_downloads import map_as_npz
from services.methods import build_method, parameters_of
from services.output_files import replacing
from services.workspace import Workspace

if TYPE_CHECKING:
    from predictors import Predictor


def explain(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    request: Request,
    *,
    project_id: int = 0,
    pictures: KeptPictures | None = None,
    report: Report = ignore_progress,
) -> Explanation:
    """Return the map `request` asks for, computed now or earlier; see `compute_each` for `pictures`.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
        ImageError: The image cannot be read.
        ExplanationError: There is no map, or it says nothing.
        Cancelled: A person asked to stop.
    """
    [found] = explain_each(
        workspace, predictor, spec, [request], project_id=project_id, pictures=pictures, report=report
    )
    if isinstance(found, ExplanationError | ImageError):
        raise found
    return found


def explain_each(
    workspace: Workspace,
    predictor: Predictor,
    spec: ModelSpec,
    requests: Sequence[Request],
    *,
    project_id: int = 0,
    pictures: KeptPictures | None = None,
    report: Report = ignore_progress,
) -> list[Explanation | ExplanationError | ImageError]:
    """Return the maps of requests that differ only in image and target; those not known yet are computed together.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
        Cancelled: A person asked to stop.
    """
    requests = [_with_hash(workspace, project_id, request) for request in requests]
    known: dict[int, Explanation | ExplanationError | ImageError | None] = {}
    for place, request in enumerate(requests):
        known[place] = find_cached(workspace, predictor, spec, request, project_id=project_id)
    missing = [place for place, found in known.items() if found is None]
    if missing:
        wanted = [requests[place] for place in missing]
        max_pixels = workspace.settings.max_pixels
        made = compute_each(predictor, spec, wanted, max_pixels=max_pixels, pictures=pictures, report=report)
        for place, found in zip(missing, made, strict=True):
            known[place] = found
            if isinstance(found, Explanation):
                save_explanation(file_of(workspace, project_id, key_of(predictor, spec, requests[place])), found)
    return [found for found in known.values() if found is not None]


def _with_hash(workspace: Workspace, project_id: int, request: Request) -> Request:
    """The request about the file as it is now: the map is kept by what was there before it was computed."""
    image, sha256 = request.image, content_hash(request.image)
    keep_hash(workspace, project_id, image, sha256)
    return replace(request, image=replace(image, sha256=sha256, version=""))


def find_cached(
    workspace: Workspace, predictor: Predictor, spec: ModelSpec, request: Request, *, project_id: int
) -> Explanation | None:
    """Return the map when it was computed earlier."""
    file = file_of(workspace, project_id, key_of(predictor, spec, request))
    if not file.exists():
        return None
    # It is kept by what was explained: it may have been computed for an equal file or object of another name.
    return replace(load_explanation(file), image_id=request.image.image_id, target=request.target)


def key_of(predictor: Predictor, spec: ModelSpec, request: Request) -> str:
    """Return a name for everything the map depends on (resolutions.md, "Values"): equal keys, equal maps.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
    """
    explainer = build_method(predictor, request.method, request.parameters or {})
    info = predictor.info
    shape = asdict(request.instance) if request.instance else None
    if shape:
        del shape["instance_id"], shape["score"], shape["is_crowd"]
    parts = {
        "model": info.model_id,
        "weights": info.weights_sha256,
        "preprocessing": asdict(spec),
        "image": content_hash(request.image) or [request.image.uri, request.image.width, request.image.height],
        "method": [request.method, type(explainer).version, parameters_of(explainer)],
        "target": [request.target.label, shape],
        "seed": request.seed,
    }
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def file_of(workspace: Workspace, project_id: int, key: str) -> Path:
    """Return where the map of a key lies in a project's cache."""
    return workspace.folder("explanations") / str(project_id) / key[:2] / f"{key[2:34]}.npz"


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
