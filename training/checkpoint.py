"""Weights in a safetensors file, with the facts a loader needs beside them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from domain.errors import LimitError, ModelError


def save_checkpoint(module: nn.Module, path: Path, *, metadata: Mapping[str, str], half: bool = True) -> None:
    """Write the state of `module`, whole or not at all; see `write_whole` for what is raised.

    Args:
        module: Any module.
        path: File to write; its folder is created.
        metadata: Text by name, kept in the file's header.
        half: Store kernels and matrices as float16, half the size. Vectors (biases, batch statistics) stay float32.
    """
    state = {name: shrink(value, half=half) for name, value in module.state_dict().items()}
    write_whole(path, sort_header(save(state, dict(metadata))))


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file; when that fails the file stays as it was.

    Raises:
        LimitError: The disk is full, or the place may not be written to.
    """
    partial = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):  # it is not there, or its folder is not
            partial.unlink()
        kept = " The one that was there is kept." if path.exists() else ""
        raise LimitError(
            f"The checkpoint of {len(content):,} bytes cannot be written: {error.strerror or error}.{kept}",
            where=str(path),
            remedy="Free some space, then go on from where it stopped.",
        ) from error


def save_state(path: Path, state: Mapping[str, object]) -> None:
    """Write tensors and plain values by name, as `load_state` reads them.

    Raises:
        LimitError: See `write_whole`.
    """
    stream = io.BytesIO()
    torch.save(dict(state), stream)
    write_whole(path, stream.getvalue())


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote, and nothing that could run a program.

    Raises:
        ModelError: The file is damaged.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can fail in any way
        raise ModelError(
            f"The checkpoint to go on from is damaged ({type(error).__name__}).", where=str(path), remedy="Start anew."
        ) from error


def sort_header(content: bytes) -> bytes:
    """The same safetensors file with its header in alphabetical order: the library writes metadata in a random one."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True, separators=(",", ":")).encode()
    header = header.ljust(-(-len(header) // 8) * 8)
    return len(header).to_bytes(8, "little") + header + content[end:]


def shrink(value: Tensor, *, half: bool) -> Tensor:
    """The tensor as it is stored."""
    value = value.detach().cpu().contiguous()
    return value.half() if half and value.is_floating_point() and value.ndim > 1 else value


def load_checkpoint(module: nn.Module, path: Path) -> dict[str, str]:
    """Load the weights into `module` as float32 and return the metadata.

    Raises:
        ModelError: The file cannot be read, or its tensors are not those of `module`.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = dict(file.metadata() or {})
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except (OSError, SafetensorError) as error:
        raise ModelError(f"The checkpoint cannot be read: {error}.", where=str(path)) from error
    wide = {name: value.to(torch.float32) if value.dtype == torch.float16 else value for name, value in state.items()}
    try:
        module.load_state_dict(wide)
    except RuntimeError as error:
        raise ModelError(f"The checkpoint is of another architecture: {error}", where=str(path)) from error
    return metadata
