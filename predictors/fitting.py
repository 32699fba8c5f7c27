"""Build the network a checkpoint was saved from: count its classes, compare names and shapes, then copy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from domain.errors import ModelError
from predictors.checkpoint import Checkpoint
from predictors.devices import build_from_seed
from predictors.state_dict import copy_state, describe_difference

Build = Callable[[int], nn.Module]
"""Number of outputs -> a network with random weights."""

Layout = dict[str, torch.Size]
"""Shape of each entry of a state_dict."""

_PLACEHOLDER = 997
"""A prime that divides no layer width, so that it marks the layers that grow with the number of classes."""

_MAX_CLASSES = 100_000

_LEGACY_NAMES = (
    (re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)"), r"\1\2"),
    (re.compile(r"\.mlp\.linear_1\."), ".mlp.0."),
    (re.compile(r"\.mlp\.linear_2\."), ".mlp.3."),
    (re.compile(r"fpn\.(inner|layer)_blocks\.(\d+)\.(weight|bias)$"), r"fpn.\1_blocks.\2.0.\3"),
    (re.compile(r"rpn\.head\.conv\.(weight|bias)$"), r"rpn.head.conv.0.0.\1"),
    (re.compile(r"mask_head\.mask_fcn(\d)\."), lambda found: f"mask_head.{int(found[1]) - 1}.0."),
    (
        re.compile(r"(classification|regression)_head\.conv\.([0246])\.(weight|bias)$"),
        lambda found: f"{found[1]}_head.conv.{int(found[2]) // 2}.0.{found[3]}",
    ),
)
"""Names torchvision gave its layers in earlier versions, as its older published checkpoints still have them."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A network that carries the weights of a checkpoint.

    Attributes:
        network: In evaluation mode, on the CPU.
        class_count: Outputs of the network, the background of a detector included.
        notes: What was changed on the way, full sentences.
    """

    network: nn.Module
    class_count: int
    notes: tuple[str, ...] = ()


def fit_network(
    build: Build, checkpoint: Checkpoint, *, name: str, looks_like: Callable[[Mapping[str, Tensor]], str]
) -> Fitted:
    """Build the network for `checkpoint` and copy its weights.

    Args:
        build: Makes the network for a number of outputs.
        checkpoint: What was read.
        name: What a person calls the model, for messages.
        looks_like: Asked which architecture the tensors belong to when they do not fit; "" when it cannot tell.

    Raises:
        ModelError: Names or shapes differ; the message names the first few and counts them.
    """
    layout = layout_of(build)
    tensors, notes = rename_legacy(checkpoint.tensors, layout)
    class_count = count_classes(layout, tensors)
    difference = describe_difference(resize_heads(layout, class_count or 0), tensors)
    if difference or class_count is None:
        raise _mismatch(difference, checkpoint, name=name, guess=looks_like(tensors))
    network = build_from_seed(partial(build, class_count), 0)
    copy_state(tensors, network, where=str(checkpoint.path))
    return Fitted(network, class_count, notes)


def layout_of(build: Build) -> Layout:
    """Return the shapes of the network's state_dict, without allocating it where its builder allows that."""
    try:
        with torch.device("meta"):
            network = build_from_seed(partial(build, _PLACEHOLDER), 0)
    except NotImplementedError:  # RegNet computes its widths with tensors, which need real memory
        network = build_from_seed(partial(build, _PLACEHOLDER), 0)
    return {name: tensor.shape for name, tensor in network.state_dict().items()}


def count_classes(layout: Layout, tensors: Mapping[str, Tensor]) -> int | None:
    """Return the number of outputs the checkpoint was trained with, or None when its last layers are not there."""
    for name, shape in layout.items():
        if _is_head(shape) and name in tensors and tensors[name].ndim == len(shape):
            count, rest = divmod(tensors[name].shape[0], shape[0] // _PLACEHOLDER)
            if rest == 0 and 0 < count <= _MAX_CLASSES:
                return count
    return None


def resize_heads(layout: Layout, class_count: int) -> Layout:
    """Return `layout` for another number of outputs."""
    return {
        name: torch.Size([shape[0] // _PLACEHOLDER * class_count, *shape[1:]]) if _is_head(shape) else shape
        for name, shape in layout.items()
    }


def rename_legacy(tensors: Mapping[str, Tensor], layout: Layout) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Give tensors the present names of their layers, where only the old name is there."""
    renamed = {name: name if name in layout else _present_name(name, layout) for name in tensors}
    count = sum(old != new for old, new in renamed.items())
    notes = (f"{count} names of an earlier torchvision were brought up to date.",) if count else ()
    return {renamed[name]: tensor for name, tensor in tensors.items()}, notes


def _present_name(name: str, layout: Layout) -> str:
    candidates = (pattern.sub(replacement, name) for pattern, replacement in _LEGACY_NAMES)
    return next((candidate for candidate in candidates if candidate in layout), name)


def _is_head(shape: torch.Size) -> bool:
    return len(shape) > 0 and shape[0] > 0 and shape[0] % _PLACEHOLDER == 0


def _mismatch(difference: str, checkpoint: Checkpoint, *, name: str, guess: str) -> ModelError:
    looks = f" It looks like {guess}." if guess else ""
    remedy = f"Load it as {guess}." if guess else "Name the architecture it was trained as."
    return ModelError(
        f"The checkpoint does not fit {name}: {difference or 'its last layer is not usable'}.{looks}",
        where=str(checkpoint.path),
        remedy=f"{remedy} If its layers were changed by hand, save it as TorchScript and load torchscript/FILE.",
    )
