"""Which layers of a network learn, and what its last layer answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from domain.errors import ModelError


def find_head(network: nn.Module, outputs: int) -> tuple[str, nn.Linear | nn.Conv2d]:
    """Return the last layer that gives one number a class, and its name.

    Raises:
        ModelError: The network has none: its last layer is of another kind.
    """
    found = [
        (name, module)
        for name, module in network.named_modules()
        if (isinstance(module, nn.Linear) and module.out_features == outputs)
        or (isinstance(module, nn.Conv2d) and module.out_channels == outputs)
    ]
    if not found:
        raise ModelError(
            f"The network has no last layer of {outputs} outputs that could learn.",
            remedy="Choose a classifier of torchvision or of the demo.",
        )
    return found[-1]


def refit_head(network: nn.Module, before: Sequence[str], after: Sequence[str], *, seed: int = 0) -> None:
    """Give the last layer an output for each class of `after`, in place; classes it knows keep their weights."""
    if tuple(before) == tuple(after):
        return
    name, old = find_head(network, len(before))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        new = _layer_like(old, len(after))
    with torch.no_grad():
        for place, label in enumerate(after):
            if label in before:
                new.weight[place] = old.weight[before.index(label)]
                if new.bias is not None and old.bias is not None:
                    new.bias[place] = old.bias[before.index(label)]
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent), last, new.to(old.weight.device))


def _layer_like(old: nn.Linear | nn.Conv2d, outputs: int) -> nn.Linear | nn.Conv2d:
    if isinstance(old, nn.Linear):
        new: nn.Linear | nn.Conv2d = nn.Linear(old.in_features, outputs, bias=old.bias is not None)
    else:
        new = nn.Conv2d(old.in_channels, outputs, kernel_size=1, bias=old.bias is not None)
    nn.init.normal_(new.weight, std=0.01)
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    return new


def freeze_all_but(network: nn.Module, count: int) -> None:
    """Let only the last `count` layers with weights learn, and the normalisation between them."""
    owners = [module for module in network.modules() if next(module.parameters(recurse=False), None) is not None]
    weighted = [place for place, module in enumerate(owners) if not _is_norm(module)]
    first = weighted[-min(count, len(weighted))] if weighted else 0
    network.requires_grad_(requires_grad=False)
    for module in owners[first:]:
        for parameter in module.parameters(recurse=False):
            parameter.requires_grad = True


def start_learning(network: nn.Module) -> None:
    """Set the training mode, except for what is frozen: its statistics stay as they are, and it drops nothing."""
    network.train()
    for module in network.modules():
        own = list(module.parameters(recurse=False))
        if _is_norm(module) and not any(parameter.requires_grad for parameter in own):
            module.eval()


@contextmanager
def dropping(network: nn.Module, outputs: int, share: float) -> Iterator[None]:
    """Leave out a share of what comes into the last layer while the network is in training mode; 0 for nothing."""

    def drop(module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (functional.dropout(given[0], share, training=module.training), *given[1:])

    hook = find_head(network, outputs)[1].register_forward_pre_hook(drop) if share else None
    try:
        yield
    finally:
        if hook is not None:
            hook.remove()


def find_tail(network: nn.Module, sample: Tensor) -> nn.Module | None:
    """Return the part of a network that learns, where all before it is frozen and nothing comes after it.

    Its inputs can then be computed once. None where that cannot be told: the part is used twice, or is not the end.

    Args:
        network: In evaluation mode.
        sample: (N, 3, h, w) normalised.
    """
    learning = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    owners = {name.rpartition(".")[0] for name in learning}
    if len(owners) != 1:
        return None
    tail = network.get_submodule(owners.pop())
    seen: list[tuple[Any, Any]] = []

    def note(_: nn.Module, given: Any, made: Any) -> None:
        seen.append((given, made))

    hook = tail.register_forward_hook(note)
    try:
        with torch.no_grad():
            answer = network(sample)
    finally:
        hook.remove()
    is_last = len(seen) == 1 and len(seen[0][0]) == 1 and torch.equal(seen[0][1].flatten(), answer.flatten())
    return tail if is_last and seen[0][1].shape == answer.shape else None


def _is_norm(module: nn.Module) -> bool:
    return "Norm" in type(module).__name__ and not list(module.children())
