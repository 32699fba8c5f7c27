"""The shipped weights: small, with their facts, and good enough on scenes they never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import demo
from demo.objects import CLASSES
from demo.recipe import TRAINING_SEED, draw_scenes, draw_singles
from domain.prediction import Task
from predictors.architectures import BUILDERS, DemoFacts
from training.checkpoint import load_checkpoint
from training.classification import classify

WEIGHTS = Path(demo.__file__).parent / "weights"
TASKS = {"classifier": Task.CLASSIFICATION, "multilabel": Task.MULTILABEL, "detector": Task.SEGMENTATION}
HELD_OUT_SEED = TRAINING_SEED + 1


def load(name: str) -> tuple[torch.nn.Module, DemoFacts]:
    path = WEIGHTS / f"{name}.safetensors"
    builder = "demo_detector" if name == "detector" else "demo_classifier"
    module = BUILDERS[builder](len(CLASSES))
    facts = DemoFacts.from_metadata(load_checkpoint(module, path))
    assert facts.builder == builder
    return module.eval(), facts


def test_all_weights_together_are_at_most_ten_megabytes() -> None:
    assert sum((WEIGHTS / f"{name}.safetensors").stat().st_size for name in TASKS) <= 10_000_000


@pytest.mark.parametrize("name", TASKS)
def test_weights_load_and_carry_their_facts(name: str) -> None:
    _, facts = load(name)
    assert facts.task == TASKS[name]
    assert facts.classes == CLASSES


def test_the_classifier_names_the_main_object_of_new_scenes() -> None:
    module, facts = load("classifier")
    examples = draw_singles(40, seed=HELD_OUT_SEED, size=(facts.height, facts.width))
    found = classify(module, examples.images, mean=facts.mean, std=facts.std).argmax(1)
    assert (found == examples.main).mean() >= 0.8


def test_the_multilabel_classifier_names_the_classes_of_new_scenes() -> None:
    module, facts = load("multilabel")
    examples = draw_scenes(30, seed=HELD_OUT_SEED, size=(facts.height, facts.width))
    found = classify(module, examples.images, mean=facts.mean, std=facts.std) > 0
    assert (found == (examples.present > 0)).mean() >= 0.75


def test_the_detector_finds_most_large_objects_of_new_scenes() -> None:
    module, facts = load("detector")
    examples = draw_scenes(12, seed=HELD_OUT_SEED, size=(facts.height, facts.width))
    found = total = 0
    for image, objects in zip(examples.images, examples.objects, strict=True):
        with torch.inference_mode():
            output = module([torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / 255)])[0]
        assert output["masks"].shape[1:] == (1, facts.height, facts.width)
        labels = {CLASSES[index - 1] for index in output["labels"][output["scores"] > 0.4].tolist()}
        large = {thing.label for thing in objects.items if thing.box.area > 0.03}
        found, total = found + len(large & labels), total + len(large)
    assert found >= 0.6 * total
