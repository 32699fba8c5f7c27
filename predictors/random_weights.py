"""Random weights under which a network still tells pictures apart: what the maps of a trained one must differ from."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from predictors.devices import build_from_seed

_SPREAD = 0.02
"""Standard deviation of weights that would start at zero, as of the other layers of transformers."""

_FADED = 1e-6
"""Logits of different pictures closer together than this are the same to a softmax."""

_PICTURES = 8
_GRAINS = (2, 8, 32)


def draw_network(build: Callable[[], nn.Module], seed: int, size: tuple[int, int]) -> nn.Module:
    """Build a network that depends on `seed` alone and does not answer the same to everything.

    Fresh networks often do: torchvision's transformers start with a head of zeros, and without statistics of their own
    the signal of deep convolutions fades to nothing.

    Args:
        build: Makes the network, (N, 3, h, w) -> (N, C), on the CPU.
        seed: Of all that is drawn.
        size: (h, w), pixels.
    """
    return build_from_seed(lambda: _enliven(build(), size), seed)


def settle_statistics(network: nn.Module, size: tuple[int, int]) -> nn.Module:
    """Start the batch normalisation of a network anew, on clouds, and return the network in evaluation mode."""
    norms = [module for module in network.eval().modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_parameters()
        norm.momentum = 1.0
        norm.train()
    if norms:
        with torch.no_grad():
            network(_clouds(size))
    return network.eval()


def _enliven(network: nn.Module, size: tuple[int, int]) -> nn.Module:
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d) and not module.weight.any():
            nn.init.normal_(module.weight, std=_SPREAD)
    with torch.no_grad():
        logits = network.eval()(_clouds(size))
    has_faded = bool((logits.amax(dim=0) - logits.amin(dim=0)).max() < _FADED)
    return settle_statistics(network, size) if has_faded else network


def _clouds(size: tuple[int, int]) -> Tensor:
    """Return noise of several grains, which is closer to photos than that of single pixels."""
    grains = [torch.randn(_PICTURES, 3, grain, grain) for grain in _GRAINS]
    return torch.stack([nn.functional.interpolate(each, size=size, mode="bilinear") for each in grains]).sum(dim=0)
