"""A large picture as JPEG tiles at several scales, upright, in one file: tiles, then where each of them lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from domain.errors import ImageError, InputError, NotFoundError, StoreError
from domain.orientation import array_to_upright, point_to_upright, upright_size
from domain.progress import Report, ignore_progress
from services.output_files import replacing
from services.picture_decode import open_image, rgb_profile
from services.picture_modes import to_rgb
from services.picture_problems import show_name
from services.picture_strips import decode_in_strips, fits_in_strips

TILE = 512
"""Pixels of a level along the side of a tile; those at the edges are smaller."""

_QUALITY = 90
_PLACE = np.dtype([("start", "<i8"), ("size", "<i8")])


@dataclass(frozen=True, slots=True)
class Level:
    """The picture at one scale, cut into tiles.

    Attributes:
        scale: Pixels of the picture along the side of one pixel of the level: 1, 2, 4 ...
        columns: Where tiles begin and where the last one ends, in pixels of the upright picture.
        rows: The same from top to bottom.
    """

    scale: int
    columns: tuple[int, ...]
    rows: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Tiles across and down."""
        return len(self.columns) - 1, len(self.rows) - 1


def list_levels(width: int, height: int, orientation: int, *, base: int) -> tuple[Level, ...]:
    """Return the levels of a picture, full size first, as long as a level is longer than a picture of `base` pixels.

    Args:
        width: Stored pixels.
        height: Stored pixels.
        orientation: EXIF orientation. Tiles are cut on the stored grid, so that mirrored ones begin with the small one.
        base: The longer side of the picture that is shown where no tile is.
    """
    scales = [1]
    while max(width, height) > 2 * base * scales[-1]:
        scales.append(2 * scales[-1])
    return tuple(_level(width, height, orientation, scale) for scale in scales)


def write_pyramid(
    path: Path,
    target: Path,
    levels: tuple[Level, ...],
    *,
    size: tuple[int, int],
    orientation: int,
    max_pixels: int,
    report: Report = ignore_progress,
) -> None:
    """Cut an image into the tiles of `levels` and write them to `target`, in one step.

    JPEG and PNG are decoded once from top to bottom, about 40 MB at a time for 20,000 pixels of width; other formats
    as a whole.

    Args:
        path: The image file.
        target: The file to write.
        levels: Of `list_levels`.
        size: Stored (width, height) that the levels were made for.
        orientation: EXIF orientation that they were made for.
        max_pixels: Larger images are refused from their header.
        report: Told the rows of tiles done, and all of them.

    Raises:
        ImageError: The image cannot be read, or is another one than was known.
        StoreError: The tiles cannot be written.
        Cancelled: A person asked to stop.
    """
    try:
        with replacing(target) as stream, open_image(path, max_pixels=max_pixels) as image:
            cutter = _Cutter(stream, levels, orientation, rgb_profile(image), report)
            if fits_in_strips(image):
                _check_size(path, image.size, size)
                decode_in_strips(image, cutter.take, rows=TILE)
            else:
                image.load()
                _check_size(path, image.size, size)
                _cut_strips(to_rgb(image), cutter)
            cutter.finish()
    except ImageError:
        raise
    except InputError as error:
        raise StoreError(
            f"{show_name(path)} cannot be shown in full resolution: {error.message}",
            where=error.where,
            remedy="Free some space, or make the folder writable.",
        ) from error


def read_tile(file: Path, levels: tuple[Level, ...], number: int, column: int, row: int) -> bytes:
    """Return one tile, a JPEG.

    Args:
        file: Written by `write_pyramid`.
        levels: Those it was written with.
        number: Place of the level in `levels`.
        column: Counted from 0 at the left of the upright picture.
        row: Counted from 0 at its top.

    Raises:
        NotFoundError: There is no such tile.
    """
    places = _Places(levels)
    index = places.find(number, column, row)
    if index is None or not file.exists():
        raise NotFoundError("There is no such part of the picture.", remedy="Reload the page.")
    with file.open("rb") as stream:
        stream.seek((index - places.count) * _PLACE.itemsize, os.SEEK_END)
        [place] = np.frombuffer(stream.read(_PLACE.itemsize), _PLACE)
        stream.seek(int(place["start"]))
        return stream.read(int(place["size"]))


