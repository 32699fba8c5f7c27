"""A tiny classifier and pictures whose class is a colour, or a patch of it in a corner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from domain.geometry import Box
from training.examples import Epoch, Examples, Learned
from training.fine_tune import fine_tune
from training.recipe import Recipe
from training.views import Views

CLASSES = ("red", "green", "blue")
HALF = (0.5, 0.5, 0.5)
torch.set_num_threads(1)


def network(outputs: int = 3, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, outputs),
    ).eval()


def examples(count: int = 36, *, multilabel: bool = False, boxes: dict[int, list[Box]] | None = None) -> Examples:
    """Every third of one colour, on noise; the last quarter chooses the epoch."""
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 90, (count, 16, 16, 3), dtype=np.uint8)
    colours = np.arange(count) % 3
    pictures[np.arange(count), :, :, colours] += 120
    targets = np.eye(3, dtype=np.float32)[colours] if multilabel else colours.astype(np.int64)
    edge = count * 3 // 4
    places = np.arange(count)
    views = Views(pictures, HALF, HALF, torch.device("cpu"))
    return Examples(views, targets, np.ones(count, bool), places[:edge], places[edge:], boxes or {})


def learn(folder: Path, recipe: Recipe, given: Examples | None = None, **more) -> Learned:
    """Train the tiny network."""
    module, names = more.pop("module", network()), more.pop("classes", (CLASSES, CLASSES))
    return fine_tune(module, given or examples(), recipe, classes=names, folder=folder, metadata={"a": "1"}, **more)


def figures(epochs: tuple[Epoch, ...]) -> list[tuple[float, float, float]]:
    """What does not depend on the clock."""
    return [(epoch.loss, epoch.figure, epoch.choose_loss) for epoch in epochs]
