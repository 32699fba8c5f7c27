"""Converting a label or prediction file into another format."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain.errors import InputError
from domain.prediction import Task
from domain.progress import Report, ignore_progress
from formats import FORMATS
from formats.base import FileReport, Format, ReadOptions, Record
from services.conversion import Conversion
from services.folder_images import FolderImages, finder, open_folder
from services.recognising import choose_format
from services.record_flow import Flow
from services.survey import Material
from services.writing_records import write_records


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person says about a conversion beside what stands in the file.

    Attributes:
        source: Name of the format read; empty to tell it from the file.
        target: Name of the format written.
        images: The folder of the images.
        task: What the content is for; None when the file tells.
        classes: Class names by number, for files that hold numbers only.
        url_prefix: Precedes the paths of images, for targets that want addresses.
        mends: Coordinates that are plainly in pixels, or under other names than Azure's, are read as what they are.
    """

    target: str
    source: str = ""
    images: Path | None = None
    task: Task | None = None
    classes: Mapping[int, str] | None = None
    url_prefix: str = ""
    mends: bool = False


def convert_file(
    path: Path, out: Path, wishes: Wishes, *, max_pixels: int, report: Report = ignore_progress
) -> Conversion:
    """Read `path`, write `out` in another format, read it back and compare.

    Raises:
        UnknownNameError: There is no such format.
        FormatError: The file cannot be read.
        InputError: The target cannot hold it, a size or class names are missing, or `out` cannot be written to.
        Cancelled: A person asked to stop; nothing is left behind.
    """
    target = _writable(wishes.target)
    source = choose_format(path.expanduser(), wishes.source)
    _check_place(path, out)
    images = open_folder(wishes.images, max_pixels=max_pixels)
    if source.needs_classes and not wishes.classes:
        raise InputError(
            f"{source.title} holds class numbers and no names.", where=path.name, remedy="Name the classes: --classes."
        )
    material = _material(path.expanduser(), source, Flow(source, target, images, wishes.url_prefix), images, wishes)
    conversion = write_records(material, out, now=time.time(), report=report)
    if images is None and source.is_upright != target.is_upright:
        conversion.notes.append(
            "The image folder was not given: pictures that their EXIF tag turns may be labelled the wrong way round."
        )
    return conversion


def _check_place(path: Path, out: Path) -> None:
    """A source is never overwritten, and nothing is written among the files of one that is a folder."""
    source, place = path.expanduser().resolve(), out.expanduser().resolve()
    if place == source or source in place.parents:
        raise InputError(
            "The output lies on or inside the source.", where=str(out), remedy="Choose a place of its own."
        )


def _writable(name: str) -> Format:
    target = FORMATS[name]()
    if not target.can_write:
        raise InputError(f"{target.title} can be read only.", remedy="Choose another format to write.")
    return target


def _material(path: Path, source: Format, flow: Flow, images: FolderImages | None, wishes: Wishes) -> Material:
    options = ReadOptions(
        task=wishes.task,
        classes=wishes.classes or {},
        find_image=finder(images, upright=source.is_upright),
        mends=wishes.mends,
    )

    def read(report: FileReport) -> Iterator[Record]:
        return source.read(path, options, report)

    return Material(path.name, read, flow, wishes.task)