def _level(width: int, height: int, orientation: int, scale: int) -> Level:
    across, down = _edges(width, scale), _edges(height, scale)
    x, y = point_to_upright(0, 0, orientation)  # the corner where the stored grid begins
    if upright_size(1, 2, orientation) == (2, 1):
        across, down = down, across
    return Level(scale, _mirrored(across) if x else across, _mirrored(down) if y else down)


def _edges(length: int, scale: int) -> tuple[int, ...]:
    return (*range(0, length, TILE * scale), length)


def _mirrored(edges: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(edges[-1] - edge for edge in reversed(edges))


def _check_size(path: Path, found: tuple[int, int], known: tuple[int, int]) -> None:
    if found != known:
        raise ImageError(
            f"{show_name(path)} is another picture than when it was read. Found: {found[0]:,} × {found[1]:,} px. "
            f"Expected: {known[0]:,} × {known[1]:,} px.",
            remedy="Read the image folder again on the Workspace page.",
        )


def _cut_strips(whole: Image.Image, cutter: _Cutter) -> None:
    for top in range(0, whole.height, TILE):
        cutter.take(whole.crop((0, top, whole.width, min(top + TILE, whole.height))))


class _Places:
    """The number of each tile in the file: level by level, row by row, upright."""

    def __init__(self, levels: tuple[Level, ...]) -> None:
        self._levels = levels
        sizes = [level.shape[0] * level.shape[1] for level in levels]
        self._first = [sum(sizes[:number]) for number in range(len(sizes))]
        self.count = sum(sizes)

    def find(self, number: int, column: int, row: int) -> int | None:
        if not 0 <= number < len(self._levels):
            return None
        across, down = self._levels[number].shape
        is_there = 0 <= column < across and 0 <= row < down
        return self._first[number] + row * across + column if is_there else None


class _Cutter:
    """Takes the stored picture strip by strip and writes the tiles of all levels, upright."""

    def __init__(
        self, stream: BinaryIO, levels: tuple[Level, ...], orientation: int, icc_profile: bytes, report: Report
    ) -> None:
        self._stream, self._levels, self._orientation = stream, levels, orientation
        self._icc_profile, self._report = icc_profile or None, report
        self._places = _Places(levels)
        self._index = np.zeros(self._places.count, _PLACE)
        self._waiting: list[list[Image.Image]] = [[] for _ in levels]
        self._done = [0] * len(levels)  # rows of tiles

    def take(self, strip: Image.Image, number: int = 0) -> None:
        """Take the next rows of a level: `TILE` rows, or an even part of them that others complete."""
        waiting = self._waiting[number]
        waiting.append(strip)
        if sum(part.height for part in waiting) >= TILE:
            self._cut(number)

    def finish(self) -> None:
        for number, waiting in enumerate(self._waiting):
            if waiting:
                self._cut(number)
        self._stream.write(self._index.tobytes())

    def _cut(self, number: int) -> None:
        strip = _stack(self._waiting[number])
        self._waiting[number] = []
        row = self._done[number]
        for column, left in enumerate(range(0, strip.width, TILE)):
            tile = strip.crop((left, 0, min(left + TILE, strip.width), strip.height))
            self._write(tile, number, column, row)
        self._done[number] += 1
        if number == 0:
            self._report(self._done[0], self._stored_shape(0)[1])
        if number + 1 < len(self._levels):
            self.take(strip.reduce(2), number + 1)

    def _write(self, tile: Image.Image, number: int, column: int, row: int) -> None:
        across, down = self._stored_shape(number)
        x, y = point_to_upright((column + 0.5) / across, (row + 0.5) / down, self._orientation)
        columns, rows = self._levels[number].shape
        index = self._places.find(number, int(x * columns), int(y * rows))
        if self._orientation != 1:
            tile = Image.fromarray(array_to_upright(np.asarray(tile), self._orientation))
        start = self._stream.tell()
        tile.save(self._stream, "JPEG", quality=_QUALITY, subsampling=0, icc_profile=self._icc_profile)
        self._index[index] = (start, self._stream.tell() - start)

    def _stored_shape(self, number: int) -> tuple[int, int]:
        return upright_size(*self._levels[number].shape, self._orientation)


def _stack(strips: list[Image.Image]) -> Image.Image:
    if len(strips) == 1:
        return strips[0]
    whole = Image.new("RGB", (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole
