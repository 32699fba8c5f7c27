"""What a network sees in pictures, as one row of numbers each: the input of its last layer, or of its box finder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from domain.errors import ModelError

Rows = NDArray[np.float32]


def find_last_layer(network: nn.Module, classes: int, *, where: str) -> nn.Module:
    """Return the layer whose outputs are the logits.

    Args:
        network: A classifier.
        classes: How many logits it gives.
        where: The model's name, for the error.

    Raises:
        ModelError: There is no fully connected layer and no convolution with so many outputs.
    """
    layers = [each for each in network.modules() if _outputs(each) == classes]
    if not layers:
        raise ModelError(
            f"No layer of this model gives {classes} numbers, so that what it sees before that cannot be told.",
            where=where,
            remedy="Choose an order that needs no embeddings.",
        )
    return layers[-1]


def embed_batch(network: nn.Module, last: nn.Module, batch: Tensor) -> Rows:
    """Run a (N, 3, h, w) batch and return (N, D), what went into `last`, averaged over places or tokens."""
    seen: list[Tensor] = []
    handle = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].detach()))
    try:
        with torch.inference_mode():
            network(batch)
    finally:
        handle.remove()
    rows = seen[-1].float()
    if rows.ndim == 4:
        rows = rows.mean(dim=(2, 3))
    elif rows.ndim == 3:
        rows = rows.mean(dim=1)
    return rows.reshape(len(batch), -1).cpu().numpy()


def embed_picture(detector: Any, picture: Tensor) -> Rows:
    """Return (1, D) of a (3, h, w) picture: every level of a torchvision detector's backbone, averaged over places."""
    with torch.inference_mode():
        images, _ = detector.transform([picture])
        levels = detector.backbone(images.tensors)
    maps = list(levels.values()) if isinstance(levels, Mapping) else [levels]
    return torch.cat([each.float().mean(dim=(2, 3)) for each in maps], dim=1).cpu().numpy()


def _outputs(layer: nn.Module) -> int:
    if isinstance(layer, nn.Linear):
        return layer.out_features
    return layer.out_channels if isinstance(layer, nn.Conv2d) else 0
