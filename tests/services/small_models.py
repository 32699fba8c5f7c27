"""A real torchvision classifier of random weights, small enough for the tests of services and routes."""

from __future__ import annotations

from pathlib import Path

import torch
from torchvision.models import get_model

from domain.model_spec import ModelSpec

CLASSES = ("can", "carton", "milk", "water")
torch.set_num_threads(1)


def save_weights(path: Path, *, seed: int = 1) -> Path:
    torch.manual_seed(seed)
    torch.save(get_model("shufflenet_v2_x0_5", weights=None, num_classes=len(CLASSES)).state_dict(), path)
    return path


def name_model(weights: Path, *, side: int = 32) -> ModelSpec:
    """What a person types to load it; its class names are written beside the weights."""
    names = weights.with_suffix(".txt")
    names.write_text("\n".join(CLASSES))
    return ModelSpec("torchvision/shufflenet_v2_x0_5", str(weights), str(names), resize=side, crop=side)
