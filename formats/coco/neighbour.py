"""COCO labels that lie beside a results list and tell what its numbers mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import RelookError
from formats.base.annotation_files import read_head
from formats.base.files import read_document
from formats.base.pixels import read_size
from formats.base.rules import FileReport
from formats.coco.document import load_part, take_apart, take_list
from formats.coco.grouping import key_of
from formats.coco.images import ImageEntry, name_of, read_classes
from formats.coco.recognise import looks_like_labels
from formats.coco.remarks import Remarks

_MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What another file says about numbers.

    Attributes:
        file: Its name; empty for none.
        images: By the key of their number.
        classes: Names by the key of their number.
    """

    file: str = ""
    images: dict[str, ImageEntry] = field(default_factory=dict[str, ImageEntry])
    classes: dict[str, str] = field(default_factory=dict[str, str])


def find_neighbour(path: Path, numbers: Collection[str]) -> Neighbour:
    """The first COCO labels in the folder of `path` that know all its images; an empty one if none does.

    Args:
        path: The results list.
        numbers: Keys of the image numbers in it.
    """
    try:
        others = sorted(file for file in path.parent.glob("*.json") if file != path and file.is_file())
    except OSError:
        return Neighbour()
    for file in others[:_MOST_FILES]:
        if looks_like_labels(read_head(file)):
            found = _read(file)
            if numbers and all(number in found.images for number in numbers):
                return found
    return Neighbour()


def _read(file: Path) -> Neighbour:
    report, remarks = FileReport(file.name), Remarks()
    try:
        document = take_apart(read_document(file), report)
    except RelookError:
        return Neighbour()
    if not isinstance(document, dict):
        return Neighbour()
    images: dict[str, ImageEntry] = {}
    for part in take_list("images", document, report):
        value = load_part(part)
        key = key_of(value.get("id")) if isinstance(value, dict) else None
        if key is not None and isinstance(value, dict):
            images.setdefault(key, ImageEntry(name_of(value), read_size(value.get("width"), value.get("height"))))
    return Neighbour(file.name, images, read_classes(take_list("categories", document, report), report, remarks))
