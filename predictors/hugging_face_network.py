"""A Hugging Face classifier as a plain network: pictures in, logits out. The library is imported when one is loaded."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from logging import CRITICAL
from textwrap import shorten
from typing import Any, cast

import torch
from torch import Tensor, nn

from domain.errors import ModelError, RelookError
from predictors.devices import build_from_seed
from predictors.hugging_face_folder import CONFIG, PICTURE_SETTINGS, WEIGHTS, ModelFolder
from predictors.hugging_face_pictures import RGB, Channels

_LOCAL = {"local_files_only": True, "trust_remote_code": False}
_NOT_PICTURES = ("imagegpt", "shieldgemma2", "siglip2", "timm_wrapper")
"""Families whose classifiers take no picture as a whole, or are programs of another library."""

_SHOWN = 3
_MAX_REASON = 200
_QUIET = threading.RLock()


class LogitsNetwork(nn.Module):
    """The library's classifier as a plain network.

    Forward: (N, 3, h, w) normalised, channels red, green, blue -> (N, C) logits.

    Attributes:
        network: The library's own module.
    """

    def __init__(self, network: nn.Module, channels: Channels = RGB) -> None:
        """Wrap a classifier; `channels` are those its own input takes of red, green and blue."""
        super().__init__()
        self.network = network
        self._input = str(getattr(network, "main_input_name", "pixel_values"))
        self._channels = list(channels)

    @property
    def config(self) -> Any:
        """The library's settings of the classifier."""
        return self.network.config

    def set_attn_implementation(self, name: str) -> None:
        """Change the way attention is computed, "sdpa" or "eager", as the library's own models do, but in silence."""
        with _quiet():
            cast("Any", self.network).set_attn_implementation(name)

    def forward(self, pictures: Tensor) -> Tensor:
        if self._channels != list(RGB):
            pictures = pictures[:, self._channels]
        return self.network(**{self._input: pictures}).logits


def load_network(folder: ModelFolder) -> tuple[nn.Module, tuple[str, ...]]:
    """Load the classifier of a folder in evaluation mode, in 32-bit floats, on the CPU; and what to know about it.

    Raises:
        ModelError: The family has no image classifier, or the weights do not fit it.
    """
    from transformers import AutoModelForImageClassification  # noqa: PLC0415 - takes seconds

    _check_family(folder)
    load = partial(
        AutoModelForImageClassification.from_pretrained,
        folder.path,
        use_safetensors=True,
        dtype=torch.float32,
        attn_implementation="eager",
        output_loading_info=True,
        **_LOCAL,
    )
    loaded: list[Any] = []

    def build() -> nn.Module:
        loaded.extend(load())
        return loaded[0]

    with library_call(folder, CONFIG):
        network = build_from_seed(build, 0)
    notes = _check_fit(folder, loaded[1])
    _check_values(folder, network)
    _attend_fast(network)
    return network, notes


def builder_of(network: Any) -> Callable[[], nn.Module]:
    """Return what builds the same classifier with random weights, as the library draws them."""
    kind, config = type(network), copy.deepcopy(network.config)

    def build() -> nn.Module:
        with _quiet():
            fresh = kind(copy.deepcopy(config))
            _attend_fast(fresh)
            return fresh

    return build


def load_processor(folder: ModelFolder) -> Any:
    """Load the image processor of a folder, the one that works with Pillow.

    Raises:
        ModelError: It cannot be loaded.
    """
    from transformers import AutoImageProcessor  # noqa: PLC0415 - takes seconds

    with library_call(folder, PICTURE_SETTINGS[0]):
        return AutoImageProcessor.from_pretrained(folder.path, backend="pil", **_LOCAL)


@contextmanager
def library_call(folder: ModelFolder, file: str) -> Iterator[None]:
    """Turn whatever the library raises over the settings in `file` into one sentence.

    Raises:
        ModelError: The library failed.
    """
    try:
        with _quiet():
            yield
    except RelookError:
        raise
    except Exception as error:  # foreign settings can fail in any way
        raise ModelError(
            f"The model cannot be loaded: {_reason(error)}.",
            where=str(folder.path / file),
            remedy="Save the model and its image processor again with save_pretrained.",
        ) from error


def _reason(error: Exception) -> str:
    if "ignore_mismatched_sizes" in str(error):
        return "the shapes of the weights are others than those of its layers and classes"
    first_line = (str(error).strip().splitlines() or [""])[0].rstrip(".:!")
    text = f"{type(error).__name__} {first_line}" if isinstance(error, LookupError) or not first_line else first_line
    return shorten(text, _MAX_REASON, placeholder=" ...")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from drawing progress bars and logging; what matters is told in sentences."""
    from transformers.utils import logging  # noqa: PLC0415

    with _QUIET:
        level, has_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity(CRITICAL)
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if has_bars:
                logging.enable_progress_bar()


def _check_family(folder: ModelFolder) -> None:
    from transformers.models.auto.modeling_auto import (  # noqa: PLC0415
        MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as FAMILIES,
    )

    known = [name for name in FAMILIES if name not in _NOT_PICTURES]
    if folder.model_type not in known:
        raise ModelError(
            f"The model_type is '{folder.model_type}', of which there is no image classifier.",
            where=str(folder.path / CONFIG),
            remedy=f"Known families: {', '.join(known)}.",
        )


def _check_fit(folder: ModelFolder, report: Any) -> tuple[str, ...]:
    """Refuse a network with layers that got no weights; what the file holds beyond that is only told."""
    missing, unused = sorted(report["missing_keys"]), sorted(report["unexpected_keys"])
    if missing:
        raise ModelError(
            f"The weights do not fit the {folder.model_type} classifier of {CONFIG}: {_count(missing)} are missing.",
            where=str(folder.path / WEIGHTS),
            remedy="Save the classifier itself with save_pretrained, not only its backbone.",
        )
    return (f"The network has no use for {_count(unused)} of the file.",) if unused else ()


def _count(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{len(names)} tensors ({shown}{', ...' if len(names) > _SHOWN else ''})"


def _check_values(folder: ModelFolder, network: nn.Module) -> None:
    broken = [name for name, tensor in network.state_dict().items() if not bool(tensor.isfinite().all())]
    if broken:
        raise ModelError(
            f"{len(broken)} tensors hold values that are not finite, the first is '{broken[0]}'.",
            where=str(folder.path / WEIGHTS),
            remedy="Take a checkpoint from before the training diverged.",
        )


def _attend_fast(network: Any) -> None:
    """Use PyTorch's fused attention where the family can change over; the others keep the plain one.

    The fused one never shows its attention, so a method that needs it changes back for the time being.
    """
    with _quiet():
        try:
            network.set_attn_implementation("sdpa")
        except ValueError:  # the family has no fused attention
            return
