"""Untrusted image files -> 8-bit RGB pixels, with Pillow. The first failure of a file is final.

Two settings of Pillow are changed for the whole process. Its own limit on pixels is off: every file that comes through
here is measured by its header against `max_pixels` before a pixel is decoded. Its warnings about damaged metadata are
silent: the picture counts.
"""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from domain.errors import ImageError, RelookError
from domain.explanation import RGBImage
from services import picture_problems
from services.picture_modes import PLAIN_MODES, to_rgb
from services.picture_strips import fits_in_strips, reduce_in_strips

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "JPEG2000", "PPM", "SGI", "QOI", "PCX", "TGA")
"""What Pillow may try, in this order. Left out above all: formats that start other programs (EPS) or need plug-ins
(WMF, HDF5). TGA has no signature and comes last. MPO, several JPEGs in one file, is opened as JPEG."""

Image.init()
Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
_OPENABLE = tuple(name for name in FORMATS if name in Image.OPEN)  # a Pillow may be built without some

_FORMAT_BY_SUFFIX = {
    suffix: name for suffix, name in Image.registered_extensions().items() if name in {*_OPENABLE, "MPO"}
}
IMAGE_SUFFIXES = frozenset(_FORMAT_BY_SUFFIX)
"""Lower case, with the dot: ".jpg"."""

HUGE_PIXELS = 100_000_000
"""Above, a reduced picture is made without ever holding the whole one, where the format allows it."""

