"""Real photos of four classes: what 100 of them teach a network that knows ImageNet, and how long that takes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from sklearn.model_selection import StratifiedShuffleSplit

from bench.learning_pupil import Pupil
from domain.model_spec import ModelSpec
from predictors import load_predictor
from predictors.classifier import Classifier
from training.recipe import Recipe

HELD_OUT = 34
SPLITS = 5
RECIPE = Recipe(strategy="joint-training", mode="transfer-learning", epochs=30, learning_rate=2e-3, patience=0)


def measure_fridge(folder: Path, data: Path, *, splits: int) -> list[tuple[float, float]]:
    """Return (accuracy on the 34 held-out photos, seconds) of each split, or read what an earlier run left.

    Reading the photos, looking at them with the frozen part and learning all count; nothing is shared by the splits.
    """
    file = folder / f"fridge-{splits}.json"
    if not file.exists():
        with TemporaryDirectory() as weights:
            made = [_measure(Path(weights), data, split) for split in range(splits)]
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(made))
    return [(accuracy, seconds) for accuracy, seconds in json.loads(file.read_text())]


def _measure(weights: Path, data: Path, split: int) -> tuple[float, float]:
    facts = json.loads((data / "fridge_photos" / "labels.json").read_text())["multiclass"]
    truth = np.array(facts["true_y"])
    imagenet = data / "mobilenet_v2_imagenet" / "mobilenet_v2_from_qnnpack_int8.pth"
    parent = load_predictor(ModelSpec("torchvision/mobilenet_v2", str(imagenet), device="cpu"))
    assert isinstance(parent, Classifier)  # noqa: S101  so it is registered
    started = time.perf_counter()
    pictures = []
    for path in sorted((data / "fridge_photos" / "multiclass").glob("*.jpg")):
        with Image.open(path) as photo:
            pictures.append(parent.crop(np.array(photo.convert("RGB")))[0])
    pupil = Pupil(parent, np.stack(pictures), facts["class_names"], RECIPE, folder=weights)
    drawn = StratifiedShuffleSplit(1, test_size=HELD_OUT, random_state=split)
    [(learn, held_out)] = drawn.split(truth, truth)
    scores = pupil.predict(pupil.learn(learn, truth, seed=split), held_out)
    accuracy = float((scores.argmax(axis=1) == truth[held_out]).mean())
    return accuracy, time.perf_counter() - started
