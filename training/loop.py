"""What both training loops share: the optimiser, the step, and batches in a seeded order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from domain.progress import Report, ignore_progress


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: Passes over the examples.
        batch_size: Examples a step.
        learning_rate: The highest of the one-cycle schedule.
        weight_decay: Of AdamW, on kernels and matrices only.
        seed: Orders the examples and draws the augmentation.
        reduced_precision: Compute in bfloat16 where PyTorch deems it safe; about three times as fast on processors
            that know it, slower on others.
    """

    epochs: int
    batch_size: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    seed: int = 0
    reduced_precision: bool = False


Batch = npt.NDArray[np.int64]
"""Indices of the examples of one step."""


def run(
    module: nn.Module,
    count: int,
    loss_of: Callable[[Batch, np.random.Generator], Tensor],
    *,
    schedule: Schedule,
    report: Report = ignore_progress,
) -> list[float]:
    """Train `module` in place with AdamW on a one-cycle schedule, and leave it in evaluation mode.

    Args:
        module: In any mode; its parameters that require gradients are trained.
        count: Number of examples.
        loss_of: Batch and randomness -> scalar loss.
        schedule: Length and speed.
        report: Called with (steps done, steps in all) after every step.

    Returns:
        The mean loss of each epoch.
    """
    torch.manual_seed(schedule.seed)
    rng = np.random.default_rng(schedule.seed)
    per_epoch = max(count // schedule.batch_size, 1)
    steps = per_epoch * schedule.epochs
    optimiser = torch.optim.AdamW(parameter_groups(module, schedule.weight_decay), lr=schedule.learning_rate)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, schedule.learning_rate, total_steps=steps, pct_start=0.15)
    module.to(memory_format=torch.channels_last).train()
    losses: list[float] = []
    for done, batch in enumerate(batches(count, schedule, rng), start=1):
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=schedule.reduced_precision):
            loss = loss_of(batch, rng)
        loss.backward()
        nn.utils.clip_grad_norm_(module.parameters(), 5.0)
        optimiser.step()
        rates.step()
        losses.append(float(loss.detach()))
        report(done, steps)
    module.eval()
    return [float(np.mean(losses[start : start + per_epoch])) for start in range(0, steps, per_epoch)]


def batches(count: int, schedule: Schedule, rng: np.random.Generator) -> Iterator[Batch]:
    """Every example once an epoch in random order; an incomplete last batch is left out unless it is the only one."""
    size = min(schedule.batch_size, count)
    for _ in range(schedule.epochs):
        order = rng.permutation(count)
        for start in range(0, count - size + 1, size):
            yield order[start : start + size]


def parameter_groups(module: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Biases and normalisation weights are not decayed."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
