"""Training a classifier on arrays, multi-class or multi-label."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from domain.progress import Report, ignore_progress
from training.augmentation import as_fractions, vary_colour
from training.loop import Batch, Schedule, run

Channels = tuple[float, float, float]


def fit_classifier(
    module: nn.Module,
    images: npt.NDArray[np.uint8],
    targets: npt.NDArray[np.int64] | npt.NDArray[np.float32],
    *,
    mean: Channels,
    std: Channels,
    schedule: Schedule,
    label_smoothing: float = 0.0,
    report: Report = ignore_progress,
) -> list[float]:
    """Train `module` in place.

    Args:
        module: Normalised (N, 3, h, w) float32 -> logits (N, K).
        images: (N, h, w, 3) uint8 RGB, already of the size the network sees.
        targets: (N,) integers below K for one class an image (cross entropy), or (N, K) of zeros and ones for any
            number of classes (binary cross entropy).
        mean: Per channel, of pixels in [0, 1].
        std: Per channel.
        schedule: Length and speed.
        label_smoothing: In [0, 1); how much certainty the targets give away.
        report: Called with (steps done, steps in all).

    Returns:
        The mean loss of each epoch.
    """

    def loss_of(batch: Batch, rng: np.random.Generator) -> Tensor:
        pictures = [vary(rng, images[index]) for index in batch]
        logits = module(normalise(np.stack(pictures), mean=mean, std=std)).float()
        return classification_loss(logits, torch.from_numpy(targets[batch]), smoothing=label_smoothing)

    return run(module, len(images), loss_of, schedule=schedule, report=report)


def vary(rng: np.random.Generator, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Mirror now and then, vary the colour."""
    mirrored = image[:, ::-1] if rng.random() < 0.5 else image
    return vary_colour(rng, as_fractions(mirrored))


def normalise(pixels: npt.NDArray[np.float32], *, mean: Channels, std: Channels) -> Tensor:
    """(N, h, w, 3) in [0, 1] -> (N, 3, h, w), minus mean, over std."""
    return ((torch.from_numpy(pixels) - torch.tensor(mean)) / torch.tensor(std)).permute(0, 3, 1, 2)


def classification_loss(logits: Tensor, targets: Tensor, *, smoothing: float) -> Tensor:
    """Cross entropy for (N,) integer targets, binary cross entropy for (N, K) ones."""
    if targets.ndim == 1:
        return functional.cross_entropy(logits, targets, label_smoothing=smoothing)
    softened = targets * (1 - smoothing) + smoothing / 2
    return functional.binary_cross_entropy_with_logits(logits, softened)


@torch.inference_mode()
def classify(
    module: nn.Module, images: npt.NDArray[np.uint8], *, mean: Channels, std: Channels, batch_size: int = 32
) -> npt.NDArray[np.float32]:
    """Logits (N, K) of images (N, h, w, 3), for checking what was learnt."""
    module.eval()
    parts = []
    for start in range(0, len(images), batch_size):
        pixels = np.stack([as_fractions(image) for image in images[start : start + batch_size]])
        parts.append(module(normalise(pixels, mean=mean, std=std)).numpy())
    return np.concatenate(parts)
