"""Masks and probability files of a semantic model as objects with outlines, which can be reviewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from domain.errors import FormatError, InputError, LimitError
from domain.prediction import Instances
from domain.progress import Report, ignore_progress
from formats.azure.predictions import render_prediction
from formats.eazyml.mask_files import read_picture
from formats.eazyml.predictions import PREDICTIONS, read_prediction
from services.loose_images import LooseImages
from services.output_files import check_output, replacing
from services.slow_imports import importing_torch


@dataclass(frozen=True, slots=True)
class Outlined:
    """What came of a folder of masks.

    Attributes:
        images: With a line in the file.
        objects: On them.
        problems: image_id -> why its mask cannot be used, or that there is none.
    """

    images: int
    objects: int
    problems: Mapping[str, str]


def read_objects(path: Path, classes: Path) -> Instances:
    """Return the regions of a mask or of a probability file as objects, specks left out.

    Args:
        path: Of a picture with several classes the values are their numbers; else see
            `formats.eazyml.predictions.read_prediction`.
        classes: A file of class names in the order of the mask's values, the background first or left out.

    Raises:
        FormatError: The file cannot be read.
        LimitError: It is too large.
        ModelError: The names do not go with it.
    """
    with importing_torch:
        from predictors.class_names import name_object_outputs, read_class_names  # noqa: PLC0415
        from predictors.class_regions import ClassMap, find_regions, read_class_map  # noqa: PLC0415
        from predictors.semantic import name_pixel_outputs  # noqa: PLC0415

    names = read_class_names(classes)
    if path.suffix.lower() == ".png" and len(names) > 1:
        numbers = read_picture(path).astype(np.int32)
        outputs = name_object_outputs(names, None, uses_output_0=False, where=str(classes))
        if unnamed := set(np.unique(numbers).tolist()) - {0, *outputs}:
            raise FormatError(f"The mask holds {max(unnamed)}, which is no class: there are {len(names)} names.")
        return find_regions(ClassMap(numbers, np.ones(numbers.shape, np.float32)), outputs)
    probabilities = np.moveaxis(read_prediction(path), -1, 0).astype(np.float32)
    outputs = name_pixel_outputs(names, len(probabilities), where=str(classes))
    return find_regions(read_class_map(probabilities), outputs)


def outline_masks(
    images: LooseImages, masks: Path, classes: Path, out: Path, *, report: Report = ignore_progress
) -> Outlined:
    """Write the objects of all masks as predictions, an Azure batch line an image.

    Args:
        images: The images that the masks are of.
        masks: Folder in which photo.npy, or .npz, .csv or .png, is the mask of photo.jpg.
        classes: See `read_objects`.
        out: The file to write; not touched when no mask can be used.
        report: Told images done.

    Raises:
        InputError: There is no such folder, or `out` may not be written.
        ModelError: The class names cannot be read.
        Cancelled: A person asked to stop.
    """
    if not masks.is_dir():
        raise InputError("There is no such folder of masks.", where=str(masks))
    check_output(out)
    lines: list[str] = []
    objects, problems = 0, dict[str, str]()
    for done, image_id in enumerate(images.paths):
        report(done, len(images.paths))
        try:
            found = read_objects(_mask_of(masks, image_id), classes)
        except (FormatError, LimitError) as error:
            problems[image_id] = str(error)
            continue
        lines.append(render_prediction(image_id, found))
        objects += len(found.items)
    report(len(images.paths), len(images.paths))
    if lines:
        with replacing(out) as stream:
            stream.write("".join(f"{line}\n" for line in lines).encode())
    return Outlined(len(lines), objects, problems)


def _mask_of(masks: Path, image_id: str) -> Path:
    found = [path for suffix in PREDICTIONS if (path := (masks / image_id).with_suffix(suffix)).is_file()]
    if len(found) == 1:
        return found[0]
    several = f"There are {len(found)} masks" if found else "There is no mask"
    raise FormatError(f"{several} of {image_id}; expected one of {', '.join(PREDICTIONS)}.", where=str(masks))