_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What an image file is.

    Attributes:
        width: Stored pixels, before any EXIF rotation. 0 when unreadable.
        height: Stored pixels, before any EXIF rotation. 0 when unreadable.
        orientation: EXIF orientation, 1 to 8; 1 where the file has none or a wrong one, and for TIFF, whose
            orientation Pillow applies itself. Orientations in XMP are not heeded, as browsers do not either.
        format: Pillow's name by content, whatever the suffix says ("JPEG"); empty when unreadable.
        mode: Pillow's mode before conversion ("I;16"); empty when unreadable.
        problem: Why it cannot be read, with the remedy; empty when it can.
    """

    width: int
    height: int
    orientation: int = 1
    format: str = ""
    mode: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image.

    Attributes:
        facts: What the file is.
        pixels: (H, W, 3) uint8 on the stored grid, perhaps reduced; writable.
        icc_profile: The colour profile that belongs to `pixels`; empty when there is none.
    """

    facts: ImageFacts
    pixels: RGBImage
    icc_profile: bytes


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What is known without decoding.

    Attributes:
        facts: What the file claims to be.
        is_plain: One frame of opaque 8-bit grey, palette or RGB: a browser and `decode_picture` show the same.
    """

    facts: ImageFacts
    is_plain: bool


def decode_picture(path: Path, *, max_pixels: int, max_side: int | None = None) -> Picture:
    """Decode the first frame of a file.

    Args:
        path: The image file.
        max_pixels: Larger images are refused from their header.
        max_side: Reduce to at most this many pixels on the longer side, with antialiasing; never enlarges.
            JPEG is then decoded at a reduced scale, which is several times faster, and a huge PNG in strips.

    Raises:
        ImageError: The file is missing, empty, not an image, too large, damaged or cut off.
    """
    with open_image(path, max_pixels=max_pixels) as image:
        return _decode(image, max_side)


def decode_bytes(data: bytes, *, name: str, max_pixels: int, max_side: int | None = None) -> Picture:
    """`decode_picture` of a file that lies in memory.

    Args:
        data: The file.
        name: Names it in errors.
        max_pixels: Larger images are refused from their header.
        max_side: Reduce to at most this many pixels on the longer side.

    Raises:
        ImageError: It is empty, not an image, too large, damaged or cut off.
    """
    with opened_image(BytesIO(data), Path(name), max_pixels=max_pixels) as image:
        return _decode(image, max_side)


def read_header(path: Path, *, max_pixels: int) -> PictureHeader:
    """Read what an image file claims to be, without decoding it: damage further in goes unseen.

    Raises:
        ImageError: The file is missing, empty, not an image, or too large.
    """
    with open_image(path, max_pixels=max_pixels) as image:
        width, height = image.size
        facts = ImageFacts(width, height, read_orientation(image), image.format or "", image.mode)
        is_single = image.format == "MPO" or not getattr(image, "is_animated", False)
        return PictureHeader(facts, image.mode in PLAIN_MODES and not image.has_transparency_data and is_single)


@contextmanager
def open_regular_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; a pipe, device or folder of that name is refused without waiting for it.

    Raises:
        ImageError: It is no regular file, does not exist, or may not be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise picture_problems.unreadable(path, error) from error
    kind = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(kind):
        os.close(descriptor)
        raise picture_problems.not_a_file(path, found="a folder" if stat.S_ISDIR(kind) else "a pipe or device")
    with os.fdopen(descriptor, "rb") as file:
        yield file


@contextmanager
def open_image(path: Path, *, max_pixels: int) -> Iterator[Image.Image]:
    """An opened, measured, not yet decoded image.

    Whatever Pillow raises on hostile content in the block becomes an ImageError.
    """
    with open_regular_file(path) as file, opened_image(file, path, max_pixels=max_pixels) as image:
        yield image


@contextmanager
def opened_image(file: BinaryIO, path: Path, *, max_pixels: int) -> Iterator[Image.Image]:
    """`open_image` of a file that is open already, and stays so; `path` names it."""
    pillow_format, (width, height) = "", (0, 0)
    try:
        with Image.open(file, formats=_OPENABLE) as image:
            pillow_format, (width, height) = image.format or "", image.size
            _check_size(path, width, height, max_pixels=max_pixels)
            yield image
    except RelookError:
        raise
    except MemoryError as error:
        raise picture_problems.out_of_memory(path, width=width, height=height) from error
    except Exception as error:
        if pillow_format:
            raise picture_problems.damaged(path, pillow_format=pillow_format, detail=str(error)) from error
        raise _unknown_content(path, file) from error


def _decode(image: Image.Image, max_side: int | None) -> Picture:
    size = image.size
    reduced = _reduced_size(size, max_side)
    is_huge = size[0] * size[1] > HUGE_PIXELS
    spare = 1 if is_huge else 2  # what is reduced further looks best from twice its size
    draft_size = (spare * reduced[0], spare * reduced[1])
    is_drafted = reduced != size and image.draft(None, draft_size) is not None
    mode, pillow_format = image.mode, image.format or ""
    if is_huge and not is_drafted and reduced != size and fits_in_strips(image):
        rgb = reduce_in_strips(image, max(size) // max(reduced))
    else:
        image.load()
        rgb = to_rgb(image)
    width, height = size if is_drafted else image.size
    facts = ImageFacts(width, height, read_orientation(image), pillow_format, mode)
    if rgb.size != reduced:
        rgb = rgb.resize(_reduced_size((width, height), max_side), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return Picture(facts, np.array(rgb), rgb_profile(image))


def _check_size(path: Path, width: int, height: int, *, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise picture_problems.too_large(path, width=width, height=height, max_pixels=max_pixels)


def _unknown_content(path: Path, file: BinaryIO) -> ImageError:
    file.seek(0)
    head = file.read(picture_problems.HEAD_BYTES)
    pillow_format = _FORMAT_BY_SUFFIX.get(path.suffix.lower(), "")
    expected = picture_problems.name_format(pillow_format) if pillow_format else "an image"
    size = file.seek(0, os.SEEK_END)
    return picture_problems.unknown_content(path, head=head, size=size, expected=expected)


def read_orientation(image: Image.Image) -> int:
    """From the EXIF block alone; call it after `load`, since a PNG may have the block at its end."""
    block = image.info.get("exif")
    if not block:  # a TIFF has none for Pillow, which turns it upright while it loads
        return 1
    exif = Image.Exif()
    try:
        exif.load(block)
        value = exif.get(_ORIENTATION_TAG, 1)
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, ArithmeticError):
        return 1  # a damaged EXIF block does not spoil the picture
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def rgb_profile(image: Image.Image) -> bytes:
    """The profile, where it describes RGB and is of a sane size."""
    profile = image.info.get("icc_profile") or b""
    return profile if profile[16:20] == b"RGB " and len(profile) <= 65536 else b""


def _reduced_size(size: tuple[int, int], max_side: int | None) -> tuple[int, int]:
    width, height = size
    if max_side is None or max(width, height) <= max_side:
        return size
    scale = max_side / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
