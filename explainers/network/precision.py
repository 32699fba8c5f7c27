"""The same network in bfloat16: about twice as fast where the processor computes in it, and a little less exact."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from explainers.network.gradient_twin import has_depthwise_convolutions, make_folded_twin, make_gradient_twin


class Precision(StrEnum):
    """How exactly a network computes."""

    EXACT = "exact"
    FAST = "fast"


PRECISION_HELP = {
    "help": "Fast computes in bfloat16 where the processor can: about half the time, or the same with depthwise "
    "convolutions as in MobileNet and EfficientNet, and nearly the same map.",
    "choices": tuple(Precision),
}
"""Metadata of the parameter `precision` of every method that has it."""

_Twins = WeakKeyDictionary[nn.Module, nn.Module]
_TWINS: _Twins = WeakKeyDictionary()
_GRADIENT_TWINS: _Twins = WeakKeyDictionary()
_FOLDED_TWINS: _Twins = WeakKeyDictionary()
_TWINS_LOCK = threading.Lock()


def can_be_fast(device: torch.device) -> bool:
    """Whether bfloat16 is computed by the processor itself, and not imitated."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported()  # noqa: SLF001 - torch has no public way


def network_in(precision: str, network: nn.Module) -> nn.Module:
    """Return `network` itself, or its twin in bfloat16 when `precision` is fast and the processor has it.

    The twin is made once, by copying, and lives as long as the network. It takes and gives bfloat16.
    """
    return _twin_of(network, _TWINS, _make_twin) if is_computed_fast(precision, network) else network


def gradient_network_in(precision: str, network: nn.Module, picture: Tensor) -> nn.Module:
    """Return `network` itself, or when `precision` is fast and the processor has bfloat16, its twin for gradients.

    The twin is made once and lives as long as the network. It takes float32, and gives bfloat16 or float32.

    Args:
        precision: A `Precision`.
        network: In evaluation mode.
        picture: (1, 3, h, w), ready for the network.
    """
    if not is_computed_fast(precision, network):
        return network
    return _twin_of(network, _GRADIENT_TWINS, partial(make_gradient_twin, picture=picture))


def scoring_network_in(precision: str, network: nn.Module, picture: Tensor) -> nn.Module:
    """Return what scores pictures for `network`: itself, its twin in bfloat16, or on a CPU one without batch norms.

    The twin in bfloat16 is the one that is made for gradients: with random parts hidden its logits are two to three
    times as exact as those of the plain one, and no slower. Exact logits come two fifths faster from MobileNetV2 with
    its batch norms folded into the convolutions, and differ by rounding; without depthwise convolutions that saves a
    twentieth, which is not worth a copy of the weights.

    Args:
        precision: A `Precision`.
        network: In evaluation mode.
        picture: (1, 3, h, w), ready for the network.
    """
    if is_computed_fast(precision, network):
        return gradient_network_in(precision, network, picture)
    if picture.device.type != "cpu" or not has_depthwise_convolutions(network):
        return network
    return _twin_of(network, _FOLDED_TWINS, partial(make_folded_twin, picture=picture))


def is_computed_fast(precision: str, network: nn.Module) -> bool:
    """Whether bfloat16 is asked for, and there where the network lies."""
    return precision == Precision.FAST and can_be_fast(_device_of(network))


def _device_of(network: nn.Module) -> torch.device:
    return next(network.parameters(), torch.empty(0)).device


def _twin_of(network: nn.Module, twins: _Twins, make: Callable[[nn.Module], nn.Module]) -> nn.Module:
    with _TWINS_LOCK:
        if network not in twins:
            twins[network] = make(network)
        return twins[network]


def _make_twin(network: nn.Module) -> nn.Module:
    twin = copy.deepcopy(network).to(torch.bfloat16).to(memory_format=torch.channels_last)
    return twin.eval().requires_grad_(requires_grad=False)


def why_not_fast(precision: str, network: nn.Module) -> tuple[str, ...]:
    """Return the warning that the fast precision was asked for and is not there; nothing when all is well."""
    if precision != Precision.FAST or can_be_fast(_device_of(network)):
        return ()
    return ("This processor does not compute in bfloat16: the map is the exact one.",)
