"""Training a network to name the class of every cell of a grid: strong supervision for a trunk others start from."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from domain.prediction import Instances
from domain.progress import Report, ignore_progress
from training.augmentation import as_fractions, vary_colour
from training.classification import Channels, normalise
from training.loop import Batch, Schedule, run


def fit_dense(
    module: nn.Module,
    images: npt.NDArray[np.uint8],
    targets: Sequence[Instances],
    *,
    classes: Sequence[str],
    mean: Channels,
    std: Channels,
    schedule: Schedule,
    report: Report = ignore_progress,
) -> list[float]:
    """Train `module` in place.

    Args:
        module: Normalised (N, 3, h, w) float32 -> logits (N, K + 1, rows, columns); output 0 is the background.
        images: (N, h, w, 3) uint8 RGB.
        targets: Objects with polygons of each image, in fractions of it.
        classes: Names in output order, after the background.
        mean: Per channel, of pixels in [0, 1].
        std: Per channel.
        schedule: Length and speed.
        report: Called with (steps done, steps in all).

    Returns:
        The mean loss of each epoch.
    """

    def loss_of(batch: Batch, rng: np.random.Generator) -> Tensor:
        pairs = [vary(rng, images[index], targets[index], classes=classes) for index in batch]
        logits = module(normalise(np.stack([image for image, _ in pairs]), mean=mean, std=std)).float()
        grid = (logits.shape[2], logits.shape[3])
        cells = np.stack([cell_centres(labels, grid) for _, labels in pairs])
        return functional.cross_entropy(logits, torch.from_numpy(cells))

    return run(module, len(images), loss_of, schedule=schedule, report=report)


def vary(
    rng: np.random.Generator, image: npt.NDArray[np.uint8], objects: Instances, *, classes: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Picture and class of every pixel, mirrored now and then, the colour varied."""
    labels = label_pixels(objects, image.shape[:2], classes=classes)
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    return vary_colour(rng, as_fractions(image)), labels


def label_pixels(objects: Instances, shape: tuple[int, int], *, classes: Sequence[str]) -> npt.NDArray[np.uint8]:
    """(h, w): 0 for the background, i + 1 inside objects of class i; later objects lie on top."""
    labels = np.zeros(shape, np.uint8)
    for thing in objects.items:
        rings = [
            np.round(np.asarray(ring).reshape(-1, 2) * (shape[1], shape[0])).astype(np.int32) for ring in thing.polygons
        ]
        cv2.fillPoly(labels, rings, classes.index(thing.label) + 1)
    return labels


def cell_centres(labels: npt.NDArray[np.uint8], grid: tuple[int, int]) -> npt.NDArray[np.int64]:
    """The labels (h, w) at the centres of a grid of cells (rows, columns)."""
    rows = ((np.arange(grid[0]) + 0.5) * labels.shape[0] / grid[0]).astype(int)
    columns = ((np.arange(grid[1]) + 0.5) * labels.shape[1] / grid[1]).astype(int)
    return labels[np.ix_(rows, columns)].astype(np.int64)
