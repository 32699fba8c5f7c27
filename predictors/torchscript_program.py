"""A TorchScript program: loaded, tried out, and its answers recognised."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from domain.errors import ModelError
from domain.prediction import Task
from predictors.checkpoint import check_weights_file, is_torchscript_archive
from predictors.detector import to_tensor
from predictors.preprocessing import Preprocessing


@dataclass(frozen=True, slots=True)
class Program:
    """A loaded TorchScript module whose failures are told in one sentence."""

    module: Any
    path: Path
    device: torch.device

    def __call__(self, argument: Any) -> Any:
        try:
            return self.module(argument)
        except (RuntimeError, torch.jit.Error) as error:
            reason = [line for line in str(error).splitlines() if line.strip()][-1].strip()
            raise ModelError(f"The TorchScript program failed: {reason[:300]}", where=str(self.path)) from error


def load_program(path: Path, device: torch.device) -> Program:
    """Load a TorchScript archive. What is in it may run any code: the caller says so to the person.

    Raises:
        ModelError: The file is no TorchScript archive, or this PyTorch cannot load it.
        LimitError: The file is too large.
    """
    check_weights_file(path)
    if not is_torchscript_archive(path):
        raise ModelError(
            "The file is no TorchScript archive.",
            where=str(path),
            remedy=f"A state_dict is loaded as torchvision/NAME with --weights {path}.",
        )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="`torch.jit.load` is", category=FutureWarning)
            module = torch.jit.load(path, map_location=device)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelError(f"The TorchScript archive cannot be loaded: {reason}", where=str(path)) from error
    return Program(module.eval(), path, device)


def try_out(program: Program, *, preprocessing: Preprocessing, task: Task | None) -> Tensor | Mapping[str, Tensor]:
    """Learn from two pictures of noise what the program answers.

    Args:
        program: The program.
        preprocessing: From a picture to the input of a classifier.
        task: What a person says it does, or None.

    Returns:
        (2, C) numbers of a classifier, (2, C, h', w') of a semantic model, or what a detector finds on one picture:
        boxes, labels, scores, perhaps masks.

    Raises:
        ModelError: It takes neither input, or answers in another form.
    """
    height, width = preprocessing.input_size
    noise = np.random.default_rng(0).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    failures: list[ModelError] = []
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="RCNN always returns", category=UserWarning)
        if task is not Task.DETECTION:
            answer = _attempt(program, preprocessing.normalise(list(noise), device=program.device), failures)
            scores = as_scores(answer, has_objects=task.has_objects if task else None)
            if scores is not None and len(scores) == 2:
                return scores
        if task is None or task.has_objects:
            picture = to_tensor(noise[0], device=program.device, has_masks=False)
            found = as_detections(_attempt(program, [picture], failures))
            if found is not None:
                return found
    raise _unknown_answer(program, failures)


def as_scores(answer: Any, *, has_objects: bool | None) -> Tensor | None:
    """Take the numbers of a classifier or of a semantic model out of an answer; None when it is something else.

    Args:
        answer: A tensor, or a dictionary with one under "out", as torchvision's semantic models give.
        has_objects: Whether a person wants objects, made of the regions of a semantic model; None to take both.
    """
    scores = answer.get("out") if isinstance(answer, dict) else answer
    if not isinstance(scores, Tensor) or scores.ndim not in {2, 4} or has_objects not in {None, scores.ndim == 4}:
        return None
    return scores


def as_detections(answer: Any) -> Mapping[str, Tensor] | None:
    """Take the first picture's dictionary out of `[{...}]` or, as scripted R-CNNs answer, `(losses, [{...}])`."""
    pictures: Any = answer[1] if isinstance(answer, tuple) and len(answer) == 2 else answer
    found: Any = pictures[0] if isinstance(pictures, list) and len(pictures) == 1 else pictures
    is_complete = isinstance(found, dict) and {"boxes", "labels", "scores"} <= set(found)
    return found if is_complete else None


def _attempt(program: Program, argument: Any, failures: list[ModelError]) -> Any:
    try:
        return program(argument)
    except ModelError as error:
        failures.append(error)
        return None


def _unknown_answer(program: Program, failures: list[ModelError]) -> ModelError:
    reason = f" {failures[0].message}" if failures else ""
    return ModelError(
        "The program answers neither (N, C) or (N, C, h, w) numbers for (N, 3, h, w) pictures nor a list of "
        f"dictionaries with boxes, labels and scores for a list of pictures.{reason}",
        where=str(program.path),
        remedy="Check --resize and --crop, or wrap the model so that it answers one of these.",
    )
