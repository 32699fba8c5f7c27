"""What models see in pictures, as rows of numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from domain.errors import ModelError
from domain.explanation import RGBImage
from domain.model_spec import ModelSpec
from domain.prediction import Labels
from predictors import load_predictor
from predictors.classifier import Classifier
from predictors.embedding import find_last_layer


def pictures(picture: RGBImage) -> list[RGBImage]:
    """The picture, itself again a little brighter, and another one."""
    brighter = (picture.astype(np.int16) + 2).clip(0, 255).astype(np.uint8)
    return [picture, brighter, np.ascontiguousarray(255 - picture[::-1])]


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def spec_of(request: pytest.FixtureRequest, runtime: str) -> ModelSpec:
    def path(name: str) -> Path:
        return request.getfixturevalue(name)

    if runtime == "torchvision":
        return ModelSpec("torchvision/resnet18", weights=str(path("fruit_resnet")), resize=64, crop=64)
    if runtime == "hf":
        return ModelSpec(f"hf/{path('vit_folder')}")
    name = runtime.removeprefix("demo/")
    return ModelSpec(runtime, weights=str(path("demo_folder") / f"{name}.safetensors"))


@pytest.mark.parametrize("runtime", ["torchvision", "hf", "demo/classifier", "demo/multilabel", "demo/detector"])
def test_pictures_alike_are_seen_alike(request: pytest.FixtureRequest, runtime: str, picture: RGBImage) -> None:
    rows = load_predictor(spec_of(request, runtime)).embed(pictures(picture))
    assert rows.dtype == np.float32
    assert rows.shape[0] == 3
    assert cosine(rows[0], rows[1]) > cosine(rows[0], rows[2])
    alone = load_predictor(spec_of(request, runtime)).embed(pictures(picture)[:1])
    assert alone[0] == pytest.approx(rows[0], abs=1e-4)


def test_the_last_layer_makes_of_it_what_the_model_predicts(request: pytest.FixtureRequest, picture: RGBImage) -> None:
    model = load_predictor(spec_of(request, "torchvision"))
    assert isinstance(model, Classifier)
    rows = torch.from_numpy(model.embed([picture]))
    [fc] = [layer for layer in model.module.modules() if isinstance(layer, nn.Linear)]
    with torch.inference_mode():
        scores = fc(rows).softmax(dim=1)[0]
    [said] = model.predict([picture])
    assert isinstance(said, Labels)
    assert scores.tolist() == pytest.approx(list(said.scores.values()), abs=1e-5)


def test_a_program_whose_inside_is_closed_says_so(request: pytest.FixtureRequest, picture: RGBImage) -> None:
    path = request.getfixturevalue("scripted_classifier")
    model = load_predictor(ModelSpec(f"torchscript/{path}", resize=32, crop=32))
    with pytest.raises(ModelError, match="cannot be reached") as told:
        model.embed([picture])
    assert "needs no embeddings" in told.value.remedy


def test_a_network_without_a_layer_of_so_many_outputs_says_so() -> None:
    with pytest.raises(ModelError, match="No layer of this model gives 7 numbers"):
        find_last_layer(nn.Sequential(nn.Conv2d(3, 4, 1), nn.Flatten()), 7, where="odd")
