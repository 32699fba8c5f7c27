"""One training of a project from its images to a new model and what it is worth."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain.errors import Cancelled, InputError, RelookError
from domain.model_spec import ModelSpec
from domain.progress import PartOf, Report, ignore_progress
from services import learning_classes, learning_objects
from services.explaining import Model
from services.learning_classes import Objects
from services.learning_data import Material, gather_material, read_boxes
from services.learning_result import ask_both, compare_evidence
from services.learning_runs import LearningRun, RunState, folder_of, keep_run, list_runs
from services.output_files import replacing
from services.projects import fetch_project
from services.scoring import load_model
from services.slow_imports import importing_torch
from services.workspace import Workspace
from store import predictions
from training.recipe import BEST, Recipe

if TYPE_CHECKING:
    from predictors import Predictor

RUNTIMES = ("torchvision", "demo")
"""Whose models can learn: their networks are built here, and their weights are loaded from plain tensors."""

PICTURES = "pictures.bin"
_STEPS = 1000
_READING, _LEARNING = 0.1, 0.9


def run_training(
    workspace: Workspace, run: LearningRun, *, takes_best: bool = False, report: Report = ignore_progress
) -> LearningRun:
    """Learn, from where it stopped if it did, and say what came of it.

    Whatever happens is written down with the run: a person finds it on the Learn page, and can go on.

    Args:
        workspace: The workspace.
        run: What to do.
        takes_best: Take the best epoch of a training that was stopped, instead of going on.
        report: Called with (thousandths done, 1000).

    Raises:
        RelookError: It cannot be done; the message says why.
        Cancelled: A person asked to stop; the best epoch so far is kept.
    """
    keeper = _Keeper(workspace, keep_run(workspace, run, state=RunState.LEARNING, message=""))
    try:
        return _learn(keeper, report, takes_best=takes_best)
    except Cancelled:
        keeper.keep(state=RunState.STOPPED, message="Stopped. The best epoch so far is kept.")
        raise
    except Exception as error:
        told = error.told if isinstance(error, RelookError) else f"It stopped unexpectedly ({type(error).__name__})."
        with suppress(InputError):  # the disk is full: the record of before stays
            keeper.keep(state=RunState.FAILED, message=told)
        raise
    finally:
        with suppress(OSError):
            (keeper.folder / PICTURES).unlink(missing_ok=True)


def kind_of(predictor: Predictor) -> Any:
    """What is particular to models of classes, or of boxes and polygons: a module with the same functions."""
    return learning_objects if predictor.info.task.has_objects else learning_classes


def check_can_learn(predictor: Predictor, spec: ModelSpec, recipe: Recipe) -> None:
    """Raise unless a model can learn here.

    Raises:
        InputError: It is no classifier or detector of torchvision or of the demo, or cannot learn so.
    """
    info = predictor.info
    if spec.runtime not in RUNTIMES or kind_of(predictor).network_of(predictor) is None:
        raise InputError(
            f"{info.name} cannot learn here: it is a model for {info.task.in_words} of the runtime {spec.runtime}, and "
            "none whose layers can be taught by images, boxes or polygons.",
            remedy="Classifiers and detectors of torchvision and of the demo can.",
        )
    if info.task.has_objects:
        recipe.check_objects()


class _Keeper:
    """The record of a run as it changes."""

    def __init__(self, workspace: Workspace, run: LearningRun) -> None:
        self.workspace, self.run, self.folder = workspace, run, folder_of(workspace, run)

    def keep(self, **changes: Any) -> LearningRun:
        self.run = keep_run(self.workspace, self.run, **changes)
        return self.run


def _learn(keeper: _Keeper, report: Report, *, takes_best: bool) -> LearningRun:
    workspace, run = keeper.workspace, keeper.run
    predictor, spec = load_model(workspace, run.project_id, run.parent)
    check_can_learn(predictor, spec, run.recipe)
    material = gather_material(
        workspace,
        run.project_id,
        run.recipe,
        known_classes=predictor.info.classes,
        learned_before=learned_before(spec),
        report=_part(report, 0, _READING / 2),
    )
    objects = {} if predictor.info.task.has_objects else read_boxes(workspace, run.boxes_from)
    keeper.keep(counts=material.counts, notes=material.notes)
    if not takes_best:
        _train(keeper, (predictor, spec), material, objects, report)
    weights = _lay_down(keeper, (predictor, spec), material)
    child = replace(spec, weights=str(weights), classes="", task=predictor.info.task.value)
    models = ((predictor, spec), (workspace.models.take(child), child))
    return _finish(keeper, material, models, objects, _part(report, _LEARNING, 1.0))


def _train(keeper: _Keeper, parent: Model, material: Material, objects: Objects, report: Report) -> None:
    with importing_torch:
        from training.fine_tune import fine_tune  # noqa: PLC0415

    kind, (predictor, spec) = kind_of(parent[0]), parent
    examples, notes = kind.read_examples(
        parent,
        material,
        keeper.run.recipe,
        objects,
        file=keeper.folder / PICTURES,
        max_pixels=keeper.workspace.settings.max_pixels,
        report=_part(report, _READING / 2, _READING),
    )
    keeper.keep(notes=(*material.notes, *notes))

    def heard(history: Any) -> None:
        epochs = tuple(asdict(epoch) for epoch in history)
        best = max(epochs, key=lambda each: (each["figure"], -each["choose_loss"]))["number"] if epochs else 0
        keeper.keep(history=epochs, best=best)

    facts = {"classes": material.classes, "task": predictor.info.task.value, **kind.weight_facts(predictor, spec)}
    fine_tune(
        kind.network_of(predictor),
        examples,
        keeper.run.recipe,
        classes=(predictor.info.classes, material.classes),
        folder=keeper.folder,
        metadata={name: json.dumps(value) for name, value in facts.items()},
        report=_part(report, _READING, _LEARNING),
        heard=heard,
    )


def _lay_down(keeper: _Keeper, parent: Model, material: Material) -> Path:
    """Lay the weights of the best epoch beside their lineage under a name of their own; return their file.

    Raises:
        InputError: No epoch was finished, or the disk is full.
    """
    best = keeper.folder / BEST
    if not best.exists():
        raise InputError("No epoch was finished, so there is nothing to keep.", remedy="Go on, or start anew.")
    number = 2 + sum(bool(each.model) for each in list_runs(keeper.workspace, keeper.run.project_id))
    file = keeper.folder / f"{Path(parent[1].architecture).name}-v{number}.safetensors"
    with replacing(file) as stream:
        stream.write(best.read_bytes())
    with replacing(file.with_suffix(".json")) as stream:
        stream.write(json.dumps(_lineage(parent, material, keeper.run), ensure_ascii=False, indent=1).encode())
    return file


def _lineage(parent: Model, material: Material, run: LearningRun) -> dict[str, Any]:
    predictor, spec = parent
    earlier = learned_before(spec)
    used = {each.digest: "learn" for each in material.learn} | {each.digest: "choose" for each in material.choose}
    return {
        "format": "relook model lineage 1",
        "parent": predictor.info.model_id,
        "parent_weights_sha256": predictor.info.weights_sha256,
        "project_id": run.project_id,
        "data_sha256": material.data_hash(),
        "decisions": sum(bool(each.decision) for each in material.learn),
        "decisions_sha256": material.decisions_hash(),
        "classes": list(material.classes),
        "seed": run.recipe.seed,
        "recipe": asdict(run.recipe),
        "made_at": datetime.now(UTC).isoformat(),
        "versions": {name: version(name) for name in ("torch", "torchvision")},
        "learned_from": earlier | used,
    }


def learned_before(spec: ModelSpec) -> dict[str, str]:
    """Digest of each image that a model and its parents learned from -> how; nothing for a model from elsewhere."""
    if not spec.weights:
        return {}
    try:
        stored = json.loads(Path(spec.weights).with_suffix(".json").read_bytes())
        return {str(digest): str(how) for digest, how in stored["learned_from"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _finish(keeper: _Keeper, material: Material, models: Any, objects: Objects, report: Report) -> LearningRun:
    """Keep the new model and its answers, and compare it with its parent on the held-out images."""
    workspace, run = keeper.workspace, keeper.run
    max_pixels, (_, (child, spec)) = workspace.settings.max_pixels, models
    halves = PartOf(report, 0, 2), PartOf(report, 1, 2)
    answers = ask_both(models, material.held_out, max_pixels=max_pixels, report=halves[0])
    with workspace.write() as connection:
        predictions.save_model(connection, run.project_id, child.info, spec)
        for (predictor, _), made in zip(models, (answers.before, answers.after), strict=True):
            predictions.save_predictions(connection, run.project_id, predictor.info.model_id, made)
    result = kind_of(child).compare(material.held_out, answers, fetch_project(workspace, run.project_id))
    result["evidence"] = compare_evidence(models, material.held_out, objects, max_pixels=max_pixels, report=halves[1])
    report(1, 1)
    return keeper.keep(state=RunState.DONE, model=child.info.model_id, weights=spec.weights, result=result)


def _part(report: Report, low: float, high: float) -> Report:
    """Tell a part of the work as a share of all of it."""

    def tell(done: int, total: int) -> None:
        report(round(_STEPS * (low + (high - low) * (done / total if total else 0.0))), _STEPS)

    return tell
