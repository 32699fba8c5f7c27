"""The model that an EazyML `model_path` names: a program, a Keras file, or weights with a JSON file beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import ModelError
from domain.model_spec import InputOrientation, ModelSpec
from services.model_shelf import ModelShelf
from services.slow_imports import importing_torch

if TYPE_CHECKING:
    from predictors import Predictor

_BY_SUFFIX = {".pt2": "pt2", ".h5": "keras", ".hdf5": "keras", ".keras": "keras"}
_LARGEST_FACTS = 1024**2
_KINDS: dict[str, tuple[type, ...]] = {
    "builder": (str,),
    "task": (str,),
    "orientation": (str,),
    "resize": (int,),
    "crop": (int,),
    "mean": (list,),
    "std": (list,),
    "classes": (list, dict),
}
_EXAMPLE = '{"builder": "torchvision/deeplabv3_resnet50", "classes": ["background", "can"]}'
_shelf = ModelShelf()


def load_model(path: Path) -> tuple[Predictor, ModelSpec]:
    """Load the model at `path`, or take it from those loaded before.

    Raises:
        ModelError: It cannot be loaded; the message says why.
        LimitError: It is too large.
    """
    spec = read_spec(path)
    return _shelf.take(spec), spec


def facts_file(path: Path) -> Path:
    """Return where the facts about weights stand: model.json beside model.pth."""
    return path.with_suffix(".json")


def read_spec(path: Path) -> ModelSpec:
    """Return what is to be loaded from a file, with the facts that stand beside it.

    Raises:
        ModelError: It is a folder, the facts cannot be read, or weights have none.
    """
    if path.is_dir():
        raise ModelError("This is a folder; expected the file of a model.", where=str(path))
    facts = _read_facts(facts_file(path))
    runtime = _BY_SUFFIX.get(path.suffix.lower(), "torchscript" if _is_torchscript(path) else "")
    builder = facts.get("builder", "")
    if not runtime and not builder:
        raise ModelError(
            "Nothing says how the network of these weights is built.",
            where=str(path),
            remedy=f"Write {facts_file(path).name} beside it, for example {_EXAMPLE}.",
        )
    name = f"{runtime}/{path}" if runtime else builder if "/" in builder else f"torchvision/{builder}"
    try:
        orientation = InputOrientation(facts.get("orientation", InputOrientation.STORED))
    except ValueError as error:
        raise ModelError(f"The orientation is '{facts['orientation']}'.", where=str(facts_file(path))) from error
    return ModelSpec(
        name=name,
        weights="" if runtime else str(path),
        classes=str(facts_file(path)) if "classes" in facts else "",
        task=facts.get("task", ""),
        resize=facts.get("resize"),
        crop=facts.get("crop"),
        mean=_triple(facts, "mean", path),
        std=_triple(facts, "std", path),
        orientation=orientation,
    )


def _read_facts(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        if file.stat().st_size > _LARGEST_FACTS:
            raise ModelError("The file of facts about the model is larger than 1 MB.", where=str(file))
        facts = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"The facts about the model are no JSON: {error}.", where=str(file)) from error
    if not isinstance(facts, dict):
        raise ModelError("The facts about the model are no JSON object.", where=str(file), remedy=f"Write {_EXAMPLE}.")
    for name, kinds in _KINDS.items():
        if name in facts and (not isinstance(facts[name], kinds) or isinstance(facts[name], bool)):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise ModelError(f"'{name}' is {facts[name]!r:.60}; expected {expected}.", where=str(file))
    return facts


def _triple(facts: dict[str, Any], name: str, path: Path) -> tuple[float, float, float] | None:
    values = facts.get(name)
    if values is None:
        return None
    if len(values) != 3 or not all(type(value) in {int, float} for value in values):
        raise ModelError(f"'{name}' is {values!r:.60}; expected three numbers.", where=str(facts_file(path)))
    return float(values[0]), float(values[1]), float(values[2])


def _is_torchscript(path: Path) -> bool:
    if not path.is_file():
        return False
    with importing_torch:
        from predictors.checkpoint import is_torchscript_archive  # noqa: PLC0415

    return is_torchscript_archive(path)
