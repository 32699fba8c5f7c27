"""Integrated gradients along straight paths from baselines to a picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from domain.progress import Report, ignore_progress
from explainers.network.hooks import borrowed

CHUNKS = {"cpu": 4, "cuda": 32}
"""Points of a path in one pass: memory stays the same at any number of steps.

On a CPU 4 was as fast as any with MobileNetV2 and ResNet-50, and 16 up to four times as slow: its large buffers go back
to the system each time.
"""


@dataclass(frozen=True, slots=True)
class PathIntegral:
    """Integrated gradients, averaged over the baselines.

    Attributes:
        attribution: (C, h, w) signed; sums to the change of the logit, but for `gap`.
        gap: How much of that change the sum misses, as a share of it; averaged over the baselines by size.
        passes: Points whose gradient was computed.
    """

    attribution: Tensor
    gap: float
    passes: int


def count_points(steps: int, baselines: int) -> int:
    """Return the points where a gradient is needed: all paths share their end, the picture."""
    return (steps - 1) * baselines + 1


def integrate_gradients(
    model: object,
    network: nn.Module,
    picture: Tensor,
    baselines: Tensor,
    *,
    index: int,
    steps: int,
    report: Report = ignore_progress,
) -> PathIntegral:
    """Integrate the gradient of one logit along each straight path (Sundararajan et al., ICML 2017).

    By the trapezoidal rule over `steps` points, both ends included.

    Args:
        model: Its lock is held for each chunk, not for the whole run.
        network: (N, 3, h, w) -> (N, classes) logits.
        picture: (1, 3, h, w), ready for the network.
        baselines: (B, 3, h, w), ready for the network.
        index: The class.
        steps: Points per path, at least 2.
        report: Told the points done, and all of them.
    """
    count = len(baselines)
    rises = picture - baselines
    shares = torch.linspace(0, 1, steps, device=picture.device)[:-1].repeat(count)
    paths = torch.arange(count, device=picture.device).repeat_interleave(steps - 1)
    weights = torch.where(shares == 0, 0.5, 1.0) / (steps - 1)
    total = count_points(steps, count)

    end_logit, end_gradient = _differentiate(model, network, picture, index)
    sums = (end_gradient * (0.5 / (steps - 1))).repeat(count, 1, 1, 1)
    report(1, total)
    start_logits = torch.zeros(count, device=picture.device)
    chunk = CHUNKS.get(picture.device.type, CHUNKS["cpu"])
    for first in range(0, len(shares), chunk):
        part = slice(first, first + chunk)
        points = baselines[paths[part]] + shares[part, None, None, None] * rises[paths[part]]
        logits, gradients = _differentiate(model, network, points, index)
        sums.index_add_(0, paths[part], gradients * weights[part, None, None, None])
        is_start = shares[part] == 0
        start_logits[paths[part][is_start]] = logits[is_start]
        report(min(first + chunk, len(shares)) + 1, total)

    attributions = rises * sums
    gap = _completeness_gap(attributions.sum(dim=(1, 2, 3)), end_logit - start_logits)
    return PathIntegral(attributions.mean(dim=0), gap, total)


def _differentiate(model: object, network: nn.Module, points: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Return (n,) logits of class `index` and their (n, 3, h, w) gradients; the rows do not influence each other."""
    with borrowed(model, network):
        leaf = points.detach().requires_grad_()
        logits = network(leaf)[:, index]
        [gradient] = torch.autograd.grad(logits.sum(), [leaf])
    return logits.detach(), gradient


def _completeness_gap(sums: Tensor, changes: Tensor) -> float:
    size = float(changes.abs().sum())
    return float((sums - changes).abs().sum()) / size if size > 0 else 0.0
