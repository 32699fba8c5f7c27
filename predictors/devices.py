"""Where a network runs, and how its random weights are drawn."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from domain.errors import ModelError


def choose_device(name: str) -> torch.device:
    """Return the device for "auto", "cpu" or "cuda".

    Raises:
        ModelError: The name is another one, or there is no such device.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise ModelError(f"There is no device '{name}'.", remedy="Choose auto, cpu or cuda.")
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise ModelError("No CUDA device was found on this machine.", remedy="Choose auto or cpu.")
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def build_from_seed(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a network whose random weights depend on `seed` alone, and leave the global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build().eval()
