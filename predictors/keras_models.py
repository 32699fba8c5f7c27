"""Keras files (.keras, .h5, .hdf5) on Keras' torch backend, which leaves the inside open to explanation methods."""

from __future__ import annotations

import importlib
import os
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

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

_DEFAULT_SIDE = 256
_SOFT = ("softmax", "sigmoid")


class KerasModel(Predictor):
    """A file that Keras saved; its path is the name after keras/. Needs requirements-keras.txt.

    Pixels from 0 to 1 go in, unless `spec` sets mean and deviation: for pixels from 0 to 255 a deviation of 1/255.
    """

    title = "Keras"

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load a model without what only training needs, and without code of its own.

        Raises:
            ModelError: Keras is not installed or has another backend, or the file is no model of one picture.
            LimitError: The file is too large.
        """
        path, device = Path(spec.architecture).expanduser(), choose_device(spec.device)
        check_weights_file(path, is_keras=True)
        model = _load(path, device)
        size = _input_size(model, spec, path)
        own = WholeImage(height=size[0], width=size[1], mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
        seen = seen_by_program(spec, size, own)
        network, answer = as_logits(KerasNetwork(model, device).eval(), seen, device, where=str(path), remedy="")
        facts: dict[str, Any] = {"preprocessing": seen, "device": device}
        if answer.ndim == 4:
            outputs = name_pixel_outputs(spec_names(spec), answer.shape[1], where=spec.classes)
            info = describe_program(spec, Task.SEGMENTATION, outputs, seen, (CAUTION,))
            layer = f"layers.{model.layers[-2].name}" if len(model.layers) > 1 else ""
            return KerasSemantic(network, info=info, outputs=outputs, feature_layer=layer, **facts)
        outputs = name_class_outputs(spec, answer.shape[1])
        info = describe_program(spec, classification_task(spec), outputs, seen, ())
        return KerasClassifier(network, info=info, **facts)


class KerasClassifier(OpenClassifier, KerasModel):
    """A Keras model that answers (N, C) numbers."""


class KerasSemantic(SemanticModel, KerasModel):
    """A Keras model that answers (N, h, w, C) numbers."""


class KerasNetwork(nn.Module):
    """(N, 3, h, w) -> (N, C) or (N, C, h', w') with a model that has its channels last; layers bear Keras' names."""

    def __init__(self, model: Any, device: torch.device) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({layer.name: layer for layer in model.layers if "." not in layer.name})
        self._call, self._device = model.__call__, device

    def forward(self, pictures: Tensor) -> Tensor:
        with _keras().device(f"{self._device.type}:0"):
            answer = self._call(pictures.permute(0, 2, 3, 1), training=False)
        return answer.permute(0, 3, 1, 2) if isinstance(answer, Tensor) and answer.ndim == 4 else answer


def _keras() -> Any:
    """Return the library, which is imported when the first model is loaded.

    Raises:
        ModelError: It is not installed, or does not compute with torch.
    """
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras = importlib.import_module("keras")
    except ImportError as error:
        raise ModelError(
            "Keras is not installed here.", remedy="Install it with: pip install -r requirements-keras.txt."
        ) from error
    if keras.backend.backend() != "torch":
        raise ModelError(
            f"Keras computes with {keras.backend.backend()} here; expected torch.",
            remedy="Start Relook with KERAS_BACKEND=torch.",
        )
    return keras


def _load(path: Path, device: torch.device) -> Any:
    keras = _keras()
    try:
        with warnings.catch_warnings(), keras.device(f"{device.type}:0"):
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(str(path), compile=False, safe_mode=True)
    except Exception as error:  # a damaged file can fail in any way
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(
            f"Keras cannot load the file: {reason}",
            where=str(path),
            remedy="Save the whole model with model.save('model.keras'), with layers of Keras alone.",
        ) from error
    _explain_logits(model, keras)
    return model


def _explain_logits(model: Any, keras: Any) -> None:
    """Leave out a last softmax or sigmoid: once it is nearly 1 its gradient vanishes. It is applied to the logits."""
    last = model.layers[-1]
    if getattr(getattr(last, "activation", None), "__name__", "") in _SOFT:
        last.activation = keras.activations.linear


def _input_size(model: Any, spec: ModelSpec, path: Path) -> tuple[int, int]:
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise ModelError(
            f"The model takes inputs of the shape {shape}; expected (None, h, w, 3).",
            where=str(path),
            remedy="Save a model of single colour pictures with the channels last.",
        )
    side = spec.resize or spec.crop or _DEFAULT_SIDE
    return shape[1] or side, shape[2] or side
