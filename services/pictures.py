"""What an image file is, and its pixels for a model."""

from __future__ import annotations

from pathlib import Path

from domain.errors import ImageError
from domain.explanation import RGBImage
from domain.model_spec import InputOrientation
from domain.orientation import array_to_upright
from services.picture_decode import ImageFacts, decode_picture

_SMALL = 64


def inspect_image(path: Path, *, max_pixels: int) -> ImageFacts:
    """Find out what a file is, by decoding it once to the end: a file that is cut off is found here.

    Never raises for a bad file: `problem` tells. Takes about 3 ms a megapixel for JPEG, up to 70 ms for PNG and WebP.
    `picture_survey.survey_picture` finds out nearly as much without decoding.
    """
    try:
        return decode_picture(path, max_pixels=max_pixels, max_side=_SMALL).facts
    except ImageError as error:
        return ImageFacts(width=0, height=0, problem=str(error))


def load_picture(
    path: Path,
    *,
    orientation: InputOrientation = InputOrientation.STORED,
    max_pixels: int,
    max_side: int | None = None,
) -> RGBImage:
    """Load an image as a model sees it.

    Args:
        path: The image file; of several frames the first is taken.
        orientation: The stored pixel grid, or the picture turned upright by its EXIF orientation.
        max_pixels: Larger images are refused from their header.
        max_side: Reduce to at most this many pixels on the longer side; never enlarges.

    Returns:
        (H, W, 3) uint8, contiguous and writable. 16-bit and float values are scaled, transparent parts lie on
        white, colours are the file's own numbers (no colour management), see `picture_modes.to_rgb`.

    Raises:
        ImageError: The file cannot be read, is damaged, or too large.
    """
    picture = decode_picture(path, max_pixels=max_pixels, max_side=max_side)
    if orientation is InputOrientation.STORED:
        return picture.pixels
    return array_to_upright(picture.pixels, picture.facts.orientation)
