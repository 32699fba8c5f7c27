"""What is the same for models that come as one file with their own input size: .pt2 programs and Keras models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from domain.errors import ModelError
from domain.model_spec import InputOrientation, ModelSpec
from domain.prediction import ModelInfo, Task
from predictors.checkpoint import file_sha256
from predictors.class_names import name_outputs, number_classes, read_class_names
from predictors.identity import model_id, model_name
from predictors.preprocessing import WholeImage, check_normalisation
from predictors.semantic import are_probabilities

_LEAST = 1e-7


class Logits(nn.Module):
    """Turns the answer of a network into logits, whatever it answers.

    Attributes:
        is_soft: The network answers probabilities. Their logarithms, or for a single class the log-odds, are logits of
            the same probabilities, and have gradients where a softmax has none left.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.is_soft = False

    def forward(self, pictures: Tensor) -> Tensor:
        found: Any = self.network(pictures)
        scores = found["out"] if isinstance(found, Mapping) else found
        if not self.is_soft:
            return scores
        held = scores.clamp(_LEAST, 1 - _LEAST)
        return held.logit() if scores.shape[1] == 1 else held.log()


def as_logits(
    network: nn.Module, seen: WholeImage, device: torch.device, *, where: str, remedy: str
) -> tuple[Logits, Tensor]:
    """Try a network on a picture of noise.

    Returns:
        The network, answering logits, and its answer: (1, C) or (1, C, h, w).

    Raises:
        ModelError: It fails, or answers something else.
    """
    logits = Logits(network)
    noise = np.random.default_rng(0).integers(0, 256, (*seen.input_size, 3), dtype=np.uint8)
    try:
        with torch.inference_mode():
            answer = logits(seen.normalise([noise], device=device))
    except (RuntimeError, TypeError, KeyError, IndexError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(f"The model failed on a picture: {reason}", where=where, remedy=remedy) from error
    if not isinstance(answer, Tensor) or answer.ndim not in {2, 4} or len(answer) != 1:
        found = f"numbers of shape {tuple(answer.shape)}" if isinstance(answer, Tensor) else type(answer).__name__
        raise ModelError(
            f"The model answers {found}; expected (1, C) numbers of a classifier or (1, C, h, w) of a semantic model.",
            where=where,
        )
    logits.is_soft = are_probabilities(answer)
    return logits, answer


def seen_by_program(spec: ModelSpec, size: tuple[int, int], own: WholeImage) -> WholeImage:
    """Return `own` with the mean and deviation that `spec` sets.

    Raises:
        ModelError: It sets another size than the model has, or numbers that cannot be used.
    """
    if not {spec.resize, spec.crop} <= {None, *size}:
        raise ModelError(
            f"The model takes pictures of {size[0]} x {size[1]} pixels (height x width).",
            where=spec.name,
            remedy="Leave out --resize and --crop.",
        )
    seen = replace(own, mean=spec.mean or own.mean, std=spec.std or own.std)
    check_normalisation(seen.mean, seen.std)
    return seen


def spec_names(spec: ModelSpec) -> tuple[str, ...]:
    """Return the class names a person gives, none where they give none."""
    return read_class_names(Path(spec.classes).expanduser()) if spec.classes else ()


def name_class_outputs(spec: ModelSpec, count: int) -> dict[int, str]:
    """Return the names of a classifier's outputs."""
    names = spec_names(spec)
    return name_outputs(names, count, where=spec.classes) if names else number_classes(range(count))


def describe_program(
    spec: ModelSpec, task: Task, outputs: Mapping[int, str], seen: WholeImage, notes: tuple[str, ...]
) -> ModelInfo:
    """Return the facts about a model that comes as one file."""
    path, name = Path(spec.architecture).expanduser(), model_name(spec)
    sha256 = file_sha256(path)
    turned = spec.orientation if spec.orientation is not InputOrientation.STORED else None
    changes = [task if spec.task else None, spec.mean, spec.std, dict(outputs) if spec.classes else None, turned]
    unnamed = () if spec.classes else ("The file carries no class names, so classes are numbered.",)
    values = f"minus {seen.mean} and over {seen.std} per channel, of pixels from 0 to 1"
    return ModelInfo(
        model_id=model_id(name, sha256, changes=changes),
        name=name,
        version=path.name,
        task=task,
        classes=tuple(outputs.values()),
        input_size=seen.input_size,
        runtime=spec.runtime,
        weights_sha256=sha256,
        notes=(*notes, f"Preprocessing: {seen.describe()}, {values}.", *unnamed),
    )
