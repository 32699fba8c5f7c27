"""Hugging Face's image classifiers, from a local folder that `save_pretrained` wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from domain.errors import ModelError
from domain.model_spec import ModelSpec
from predictors.assembly import Parts, assemble_classifier
from predictors.base import Predictor
from predictors.checkpoint import Checkpoint
from predictors.classifier import Classifier
from predictors.fitting import Fitted
from predictors.hugging_face_folder import (
    CONFIG,
    PICTURE_SETTINGS,
    ModelFolder,
    class_names_of,
    open_folder,
    task_of,
)
from predictors.hugging_face_network import (
    LogitsNetwork,
    builder_of,
    library_call,
    load_network,
    load_processor,
)
from predictors.hugging_face_pictures import RGB, Channels, FlooredCrop, read_preprocessing
from predictors.preprocessing import Preprocessing, override_preprocessing


class HuggingFaceModel(Predictor):
    """A folder with config.json, model.safetensors and preprocessor_config.json; its path is the name after hf/."""

    title = "Hugging Face"

    @classmethod
    def load(cls, spec: ModelSpec) -> Predictor:
        """Load an image classifier of the transformers library. Nothing is downloaded, no program in it is run.

        Raises:
            ModelError: The folder is no such model, its weights are pickled or do not fit, or it prepares pictures in
                a way Relook does not know.
            LimitError: A file is too large.
        """
        if spec.weights:
            raise ModelError(
                "A Hugging Face folder holds its own weights.", where=spec.name, remedy="Leave out --weights."
            )
        path = Path(spec.architecture).expanduser().resolve()
        spec = replace(spec, name=f"hf/{path}")
        folder = open_folder(path)
        names, notes = class_names_of(folder)
        task = task_of(folder)
        own, channels = _own_preprocessing(folder, spec)
        classifier, unused = load_network(folder)
        network, build = LogitsNetwork(classifier, channels), builder_of(classifier)
        parts = Parts(
            spec=spec,
            checkpoint=Checkpoint(path, {}, {}, folder.sha256),
            fitted=Fitted(network, _try_out(network, own.input_size, folder)),
            build=lambda _count: LogitsNetwork(build(), channels),
            version=folder.model_type,
            task=task,
            names=names,
            notes=(f"Preprocessing: {own.describe()}.", *unused, *notes),
        )
        return assemble_classifier(HuggingFaceClassifier, parts, own=own)


class HuggingFaceClassifier(Classifier, HuggingFaceModel):
    """A Hugging Face image classifier."""


def _own_preprocessing(folder: ModelFolder, spec: ModelSpec) -> tuple[Preprocessing, Channels]:
    """Ask the folder's image processor; a person who sets everything by hand needs none."""
    if spec.resize and spec.crop and spec.mean and spec.std:
        return override_preprocessing(FlooredCrop(interpolation="bicubic"), spec), RGB
    if not folder.has_picture_settings:
        raise ModelError(
            f"There is no {PICTURE_SETTINGS[0]} in the folder, so it is not known how pictures are prepared.",
            where=str(folder.path),
            remedy="Save the image processor into it too, or give --resize, --crop, --mean and --std.",
        )
    processor = load_processor(folder)
    with library_call(folder, PICTURE_SETTINGS[0]):
        return read_preprocessing(processor, where=str(folder.path / PICTURE_SETTINGS[0]))


def _try_out(network: nn.Module, size: tuple[int, int], folder: ModelFolder) -> int:
    """Push one grey picture through the network, and return how many classes it answers."""
    try:
        with torch.inference_mode():
            logits = network.eval()(torch.zeros(1, 3, *size))
    except (RuntimeError, ValueError, AssertionError, AttributeError, IndexError, TypeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise ModelError(
            f"The network does not take pictures of {size[0]} x {size[1]} pixels: {reason}.",
            where=str(folder.path / CONFIG),
            remedy="Save the image processor that belongs to the model, or give --resize, --crop, --mean and --std.",
        ) from error
    if logits.ndim != 2 or logits.shape[1] == 0:
        raise ModelError(
            f"The model gives numbers of shape {tuple(logits.shape)}; expected a logit per class.",
            where=str(folder.path / CONFIG),
            remedy="Load a model that was trained to classify images.",
        )
    return logits.shape[1]
