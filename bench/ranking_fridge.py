"""Real photos with injected label noise as cases for the ranking benchmark; predictions are out of sample.

A logistic regression on what MobileNetV2 (ImageNet) sees in its penultimate layer is fitted to the noisy labels of four
fifths of the photos and predicts the rest; five times, until every photo is predicted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torchvision.models import MobileNet_V2_Weights, mobilenet_v2

from bench.ranking_demo import Case
from domain.prediction import Labels, Task
from sampling.sheets import Floats

FOLDS = 5
LOOKALIKE_SHARE = 0.5
"""Of the injected errors: the class of a like thing (can and carton, the two bottles), else any other class."""
_LIKE = (1, 0, 3, 2)
_REGULARISATION = 0.01


def make_fridge_cases(data: Path, cache: Path, *, noise: float, seeds: range) -> Iterator[Case]:
    """Yield a case a seed: the photos, `noise` of their labels wrong, predictions by cross-validation."""
    facts = json.loads((data / "fridge_photos" / "labels.json").read_text())["multiclass"]
    names, truth = tuple(facts["class_names"]), np.array(facts["true_y"])
    seen = read_features(data, cache)
    for seed in seeds:
        given = spoil(truth, noise, seed=seed)
        scores = cross_predict(seen, given, len(names), seed=seed)
        yield Case(
            f"fridge photos, {noise:.0%} wrong",
            Task.CLASSIFICATION,
            seed,
            tuple(Labels({names[each]: 1.0}) for each in given),
            tuple(Labels(dict(zip(names, map(float, row), strict=True))) for row in scores),
            tuple("wrong_class" if wrong else "" for wrong in given != truth),
            seen.astype(np.float32),
        )


def spoil(truth: NDArray[np.int64], noise: float, *, seed: int) -> NDArray[np.int64]:
    """Return the labels with a share of `noise` made wrong."""
    rng = np.random.default_rng([seed, round(1000 * noise)])
    given = truth.copy()
    for place in rng.choice(len(truth), round(noise * len(truth)), replace=False):
        others = [each for each in range(len(_LIKE)) if each != truth[place]]
        given[place] = _LIKE[truth[place]] if rng.random() < LOOKALIKE_SHARE else rng.choice(others)
    return given


def cross_predict(seen: Floats, given: NDArray[np.int64], classes: int, *, seed: int) -> Floats:
    """(N, C) probabilities of each photo, by a model that saw neither it nor its label."""
    scores = np.zeros((len(given), classes))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for fitted, held_out in folds.split(seen, given):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=_REGULARISATION, max_iter=500))
        model.fit(seen[fitted], given[fitted])
        scores[held_out] = model.predict_proba(seen[held_out])
    return scores


def read_features(data: Path, cache: Path) -> Floats:
    """(N, 1280) what MobileNetV2 sees in each photo, computed once and kept in `cache`."""
    file = cache / "fridge_features.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, _compute_features(data))
    return np.load(file)


def _compute_features(data: Path) -> Floats:
    network = mobilenet_v2()
    weights = data / "mobilenet_v2_imagenet" / "mobilenet_v2_from_qnnpack_int8.pth"
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    prepare = MobileNet_V2_Weights.IMAGENET1K_V1.transforms()
    rows = []
    for path in sorted((data / "fridge_photos" / "multiclass").glob("*.jpg")):
        with Image.open(path) as photo, torch.inference_mode():
            rows.append(network.features(prepare(photo.convert("RGB"))[None]).mean(dim=(2, 3))[0].numpy())
    return np.stack(rows).astype(np.float64)
