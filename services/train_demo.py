"""Train the demo models from random initial weights, exactly as the shipped ones were."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path

from demo.objects import CLASSES
from demo.recipe import TRAINING_SEED, Examples, draw_scenes, draw_singles, shrink
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from predictors.architectures import (
    MEAN,
    STD,
    DemoClassifier,
    DemoFacts,
    MaskRCNN,
    build_demo_classifier,
    build_demo_detector,
    copy_trunk,
    freeze_early_stages,
)
from training.checkpoint import load_checkpoint, save_checkpoint
from training.classification import fit_classifier
from training.detection import fit_detector
from training.loop import Schedule

MODELS = ("classifier", "multilabel", "detector")

CLASSIFIER_SIZE = (224, 168)
DETECTOR_SIZE = (320, 240)
"""(height, width) the networks see; the same shape as the scenes."""

SHARES = {"singles": 0.08, "classifier": 0.17, "scenes": 0.1, "multilabel": 0.12, "detector": 0.53}
"""Rough share of each stage of the whole time, for the progress bar."""

CLASSIFIER_EPOCHS, MULTILABEL_EPOCHS, DETECTOR_EPOCHS = 9, 5, 6


def train_demo_models(
    folder: Path,
    *,
    names: Collection[str] = MODELS,
    seed: int = TRAINING_SEED,
    singles: int = 4500,
    scenes: int = 4000,
    report: Report = ignore_progress,
) -> dict[str, list[float]]:
    """Draw training scenes, train the three demo models and save them in `folder`.

    The multi-label classifier and the detector start from the classifier's trunk; the rest is random.

    Args:
        folder: Gets classifier.safetensors, multilabel.safetensors and detector.safetensors, each when it is ready.
        names: Which of `MODELS`; without "classifier", `folder` must hold its weights.
        seed: Of scenes, initial weights and order.
        singles: How many scenes with one main object.
        scenes: How many scenes with several objects.
        report: Called with (thousandths done, 1000).

    Returns:
        Model name -> mean loss of each epoch.
    """
    progress = split_progress(report)
    losses: dict[str, list[float]] = {}
    classifier = build_demo_classifier(len(CLASSES), seed=seed)
    if "classifier" in names:
        one = draw_singles(singles, seed=seed, size=CLASSIFIER_SIZE, report=progress["singles"])
        losses["classifier"] = train_classifier(classifier, one, folder, seed=seed, report=progress["classifier"])
    if not {"multilabel", "detector"} & set(names):
        return losses
    many = draw_scenes(scenes, seed=seed, size=DETECTOR_SIZE, report=progress["scenes"])
    if "classifier" not in names:
        load_checkpoint(classifier, folder / "classifier.safetensors")
    if "multilabel" in names:
        multilabel = build_demo_classifier(len(CLASSES), seed=seed)
        copy_trunk(classifier, multilabel)
        losses["multilabel"] = train_multilabel(multilabel, many, folder, seed=seed, report=progress["multilabel"])
    if "detector" in names:
        detector = build_demo_detector(len(CLASSES), seed=seed)
        copy_trunk(classifier, detector)
        freeze_early_stages(detector)
        losses["detector"] = train_detector(detector, many, folder, seed=seed, report=progress["detector"])
    return losses


def train_classifier(
    module: DemoClassifier, examples: Examples, folder: Path, *, seed: int, report: Report
) -> list[float]:
    """Multi-class, on scenes with one main object."""
    schedule = Schedule(CLASSIFIER_EPOCHS, batch_size=16, learning_rate=3e-3, seed=seed, reduced_precision=True)
    losses = fit_classifier(
        module,
        examples.images,
        examples.main,
        mean=MEAN,
        std=STD,
        schedule=schedule,
        label_smoothing=0.05,
        report=report,
    )
    facts = DemoFacts("demo_classifier", Task.CLASSIFICATION, CLASSES, *CLASSIFIER_SIZE)
    save_checkpoint(module, folder / "classifier.safetensors", metadata=facts.to_metadata())
    return losses


def train_multilabel(
    module: DemoClassifier, examples: Examples, folder: Path, *, seed: int, report: Report
) -> list[float]:
    """Multi-label, on scenes with several objects."""
    schedule = Schedule(MULTILABEL_EPOCHS, batch_size=16, learning_rate=2e-3, seed=seed, reduced_precision=True)
    images = shrink(examples.images, CLASSIFIER_SIZE)
    losses = fit_classifier(module, images, examples.present, mean=MEAN, std=STD, schedule=schedule, report=report)
    facts = DemoFacts("demo_classifier", Task.MULTILABEL, CLASSES, *CLASSIFIER_SIZE)
    save_checkpoint(module, folder / "multilabel.safetensors", metadata=facts.to_metadata())
    return losses


def train_detector(module: MaskRCNN, examples: Examples, folder: Path, *, seed: int, report: Report) -> list[float]:
    """Boxes and masks, on scenes with several objects."""
    schedule = Schedule(DETECTOR_EPOCHS, batch_size=8, learning_rate=1.5e-3, seed=seed, reduced_precision=True)
    losses = fit_detector(module, examples.images, examples.objects, classes=CLASSES, schedule=schedule, report=report)
    facts = DemoFacts("demo_detector", Task.SEGMENTATION, CLASSES, *DETECTOR_SIZE)
    save_checkpoint(module, folder / "detector.safetensors", metadata=facts.to_metadata())
    return losses


def split_progress(report: Report) -> dict[str, Report]:
    """One report a stage, each telling its share of the whole."""
    split: dict[str, Report] = {}
    start = 0.0
    for stage, share in SHARES.items():
        split[stage] = partial(report_share, report, start, share)
        start += share
    return split


def report_share(report: Report, start: float, share: float, done: int, total: int) -> None:
    report(round(1000 * (start + share * done / max(total, 1))), 1000)
