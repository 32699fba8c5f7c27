"""The pictures of a training as the network sees them, in one file that is read as it is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from domain.errors import ImageError, InputError
from domain.explanation import Region
from domain.geometry import Box
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import box_to_upright
from domain.prediction import Instance
from domain.progress import Report
from services.learning_data import LabelledImage
from services.output_files import make_folder, unwritable
from services.pictures import load_picture
from services.scoring import MODEL_MAX_SIDE

if TYPE_CHECKING:
    from predictors.classifier import Classifier


@dataclass(frozen=True, slots=True)
class ReadPictures:
    """Pictures, and which images they are of.

    Attributes:
        pictures: (N, h, w, 3) uint8, on disk.
        kept: Places, among those asked for, of the N images that could be read.
        boxes: Place among the N -> boxes in fractions of the picture.
    """

    pictures: NDArray[np.uint8]
    kept: tuple[int, ...]
    boxes: Mapping[int, tuple[Box, ...]]


def read_pictures(
    classifier: Classifier,
    spec: ModelSpec,
    images: Sequence[LabelledImage],
    objects: Mapping[Path, tuple[Instance, ...]],
    *,
    file: Path,
    max_pixels: int,
    report: Report,
) -> ReadPictures:
    """Read images as the network sees them into `file`.

    Args:
        classifier: Its preprocessing cuts them.
        spec: Says whether the network sees pictures upright.
        images: Which.
        objects: File -> objects on it.
        file: Where they are kept while they are used.
        max_pixels: Larger images cannot be read.
        report: Told images read.

    Raises:
        InputError: None can be read, or the disk is full.
        Cancelled: A person asked to stop.
    """
    height, width = classifier.preprocessing.input_size
    kept: list[int] = []
    boxes: dict[int, tuple[Box, ...]] = {}
    try:
        make_folder(file.parent)
        with file.open("wb") as stream:
            for place, each in enumerate(images):
                report(place, len(images))
                path = Path(each.image.uri)
                try:
                    picture = load_picture(
                        path, orientation=spec.orientation, max_pixels=max_pixels, max_side=MODEL_MAX_SIDE
                    )
                except ImageError:
                    continue
                crop, region = classifier.crop(picture)
                stream.write(np.ascontiguousarray(crop).tobytes())
                found = objects.get(path.resolve(), ())
                turned = each.image.orientation if spec.orientation is InputOrientation.UPRIGHT else 1
                if inside := [box for thing in of_classes(found, each.names) if (box := _on(thing, turned, region))]:
                    boxes[len(kept)] = tuple(inside)
                kept.append(place)
    except OSError as error:
        raise unwritable(file, error) from error
    report(len(images), len(images))
    if not kept:
        raise InputError(
            f"None of the {len(images):,} images can be read.", remedy="Check that their folder is still there."
        )
    shape = (len(kept), height, width, 3)
    return ReadPictures(np.memmap(file, np.uint8, "r", shape=shape), tuple(kept), boxes)


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
