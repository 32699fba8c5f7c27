"""Weights survive the way to disk and back, and a wrong file is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from domain.errors import ModelError
from training.checkpoint import load_checkpoint, save_checkpoint


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 2))


def test_weights_and_metadata_come_back(tmp_path: Path) -> None:
    module, path = network(), tmp_path / "new" / "weights.safetensors"
    save_checkpoint(module, path, metadata={"task": "test"}, half=False)
    other = network()
    assert load_checkpoint(other, path) == {"task": "test"}
    assert all(torch.equal(value, module.state_dict()[name]) for name, value in other.state_dict().items())
    assert [file.name for file in path.parent.iterdir()] == ["weights.safetensors"]


def test_half_precision_halves_the_file_and_loads_as_float32(tmp_path: Path) -> None:
    module = nn.Linear(64, 64)
    for half in (True, False):
        save_checkpoint(module, tmp_path / f"{half}.safetensors", metadata={}, half=half)
    sizes = [(tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False)]
    assert sizes[0] < 0.6 * sizes[1]
    other = nn.Linear(64, 64)
    load_checkpoint(other, tmp_path / "True.safetensors")
    assert other.weight.dtype == torch.float32
    assert torch.allclose(other.weight, module.weight, atol=1e-3)


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    module = network()
    for name in ("a", "b"):
        save_checkpoint(module, tmp_path / name, metadata=dict.fromkeys("abcdefgh", "1"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"no weights here")
    with pytest.raises(ModelError, match="cannot be read"):
        load_checkpoint(network(), path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_checkpoint(network(), tmp_path / "missing.safetensors")


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    save_checkpoint(nn.Linear(2, 2), tmp_path / "linear.safetensors", metadata={})
    with pytest.raises(ModelError, match="another architecture"):
        load_checkpoint(network(), tmp_path / "linear.safetensors")
