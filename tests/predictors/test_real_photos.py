from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.model_spec import ModelSpec
from domain.prediction import Labels
from predictors import Predictor, load_predictor


@pytest.fixture(scope="module")
def mobilenet(test_data: Path) -> Predictor:
    """ImageNet weights in a plain state_dict; their own preprocessing resizes to 256."""
    [weights] = (test_data / "mobilenet_v2_imagenet").glob("*.pth")
    return load_predictor(ModelSpec("torchvision/mobilenet_v2", weights=str(weights), resize=256))


@pytest.mark.parametrize(
    ("photo", "expected"),
    [
        ("dog.jpg", {"Samoyed"}),
        ("both.png", {"bull mastiff", "boxer", "tiger cat"}),
        ("samoyed.png", {"Eskimo dog", "malamute", "timber wolf", "white wolf", "Siberian husky"}),
    ],
)
def test_photos_are_named_sensibly(mobilenet: Predictor, test_data: Path, photo: str, expected: set[str]) -> None:
    with Image.open(test_data / "photos" / photo) as file:
        [content] = mobilenet.predict([np.array(file.convert("RGB"))])
    assert isinstance(content, Labels)
    best = [name for name, _ in content.top(5)]
    assert best[0] in expected
    assert len(expected & set(best)) >= min(len(expected), 3)


def test_the_names_are_imagenets(mobilenet: Predictor) -> None:
    assert len(mobilenet.info.classes) == 1000
    assert mobilenet.info.classes[281:283] == ("tabby", "tiger cat")
