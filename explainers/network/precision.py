"""The same network in bfloat16: about twice as fast where the processor computes in it, and a little less exact."""

from __future__ import annotations

import copy
import threading
from enum import StrEnum
from weakref import WeakKeyDictionary

import torch
from torch import nn


class Precision(StrEnum):
    """How exactly a network computes."""

    EXACT = "exact"
    FAST = "fast"


PRECISION_HELP = {
    "help": "Fast computes in bfloat16 where the processor can: about half the time, and nearly the same map.",
    "choices": tuple(Precision),
}
"""Metadata of the parameter `precision` of every method that has it."""

_TWINS: WeakKeyDictionary[nn.Module, nn.Module] = WeakKeyDictionary()
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
    device = next(network.parameters(), torch.empty(0)).device
    if precision != Precision.FAST or not can_be_fast(device):
        return network
    with _TWINS_LOCK:
        if network not in _TWINS:
            twin = copy.deepcopy(network).to(torch.bfloat16).to(memory_format=torch.channels_last)
            _TWINS[network] = twin.eval().requires_grad_(requires_grad=False)
        return _TWINS[network]


def why_not_fast(precision: str, network: nn.Module) -> tuple[str, ...]:
    """Return the warning that the fast precision was asked for and is not there; nothing when all is well."""
    device = next(network.parameters(), torch.empty(0)).device
    if precision != Precision.FAST or can_be_fast(device):
        return ()
    return ("This processor does not compute in bfloat16: the map is the exact one.",)
