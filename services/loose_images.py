"""Images that belong to no project: a folder or a single file, as the command line is given them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.finding import Finding
from domain.image import ImageRef
from domain.model_spec import InputOrientation
from services.image_folder import find_images, scan_folder
from services.pictures import inspect_image


@dataclass(frozen=True, slots=True)
class LooseImages:
    """The images of a folder, or one image.

    Attributes:
        place: The folder or the file, absolute.
        paths: image_id -> absolute path, in natural order.
        left_out: Pictures and folders that are not read, with reasons.
    """

    place: Path
    paths: Mapping[str, Path]
    left_out: tuple[Finding, ...] = ()


def list_images(place: Path) -> LooseImages:
    """Return the images of a folder, or the one file.

    Raises:
        InputError: There is nothing at that place, or no image in the folder.
    """
    place = place.expanduser().absolute()
    if place.is_file():
        return LooseImages(place, {place.name: place})
    scan = scan_folder(place)
    images = scan.images or find_images(place)  # which says what the folder holds instead
    return LooseImages(place, {path.relative_to(place).as_posix(): path for path in images}, scan.refused)


def refer(images: Iterable[tuple[str, Path]], *, orientation: InputOrientation, max_pixels: int) -> list[ImageRef]:
    """Return images as models take them; their orientation is read where the model wants them upright."""
    is_upright = orientation is InputOrientation.UPRIGHT
    return [
        ImageRef(
            image_id,
            str(path),
            width=0,
            height=0,
            orientation=inspect_image(path, max_pixels=max_pixels).orientation if is_upright else 1,
        )
        for image_id, path in images
    ]
