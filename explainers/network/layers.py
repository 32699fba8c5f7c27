"""Which layer of a classifier to look at, and how its output lies on the picture."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from domain.errors import ExplanationError

MOST_PREFIX_TOKENS = 8
"""Class, distillation and register tokens in front of the patch tokens; DINOv2 has 5."""

_TOKEN_NORMS = {"ln_1", "norm1", "layernorm_before"}
_WINDOW_NORMS = {"norm2", "layernorm_after"}
_SAME_MAP_AGAIN = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


class Layout(StrEnum):
    """How a layer's output is laid out, batch first."""

    CHANNELS_FIRST = "channels first"
    CHANNELS_LAST = "channels last"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class FeatureLayer:
    """A layer whose output is a grid over the picture.

    Attributes:
        name: Name of the submodule.
        layout: (1, C, h, w), (1, h, w, C) or (1, P + h * w, C).
        height: Rows of the grid.
        width: Columns of the grid.
        prefix_tokens: P, the tokens in front that stand for no patch.
        is_convolution: Whether the layer itself is a convolution.
    """

    name: str
    layout: Layout
    height: int
    width: int
    prefix_tokens: int = 0
    is_convolution: bool = False

    def to_grid(self, output: Tensor) -> Tensor:
        """Return the layer's (1, ...) output or gradient as (C, h, w)."""
        if self.layout is Layout.CHANNELS_FIRST:
            return output[0]
        if self.layout is Layout.CHANNELS_LAST:
            return output[0].permute(2, 0, 1)
        return output[0, self.prefix_tokens :].T.reshape(-1, self.height, self.width)


_KNOWN: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], tuple[FeatureLayer, ...]]] = WeakKeyDictionary()
_KNOWN_LOCK = threading.Lock()


def list_layers(network: nn.Module, inputs: Tensor) -> tuple[FeatureLayer, ...]:
    """Return every layer whose output is a grid of more than one cell, in order of execution.

    Costs one forward pass the first time a network sees an input of this size.

    Args:
        network: A classifier in evaluation mode.
        inputs: (1, 3, H, W), ready for the network.
    """
    with _KNOWN_LOCK:
        known = _KNOWN.setdefault(network, {})
    size = tuple(inputs.shape)
    if size not in known:
        known[size] = _read_layers(_record_outputs(network, inputs), (inputs.shape[-2], inputs.shape[-1]))
    return known[size]


def choose_layer(network: nn.Module, inputs: Tensor, name: str = "") -> FeatureLayer:
    """Return the layer called `name`, or the last one that still knows where things are.

    That is the last convolutional map; for transformers whose head reads one token the norm before the last
    attention (later patch tokens get no gradient), for windowed transformers the norm before the last block's MLP.

    Raises:
        ExplanationError: No such layer, or none at all with a grid; the message lists candidates.
    """
    layers = list_layers(network, inputs)
    if not layers:
        raise ExplanationError(
            f"No layer of this {type(network).__name__} gives a map of more than one cell for an input of "
            f"{inputs.shape[-1]} x {inputs.shape[-2]} pixels.",
            remedy="Use a method that needs no layer, such as LIME or XRAI.",
        )
    if not name:
        return _last_informative(layers)
    for layer in layers:
        if layer.name == name:
            return layer
    raise _unknown_layer(name, layers)


def _unknown_layer(name: str, layers: tuple[FeatureLayer, ...]) -> ExplanationError:
    names = list(dict.fromkeys(layer.name for layer in layers))
    shown = list(dict.fromkeys([*get_close_matches(name, names, 4), *names[::-1]]))[:10]
    return ExplanationError(
        f"There is no layer named '{name}' that gives a map.",
        remedy=f"Leave it empty for {_last_informative(layers).name}, or choose for example {', '.join(shown)}.",
    )


def _last_informative(layers: tuple[FeatureLayer, ...]) -> FeatureLayer:
    """Prefer a transformer's norm as long as no convolution follows it, else take the last channels-first map."""
    for layer in reversed(layers):
        leaf = layer.name.rpartition(".")[2]
        if layer.layout is Layout.TOKENS and leaf in _TOKEN_NORMS:
            return layer
        if layer.layout is Layout.CHANNELS_LAST and leaf in _WINDOW_NORMS:
            return layer
        if layer.is_convolution:
            break
    maps = [layer for layer in layers if layer.layout is Layout.CHANNELS_FIRST]
    return (maps or layers)[-1]


@dataclass(frozen=True, slots=True)
class _Output:
    name: str
    module: nn.Module
    shape: tuple[int, ...]


def _record_outputs(network: nn.Module, inputs: Tensor) -> list[_Output]:
    outputs: list[_Output] = []
    owner = threading.get_ident()

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def record(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and threading.get_ident() == owner:
                outputs.append(_Output(name, module, tuple(output.shape)))

        return module.register_forward_hook(record)

    handles = [watch(name, module) for name, module in network.named_modules() if name]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for handle in handles:
            handle.remove()
    return outputs


def _read_layers(outputs: list[_Output], input_size: tuple[int, int]) -> tuple[FeatureLayer, ...]:
    layers: dict[str, FeatureLayer] = {}
    patches: tuple[int, int] | None = None
    for output in outputs:
        if isinstance(output.module, _SAME_MAP_AGAIN):
            continue
        layer = _read_layer(output, input_size, patches)
        if layer is None:
            continue
        if layer.layout is Layout.CHANNELS_FIRST:
            patches = (layer.height, layer.width)
        layers.pop(layer.name, None)
        layers[layer.name] = layer
    return tuple(layers.values())


def _read_layer(output: _Output, input_size: tuple[int, int], patches: tuple[int, int] | None) -> FeatureLayer | None:
    shape = output.shape
    if len(shape) == 4 and _is_grid(shape[2], shape[3], input_size):
        convolves = isinstance(output.module, nn.Conv2d)
        return FeatureLayer(output.name, Layout.CHANNELS_FIRST, shape[2], shape[3], is_convolution=convolves)
    if len(shape) == 4 and _is_grid(shape[1], shape[2], input_size):
        return FeatureLayer(output.name, Layout.CHANNELS_LAST, shape[1], shape[2])
    grid = _token_grid(shape[1], input_size, patches) if len(shape) == 3 else None
    if grid is None:
        return None
    return FeatureLayer(output.name, Layout.TOKENS, *grid, prefix_tokens=shape[1] - grid[0] * grid[1])


def _is_grid(height: int, width: int, input_size: tuple[int, int]) -> bool:
    """Whether (height, width) has more than one cell and the proportions of the input, give or take one cell."""
    expected = width * input_size[0] / input_size[1]
    return height * width > 1 and height <= input_size[0] and width <= input_size[1] and abs(height - expected) < 1.5


def _token_grid(length: int, input_size: tuple[int, int], patches: tuple[int, int] | None) -> tuple[int, int] | None:
    """Find the (h, w) whose patches are all but the first few of `length` tokens."""
    if patches and 0 <= length - patches[0] * patches[1] <= MOST_PREFIX_TOKENS:
        return patches
    for prefix in range(min(MOST_PREFIX_TOKENS, length - 1) + 1):
        width = round(((length - prefix) * input_size[1] / input_size[0]) ** 0.5)
        if width and (length - prefix) % width == 0 and _is_grid((length - prefix) // width, width, input_size):
            return (length - prefix) // width, width
    return None
