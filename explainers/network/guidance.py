"""Guided backpropagation: a ReLU lets nothing but positive gradients back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its name everywhere
from torch.overrides import TorchFunctionMode

from domain.errors import ExplanationError

_GUIDED: frozenset[Callable[..., Any]] = frozenset(
    {F.relu, F.relu6, F.hardtanh, F.hardtanh_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_}
)
_UNGUIDED: Mapping[Callable[..., Any], str] = {
    F.silu: "SiLU",
    F.gelu: "GELU",
    F.hardswish: "Hardswish",
    F.mish: "Mish",
    F.elu: "ELU",
    F.elu_: "ELU",
    F.celu: "CELU",
    F.selu: "SELU",
    F.softplus: "Softplus",
    F.leaky_relu: "LeakyReLU",
    F.leaky_relu_: "LeakyReLU",
    F.rrelu: "RReLU",
    torch.prelu: "PReLU",
    F.tanh: "Tanh",
    torch.tanh: "Tanh",
    Tensor.tanh: "Tanh",
}
"""Activations whose gradient is not simply on or off. Sigmoids are gates, not activations, and are left alone."""


class Guidance(TorchFunctionMode):
    """Guides every ReLU that runs in this thread inside the `with` block, as a module or as a function.

    The network is not touched: each ReLU's output gets a hook that clips the gradient which comes back to it, and
    thereafter the ReLU's own gradient does the rest (Springenberg et al. 2014).

    Attributes:
        guided: ReLUs that ran.
        unguided: Names of the other activations that ran -> how often.
    """

    def __init__(self) -> None:
        super().__init__()
        self.guided = 0
        self.unguided: Counter[str] = Counter()
        self._is_paused = False

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        output = func(*args, **(kwargs or {}))
        if func in _GUIDED and output.requires_grad:
            self.guided += 1
            output.register_hook(self._clip)
        elif func in _UNGUIDED and output.requires_grad:
            self.unguided[_UNGUIDED[func]] += 1
        return output

    def _clip(self, gradient: Tensor) -> Tensor:
        return gradient if self._is_paused else gradient.clamp(min=0)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let gradients through as they are, for a backward pass inside the `with` block."""
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know: how much of the network could not be guided."""
        count = sum(self.unguided.values())
        if not count and self.guided:
            return ()
        if not count:
            return ("This network has no ReLU that could be guided: the map is a plain gradient.",)
        activations = "1 activation" if count == 1 else f"{count} activations"
        found = f"This network has {activations} that cannot be guided ({', '.join(sorted(self.unguided))})"
        if not self.guided:
            return (f"{found} and no ReLU: the map is a plain gradient.",)
        return (f"{found} beside {self.guided} that are: the map is in part a plain gradient.",)


def differentiate_input(score: Tensor, inputs: Tensor) -> Tensor:
    """Return d score / d inputs, of the inputs' shape; other scores of the same pass may follow.

    Raises:
        ExplanationError: The score does not depend on the inputs by way of operations that can be differentiated.
    """
    gradient = None
    if score.requires_grad:
        [gradient] = torch.autograd.grad(score, [inputs], retain_graph=True, allow_unused=True)
    if gradient is None:
        raise ExplanationError(
            "The score does not depend on the picture in a way that has a gradient.",
            remedy="Use a method that needs no gradients, such as LIME.",
        )
    return gradient


def strongest_channel(gradient: Tensor) -> Tensor:
    """Return for each pixel of a (C, h, w) gradient that of the channel where it is strongest, with its sign, (h, w).

    Of equally strong ones the positive. A sum would cancel where colours disagree, as they do at coloured edges.
    """
    highest, lowest = gradient.amax(dim=0), gradient.amin(dim=0)
    return torch.where(highest >= -lowest, highest, lowest)
