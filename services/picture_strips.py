"""Large images from top to bottom in strips, so that memory does not grow with their height.

Pillow decodes into one image as large as the picture. Here that image lies in memory that the system gives page by
page, when rows are written, and takes back as soon as a strip was handed on. What libjpeg itself holds for progressive
files is out of reach.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFile

from services.picture_modes import to_rgb

Take = Callable[[Image.Image], None]
"""Takes the next strip, mode RGB; all but the last have the number of rows asked for."""

_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "RGB": 4, "RGBA": 4, "LA": 4, "CMYK": 4}
"""Mode -> bytes of a pixel in Pillow's memory. I and F are missing: how they are shown depends on all values."""

_LAID_OUT_AS = {"1": "L", "RGB": "RGBX", "LA": "RGBA"}
_ROW_BY_ROW = {"jpeg", "zip"}
_ROWS = 512


def fits_in_strips(image: Image.Image) -> bool:
    """Whether an opened, not yet decoded image comes from top to bottom: JPEG, and PNG that is not interlaced."""
    tiles = getattr(image, "tile", [])
    is_single = image.format == "MPO" or not getattr(image, "is_animated", False)
    is_in_order = len(tiles) == 1 and tiles[0][0] in _ROW_BY_ROW and not image.info.get("interlace")
    return isinstance(image, ImageFile.ImageFile) and image.mode in _BYTES and is_single and is_in_order


def decode_in_strips(image: Image.Image, take: Take, *, rows: int = _ROWS) -> None:
    """Decode an opened image for which `fits_in_strips` holds, and hand it on strip by strip, as `to_rgb` makes it.

    Afterwards its metadata is complete, as after `load`; its pixels are gone.

    Raises:
        MemoryError: The system gives no addresses for it.
        OSError: The file is damaged or cut off; what came before has been handed on.
    """
    assert isinstance(image, ImageFile.ImageFile)  # noqa: S101  for the type checker
    canvas = _Canvas(image, take, rows)
    read = getattr(image, "load_read", image.fp.read if image.fp else None)
    assert read is not None  # noqa: S101  for the type checker

    def read_and_hand_on(count: int) -> bytes:
        canvas.hand_on()
        return read(count)

    setattr(image, "load_read", read_and_hand_on)  # noqa: B010  Pillow calls it before every step of decoding
    image.im = canvas.image.im
    image.load()
    canvas.hand_on(is_complete=True)


def reduce_in_strips(image: Image.Image, factor: int) -> Image.Image:
    """Decode as `decode_in_strips` does, and return the average of each `factor` x `factor` pixels, mode RGB."""
    parts: list[Image.Image] = []
    size = image.size
    rows = factor * max(1, _ROWS // factor)
    decode_in_strips(image, lambda strip: parts.append(strip.reduce(factor)), rows=rows)
    whole = Image.new("RGB", (-(-size[0] // factor), -(-size[1] // factor)))
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height
    return whole


class _Canvas:
    """The image that Pillow decodes into: rows appear from the top, and are given back from there."""

    def __init__(self, image: Image.Image, take: Take, rows: int) -> None:
        self._size, self._rows, self._take = image.size, rows, take
        self._mode = _LAID_OUT_AS.get(image.mode, image.mode)
        self._palette = image.palette.getdata() if image.palette else None
        self._transparency = image.info.get("transparency")
        width, height = image.size
        self._row_bytes = width * _BYTES[image.mode]
        self._memory = _reserve(self._row_bytes * height)
        self._bytes = np.frombuffer(self._memory, np.uint8).reshape(height, self._row_bytes)
        self.image = Image.frombuffer(self._mode, image.size, self._bytes, "raw", self._mode, 0, 1)
        self._done = 0  # rows handed on
        self._freed = 0  # bytes given back

    def hand_on(self, *, is_complete: bool = False) -> None:
        """Hand on the strips that are decoded, all of the rest when the decoder has ended."""
        height = self._size[1]
        while self._done < height:
            end = min(self._done + self._rows, height)
            if not is_complete and not self._is_written(end - 1):
                return
            self._take(self._strip(self._done, end))
            self._done = end
            self._give_back(end * self._row_bytes)

    def _is_written(self, row: int) -> bool:
        """Whether a row was decoded; rows are written whole.

        RGB has a fourth byte that is never 0. Of other modes a row of zeros counts as not written: it is handed on once
        a later one is not.
        """
        if self._mode == "RGBX":
            return bool(self._bytes[row, -1])
        return bool(self._bytes[row].any())

    def _strip(self, start: int, end: int) -> Image.Image:
        size = (self._size[0], end - start)
        strip = Image.frombuffer(self._mode, size, self._bytes[start:end], "raw", self._mode, 0, 1)
        if self._mode == "RGBX":
            strip = strip.convert("RGB")
        if self._palette is not None:
            mode, colours = self._palette
            strip.putpalette(bytes(colours), mode)
        if self._transparency is not None:
            strip.info["transparency"] = self._transparency
        return to_rgb(strip)

    def _give_back(self, end: int) -> None:
        end -= end % mmap.PAGESIZE
        if hasattr(mmap, "MADV_DONTNEED") and end > self._freed:
            self._memory.madvise(mmap.MADV_DONTNEED, self._freed, end - self._freed)
        self._freed = max(end, self._freed)


def _reserve(size: int) -> mmap.mmap:
    """Memory of zeros that is taken when it is written to."""
    try:
        if hasattr(mmap, "MAP_PRIVATE"):
            return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        return mmap.mmap(-1, size)
    except OSError as error:
        raise MemoryError(f"The system gives no {size:,} bytes of addresses.") from error
