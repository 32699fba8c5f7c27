"""The demo's detector under label noise: what it makes of noisy boxes, and of the same ones corrected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from bench.report import print_head, print_row
from demo.objects import CLASSES
from demo.planted import OBJECT_ERRORS
from demo.recipe import TRAINING_SEED, draw_scenes
from domain.model_spec import ModelSpec
from domain.prediction import Content, Instances, Task
from domain.trust import Estimate
from metrics.bootstrap import estimate
from metrics.detection_curves import PrecisionCounter
from metrics.detection_figures import drawn_precision, match_all
from metrics.detection_pairs import order_predictions, pair_boxes
from predictors import load_predictor
from predictors.architectures import DemoFacts
from predictors.detector import Detector
from services.learning_objects import box_precision
from services.model_catalogue import DEMO_MODELS
from services.object_arrays import to_objects
from store.contents import encode
from store.evaluation_rows import look_into
from training.fine_tune import fine_tune
from training.object_examples import ObjectExamples
from training.recipe import Recipe

NOISE = 0.3
CONDITIONS = ("parent", "noisy", "corrected")
SEEDS = range(41, 44)
SIZES = (160, 150)
QUICK_SIZES = (24, 12)
RECIPE = replace(Recipe.usual(has_objects=True), strategy="joint-training", epochs=4, patience=0)
_CHOOSE_SHARE = 0.15
_SIZE = (256, 192)
_DRAWS = 300
_FIGURES = {"mAP 50 to 95": lambda values: values.mean(axis=1), "mAP 50": lambda values: values[:, 0]}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed.

    Attributes:
        once: Condition -> (1, 10) mAP of boxes at COCO's ten thresholds.
        drawn: Condition -> (D, 10) the same of held-out scenes drawn anew, alike for all conditions.
    """

    once: Mapping[str, NDArray[np.float64]]
    drawn: Mapping[str, NDArray[np.float64]]


def measure_and_print(folder: Path, *, is_quick: bool) -> None:
    """Measure all seeds, or read what an earlier run left in `folder`, and print the tables."""
    sizes, seeds = (QUICK_SIZES, SEEDS[:1]) if is_quick else (SIZES, SEEDS)
    outcomes = [measure_seed(folder, seed=seed, sizes=sizes) for seed in seeds]
    print(f"\n## Boxes of the demo, {NOISE:.0%} noise in {sizes[0]} scenes, {sizes[1]} held out\n")
    print(f"| seed | figure | {' | '.join(CONDITIONS)} |\n|{'---|' * (len(CONDITIONS) + 2)}")
    for seed, outcome in zip(seeds, outcomes, strict=True):
        for name, pick in _FIGURES.items():
            print(f"| {seed} | {name} | {' | '.join(f'{pick(outcome.once[each])[0]:.3f}' for each in CONDITIONS)} |")
    print()
    print_head()
    for name in _FIGURES:
        for one, other in (("corrected", "noisy"), ("noisy", "parent"), ("corrected", "parent")):
            found = compare(outcomes, name, one, other)
            print_row(f"{name}, {one} minus {other}", f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})")


def compare(outcomes: Sequence[Outcome], figure: str, one: str, other: str) -> Estimate:
    """Return how much better one condition is, mean over the seeds; seeds and their scenes are drawn anew."""
    pick = _FIGURES[figure]
    once = np.array([float((pick(each.once[one]) - pick(each.once[other]))[0]) for each in outcomes])
    moved = np.stack([pick(each.drawn[one]) - pick(each.drawn[other]) for each in outcomes])
    rng = np.random.default_rng(0)
    shape = (10 * moved.shape[1], len(outcomes))
    values = moved[rng.integers(len(outcomes), size=shape), rng.integers(moved.shape[1], size=shape)].mean(axis=1)
    found = estimate(float(once.mean()), values, len(outcomes) * moved.shape[1])
    assert found is not None  # noqa: S101  every scene has an object
    return found


