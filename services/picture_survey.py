"""What an image file is without decoding it, and a stand-in for its content: what an import reads of each file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from domain.errors import ImageError
from services.picture_decode import ImageFacts, decode_picture, open_regular_file, opened_image, read_orientation
from services.picture_problems import unreadable

_PIECE = 16 * 1024
_PNG_TAIL = 128 * 1024
_SMALL = 64
_PACKED = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF")
"""How files begin whose size and end hang on all of their pixels."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Attributes:
        facts: What the file is; `problem` tells why it cannot be read.
        fingerprint: See `read_fingerprint`; empty when the file cannot be read.
    """

    facts: ImageFacts
    fingerprint: str


def survey_picture(path: Path, *, max_pixels: int) -> Survey:
    """Read the header of an image file, and its end: a file that is cut off is found here.

    A JPEG, PNG, WebP, GIF or BMP whose end is what its format says is not decoded: damage further in is found by the
    first who decodes it. All other files are decoded once to the end. Never raises for a bad file.
    """
    try:
        with open_regular_file(path) as file:
            with opened_image(file, path, max_pixels=max_pixels) as image:
                facts = ImageFacts(*image.size, read_orientation(image), image.format or "", image.mode)
            if not _is_whole(file, facts.format):
                facts = decode_picture(path, max_pixels=max_pixels, max_side=_SMALL).facts
            return Survey(facts, _fingerprint(file))
    except ImageError as error:
        return Survey(ImageFacts(width=0, height=0, problem=str(error)), "")
    except OSError as error:
        return Survey(ImageFacts(width=0, height=0, problem=str(unreadable(path, error))), "")


def read_fingerprint(path: Path) -> str:
    """Return a stand-in for the content of a file: a digest of its size and its first, middle and last 16 KiB.

    It tells which file was moved or renamed and which two are the same, where a hash would read all of everything.
    Files of up to 48 KiB are read whole, and all that are not JPEG, PNG, WebP or GIF: uncompressed pictures of one size
    with dark corners and a dark middle may differ only in between. Of the others it does not see a change in between
    that leaves the size: no program writes one so, and where a map or a figure hangs on it `content_hash` reads the
    whole file. Empty when the file cannot be read.
    """
    try:
        with open_regular_file(path) as file:
            return _fingerprint(file)
    except (ImageError, OSError):
        return ""


def _fingerprint(file: BinaryIO) -> str:
    size = os.fstat(file.fileno()).st_size
    digest = blake2b(f"{size} ".encode(), digest_size=16)
    file.seek(0)
    is_sampled = size > 3 * _PIECE and file.read(4).startswith(_PACKED)
    starts = (0, size // 2 - _PIECE // 2, size - _PIECE) if is_sampled else range(0, size, _PIECE)
    for start in starts:
        file.seek(start)
        digest.update(file.read(_PIECE))
    return digest.hexdigest()


def _is_whole(file: BinaryIO, pillow_format: str) -> bool:
    """Whether the file ends as its format says, and nothing that counts comes after the header."""
    size = os.fstat(file.fileno()).st_size
    if pillow_format in {"JPEG", "MPO"}:
        return _read_end(file, size, 2) == b"\xff\xd9"
    if pillow_format == "PNG":  # its orientation may come after the pixels
        end = _read_end(file, size, _PNG_TAIL)
        return end.endswith(b"IEND\xaeB`\x82") and b"eXIf" not in end[: -len("IEND")]
    if pillow_format == "GIF":
        return _read_end(file, size, 1) == b";"
    if pillow_format in {"WEBP", "BMP"}:
        file.seek(0)
        head = file.read(8)
        is_webp = pillow_format == "WEBP"
        told = int.from_bytes(head[4:8] if is_webp else head[2:6], "little") + (8 if is_webp else 0)
        return len(head) < told <= size
    return False


def _read_end(file: BinaryIO, size: int, count: int) -> bytes:
    file.seek(max(0, size - count))
    return file.read(count)
