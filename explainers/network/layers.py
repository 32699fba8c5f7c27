"""Which layer of a classifier to look at, and how its output lies on the picture."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from domain.errors import ExplanationError
from explainers.network.class_regions import RegionLogits

MOST_PREFIX_TOKENS = 8
"""Class, distillation and register tokens in front of the patch tokens; DINOv2 has 5."""

FEWEST_CELLS = 16

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
        kind: Class of the submodule.
        channels: Values of each cell.
    """

    name: str
    layout: Layout
    height: int
    width: int
    prefix_tokens: int = 0
    kind: type[nn.Module] = field(default=nn.Module, compare=False, repr=False)
    channels: int = field(default=0, compare=False)

    @property
    def block(self) -> str:
        """Name of the module it is a direct part of."""
        return self.name.rpartition(".")[0]

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
        known[size] = _read_layers(_record_outputs(network, inputs), size)
    return known[size]


def choose_layer(network: nn.Module, inputs: Tensor, name: str = "") -> FeatureLayer:
    """Return the layer called `name`, or the last one that still knows where things are.

    A network may lie inside of others, so the end of a layer's name is enough; the shortest that ends so is meant.

    That is the last map of a network that ends in convolutions. In a network that ends in transformer blocks it is a
    norm of the last block: the one before the attention where there is a class token, since the head reads no other
    token and later patch tokens get no gradient; else the one before the perceptron. Of a network that names the class
    of every pixel it is the last one of the coarsest grid, where an encoder ends: the very last layer holds the answer.

    Raises:
        ExplanationError: No such layer, or none at all with a grid; the message lists candidates.
    """
    if isinstance(network, RegionLogits):
        name = name or network.feature_layer
    layers = list_layers(network, inputs)
    if not layers:
        raise ExplanationError(
            f"No layer of this {type(network).__name__} gives a map of more than one cell for an input of "
            f"{inputs.shape[-1]} x {inputs.shape[-2]} pixels.",
            remedy="Use a method that needs no layer, such as LIME or XRAI.",
        )
    if not name:
        return _coarsest(layers) if isinstance(network, RegionLogits) else _last_informative(layers)
    found = [layer for layer in layers if f".{layer.name}".endswith(f".{name}")]
    if not found:
        raise _unknown_layer(name, layers)
    return min(found, key=lambda layer: len(layer.name))


def lay_out_tokens(network: nn.Module, inputs: Tensor, length: int) -> FeatureLayer | None:
    """Return how `length` tokens of a network lie on the picture, or None when they are no grid of it.

    Args:
        network: A classifier in evaluation mode.
        inputs: (1, 3, H, W), ready for the network.
        length: P + h * w.
    """
    grids = [(each.height, each.width) for each in list_layers(network, inputs) if each.layout is not Layout.TOKENS]
    grid = _token_grid(length, (inputs.shape[-2], inputs.shape[-1]), grids)
    return FeatureLayer("", Layout.TOKENS, *grid, prefix_tokens=length - grid[0] * grid[1]) if grid else None


def _unknown_layer(name: str, layers: tuple[FeatureLayer, ...]) -> ExplanationError:
    names = list(dict.fromkeys(layer.name for layer in layers))
    shown = list(dict.fromkeys([*get_close_matches(name, names, 4), *names[::-1]]))[:10]
    return ExplanationError(
        f"There is no layer named '{name}' that gives a map.",
        remedy=f"Leave it empty for {_last_informative(layers).name}, or choose for example {', '.join(shown)}.",
    )


def _last_informative(layers: tuple[FeatureLayer, ...]) -> FeatureLayer:
    norms = _norms_of_last_block(layers)
    if norms and not _convolves_after(layers, norms[-1]):
        return norms[0] if norms[-1].prefix_tokens else norms[-1]
    maps = [layer for layer in layers if layer.layout is not Layout.CHANNELS_LAST]
    return (maps or layers)[-1]


