"""A semantic network with planted knowledge: red and green things on a grey ground, and pictures for it."""

from __future__ import annotations

import importlib.util
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

CLASSES = ("red", "green")
SIDE = 64


class Dense(nn.Module):
    """An encoder of a quarter of the size, and a head of (N, 3, h, w) logits: background, red, green."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.AvgPool2d(4), nn.Conv2d(3, 4, 1), nn.ReLU())
        self.head = nn.Conv2d(4, 3, 1)
        with torch.no_grad():
            weights = torch.tensor([[0, 0, 0], [2, -1, -1], [-1, 2, -1], [-1, -1, 2.0]])
            self.encoder[1].weight.copy_(weights[:, :, None, None])
            self.encoder[1].bias.copy_(torch.tensor([1.0, 0, 0, 0]))
            self.head.weight.copy_(torch.diag(torch.tensor([1.0, 8, 8, 0]))[:3, :, None, None])
            self.head.bias.zero_()

    def forward(self, pictures: Tensor) -> Tensor:
        logits = self.head(self.encoder(pictures))
        return nn.functional.interpolate(logits, size=pictures.shape[-2:], mode="bilinear", align_corners=False)


class Probabilities(nn.Module):
    """The same, answering probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = Dense()

    def forward(self, pictures: Tensor) -> Tensor:
        return self.dense(pictures).softmax(dim=1)


def draw_things(*, side: int = SIDE) -> np.ndarray:
    """(side, side, 3): a red square top left, another one top right, a green one at the bottom."""
    picture = np.random.default_rng(0).integers(100, 110, (side, side, 3), dtype=np.uint8)
    unit = side // 8
    picture[unit : 3 * unit, unit : 3 * unit] = picture[unit : 3 * unit, 5 * unit : 7 * unit] = (250, 20, 20)
    picture[5 * unit : 7 * unit, 3 * unit : 5 * unit] = (20, 250, 20)
    return picture


def save_things(path: Path, *, side: int = SIDE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(draw_things(side=side)).save(path)
    return path


def save_torchscript(path: Path, network: nn.Module | None = None) -> Path:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="`torch.jit", category=FutureWarning)
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        torch.jit.script((network or Dense()).eval()).save(path)
    return path


def save_exported(path: Path, network: nn.Module | None = None, *, side: int = SIDE) -> Path:
    """Write what torch.export makes of a network for a single picture of one size."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export((network or Dense()).eval(), (torch.zeros(1, 3, side, side),))
        torch.export.save(program, path)
    return path


def save_names(path: Path) -> Path:
    path.write_text("\n".join(CLASSES))
    return path


def save_keras_unet(path: Path) -> Path:
    """Write a Keras model that finds red things, with a skip connection and a sigmoid at its end."""
    keras = import_keras()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layers = keras.layers
        picture = keras.Input((SIDE, SIDE, 3))
        fine = layers.Conv2D(2, 1, activation="relu", name="fine")(picture)
        coarse = layers.Conv2D(2, 1, activation="relu", name="coarse")(layers.AveragePooling2D(2)(fine))
        both = layers.Concatenate(name="both")([layers.UpSampling2D()(coarse), fine])
        model = keras.Model(picture, layers.Conv2D(1, 1, activation="sigmoid", name="answer")(both))
        red = np.array([[2, 0], [-1, 0], [-1, 0.0]]).reshape(1, 1, 3, 2)
        model.get_layer("fine").set_weights([red, np.zeros(2)])
        model.get_layer("coarse").set_weights([np.eye(2).reshape(1, 1, 2, 2), np.zeros(2)])
        model.get_layer("answer").set_weights([np.array([4, 0, 4, 0.0]).reshape(1, 1, 4, 1), np.array([-6.0])])
        model.save(path)
    return path


def import_keras() -> Any:
    """Return Keras on the torch backend; skip the test where it is not installed."""
    os.environ["KERAS_BACKEND"] = "torch"
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed: pip install -r requirements-keras.txt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("keras")
