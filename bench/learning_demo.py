"""The demo's classes under label noise: what correcting the queue's first third gives a model that learns them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from bench.learning_pupil import Floats, Ints, Pupil
from demo.objects import CLASSES
from demo.planted import LOOKALIKE
from demo.recipe import TRAINING_SEED, draw_singles
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from predictors import load_predictor
from predictors.classifier import Classifier
from sampling import DEFAULTS, order_of, strategies_for
from services.model_catalogue import DEMO_MODELS
from services.ranking_sheets import make_class_sheet
from training.recipe import Recipe

NOISE = 0.3
REVIEWED = 1 / 3
CONDITIONS = ("noisy", "random", "queue", "clean")
RECIPE = Recipe(strategy="joint-training", epochs=6, patience=0)
_FOLDS = 3
_LOOKALIKE_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed.

    Attributes:
        right: Condition -> (N,) whether each held-out picture is named rightly.
        found: Share of the wrong labels among the images of the queue's first third, and among as many random ones.
    """

    right: Mapping[str, NDArray[np.bool_]]
    found: Mapping[str, float]


def measure_seed(folder: Path, *, seed: int, sizes: tuple[int, int]) -> Outcome:
    """Train under each condition, or read what an earlier run left.

    Args:
        folder: Keeps outcomes.
        seed: Of scenes, noise, training.
        sizes: Pictures to learn from, and held out.

    Raises:
        ValueError: `seed` is the one the demo models were trained on.
    """
    if seed == TRAINING_SEED:
        raise ValueError(f"Seed {seed} is the one of the training scenes.")
    file = folder / f"demo-{seed}-{sizes[0]}-{sizes[1]}.json"
    if not file.exists():
        with TemporaryDirectory() as weights:
            found = _measure(Path(weights), seed, sizes)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found))
    stored = json.loads(file.read_text())
    return Outcome({name: np.array(row, bool) for name, row in stored["right"].items()}, stored["found"])


def spoil(truth: Ints, *, seed: int) -> Ints:
    """Return the labels with 30 % made wrong, most of them as a class that looks alike, as in the demo."""
    rng = np.random.default_rng([seed, 3])
    given = truth.copy()
    for place in rng.choice(len(truth), round(NOISE * len(truth)), replace=False):
        true = CLASSES[truth[place]]
        others = [name for name in CLASSES if name != true]
        wrong = LOOKALIKE[true] if rng.random() < _LOOKALIKE_SHARE else str(rng.choice(others))
        given[place] = CLASSES.index(wrong)
    return given


def _measure(weights: Path, seed: int, sizes: tuple[int, int]) -> dict[str, object]:
    learn, held_out = sizes
    parent = load_predictor(ModelSpec(DEMO_MODELS[Task.CLASSIFICATION], device="cpu"))
    assert isinstance(parent, Classifier)  # noqa: S101  so it is registered
    drawn = draw_singles(learn + held_out, seed=seed, size=parent.preprocessing.input_size)
    pupil = Pupil(parent, drawn.images, CLASSES, RECIPE, folder=weights)
    places, test = np.arange(learn), np.arange(learn, learn + held_out)
    truth = drawn.main
    given = np.concatenate([spoil(truth[:learn], seed=seed), truth[learn:]])
    order = _queue(pupil, places, given, seed=seed)
    at_random = np.random.default_rng([seed, 4]).permutation(places)
    reviewed = round(REVIEWED * learn)
    labels = {
        "noisy": given,
        "random": _corrected(given, truth, at_random[:reviewed]),
        "queue": _corrected(given, truth, order[:reviewed]),
        "clean": truth,
    }
    wrong = (given != truth)[:learn]
    right = {}
    for name in CONDITIONS:
        scores = pupil.predict(pupil.learn(places, labels[name], seed=seed), test)
        right[name] = (scores.argmax(axis=1) == truth[test]).tolist()
    firsts = {"queue": order[:reviewed], "random": at_random[:reviewed]}
    return {"right": right, "found": {name: float(wrong[each].sum() / wrong.sum()) for name, each in firsts.items()}}


def _queue(pupil: Pupil, places: Ints, given: Ints, *, seed: int) -> Ints:
    """Places in the order of the default strategy; what predicts a picture saw neither it nor its label."""
    scores: Floats = np.zeros((len(places), len(CLASSES)))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for fitted, left_out in folds.split(places, given[places]):
        scores[left_out] = pupil.predict(pupil.learn(places[fitted], given, seed=seed), places[left_out])
    said = [Labels(dict(zip(CLASSES, map(float, row), strict=True))) for row in scores]
    sheet = make_class_sheet(
        [Labels({CLASSES[given[each]]: 1.0}) for each in places], said, is_multilabel=False, seed=seed
    )
    strategy = strategies_for(Task.CLASSIFICATION)[DEFAULTS[Task.CLASSIFICATION]]
    return places[np.asarray(order_of(strategy.rank(sheet).scores))]


def _corrected(given: Ints, truth: Ints, reviewed: Ints) -> Ints:
    corrected = given.copy()
    corrected[reviewed] = truth[reviewed]
    return corrected
