"""Prediction files of EazyML: matrices of probabilities, CSV without a header, .npy or .npz (formats.md 7.1)."""

from __future__ import annotations

import warnings
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError, LimitError
from formats.base.files import opened
from formats.base.masks import MOST_PIXELS

_LARGEST_CSV = 1024**3
_BROKEN_NPY = (
    OSError,
    ValueError,
    EOFError,
    SyntaxError,
    TypeError,
    OverflowError,
    RecursionError,
    TokenError,
    BadZipFile,
)


def read_matrix(path: Path) -> NDArray[np.float64]:
    """Read a prediction.

    Returns:
        (H, W, C) probabilities in [0, 1]; C is 1 for a single class, whether the file says (H, W), (H, W, 1) or
        (1, H, W).

    Raises:
        FormatError: It is no such file.
        LimitError: It is larger than `MOST_PIXELS` values.
    """
    read = {".npy": _read_npy, ".npz": _read_npz}.get(path.suffix.lower(), _read_csv)
    values = read(path)
    if not np.isfinite(values).all():
        raise FormatError("The prediction holds a value that is no finite number.", where=path.name)
    if values.min() < 0 or values.max() > 1:
        raise FormatError(
            f"The prediction holds values from {values.min():g} to {values.max():g}, expected 0 to 1.",
            where=path.name,
            remedy="Save probabilities.",
        )
    return values


def write_matrix(path: Path, values: NDArray[np.float64]) -> None:
    """Write (H, W) or (H, W, 1) probabilities as CSV without a header, or any number of classes as .npy.

    Raises:
        FormatError: A CSV is asked for several classes.
    """
    if path.suffix.lower() == ".npy":
        np.save(path, np.asarray(values, dtype=np.float64), allow_pickle=False)
        return
    flat = values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values
    if flat.ndim != 2:
        raise FormatError("A CSV holds the probabilities of one class.", where=path.name, remedy="Write .npy.")
    np.savetxt(path, flat, delimiter=",", fmt="%.17g")


def _read_npy(path: Path) -> NDArray[np.float64]:
    try:
        # A map of the file refuses a header that promises more than the file holds before any memory is taken.
        found: Any = np.load(path, mmap_mode="r", allow_pickle=False)
    except _BROKEN_NPY as error:
        raise FormatError(f"This is no .npy file of numbers: {error}.", where=path.name) from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise FormatError("This is no .npy file of one array of numbers.", where=path.name)
    return _with_classes(found, path)


def _read_npz(path: Path) -> NDArray[np.float64]:
    try:
        with ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > _LARGEST_CSV:
            raise LimitError(
                f"The prediction has {size / 1024**2:,.0f} MB.", where=path.name, remedy="Make it smaller."
            )
        with np.load(path, allow_pickle=False) as archive:
            arrays = [archive[name] for name in archive.files]
    except _BROKEN_NPY as error:
        raise FormatError(f"This is no .npz file of numbers: {error}.", where=path.name) from error
    if len(arrays) != 1 or arrays[0].dtype.kind not in "biuf":
        raise FormatError("This is no .npz file of one array of numbers.", where=path.name)
    return _with_classes(arrays[0], path)


def _read_csv(path: Path) -> NDArray[np.float64]:
    with opened(path) as stream:
        size = path.stat().st_size
        if size > _LARGEST_CSV:
            raise LimitError(f"The prediction has {size / 1024**2:,.0f} MB.", where=path.name, remedy="Save .npy.")
        text = (line.decode("utf-8-sig", errors="replace") for line in stream)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of files without any number, which are refused below
                values = np.loadtxt(text, delimiter=",", comments=None, ndmin=2)
        except ValueError as error:
            raise FormatError(
                f"This is no matrix of numbers: {error}.",
                where=path.name,
                remedy="Save it without a header: np.savetxt(path, prediction, delimiter=',').",
            ) from error
    return _with_classes(values, path)


def _with_classes(found: NDArray[Any], path: Path) -> NDArray[np.float64]:
    shape = found.shape
    if found.size == 0 or found.size > MOST_PIXELS:
        problem = FormatError if found.size == 0 else LimitError
        raise problem(f"The prediction has the shape {shape}.", where=path.name, remedy="Save (H, W) numbers.")
    if len(shape) == 3 and shape[0] == 1 and shape[2] != 1:
        found = found[0]
    if found.ndim == 2:
        found = found[:, :, None]
    if found.ndim != 3:
        raise FormatError(
            f"The prediction has the shape {shape}, expected (H, W), (H, W, 1), (1, H, W) or (H, W, C).",
            where=path.name,
        )
    return np.array(found, dtype=np.float64)
