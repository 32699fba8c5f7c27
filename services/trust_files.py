"""Measured trust as files: beside each map, and for each model in the folder "trust" of the workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.model_spec import ModelSpec
from domain.trust import Estimate, Figure, Trust, WeightCheck
from metrics.faithfulness import Faithfulness, References
from services.content_hash import content_hash
from services.explaining import Request
from services.map_cache import file_of, key_of
from services.methods import build_method, parameters_of
from services.output_files import replacing
from services.workspace import Workspace

if TYPE_CHECKING:
    from predictors import Predictor

VERSION = 1
"""Raised when the same map gets other figures; what was measured before is measured again."""


def trust_file(workspace: Workspace, project_id: int, predictor: Predictor, spec: ModelSpec, request: Request) -> Path:
    """Return where the figures of a map lie: beside the map, under its name.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
    """
    return file_of(workspace, project_id, key_of(predictor, spec, request)).with_suffix(".trust.json")


def references_file(
    workspace: Workspace, project_id: int, predictor: Predictor, spec: ModelSpec, request: Request, *, cells: int
) -> Path:
    """Return where the references of an image and target lie, which all methods share."""
    shape = asdict(request.instance.box) if request.instance else None
    image = request.image
    parts = [
        _model_parts(predictor, spec),
        content_hash(image) or [image.uri, image.width, image.height],
        [request.target.label, shape],
        [request.seed, cells],
    ]
    return file_of(workspace, project_id, _digest(parts)).with_suffix(".references.json")


def model_folder(workspace: Workspace, predictor: Predictor, spec: ModelSpec) -> Path:
    """Return the folder of what was measured on a model rather than on a map."""
    return workspace.folder("trust") / _digest(_model_parts(predictor, spec))[:32]


def weight_check_file(workspace: Workspace, predictor: Predictor, spec: ModelSpec, request: Request) -> Path:
    """Return where the weight-randomisation check of a method with its parameters lies.

    Raises:
        InputError: The method cannot explain this model, or a parameter is off.
    """
    method = build_method(predictor, request.method, request.parameters or {})
    digest = _digest([type(method).version, parameters_of(method)])[:16]
    return model_folder(workspace, predictor, spec) / f"weights-{request.method}-{digest}.json"


def save_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON object whole or not at all, with the version of the figures."""
    with replacing(file) as stream:
        stream.write(json.dumps({"version": VERSION, **content}, ensure_ascii=False, indent=1).encode())


def load_json(file: Path) -> dict[str, Any] | None:
    """Read what `save_json` wrote; None when there is nothing, or it is of another version."""
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    return content if content.pop("version", None) == VERSION else None


def save_trust(file: Path, trust: Trust) -> None:
    save_json(file, asdict(trust))


def load_trust(file: Path) -> Trust | None:
    """Read what `save_trust` wrote."""
    content = load_json(file)
    if content is None:
        return None
    content["figures"] = tuple(_read_figure(figure) for figure in content["figures"])
    content["omitted"], content["warnings"] = tuple(content["omitted"]), tuple(content["warnings"])
    return Trust(**content)


def save_references(file: Path, references: References) -> None:
    save_json(file, asdict(references))


def load_references(file: Path) -> References | None:
    """Read what `save_references` wrote."""
    content = load_json(file)
    return References(**{name: _read_faithfulness(parts) for name, parts in content.items()}) if content else None


def save_weight_check(file: Path, check: WeightCheck) -> None:
    save_json(file, asdict(check))


def load_weight_check(file: Path) -> WeightCheck | None:
    """Read what `save_weight_check` wrote."""
    content = load_json(file)
    if content is None:
        return None
    for name in ("correlation", "complexity_rise"):
        content[name] = Estimate(**content[name]) if content[name] else None
    return WeightCheck(**content)


def _read_figure(figure: dict[str, Any]) -> Figure:
    return Figure(**{**figure, "estimate": Estimate(**figure["estimate"]), "scale": tuple(figure["scale"])})


def _read_faithfulness(parts: dict[str, Any]) -> Faithfulness:
    return Faithfulness(**{name: Estimate(**estimate) for name, estimate in parts.items()})


def _model_parts(predictor: Predictor, spec: ModelSpec) -> dict[str, Any]:
    info = predictor.info
    return {"model": info.model_id, "weights": info.weights_sha256, "preprocessing": asdict(spec)}


def _digest(parts: object) -> str:
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
