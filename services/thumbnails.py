"""Upright renditions of an image for the browser: a thumbnail made once, and the view of the desk."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image

from domain.errors import StoreError
from domain.orientation import array_to_upright
from services.picture_decode import (
    Picture,
    PictureHeader,
    decode_picture,
    open_regular_file,
    read_header,
)

THUMBNAIL_SIDE = 360
VIEW_SIDE = 2560

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
MOST_PIXELS_AS_THEY_ARE = 25_000_000
"""Larger pictures are shown reduced, and in tiles where a person zooms in."""

_MOST_BYTES_AS_THEY_ARE = 32 * 1024**2


@dataclass(frozen=True, slots=True)
class View:
    """A picture a browser shows upright and in the right colours.

    Attributes:
        content: The encoded picture.
        media_type: "image/jpeg", "image/png", "image/webp" or "image/gif".
    """

    content: bytes
    media_type: str


def thumbnail_path(folder: Path, image_id: str) -> Path:
    """Where the thumbnail of an image lies, whatever its name is made of."""
    digest = sha256(image_id.encode("utf-8", "surrogateescape")).hexdigest()
    return folder / digest[:2] / f"{digest[2:32]}.jpg"


def render_thumbnail(path: Path, target: Path, *, max_pixels: int, side: int = THUMBNAIL_SIDE) -> None:
    """Write an upright JPEG of at most `side` pixels to `target`, replacing it in one step.

    Raises:
        ImageError: The image cannot be read.
        StoreError: The thumbnail cannot be written.
    """
    picture = decode_picture(path, max_pixels=max_pixels, max_side=side)
    _replace_file(target, _encode_upright(picture, quality=82))


def render_view(path: Path, *, max_pixels: int, max_side: int = VIEW_SIDE) -> View:
    """The picture for the browser, upright.

    The file itself, in full resolution, when it is JPEG, PNG, WebP or GIF of one frame, opaque 8-bit grey, palette
    or RGB, up to 25 megapixels and 32 MiB, and stands upright or is a JPEG (browsers turn only JPEG alike: Chromium
    heeds the orientation of a PNG and not that of a WebP). Otherwise an upright JPEG of at most `max_side`.

    Raises:
        ImageError: The image cannot be read. Damage inside a file sent as it is goes unseen.
    """
    header = read_header(path, max_pixels=max_pixels)
    if _shows_as_it_is(header):
        with open_regular_file(path) as file:
            content = file.read(_MOST_BYTES_AS_THEY_ARE + 1)
        if len(content) <= _MOST_BYTES_AS_THEY_ARE:
            return View(content, _MEDIA_TYPES[header.facts.format])
    picture = decode_picture(path, max_pixels=max_pixels, max_side=max_side)
    return View(_encode_upright(picture, quality=90), "image/jpeg")


def _shows_as_it_is(header: PictureHeader) -> bool:
    facts = header.facts
    is_turned_right = facts.orientation == 1 or _MEDIA_TYPES.get(facts.format) == "image/jpeg"
    is_small = facts.width * facts.height <= MOST_PIXELS_AS_THEY_ARE
    return header.is_plain and facts.format in _MEDIA_TYPES and is_turned_right and is_small


def _encode_upright(picture: Picture, *, quality: int) -> bytes:
    """JPEG without chroma subsampling, so that thin coloured edges stay sharp; the colour profile goes along."""
    upright = Image.fromarray(array_to_upright(picture.pixels, picture.facts.orientation))
    buffer = BytesIO()
    upright.save(buffer, "JPEG", quality=quality, subsampling=0, icc_profile=picture.icc_profile or None)
    return buffer.getvalue()


def _replace_file(target: Path, content: bytes) -> None:
    """Readers see the old file or the new one. Not synced to the disk: a thumbnail can be made again."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as file:
            file.write(content)
        Path(file.name).replace(target)
    except OSError as error:
        raise StoreError(
            f"The thumbnail {target.name} cannot be written: {error.strerror or error}.",
            where=os.fspath(target.parent),
            remedy="Free some space, or make the folder writable.",
        ) from error