def measure_seed(folder: Path, *, seed: int, sizes: tuple[int, int]) -> Outcome:
    """Train under each condition, or read what an earlier run left.

    Args:
        folder: Keeps what was predicted.
        seed: Of scenes, noise, training.
        sizes: Pictures to learn from, and held out.

    Raises:
        ValueError: `seed` is the one the demo models were trained on.
    """
    if seed == TRAINING_SEED:
        raise ValueError(f"Seed {seed} is the one of the training scenes.")
    file = folder / f"boxes-{seed}-{sizes[0]}-{sizes[1]}.json"
    if not file.exists():
        with TemporaryDirectory() as weights:
            found = _measure(Path(weights), seed, sizes)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({name: [encode(each) for each in said] for name, said in found.items()}))
    stored: dict[str, list[str]] = json.loads(file.read_text())
    counters = {name: _counter(stored["truth"], stored[name]) for name in CONDITIONS}
    drawn = drawn_precision(list(counters.values()), sizes[1], draws=_DRAWS, seed=seed)
    once = {name: counter.mean_precision()[None] for name, counter in counters.items()}
    return Outcome(once, dict(zip(CONDITIONS, drawn, strict=True)))


def spoil(truth: Sequence[Instances], *, seed: int) -> list[Instances]:
    """Return the labels with as many errors as 30 % of the objects, the demo's four kinds in turn."""
    rng = np.random.default_rng([seed, 3])
    given: list[Content] = list(truth)
    kinds, wanted, done = list(OBJECT_ERRORS.values()), round(NOISE * sum(len(each.items) for each in truth)), 0
    while done < wanted:
        image = int(rng.integers(len(given)))
        content = given[image]
        assert isinstance(content, Instances)  # noqa: S101  scenes of objects
        if (found := kinds[done % len(kinds)](rng, content.items, image)) is not None:
            given[image], done = found[0], done + 1
    return [each for each in given if isinstance(each, Instances)]


def _measure(weights: Path, seed: int, sizes: tuple[int, int]) -> dict[str, Sequence[Content]]:
    learn, held_out = sizes
    parent = load_predictor(ModelSpec(DEMO_MODELS[Task.SEGMENTATION], device="cpu"))
    assert isinstance(parent, Detector)  # noqa: S101  so it is registered
    drawn = draw_scenes(learn + held_out, seed=seed, size=_SIZE)
    truth, test = drawn.objects[:learn], list(drawn.images[learn:])
    examples = ObjectExamples(
        drawn.images[:learn],
        truth,
        np.ones(learn, bool),
        *_divide(learn, seed),
        torch.device("cpu"),
        {name: parent.class_index(name) for name in parent.info.classes},
        box_precision,
    )
    found: dict[str, Sequence[Content]] = {"truth": drawn.objects[learn:], "parent": parent.predict(test)}
    for name, objects in (("noisy", spoil(truth, seed=seed)), ("corrected", truth)):
        child = _learn(parent, replace(examples, objects=objects), weights / name, seed)
        found[name] = child.predict(test)
    return found


def _divide(count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    order = np.random.default_rng([seed, 9]).permutation(count)
    choose = round(_CHOOSE_SHARE * count)
    return order[choose:], order[:choose]


def _learn(parent: Detector, examples: ObjectExamples, folder: Path, seed: int) -> Detector:
    facts = DemoFacts("demo_detector", Task.SEGMENTATION, CLASSES, *_SIZE)
    learned = fine_tune(
        parent.detector,
        examples,
        replace(RECIPE, seed=seed),
        classes=(parent.info.classes, CLASSES),
        folder=folder,
        metadata=facts.to_metadata(),
    )
    child = load_predictor(ModelSpec(DEMO_MODELS[Task.SEGMENTATION], str(learned.weights), device="cpu"))
    assert isinstance(child, Detector)  # noqa: S101  as its parent
    return child


def _counter(truth: Sequence[str], said: Sequence[str]) -> PrecisionCounter:
    sizes = [(_SIZE[1], _SIZE[0])] * len(truth)
    given, found = (
        to_objects([look_into(each).objects or () for each in side], sizes, CLASSES) for side in (truth, said)
    )
    found = order_predictions(found)
    return PrecisionCounter(given, found, match_all(given, found, pair_boxes(given, found)), classes=len(CLASSES))
