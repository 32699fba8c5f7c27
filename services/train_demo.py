"""Train the demo models from random initial weights, exactly as the shipped ones were."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

from demo.objects import CLASSES
from demo.recipe import TRAINING_SEED, Examples, draw_scenes, draw_singles, shrink
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from predictors.architectures import (
    MEAN,
    STD,
    CellClassifier,
    DemoFacts,
    build_cell_classifier,
    build_demo_classifier,
    build_demo_detector,
    copy_trunk,
    freeze_early_stages,
)
from training.checkpoint import save_checkpoint
from training.classification import fit_classifier
from training.dense import fit_dense
from training.detection import fit_detector
from training.loop import Schedule
from training.presence import Cells, fit_presence

MODELS = ("detector", "multilabel", "classifier")

SINGLE_SIZE = (224, 168)
SCENE_SIZE = (256, 192)
DRAWN_SIZE = (320, 240)
"""(height, width) the networks see, in the shape of the scenes. Scenes with several objects are kept at `DRAWN_SIZE`
first and shrunk from there: the shipped weights come from pictures made this way."""

STAGES = {"scenes": 0.1, "trunk": 0.16, "detector": 0.28, "multilabel": 0.31, "singles": 0.08, "classifier": 0.07}
"""Rough share of each stage of the whole time, for the progress bar."""

SCHEDULES = {
    "trunk": Schedule(epochs=4, batch_size=16, learning_rate=3e-3, reduced_precision=True),
    "detector": Schedule(epochs=4, batch_size=8, learning_rate=1.5e-3, reduced_precision=True),
    "multilabel": Schedule(epochs=10, batch_size=16, learning_rate=1.5e-3, reduced_precision=True),
    "classifier": Schedule(epochs=4, batch_size=16, learning_rate=1.5e-3, reduced_precision=True),
}


def train_demo_models(
    folder: Path,
    *,
    seed: int = TRAINING_SEED,
    singles: int = 4500,
    scenes: int = 4000,
    report: Report = ignore_progress,
) -> dict[str, list[float]]:
    """Draw training scenes, train the demo models and save them in `folder`.

    First a trunk learns to name the class of every cell of the scenes; then all three models start from it.

    Args:
        folder: Gets classifier.safetensors, multilabel.safetensors and detector.safetensors, each when it is ready.
        seed: Of scenes, initial weights and order.
        singles: How many scenes with one main object.
        scenes: How many scenes with several objects.
        report: Called with (thousandths done, 1000).

    Returns:
        Stage -> mean loss of each epoch.
    """
    progress = split_progress(report)
    drawn = draw_scenes(scenes, seed=seed, size=DRAWN_SIZE, report=progress["scenes"])
    many = replace(drawn, images=shrink(drawn.images, SCENE_SIZE))
    trunk, losses = train_trunk(many, seed=seed, report=progress["trunk"])
    found = {"trunk": losses}
    found["detector"] = train_detector(trunk, many, folder, seed=seed, report=progress["detector"])
    found["multilabel"] = train_multilabel(trunk, many, folder, seed=seed, report=progress["multilabel"])
    one = draw_singles(singles, seed=seed, size=SINGLE_SIZE, report=progress["singles"])
    found["classifier"] = train_classifier(trunk, one, folder, seed=seed, report=progress["classifier"])
    return found


def train_trunk(examples: Examples, *, seed: int, report: Report) -> tuple[CellClassifier, list[float]]:
    """What can be seen where, on scenes with several objects."""
    module = build_cell_classifier(len(CLASSES), seed=seed)
    losses = fit_dense(
        module,
        examples.images,
        examples.objects,
        classes=CLASSES,
        mean=MEAN,
        std=STD,
        schedule=schedule_of("trunk", seed),
        report=report,
    )
    return module, losses


def train_detector(
    trunk: CellClassifier, examples: Examples, folder: Path, *, seed: int, report: Report
) -> list[float]:
    """Boxes and masks, on scenes with several objects."""
    module = build_demo_detector(len(CLASSES), seed=seed)
    copy_trunk(trunk, module)
    freeze_early_stages(module)
    schedule = schedule_of("detector", seed)
    losses = fit_detector(module, examples.images, examples.objects, classes=CLASSES, schedule=schedule, report=report)
    facts = DemoFacts("demo_detector", Task.SEGMENTATION, CLASSES, *SCENE_SIZE)
    save_checkpoint(module, folder / "detector.safetensors", metadata=facts.to_metadata())
    return losses


def train_multilabel(
    trunk: CellClassifier, examples: Examples, folder: Path, *, seed: int, report: Report
) -> list[float]:
    """The classes present, on scenes with several objects; the trunk goes on learning what can be seen where."""
    module = build_demo_classifier(len(CLASSES), seed=seed)
    copy_trunk(trunk, module)
    losses = fit_presence(
        module,
        examples.images,
        examples.present,
        cells=Cells(module.trunk, deepcopy(trunk.head), examples.objects, CLASSES),
        mean=MEAN,
        std=STD,
        schedule=schedule_of("multilabel", seed),
        report=report,
    )
    facts = DemoFacts("demo_classifier", Task.MULTILABEL, CLASSES, *SCENE_SIZE)
    save_checkpoint(module, folder / "multilabel.safetensors", metadata=facts.to_metadata())
    return losses


def train_classifier(
    trunk: CellClassifier, examples: Examples, folder: Path, *, seed: int, report: Report
) -> list[float]:
    """The class of the main object, on scenes that have one."""
    module = build_demo_classifier(len(CLASSES), seed=seed)
    copy_trunk(trunk, module)
    losses = fit_classifier(
        module,
        examples.images,
        examples.main,
        mean=MEAN,
        std=STD,
        schedule=schedule_of("classifier", seed),
        label_smoothing=0.05,
        report=report,
    )
    facts = DemoFacts("demo_classifier", Task.CLASSIFICATION, CLASSES, *SINGLE_SIZE)
    save_checkpoint(module, folder / "classifier.safetensors", metadata=facts.to_metadata())
    return losses


def schedule_of(stage: str, seed: int) -> Schedule:
    return replace(SCHEDULES[stage], seed=seed)


def split_progress(report: Report) -> dict[str, Report]:
    """One report a stage, each telling its share of the whole."""
    split: dict[str, Report] = {}
    start = 0.0
    for stage, share in STAGES.items():
        split[stage] = partial(report_share, report, start, share)
        start += share
    return split


def report_share(report: Report, start: float, share: float, done: int, total: int) -> None:
    report(round(1000 * (start + share * done / max(total, 1))), 1000)
