"""What a classifier learns from, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from domain.geometry import Box
from training.feed import Places
from training.views import Views


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learned from.

    Attributes:
        views: N pictures.
        targets: (N,) int64 places in the classes, or (N, K) float32 of zeros and ones.
        trusted: (N,) whether the label of an image counts.
        learn: Places of the images to learn from.
        choose: Places of those that choose the epoch.
        boxes: Place -> boxes that hold the evidence, in fractions of the picture.
    """

    views: Views
    targets: NDArray[np.int64] | NDArray[np.float32]
    trusted: NDArray[np.bool_]
    learn: Places
    choose: Places
    boxes: Mapping[int, Sequence[Box]] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Where it is learned."""
        return self.views.device


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the images gave.

    Attributes:
        number: From 1.
        loss: Mean of the steps.
        figure: On the images that choose the epoch, see `judge` of the lesson.
        choose_loss: The loss on those.
        seconds: It took.
    """

    number: int
    loss: float
    figure: float
    choose_loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it.

    Attributes:
        weights: File of the best epoch.
        history: All epochs.
        best: The number of the best one.
        has_reduced_precision: Whether bfloat16 was used where PyTorch deems it safe.
    """

    weights: Path
    history: tuple[Epoch, ...]
    best: int
    has_reduced_precision: bool
