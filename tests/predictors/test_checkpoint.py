from __future__ import annotations

import argparse
import pickle
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from domain.errors import LimitError, ModelError
from predictors.checkpoint import read_checkpoint


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    return {"fc.weight": torch.arange(6.0).reshape(2, 3), "fc.bias": torch.zeros(2)}


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_checkpoint(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("name", ["weights.pth", "weights.pt", "weights.safetensors"])
def test_tensors_and_hash_are_read(tmp_path: Path, weights: dict[str, torch.Tensor], name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".safetensors":
        save_file(weights, path, metadata={"classes": '["a", "b"]'})
    else:
        torch.save(weights, path)
    checkpoint = read_checkpoint(path)
    assert checkpoint.tensors.keys() == weights.keys()
    assert torch.equal(checkpoint.tensors["fc.weight"], weights["fc.weight"])
    assert len(checkpoint.sha256) == 64
    assert checkpoint.metadata == ({"classes": '["a", "b"]'} if path.suffix == ".safetensors" else {})


def test_the_format_before_pytorch_1_6_is_read(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "old.pth"
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    assert read_checkpoint(path).tensors.keys() == weights.keys()


class Intruder:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_full_pickle_is_refused_without_running_it(tmp_path: Path, is_zip: bool) -> None:
    path, trace = tmp_path / "evil.pth", tmp_path / "was_run"
    torch.save({"fc.weight": Intruder(trace)}, path, _use_new_zipfile_serialization=is_zip)
    message = refusal(path)
    assert "full pickle" in message
    assert "Python object 'getattr'" in message
    assert "model.state_dict()" in message
    assert not trace.exists()


def test_a_whole_module_and_training_arguments_are_refused_by_name(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pth")
    assert "torch.nn.modules.linear.Linear" in refusal(tmp_path / "module.pth")
    torch.save({"model": {}, "args": argparse.Namespace(lr=1)}, tmp_path / "args.pth")
    assert "argparse.Namespace" in refusal(tmp_path / "args.pth")


def test_a_bare_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.pth"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert "full pickle" in refusal(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x00" * 300, "damaged"),
        (b"hello, these are no weights", "damaged"),
        (b"PK\x03\x04 cut off", "damaged"),
        (b"\x80\x02}q\x00.", "damaged"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS pointer"),
        (b"\n<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes, words: str, suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    assert words in refusal(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_truncated_file_is_refused(tmp_path: Path, weights: dict[str, torch.Tensor], suffix: str) -> None:
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save(weights, path)
    else:
        save_file(weights, path)
    whole = path.read_bytes()
    for length in (9, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert "damaged" in refusal(path)


@pytest.mark.parametrize("name", ["zip.pth", "legacy.pth", "weights.safetensors"])
def test_damage_anywhere_never_gives_another_error(tmp_path: Path, weights: dict[str, torch.Tensor], name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save(weights, path, _use_new_zipfile_serialization=name == "zip.pth")
    whole, refused = path.read_bytes(), 0
    for position in range(0, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x15]) + whole[position + 1 :])
        try:
            read_checkpoint(path)
        except ModelError:
            refused += 1
    assert refused > 10


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.pth")
    assert "folder" in refusal(tmp_path)


def test_files_above_the_limit_are_refused(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "weights.pth"
    torch.save(weights, path)
    with pytest.raises(LimitError, match="the limit is 100"):
        read_checkpoint(path, max_bytes=100)


def test_the_limit_comes_from_the_settings(
    tmp_path: Path, weights: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(weights, tmp_path / "weights.pth")
    monkeypatch.setenv("RELOOK_MAX_FILE_BYTES", "100")
    with pytest.raises(LimitError, match="RELOOK_MAX_FILE_BYTES"):
        read_checkpoint(tmp_path / "weights.pth")


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(5_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(LimitError, match="5,000,000 bytes"):
        read_checkpoint(path, max_bytes=1_000_000)


def test_torchscript_is_pointed_to_its_own_runtime(scripted_classifier: Path) -> None:
    assert f"torchscript/{scripted_classifier}" in refusal(scripted_classifier)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(10**12),
        torch.ones(2, device="meta"),
        torch.ones(2, dtype=torch.complex64),
    ],
)
def test_tensors_that_are_no_plain_numbers_are_refused(tmp_path: Path, tensor: torch.Tensor) -> None:
    torch.save({"odd": tensor}, tmp_path / "odd.pth")
    assert "'odd'" in refusal(tmp_path / "odd.pth")


def test_small_floats_are_read(tmp_path: Path) -> None:
    save_file({"fc.weight": torch.ones(2).to(torch.float8_e4m3fn)}, tmp_path / "small.safetensors")
    assert read_checkpoint(tmp_path / "small.safetensors").tensors["fc.weight"].float().tolist() == [1, 1]


def test_values_that_are_not_finite_are_refused(tmp_path: Path, weights: dict[str, torch.Tensor]) -> None:
    weights["fc.bias"][1] = torch.nan
    torch.save(weights, tmp_path / "nan.pth")
    assert "'fc.bias'" in refusal(tmp_path / "nan.pth")
