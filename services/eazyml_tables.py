"""Tables of `inputs,labels` as EazyML's functions take them: pictures, with class names or masks of any folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors import FormatError
from formats.base import FileReport
from formats.base.csv_rows import read_csv
from formats.base.files import opened
from formats.eazyml.mask_files import UNNAMED, read_mask, read_names
from formats.eazyml.tables import INPUTS, LABELS

_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: an image, and its class or the file of its mask."""

    line: int
    image: Path
    label: str
    folder: Path

    @property
    def where(self) -> str:
        return f"line {self.line}"


def read_rows(path: Path) -> list[Row]:
    """Read a table; relative paths begin at its folder.

    Raises:
        FormatError: It is no such table, or holds no row.
    """
    if path.is_dir():
        raise FormatError("This is a folder; expected a .csv file with the columns inputs and labels.", where=str(path))
    report = FileReport("table")
    with opened(path) as stream:
        table = read_csv(stream, report)
        names, rows = table if table is not None else ([], iter(()))
        missing = [name for name in (INPUTS, LABELS) if name not in names]
        if missing:
            raise FormatError(f"The first line of the table lacks {' and '.join(missing)}.", where=str(path))
        found = [
            Row(line, path.parent / cells[INPUTS].strip(), cells[LABELS].strip(), path.parent)
            for line, cells in rows
            if cells is not None and cells[INPUTS].strip() and cells[LABELS].strip()
        ]
    if not found:
        raise FormatError("The table has no row with an image and a label.", where=str(path))
    return found


def read_class(row: Row, axis: Mapping[int, str]) -> int:
    """Return the place of a row's class.

    Raises:
        FormatError: The model has no such class.
    """
    for place, name in axis.items():
        if row.label == name:
            return place
    raise FormatError(
        f"The model has no class '{row.label:.80}'.",
        where=row.where,
        remedy=f"It has {', '.join(axis.values())[:300]}.",
    )


def read_classes_of_pixels(row: Row, axis: Mapping[int, str], size: tuple[int, int]) -> NDArray[np.int64]:
    """Return (H, W), the place of the class of every pixel; -1 where there is none.

    A mask without names is of the only class of the model; with several classes its values are their places.

    Args:
        row: Its label is the path of a mask.
        axis: Place -> class.
        size: (H, W); a mask of another size is scaled to it.

    Raises:
        FormatError: The mask cannot be read, or holds classes that the model has not.
    """
    file = row.folder / row.label
    if not file.is_file():
        raise FormatError(f"There is no mask {row.label:.200}.", where=row.where)
    names = (
        read_names(file.parent, FileReport("table")) or read_names(row.folder, FileReport("labels.json")) or dict(axis)
    )
    if len(axis) == 1:
        names = {255: next(iter(axis.values()))}
    places = {name: place for place, name in axis.items()}
    truth = np.full(size, _NOTHING, np.int64)
    for name, mask in read_mask(file, names, axis):
        if name not in places and (mask.any() and not name.startswith(UNNAMED)):
            raise FormatError(f"The mask holds '{name:.80}', and the model has no such class.", where=row.where)
        if name in places:
            truth[_scaled(mask, size)] = places[name]
    return truth


def _scaled(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    if mask.shape == size:
        return mask
    return np.asarray(Image.fromarray(mask).resize((size[1], size[0]), Image.Resampling.NEAREST))


def write_log(path: Path, columns: Mapping[str, list[float]]) -> None:
    """Write values by epoch as CSV."""
    rows: Iterator[tuple[float, ...]] = zip(*columns.values(), strict=False)
    with path.open("w", newline="", encoding="utf-8") as stream:
        lines = csv.writer(stream)
        lines.writerow(("epoch", *columns))
        lines.writerows((number, *row) for number, row in enumerate(rows, start=1))
