"""Looking into a network and giving it back unchanged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor, nn

from domain.errors import ExplanationError


@contextmanager
def borrowed(model: object, network: nn.Module) -> Iterator[nn.Module]:
    """Lend `network` in evaluation mode, with gradients on and its parameters frozen; give it back as it was.

    A network is shared by every page and thread, so the model's own `lock` is held meanwhile, where it has one.
    Gradients come from `torch.autograd.grad`: no `.grad` of a parameter is ever touched.
    """
    with _lock_of(model), torch.inference_mode(mode=False), torch.enable_grad():
        modes = {module: module.training for module in network.modules()}
        frozen = [parameter for parameter in network.parameters() if parameter.requires_grad]
        try:
            network.eval()
            for parameter in frozen:
                parameter.requires_grad = False
            with _sound_gradients(network):
                yield network
        finally:
            for parameter in frozen:
                parameter.requires_grad = True
            for module, was_training in modes.items():
                module.training = was_training


@contextmanager
def _sound_gradients(network: nn.Module) -> Iterator[None]:
    """Lay the gradient of every batch norm out like its input.

    On a CPU torch 2.15 silently computes a wrong one for a single picture when just one of the two is transposed, as
    happens between `flatten(2).transpose(1, 2)` and a convolution: in the CvT and LeViT families, for example.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    handles = [module.register_forward_hook(_align_gradient) for module in norms]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _align_gradient(_module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    given = inputs[0]

    def align(gradient: Tensor) -> Tensor:
        return gradient if gradient.stride() == given.stride() else torch.empty_like(given).copy_(gradient)

    if output.requires_grad and len(given) == 1:
        output.register_hook(align)


def _lock_of(model: object) -> AbstractContextManager[object]:
    return getattr(model, "lock", None) or nullcontext()


class Capture:
    """The output of one layer in the forward pass that runs while the hook is on."""

    def __init__(self, layer: str) -> None:
        self.layer = layer
        self._activation: Tensor | None = None

    @property
    def activation(self) -> Tensor:
        """The layer's output, batch first, that gradients can be taken to.

        Raises:
            ExplanationError: The forward pass did not run through the layer.
        """
        if self._activation is None:
            raise ExplanationError(
                f"The forward pass does not run through layer '{self.layer}', or it does not give one tensor.",
                remedy="Choose another layer.",
            )
        return self._activation

    def gradient(self, score: Tensor) -> Tensor:
        """Return d score / d activation, of the activation's shape; other scores of the same pass may follow.

        Raises:
            ExplanationError: The score does not depend on the layer.
        """
        gradient = None
        if score.requires_grad:
            [gradient] = torch.autograd.grad(score, [self.activation], retain_graph=True, allow_unused=True)
        if gradient is None:
            raise ExplanationError(
                f"The score does not depend on layer '{self.layer}'.", remedy="Choose another layer."
            )
        return gradient

    def keep(self, output: object) -> object:
        """Keep `output` and return what the network goes on with.

        As long as the network's input needs no gradient, the graph starts here, and up to here the pass costs no more
        than a prediction. Both are copies: the layer may have passed on what is changed in place later, and a
        following in-place ReLU would overwrite what was kept.
        """
        if not isinstance(output, Tensor):
            return None
        kept = output.clone()
        self._activation = kept if kept.requires_grad else kept.requires_grad_()
        return kept.clone()


@contextmanager
def captured(network: nn.Module, layer: str) -> Iterator[Capture]:
    """Keep the output of the submodule named `layer` for the forward pass inside the `with` block.

    Only passes of this thread are looked at: another thread may predict with the same network meanwhile.
    """
    capture = Capture(layer)
    owner = threading.get_ident()

    def keep(_module: nn.Module, _inputs: object, output: object) -> object:
        return capture.keep(output) if threading.get_ident() == owner else None

    handle = network.get_submodule(layer).register_forward_hook(keep)
    try:
        yield capture
    finally:
        handle.remove()
