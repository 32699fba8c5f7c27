"""A folder written by `save_pretrained`: what must be in it, and what it says about itself."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.errors import LimitError, ModelError
from domain.prediction import Task
from predictors.checkpoint import check_weights_file, file_sha256

CONFIG = "config.json"
PICTURE_SETTINGS = ("preprocessor_config.json", "processor_config.json")
WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"
_OTHER_WEIGHTS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_MAX_SETTINGS_BYTES = 16 * 1024**2
_TASKS = {
    "single_label_classification": Task.CLASSIFICATION,
    "multi_label_classification": Task.MULTILABEL,
    None: Task.CLASSIFICATION,
}
_UNNAMED = "LABEL_"


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that holds a model.

    Attributes:
        path: The folder.
        settings: What config.json says.
        sha256: Hex digest of everything an answer depends on: config.json, the picture settings and the weights.
        has_picture_settings: Whether the folder says how pictures are prepared.
    """

    path: Path
    settings: Mapping[str, Any]
    sha256: str
    has_picture_settings: bool

    @property
    def model_type(self) -> str:
        """The family by the library's own name, such as "vit"."""
        return str(self.settings.get("model_type", ""))


def open_folder(path: Path) -> ModelFolder:
    """Look into a folder without loading its weights.

    Raises:
        ModelError: It is no such folder, its weights are not safetensors, or its config.json cannot be used.
        LimitError: A file is too large.
    """
    settings = _read_settings(_find_config(path))
    if settings.get("quantization_config"):
        raise ModelError(
            "The weights are quantised, and need a program of their own to run.",
            where=str(path),
            remedy="Save the model with plain float weights.",
        )
    weights = _find_weights(path)
    for file in weights:
        check_weights_file(file)
    pictures = [path / name for name in PICTURE_SETTINGS if (path / name).is_file()]
    digest = _digest([path / CONFIG, *pictures, *weights])
    return ModelFolder(path, settings, digest, has_picture_settings=bool(pictures))


def task_of(folder: ModelFolder) -> Task:
    """Return the task the model was trained for.

    Raises:
        ModelError: It is another one than classification.
    """
    kind = folder.settings.get("problem_type")
    if not isinstance(kind, str | None) or kind not in _TASKS:
        raise ModelError(
            f"The problem_type is {kind!r}; expected {' or '.join(filter(None, _TASKS))}.",
            where=str(folder.path / CONFIG),
            remedy="Load a model that was trained to classify images.",
        )
    return _TASKS[kind]


def class_names_of(folder: ModelFolder) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the class names in output order, none when the model only numbers them, and what to know about them.

    Names that are there twice, as ImageNet's two cranes, get their number behind them.

    Raises:
        ModelError: id2label is no table of numbers and names.
    """
    table = folder.settings.get("id2label")
    if table is None:
        return (), ()
    try:
        names = [str(table[key]).strip() for key in sorted(table, key=int)]
        is_sound = sorted(map(int, table)) == list(range(len(table))) and all(names)
    except (TypeError, ValueError, AttributeError, KeyError):
        is_sound, names = False, []
    if not is_sound:
        raise ModelError(
            "The id2label does not give every output from 0 on a name.",
            where=str(folder.path / CONFIG),
            remedy="Give the names of its classes with --classes.",
        )
    if names == [f"{_UNNAMED}{index}" for index in range(len(names))]:
        return (), ()
    return _tell_apart(names)


def _tell_apart(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    repeated = {name for name, count in Counter(names).items() if count > 1}
    if not repeated:
        return tuple(names), ()
    told = tuple(f"{name} ({index})" if name in repeated else name for index, name in enumerate(names))
    shown = ", ".join(f"'{name}'" for name in sorted(repeated)[:3])
    return told, (f"Some names stand for several outputs and got their numbers behind them: {shown}.",)


def _find_config(path: Path) -> Path:
    if not path.is_dir():
        found = "This is a file" if path.exists() else "There is no such folder"
        raise ModelError(
            f"{found}; expected a local folder that save_pretrained wrote.",
            where=str(path),
            remedy="Nothing is downloaded: save the model on a machine with access, and name its folder after hf/.",
        )
    config = path / CONFIG
    if not config.is_file():
        raise ModelError(
            f"There is no {CONFIG} in the folder.",
            where=str(path),
            remedy="Name the folder that save_pretrained of the model itself wrote.",
        )
    return config


def _read_settings(path: Path) -> Mapping[str, Any]:
    remedy = "Save the model again with save_pretrained."
    try:
        if path.stat().st_size > _MAX_SETTINGS_BYTES:
            raise LimitError("The file is too large for settings.", where=str(path), remedy=remedy)
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"The file cannot be read: {error.strerror or error}.", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise ModelError("The file is not JSON.", where=str(path), remedy=remedy) from error
    if not isinstance(value, dict):
        raise ModelError(f"The JSON holds one {type(value).__name__}, not settings.", where=str(path), remedy=remedy)
    return value


def _find_weights(path: Path) -> list[Path]:
    if (path / WEIGHTS).is_file():
        return [path / WEIGHTS]
    if (path / SHARDS).is_file():
        return _find_shards(path / SHARDS)
    others = sorted(file.name for pattern in _OTHER_WEIGHTS for file in path.glob(pattern))
    if others:
        raise ModelError(
            f"The weights are in {others[0]}, a kind of file that can run any program when it is loaded; only "
            "safetensors are loaded.",
            where=str(path),
            remedy="If you trust where it comes from, load it there, away from your own data, and save it anew with "
            "save_pretrained, which writes model.safetensors.",
        )
    raise ModelError(
        f"There is no {WEIGHTS} in the folder.", where=str(path), remedy="Copy the whole folder save_pretrained wrote."
    )


def _find_shards(index: Path) -> list[Path]:
    names = _read_settings(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise ModelError("The file lists no weights.", where=str(index), remedy="Copy the model's folder again.")
    shards = sorted({str(name) for name in names.values()})
    strange = [name for name in shards if Path(name).name != name or not name.endswith(".safetensors")]
    if strange:
        raise ModelError(
            f"The file names '{strange[0]}', which is no safetensors file of this folder.",
            where=str(index),
            remedy="Save the model again with save_pretrained.",
        )
    return [index.parent / name for name in shards]


def _digest(files: Sequence[Path]) -> str:
    parts = [f"{file.name} {file_sha256(file)}" for file in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
