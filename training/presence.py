"""Training a classifier to name what is on a picture, held to where it is: it names the class of every cell as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from domain.prediction import Instances
from domain.progress import Report, ignore_progress
from training.classification import Channels, classification_loss, normalise
from training.dense import cell_centres, vary
from training.loop import Batch, Schedule, run


@dataclass(frozen=True, slots=True)
class Cells:
    """The second lesson: what is where.

    Attributes:
        layer: The part of the classifier that gives (N, D, rows, columns).
        head: From there to logits (N, K + 1, rows, columns), output 0 the background; trained along, in place.
        targets: Objects with polygons of each image, in fractions of it.
        classes: Names in output order, after the background.
    """

    layer: nn.Module
    head: nn.Module
    targets: Sequence[Instances]
    classes: Sequence[str]


def fit_presence(
    module: nn.Module,
    images: npt.NDArray[np.uint8],
    present: npt.NDArray[np.float32],
    *,
    cells: Cells,
    mean: Channels,
    std: Channels,
    schedule: Schedule,
    report: Report = ignore_progress,
) -> list[float]:
    """Train `module` in place, both losses weighing the same.

    Four zeros and ones a picture teach a network little about small and hidden things; cells tell it where to look.

    Args:
        module: Normalised (N, 3, h, w) float32 -> logits (N, K).
        images: (N, h, w, 3) uint8 RGB, already of the size the network sees.
        present: (N, K) zeros and ones.
        cells: What is where.
        mean: Per channel, of pixels in [0, 1].
        std: Per channel.
        schedule: Length and speed.
        report: Called with (steps done, steps in all).

    Returns:
        The mean loss of each epoch.
    """
    features: list[Tensor] = []

    def loss_of(batch: Batch, rng: np.random.Generator) -> Tensor:
        pairs = [vary(rng, images[index], cells.targets[index], classes=cells.classes) for index in batch]
        logits = module(normalise(np.stack([image for image, _ in pairs]), mean=mean, std=std)).float()
        maps = cells.head(features.pop()).float()
        grid = (maps.shape[2], maps.shape[3])
        right = torch.from_numpy(np.stack([cell_centres(labels, grid) for _, labels in pairs]))
        named = classification_loss(logits, torch.from_numpy(present[batch]), smoothing=0.0)
        return named + functional.cross_entropy(maps, right)

    def keep(_layer: nn.Module, _inputs: object, output: Tensor) -> None:
        features.append(output)

    hook = cells.layer.register_forward_hook(keep)
    try:
        return run(nn.ModuleList([module, cells.head]), len(images), loss_of, schedule=schedule, report=report)
    finally:
        hook.remove()
