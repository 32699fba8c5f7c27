"""The attention of a transformer: which token looks at which, in a form that gradients can be taken to."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from explainers.network.layers import FeatureLayer, lay_out_tokens

_PLAIN = "eager"
"""What the transformers library calls attention that is computed step by step."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What one attention module did in one forward pass.

    Attributes:
        name: Name of the submodule.
        shape: (N, heads, queries, keys).
        weights: The probabilities, on the way to the score; of `shape`, or the same values in other dimensions.
        output: (N, queries, channels), what the module passed on.
    """

    name: str
    shape: tuple[int, ...]
    weights: Tensor
    output: Tensor


@contextmanager
def attention_shown(network: nn.Module) -> Iterator[list[Attention]]:
    """Collect the attention of the passes of this thread inside the `with` block, in order of execution.

    Fused kernels compute attention without ever holding it, so networks of PyTorch and Hugging Face are told to compute
    it step by step meanwhile. Attention that a module does not hand out stays unseen.
    """
    found: list[Attention] = []
    owner = threading.get_ident()

    def watch(name: str) -> Any:
        def keep(module: nn.Module, _inputs: object, output: object) -> None:
            attention = _read(name, module, output) if threading.get_ident() == owner else None
            if attention is not None and not (found and found[-1].weights is attention.weights):
                found.append(attention)

        return keep

    with ExitStack() as stack:
        stack.enter_context(_computed_step_by_step(network))
        for name, module in network.named_modules():
            if isinstance(module, nn.MultiheadAttention):
                stack.callback(module.register_forward_pre_hook(_ask_for_weights, with_kwargs=True).remove)
            if _is_attention(module):
                stack.callback(module.register_forward_hook(watch(name)).remove)
        yield found


def has_attention(network: nn.Module) -> bool:
    """Whether any part of the network calls itself attention."""
    return any(_is_attention(module) for module in network.modules())


_KNOWN: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], FeatureLayer | None]] = WeakKeyDictionary()
_KNOWN_LOCK = threading.Lock()


def grid_of_tokens(network: nn.Module, inputs: Tensor) -> FeatureLayer | None:
    """Return how the tokens lie on the picture if every one of them attends to every other throughout, else None.

    Costs two forward passes the first time a network sees an input of this size.

    Args:
        network: In evaluation mode.
        inputs: (1, 3, H, W), ready for the network.
    """
    with _KNOWN_LOCK:
        known = _KNOWN.setdefault(network, {})
    size = tuple(inputs.shape)
    if size not in known:
        known[size] = _find_grid(network, inputs)
    return known[size]


def _find_grid(network: nn.Module, inputs: Tensor) -> FeatureLayer | None:
    with torch.no_grad(), attention_shown(network) as found:
        network(inputs)
    lengths = {length for attention in found for length in attention.shape[2:]}
    if len(lengths) != 1 or any(attention.shape[0] != len(inputs) for attention in found):
        return None
    return lay_out_tokens(network, inputs, lengths.pop())


def _is_attention(module: nn.Module) -> bool:
    name = type(module).__name__.lower()
    return "attention" in name or "attn" in name


def _ask_for_weights(
    _module: nn.Module, inputs: tuple[Any, ...], options: Mapping[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return inputs, {**options, "need_weights": True, "average_attn_weights": False}


@contextmanager
def _computed_step_by_step(network: nn.Module) -> Iterator[None]:
    """Change a Hugging Face model over to its plain attention; its fused one hands nothing out, and does not say so."""
    library: Any = next((module for module in network.modules() if hasattr(module, "set_attn_implementation")), None)
    if library is None:
        yield
        return
    config = library.config
    way, was_shown = config._attn_implementation, config.output_attentions  # noqa: SLF001 - named nowhere else
    if way == _PLAIN:  # one of the older families, which hands out nothing unless asked
        config.output_attentions = True
    else:
        library.set_attn_implementation(_PLAIN)
    try:
        yield
    finally:
        config.output_attentions = was_shown
        library.set_attn_implementation(way)


def _read(name: str, module: nn.Module, output: object) -> Attention | None:
    """Read a module that answers (what it passes on, its probabilities), unless it only gathers all tokens in one."""
    if not isinstance(output, tuple) or len(output) < 2:
        return None
    passed_on, weights = output[:2]
    is_attention = isinstance(passed_on, Tensor) and isinstance(weights, Tensor) and weights.ndim == 4
    if not is_attention or weights.shape[2] == 1:
        return None
    if not isinstance(module, nn.MultiheadAttention):
        return Attention(name, tuple(weights.shape), weights, passed_on)
    # PyTorch hands out a view of the probabilities that it multiplied with: only the latter have a part in the score.
    multiplied = weights if weights._base is None else weights._base  # noqa: SLF001 - there is no other way to it
    return Attention(
        name, tuple(weights.shape), multiplied, passed_on if module.batch_first else passed_on.transpose(0, 1)
    )
