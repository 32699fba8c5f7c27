"""Read a checkpoint file without running anything that is in it."""

from __future__ import annotations

import hashlib
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from domain.errors import LimitError, ModelError
from domain.settings import read_settings
from predictors.state_dict import unwrap_state_dict

STATE_DICT_REMEDY = (
    "If you trust where it comes from, load it there, away from your own data, and save only the weights: "
    "torch.save(model.state_dict(), 'weights.pth')."
)
_PICKLE_START = b"\x80"
_HDF5 = b"\x89hdf"
_NOT_CHECKPOINTS = {
    b"version https://git-lfs": "a Git LFS pointer, not the weights themselves",
    b"<!doctype html": "a web page, not a checkpoint",
    b"<html": "a web page, not a checkpoint",
    _HDF5: "an HDF5 file (Keras), not a PyTorch checkpoint",
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The tensors of one checkpoint file.

    Attributes:
        path: Where it was read from.
        tensors: Parameter name -> tensor on the CPU, every value finite.
        metadata: Text facts of a safetensors file, empty for other files.
        sha256: Hex digest of the file.
        notes: What was unwrapped or renamed on the way, full sentences.
    """

    path: Path
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str]
    sha256: str
    notes: tuple[str, ...] = ()


def read_checkpoint(path: Path, *, max_bytes: int | None = None) -> Checkpoint:
    """Read a `.safetensors` file or a PyTorch file that holds a state_dict.

    Args:
        path: The file.
        max_bytes: Larger files are refused; `Settings.max_file_bytes` when None.

    Raises:
        ModelError: It is missing, empty, damaged, a full pickle, or holds no state_dict.
        LimitError: It is larger than `max_bytes`.
    """
    check_weights_file(path, max_bytes=max_bytes)
    if path.suffix.lower() == ".safetensors":
        tensors, metadata = _read_safetensors(path)
        notes: tuple[str, ...] = ()
    else:
        tensors, notes = unwrap_state_dict(_read_torch(path), where=str(path))
        metadata = {}
    _check_values(tensors, path)
    return Checkpoint(path, tensors, metadata, file_sha256(path), notes)


def check_weights_file(path: Path, *, max_bytes: int | None = None, is_keras: bool = False) -> None:
    """Refuse what cannot be a file of weights before a library opens it.

    Args:
        path: The file.
        max_bytes: See `read_checkpoint`.
        is_keras: Keras opens it, which reads HDF5.

    Raises:
        ModelError: It is missing, a folder, empty, or starts like something else.
        LimitError: It is larger than `max_bytes`, packed or unpacked.
    """
    limit = read_settings().max_file_bytes if max_bytes is None else max_bytes
    try:
        size = _size_on_disk(path)
        if size > limit:
            raise _too_large(path, size, limit)
        with path.open("rb") as file:
            head = file.read(64).lower()
        unpacked = _unpacked_size(path) if head.startswith(b"pk") else 0
    except OSError as error:
        raise ModelError(f"The file cannot be read: {error.strerror or error}.", where=str(path)) from error
    if unpacked > limit:
        raise _too_large(path, unpacked, limit)
    for start, what in _NOT_CHECKPOINTS.items():
        if head.lstrip().startswith(start) and not (is_keras and start == _HDF5):
            raise ModelError(f"The file is {what}.", where=str(path), remedy="Fetch the weights file itself.")


def file_sha256(path: Path) -> str:
    """Return the hex digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size_on_disk(path: Path) -> int:
    if not path.exists():
        raise ModelError("There is no such file of weights.", where=str(path), remedy="Check the path.")
    if not path.is_file():
        raise ModelError(
            "This is a folder; expected a file of weights.", where=str(path), remedy="Name the file in it."
        )
    size = path.stat().st_size
    if size == 0:
        raise ModelError("The file is empty (0 bytes).", where=str(path), remedy="Copy or download it again.")
    return size


def _unpacked_size(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(path, str(error)) from error


def _too_large(path: Path, size: int, limit: int) -> LimitError:
    return LimitError(
        f"The file holds {size:,} bytes; the limit is {limit:,}.",
        where=str(path),
        remedy="Raise RELOOK_MAX_FILE_BYTES if you trust it.",
    )


def _damaged(path: Path, reason: str) -> ModelError:
    first_line = reason.strip().partition("\n")[0].rstrip(".") or "it ends too early"
    return ModelError(
        f"The checkpoint is damaged or not one: {first_line}.",
        where=str(path),
        remedy="Expected a state_dict saved by PyTorch (.pth, .pt) or a .safetensors file; copy or download it again.",
    )


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _read_torch(path: Path) -> Any:
    """Load with `weights_only=True`, and tell a full pickle from a damaged file."""
    if is_torchscript_archive(path):
        raise ModelError(
            "This is a TorchScript program, not a state_dict.",
            where=str(path),
            remedy=f"Name it as the model itself: torchscript/{path}.",
        )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol", category=UserWarning)
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused_pickle(path, str(error)) from error
    except Exception as error:  # a damaged pickle can fail in any way
        raise _damaged(path, str(error)) from error


def is_torchscript_archive(path: Path) -> bool:
    """Whether the file is a zip archive with TorchScript code in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _refused_pickle(path: Path, reason: str) -> ModelError:
    """Tell a pickle that asks for Python objects from a file that is no pickle PyTorch wrote."""
    found = re.search(r"(?:GLOBAL|Unsupported class) ([\w.]+)", reason)
    with path.open("rb") as file:
        is_pickle = file.read(1) == _PICKLE_START
    if found is None and not (is_pickle and "Unsupported" in reason):
        return _damaged(path, "it is not a pickle that PyTorch wrote")
    asks = f"asks for the Python object '{found[1]}'" if found else "holds more than tensors"
    return ModelError(
        f"The file is a full pickle: it {asks}, and loading it could run any program. Only a state_dict (tensors by "
        "name) is loaded.",
        where=str(path),
        remedy=STATE_DICT_REMEDY,
    )


def _check_values(tensors: Mapping[str, Tensor], path: Path) -> None:
    unusable = [name for name, tensor in tensors.items() if not _is_plain(tensor)]
    if unusable:
        raise ModelError(
            f"{len(unusable)} tensors are not plain numbers in memory (sparse, quantised, complex, or views that claim "
            f"more than the file holds), the first is '{unusable[0]}'.",
            where=str(path),
            remedy="Save the weights as plain dense float tensors.",
        )
    broken = [name for name, tensor in tensors.items() if tensor.is_floating_point() and not _is_finite(tensor)]
    if broken:
        raise ModelError(
            f"{len(broken)} tensors hold values that are not finite, the first is '{broken[0]}'.",
            where=str(path),
            remedy="Take a checkpoint from before the training diverged.",
        )


def _is_plain(tensor: Tensor) -> bool:
    if tensor.device.type != "cpu" or tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
        return False
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def _is_finite(tensor: Tensor) -> bool:
    wide = tensor.float() if tensor.element_size() == 1 else tensor  # 8-bit floats have no test of their own
    return bool(wide.isfinite().all())
