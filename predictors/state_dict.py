"""A state_dict: taken out of its wrapping, compared with a network, and copied into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from domain.errors import ModelError

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
_PREFIXES = ("module.", "model.", "net.", "_orig_mod.")
_COUNTER = "num_batches_tracked"
_SHOWN = 3


def unwrap_state_dict(loaded: Any, *, where: str) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return the tensors by name, and a note for each wrapping taken off.

    Raises:
        ModelError: There is no dictionary of tensors in `loaded`.
    """
    notes: list[str] = []
    state = loaded
    for wrapper in _WRAPPERS:
        if isinstance(state, Mapping) and isinstance(state.get(wrapper), Mapping):
            notes.append(f"The weights were taken from the entry '{wrapper}' of the checkpoint.")
            state = state[wrapper]
    tensors = _check_tensors(state, where)
    while prefix := _shared_prefix(tensors):
        notes.append(f"The prefix '{prefix}' was removed from the names of the checkpoint.")
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    return tensors, tuple(notes)


def describe_difference(expected: Mapping[str, torch.Size], found: Mapping[str, Tensor]) -> str:
    """Return how a checkpoint differs from a network, in words; "" when it fits.

    The counters of batch normalisation may be missing: frozen layers and old checkpoints have none, and nothing
    but training reads them.
    """
    missing = [name for name in expected if name not in found and not name.endswith(_COUNTER)]
    unexpected = [name for name in found if name not in expected and not name.endswith(_COUNTER)]
    reshaped = [
        f"{name} is {tuple(found[name].shape)}, expected {tuple(shape)}"
        for name, shape in expected.items()
        if name in found and found[name].shape != shape
    ]
    parts = [
        _count_and_name(missing, "missing"),
        _count_and_name(unexpected, "unexpected"),
        _count_and_name(reshaped, "differently shaped", separator="; "),
    ]
    return ", ".join(part for part in parts if part)


def copy_state(tensors: Mapping[str, Tensor], network: nn.Module, *, where: str) -> None:
    """Copy tensors of the right names and shapes into `network`, in its own precision.

    Raises:
        ModelError: A tensor is of a kind that cannot be copied (quantised, sparse).
    """
    with torch.no_grad():
        for name, slot in network.state_dict().items():
            if name not in tensors:
                continue
            try:
                slot.copy_(tensors[name])
            except (RuntimeError, NotImplementedError) as error:
                raise ModelError(
                    f"The tensor '{name}' cannot be used: {str(error).splitlines()[0]}",
                    where=where,
                    remedy="Save the weights as plain dense float tensors.",
                ) from error


def _check_tensors(state: Any, where: str) -> dict[str, Tensor]:
    if not isinstance(state, Mapping):
        raise ModelError(
            f"The file holds one {type(state).__name__}; expected tensors by name.",
            where=where,
            remedy="Save model.state_dict().",
        )
    others = [str(name) for name, value in state.items() if not (isinstance(name, str) and isinstance(value, Tensor))]
    if others or not state:
        raise ModelError(
            "The file holds no state_dict: "
            + (_count_and_name(others, "entries that are no tensors") if others else "it has no entries")
            + ".",
            where=where,
            remedy=f"Save model.state_dict(), or put it under one of: {', '.join(_WRAPPERS)}.",
        )
    return {str(name): value for name, value in state.items()}


def _shared_prefix(names: Iterable[str]) -> str:
    return next((prefix for prefix in _PREFIXES if all(name.startswith(prefix) for name in names)), "")


def _count_and_name(names: list[str], what: str, *, separator: str = ", ") -> str:
    if not names:
        return ""
    shown = separator.join(names[:_SHOWN])
    return f"{len(names)} {what} ({shown}{', ...' if len(names) > _SHOWN else ''})"
