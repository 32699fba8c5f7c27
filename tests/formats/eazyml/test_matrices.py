"""Prediction files: CSV without a header, and .npy."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.errors import FormatError, LimitError
from formats.eazyml.matrices import read_matrix, write_matrix
from formats.eazyml.predictions import read_prediction

VALUES = np.array([[0.0, 0.25, 0.5], [0.125, 1 / 3, 1.0]])


@pytest.mark.parametrize("name", ["p.csv", "p.npy", "p.NPY"])
def test_what_was_written_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("NPY"):
        with path.open("wb") as stream:
            np.save(stream, VALUES)
    else:
        write_matrix(path, VALUES)
    assert np.array_equal(read_matrix(path), VALUES[:, :, None])


def test_the_first_row_of_a_csv_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    write_matrix(path, VALUES[:, :, None])
    assert path.read_text().splitlines()[0] == "0,0.25,0.5"
    assert read_matrix(path).shape == (2, 3, 1)


@pytest.mark.parametrize(
    ("shape", "read"),
    [((2, 3), (2, 3, 1)), ((2, 3, 1), (2, 3, 1)), ((1, 2, 3), (2, 3, 1)), ((2, 3, 4), (2, 3, 4))],
)
def test_shapes_are_told_apart(tmp_path: Path, shape: tuple[int, ...], read: tuple[int, ...]) -> None:
    np.save(tmp_path / "p.npy", np.full(shape, 0.5, dtype=np.float32))
    assert read_matrix(tmp_path / "p.npy").shape == read


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "a,b\n0,1\n", "0,1\n0\n", "0,nan\n", "0,inf\n", "0,2\n", "-1,0\n", "\x00", "<html>"],
)
def test_other_csvs_are_refused_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"prediction|matrix"):
        read_matrix(path)


def test_spaces_line_ends_and_marks_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"\xef\xbb\xbf 0.5, 0.25\r\n1e-1,.5\r\n")
    assert read_matrix(path)[:, :, 0].tolist() == [[0.5, 0.25], [0.1, 0.5]]


@pytest.mark.parametrize(
    "values",
    [np.array([object()]), np.zeros((2, 2), dtype="U3"), np.zeros(4), np.zeros((0, 3)), np.zeros((1, 1, 1, 1))],
)
def test_other_arrays_are_refused_and_nothing_is_unpickled(tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "p.npy", values, allow_pickle=True)
    with pytest.raises(FormatError):
        read_matrix(tmp_path / "p.npy")


def test_a_header_that_promises_too_much_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    with path.open("wb") as stream:
        header = {"descr": "<f8", "fortran_order": False, "shape": (200_000, 300_000)}
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises((FormatError, LimitError)):
        read_matrix(path)


def test_a_csv_has_no_place_for_several_classes(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="npy"):
        write_matrix(tmp_path / "p.csv", np.zeros((2, 2, 2)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(["p.csv", "p.npy"]))
def test_changed_bytes_are_refused_or_read(tmp_path: Path, data: st.DataObject, name: str) -> None:
    path = tmp_path / name
    write_matrix(path, VALUES)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, min(len(damaged), 140) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    with contextlib.suppress(FormatError, LimitError):
        assert read_matrix(path).ndim == 3


def test_a_packed_array_is_read_like_a_plain_one(tmp_path):
    np.savez_compressed(tmp_path / "p.npz", np.full((2, 3, 2), 0.5))
    assert read_matrix(tmp_path / "p.npz").shape == (2, 3, 2)
    np.savez(tmp_path / "two.npz", np.zeros((2, 2)), np.zeros((2, 2)))
    np.savez(tmp_path / "objects.npz", np.array([{}], dtype=object))
    for name, reason in (("two.npz", "one array"), ("objects.npz", r"no \.npz file of numbers")):
        with pytest.raises(FormatError, match=reason):
            read_matrix(tmp_path / name)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "p.npz").read_bytes()[:60])
    with pytest.raises(FormatError, match=r"no \.npz file of numbers"):
        read_matrix(tmp_path / "cut.npz")


def test_a_picture_is_a_mask_or_class_numbers_or_probabilities(tmp_path):
    def read(values):
        Image.fromarray(np.array(values, np.uint8)).save(tmp_path / "p.png")
        return read_prediction(tmp_path / "p.png")

    np.testing.assert_array_equal(read([[0, 255], [255, 0]])[..., 0], [[0, 1], [1, 0]])
    np.testing.assert_array_equal(read([[0, 1], [1, 0]])[..., 0], [[0, 1], [1, 0]])
    np.testing.assert_array_equal(read([[0, 0]])[..., 0], [[0, 0]])
    np.testing.assert_array_equal(read([[0, 2], [1, 2]]).argmax(axis=-1), [[0, 2], [1, 2]])
    np.testing.assert_allclose(read([[0, 51], [102, 255]])[..., 0], [[0, 0.2], [0.4, 1]])
    with pytest.raises(FormatError, match="neither"):
        read_prediction(tmp_path / "p.gif")
