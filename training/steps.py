"""The small parts of a training: its progress, batches, learning rate, precision and teacher."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from domain.errors import ModelError
from domain.progress import Report
from training.feed import Places
from training.objective import Teacher, pair_classes
from training.recipe import Recipe


class Progress:
    """Counts pictures, and tells of them."""

    def __init__(self, report: Report, done: int, total: int) -> None:
        self._report, self._done, self._total = report, done, total
        report(done, total)

    def add(self, count: int) -> None:
        self._done += count
        self._report(min(self._done, self._total), self._total)

    def finish(self) -> None:
        self._report(self._total, self._total)


def can_reduce_precision(device: torch.device) -> bool:
    """Whether bfloat16 is faster there."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    able = torch.cpu.get_capabilities()
    return any(able.get(name) for name in ("amx_bf16", "avx512_bf16"))


def cut_batches(places: Places, size: int) -> list[Places]:
    """Equal parts of at most `size`, none of a single picture: normalisation over one says nothing."""
    return np.array_split(places, max(1, min(math.ceil(len(places) / size), len(places) // 2)))


def make_teacher(
    network: nn.Module, recipe: Recipe, classes: tuple[Sequence[str], Sequence[str]], device: torch.device
) -> Teacher | None:
    if not recipe.data.distils:
        return None
    own, theirs = pair_classes(*classes)
    if not len(own):
        raise ModelError(
            "The old model has none of the classes of the labels, so there is nothing to learn from its scores.",
            remedy="Choose another strategy.",
        )
    frozen = deepcopy(network).to(device).eval().requires_grad_(requires_grad=False)
    return Teacher(frozen, own.to(device), theirs.to(device), recipe.distillation, recipe.temperature)


def cuda_devices(device: torch.device) -> list[int]:
    return [device.index or 0] if device.type == "cuda" else []


def rate_at(share: float, warm_up: float) -> float:
    """Return the factor of the learning rate: it rises evenly over the warm-up, then falls along half a cosine.

    Args:
        share: Of all steps that are done, 0 to 1.
        warm_up: The share in which it rises.
    """
    if share < warm_up:
        return max(share / warm_up, 0.01)
    return max((1 + math.cos(math.pi * (share - warm_up) / (1 - warm_up))) / 2, 0.001)
