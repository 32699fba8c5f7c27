"""What the training loop asks of a network that learns, whatever it learns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from training.feed import Places


class Lesson(Protocol):
    """A copy of a network, made ready to learn from examples.

    Attributes:
        network: The copy; its parameters that require gradients learn.
        device: Where it runs.
        learn: Places of the images to learn from.
        choose: Places of those that choose the epoch.
        is_reduced: Whether bfloat16 is used where PyTorch deems it safe.
    """

    network: nn.Module
    device: torch.device
    learn: Places
    choose: Places
    is_reduced: bool

    def count_ahead(self) -> int:
        """Pictures worth looking at once before the first epoch; 0 for none."""
        ...

    def look_ahead(self, told: Callable[[int], None]) -> None:
        """Look at them; `told` is told how many more are done."""
        ...

    def learning(self) -> AbstractContextManager[None]:
        """Set the network up for an epoch of steps."""
        ...

    def loss(self, batch: Places, rng: np.random.Generator) -> Tensor:
        """The loss on varied pictures, a scalar."""
        ...

    def judge(self) -> tuple[float, float]:
        """The figure by which an epoch is chosen, higher is better, and the loss, on the pictures that choose it."""
        ...
