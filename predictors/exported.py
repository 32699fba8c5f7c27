"""Programs that torch.export wrote (.pt2): classifiers and semantic models whose layers can still be reached."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.passes import move_to_device_pass

from domain.errors import ModelError
from domain.model_spec import ModelSpec
from domain.prediction import Task
from predictors.base import Predictor
from predictors.checkpoint import check_weights_file
from predictors.classifier import OpenClassifier, classification_task
from predictors.devices import choose_device
from predictors.preprocessing import WholeImage
from predictors.program_facts import as_logits, describe_program, name_class_outputs, seen_by_program, spec_names
from predictors.semantic import CAUTION, SemanticModel, name_pixel_outputs

_REMEDY = "Export it for pictures of one size: torch.export.export(model, (torch.zeros(1, 3, h, w),))."


class ExportedModel(Predictor):
    """A file written by torch.export.save; its path is the name after pt2/."""

    title = "torch.export"
    caution = "A .pt2 file is a program, not a sandbox: load only files you trust."

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load a program; the size of its pictures is the one it was exported for.

        Raises:
            ModelError: The file is no such program, takes or answers something else, or does not go with the class
                names.
            LimitError: The file is too large.
        """
        path = Path(spec.architecture).expanduser()
        device = choose_device(spec.device)
        program, size = load_exported(path, device)
        seen = seen_by_program(spec, size, WholeImage(height=size[0], width=size[1]))
        network, answer = as_logits(program, seen, device, where=str(path), remedy=_REMEDY)
        facts: dict[str, Any] = {"preprocessing": seen, "device": device}
        if answer.ndim == 4:
            outputs = name_pixel_outputs(spec_names(spec), answer.shape[1], where=spec.classes)
            info = describe_program(spec, Task.SEGMENTATION, outputs, seen, (cls.caution, CAUTION))
            return ExportedSemantic(network, info=info, outputs=outputs, **facts)
        outputs = name_class_outputs(spec, answer.shape[1])
        info = describe_program(spec, classification_task(spec), outputs, seen, (cls.caution,))
        return ExportedClassifier(network, info=info, **facts)


class ExportedClassifier(OpenClassifier, ExportedModel):
    """A program that answers (N, C) numbers."""

    pictures_at_once = 1


class ExportedSemantic(SemanticModel, ExportedModel):
    """A program that answers (N, C, h', w') numbers."""


class OneByOne(nn.Module):
    """Gives a program, which was exported for a single picture, one picture after the other."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        return torch.cat([self.network(picture) for picture in pictures.split(1)])


def load_exported(path: Path, device: torch.device) -> tuple[nn.Module, tuple[int, int]]:
    """Load a program with its layers. What is in it may run any code: the caller says so to the person.

    Returns:
        (N, 3, h, w) -> numbers, and (h, w).

    Raises:
        ModelError: The file is no such program, or is not for single pictures of one size.
        LimitError: The file is too large.
    """
    check_weights_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path)
            if device.type != "cpu":
                program = move_to_device_pass(program, device)
            network = torch.export.unflatten(program)
    except Exception as error:  # a damaged archive can fail in any way
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(
            f"The file is no program that PyTorch exported: {reason}",
            where=str(path),
            remedy="Write it with torch.export.save(program, 'model.pt2').",
        ) from error
    return OneByOne(network), _input_size(program, path)


def _input_size(program: Any, path: Path) -> tuple[int, int]:
    names = set(program.graph_signature.user_inputs)
    shapes = [node.meta["val"].shape for node in program.graph.nodes if node.op == "placeholder" and node.name in names]
    if len(shapes) == 1 and len(shapes[0]) == 4:
        count, channels, height, width = shapes[0]
        if channels == 3 and type(height) is type(width) is int and not (type(count) is int and count != 1):
            return height, width
    found = ", ".join(str(tuple(shape)) for shape in shapes) or "none"
    raise ModelError(
        f"The program takes inputs of the shapes {found}; expected a single one of (1, 3, h, w).",
        where=str(path),
        remedy=_REMEDY,
    )
