"""Masks that the labels of an `inputs,labels` table name: pictures or matrices, one class or one value a class."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from domain.errors import FormatError, LimitError
from formats.base import FileReport
from formats.base.files import parse_json, read_document
from formats.base.masks import MOST_PIXELS
from formats.eazyml.matrices import read_matrix

NAMES_FILE = "labels.json"
MATRICES = (".npy", ".csv")
PICTURES = (".png", ".bmp", ".tif", ".tiff", ".jpg", ".jpeg", ".gif", ".webp")
UNNAMED = "foreground"
_LARGEST_MAP = 1024**2
_DARKEST_INSIDE = 128


def find_mask(folder: Path, label: str) -> Path | None:
    """The file a label means, always inside `folder`: its path from there, or the longest ending of it that exists."""
    parts = [part for part in PurePosixPath(label.replace("\\", "/")).parts if part not in {"/", ".", ".."}]
    home = folder.resolve()
    for start in range(len(parts)):
        try:
            found = home.joinpath(*parts[start:]).resolve()
            if found.is_relative_to(home) and found.is_file():
                return found
        except (OSError, ValueError):
            continue
    return None


def read_names(folder: Path, report: FileReport) -> dict[int, str]:
    """Class names by value of a mask, from labels.json beside the table; empty where there is none (or noted)."""
    path = folder / NAMES_FILE
    if not path.is_file():
        return {}
    found = parse_json(read_document(path, limit=_LARGEST_MAP), report)
    pairs = found.items() if isinstance(found, dict) else ()
    names = {int(key): name for key, name in pairs if key.isascii() and key.isdecimal() and isinstance(name, str)}
    if found is not None and not names:
        report.add("EX003", f"{NAMES_FILE} is not an object of value: name.", remedy="Mend or delete it.")
    return names


def read_mask(
    path: Path, names: Mapping[int, str], axis_names: Mapping[int, str]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield class name and (H, W) mask of every class a file can show, in the order of their values.

    Args:
        path: A picture (0 is outside), or a matrix of probabilities (from 0.5 is inside).
        names: Class names by value of a picture; with one at most, all that is inside is that class.
        axis_names: Class names by place on the last axis of a matrix, from 0.

    Raises:
        FormatError: It cannot be read.
        LimitError: It is too large.
    """
    if path.suffix.lower() in MATRICES:
        values = read_matrix(path)
        for index in range(values.shape[2]):
            yield _name_of_axis(index, values.shape[2], names, axis_names), values[..., index] >= 0.5
        return
    picture = read_picture(path)
    if len(names) <= 1:
        darkest = _DARKEST_INSIDE if picture.max(initial=0) >= _DARKEST_INSIDE else 1
        yield next(iter(names.values()), UNNAMED), picture >= darkest
        return
    unknown = sorted(set(np.unique(picture).tolist()) - {0, *names})
    if unknown:
        found = ", ".join(map(str, unknown[:5]))
        raise FormatError(f"The mask holds {found}, which {NAMES_FILE} does not name.", where=path.name)
    for value in sorted(names):
        yield names[value], picture == value


def _name_of_axis(index: int, count: int, names: Mapping[int, str], axis_names: Mapping[int, str]) -> str:
    if count == 1:
        return next(iter(names.values()), UNNAMED)
    return axis_names.get(index, f"{UNNAMED} {index}")


def read_picture(path: Path) -> NDArray[Any]:
    """Return the (H, W) whole numbers of a picture with one channel, or the grey of one with several.

    Raises:
        FormatError: It cannot be read.
        LimitError: It is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    size = f"{picture.width} x {picture.height}"
                    raise LimitError(f"The mask has {size} pixels.", where=path.name, remedy="Make it smaller.")
                plain = picture if picture.mode in {"1", "L", "P", "I", "I;16"} else picture.convert("L")
                return np.asarray(plain).astype(np.int64) * (255 if picture.mode == "1" else 1)
    except (OSError, ValueError, SyntaxError, EOFError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise FormatError(f"The mask cannot be read: {error}.", where=path.name) from error