def _coarsest(layers: tuple[FeatureLayer, ...]) -> FeatureLayer:
    """Return the last of the layers with the fewest cells.

    Pooled context of less than 4 x 4 cells knows no places, and layers with as many channels as the last one hold the
    answer already.
    """
    inner = [layer for layer in layers if layer.channels != layers[-1].channels] or list(layers)
    placed = [layer for layer in inner if layer.height * layer.width >= FEWEST_CELLS] or inner
    least = min(layer.height * layer.width for layer in placed)
    return [layer for layer in placed if layer.height * layer.width == least][-1]


def _norms_of_last_block(layers: tuple[FeatureLayer, ...]) -> list[FeatureLayer]:
    """Return the norms of the last transformer block in order of execution, none where there is no such block.

    A block is one of a numbered row of modules that have two layer norms of their own, for tokens or channels last.
    """
    norms: dict[str, list[FeatureLayer]] = {}
    for layer in layers:
        is_norm = issubclass(layer.kind, nn.LayerNorm) and layer.layout is not Layout.CHANNELS_FIRST
        if is_norm and layer.block[-1:].isdigit():
            norms.setdefault(layer.block, []).append(layer)
    blocks = [found for found in norms.values() if len(found) > 1]
    return blocks[-1] if blocks else []


def _convolves_after(layers: tuple[FeatureLayer, ...], norm: FeatureLayer) -> bool:
    """Whether a convolution outside the block of `norm` follows it, as in networks that mix both."""
    later = layers[layers.index(norm) + 1 :]
    return any(issubclass(layer.kind, nn.Conv2d) and not layer.name.startswith(f"{norm.block}.") for layer in later)


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


def _read_layers(outputs: list[_Output], input_shape: tuple[int, ...]) -> tuple[FeatureLayer, ...]:
    layers: dict[str, FeatureLayer] = {}
    grids: list[tuple[int, int]] = []
    for output in outputs:
        is_whole = output.shape[:1] == input_shape[:1]
        layer = _read_layer(output, (input_shape[-2], input_shape[-1]), grids) if is_whole else None
        if layer is None or isinstance(output.module, _SAME_MAP_AGAIN):
            continue
        if layer.layout is not Layout.TOKENS:
            grids.append((layer.height, layer.width))
        layers.pop(layer.name, None)
        layers[layer.name] = layer
    return tuple(layers.values())


def _read_layer(output: _Output, input_size: tuple[int, int], grids: list[tuple[int, int]]) -> FeatureLayer | None:
    shape, kind = output.shape, type(output.module)
    if len(shape) == 4 and _is_grid(shape[2], shape[3], input_size):
        return FeatureLayer(output.name, Layout.CHANNELS_FIRST, shape[2], shape[3], kind=kind, channels=shape[1])
    if len(shape) == 4 and _is_grid(shape[1], shape[2], input_size):
        return FeatureLayer(output.name, Layout.CHANNELS_LAST, shape[1], shape[2], kind=kind, channels=shape[3])
    grid = _token_grid(shape[1], input_size, grids) if len(shape) == 3 else None
    if grid is None:
        return None
    prefix = shape[1] - grid[0] * grid[1]
    return FeatureLayer(output.name, Layout.TOKENS, *grid, prefix_tokens=prefix, kind=kind, channels=shape[2])


def _is_grid(height: int, width: int, input_size: tuple[int, int]) -> bool:
    """Whether (height, width) has more than one cell and the proportions of the input, give or take one cell."""
    expected = width * input_size[0] / input_size[1]
    return height * width > 1 and height <= input_size[0] and width <= input_size[1] and abs(height - expected) < 1.5


def _token_grid(length: int, input_size: tuple[int, int], grids: list[tuple[int, int]]) -> tuple[int, int] | None:
    """Find the (h, w) whose patches are all but the first few of `length` tokens, if it can be one of `grids`."""
    seen = [grid for grid in grids if 0 <= length - grid[0] * grid[1] <= MOST_PREFIX_TOKENS]
    if seen:
        return max(seen, key=lambda grid: grid[0] * grid[1])
    for prefix in range(min(MOST_PREFIX_TOKENS, length - 1) + 1):
        width = round(((length - prefix) * input_size[1] / input_size[0]) ** 0.5)
        if width and (length - prefix) % width == 0 and _is_grid((length - prefix) // width, width, input_size):
            return (length - prefix) // width, width
    return None
