"""The pictures of a training as the network sees them, in one file that is read as it is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.errors import ImageError, InputError
from domain.explanation import Region, RGBImage
from domain.geometry import Box
from domain.image import ImageRef
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import box_to_upright
from domain.prediction import Instance
from domain.progress import Report
from services.output_files import make_folder, unwritable
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE


@dataclass(frozen=True, slots=True)
class ReadPictures:
    """Pictures, and which images they are of.

    Attributes:
        pictures: N on disk, (h, w, 3) uint8 each.
        kept: Places, among those asked for, of the N images that could be read.
    """

    pictures: LaidPictures
    kept: tuple[int, ...]


class LaidPictures:
    """Pictures of any size, one after the other in a file."""

    def __init__(self, file: Path, shapes: Sequence[tuple[int, ...]]) -> None:
        """Open a file of (h, w, 3) uint8 pictures of such shapes."""
        self._values = np.memmap(file, np.uint8, "r")
        self._shapes = shapes
        self._ends = np.cumsum([np.prod(shape) for shape in shapes])

    def __len__(self) -> int:
        return len(self._shapes)

    def __getitem__(self, place: int, /) -> NDArray[np.uint8]:
        shape, end = self._shapes[place], int(self._ends[place])
        return self._values[end - int(np.prod(shape)) : end].reshape(shape)


def lay_down(
    images: Sequence[ImageRef],
    spec: ModelSpec,
    see: Callable[[int, RGBImage], NDArray[np.uint8]],
    *,
    file: Path,
    max_pixels: int,
    report: Report,
) -> ReadPictures:
    """Read images as a network sees them into `file`.

    Args:
        images: Which.
        spec: Says whether the network sees pictures upright.
        see: Place among the images, and the picture -> (h, w, 3) as the network sees it.
        file: Where they are kept while they are used.
        max_pixels: Larger images cannot be read.
        report: Told images read.

    Raises:
        InputError: None can be read, or the disk is full.
        Cancelled: A person asked to stop.
    """
    kept: list[int] = []
    shapes: list[tuple[int, ...]] = []
    try:
        make_folder(file.parent)
        with file.open("wb") as stream:
            for place, image in enumerate(images):
                report(place, len(images))
                try:
                    picture = load_picture(
                        Path(image.uri), orientation=spec.orientation, max_pixels=max_pixels, max_side=MODEL_MAX_SIDE
                    )
                except ImageError:
                    continue
                seen = see(place, picture)
                stream.write(np.ascontiguousarray(seen).tobytes())
                kept.append(place)
                shapes.append(seen.shape)
    except OSError as error:
        raise unwritable(file, error) from error
    report(len(images), len(images))
    if not kept:
        raise InputError(
            f"None of the {len(images):,} images can be read.", remedy="Check that their folder is still there."
        )
    return ReadPictures(LaidPictures(file, shapes), tuple(kept))


def turned_by(spec: ModelSpec, image: ImageRef) -> int:
    """By which EXIF orientation a label on the stored grid is turned for what the network sees."""
    return image.orientation if spec.orientation is InputOrientation.UPRIGHT else 1


def boxes_in_crop(things: Sequence[Instance], turned: int, region: Region) -> tuple[Box, ...]:
    """What of some boxes on the stored grid is left in the part a classifier sees, in fractions of it."""
    return tuple(box for thing in things if (box := _on(thing, turned, region)) is not None)


def of_classes(objects: Sequence[Instance], names: Sequence[str]) -> Sequence[Instance]:
    """The objects of the classes of an image; all where none is of them."""
    return [thing for thing in objects if thing.label in names] or objects


def _on(thing: Instance, turned: int, region: Region) -> Box | None:
    box = box_to_upright(thing.box, turned)
    wide, tall = region.x_max - region.x_min, region.y_max - region.y_min
    x_min, x_max = ((x - region.x_min) / wide for x in (box.x_min, box.x_max))
    y_min, y_max = ((y - region.y_min) / tall for y in (box.y_min, box.y_max))
    cut = Box(max(0.0, x_min), max(0.0, y_min), min(1.0, x_max), min(1.0, y_max))
    return cut if cut.x_max > cut.x_min and cut.y_max > cut.y_min else None
