"""Which images the numbers of a results list mean, and how large they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from formats.base.format import ImageFacts
from formats.base.pixels import read_size
from formats.base.rules import FileReport
from formats.coco.document import shown, text_of
from formats.coco.grouping import ResultImage
from formats.coco.images import ImageEntry
from formats.coco.neighbour import Neighbour
from formats.coco.shapes import Size

_STEMS = ("{number:012d}", "{number}", "COCO_val2014_{number:012d}", "COCO_train2014_{number:012d}")
_SUFFIXES = (".jpg", ".png", ".jpeg")


class ResultImages:
    """Names and sizes the images of a results list one by one."""

    def __init__(self, neighbour: Neighbour, find: Callable[[str], ImageFacts | None], report: FileReport) -> None:
        self._neighbour = neighbour
        self._find = find
        self._report = report

    def read(self, image: ResultImage, values: Iterable[Any], line: int) -> ImageEntry:
        """The name and size of an image; what is missing is noted.

        Args:
            image: What the results say.
            values: Its results: masks tell the size.
            line: 1-based number of the image.
        """
        known = self._neighbour.images.get(image.number)
        name = image.file_name or (known.name if known is not None else "") or self._name_number(image.number)
        if not name:
            message = f"image_id is {shown(image.number)}, and nothing tells which image that is."
            remedy = "Put the COCO labels with these ids beside the file, or name the folder of the images."
            self._report.add("EX002", message, line=line, remedy=remedy)
        size = _mask_size(values) or (known.size if known is not None else None) or self._file_size(name)
        if size is None:
            message = f"Nothing tells the size of the image {shown(name or image.number)}: its objects are left out."
            remedy = "Name the folder of the images, or put the COCO labels beside the file."
            self._report.add("EX008", message, line=line, remedy=remedy)
        return ImageEntry(name, size)

    def _name_number(self, key: str) -> str:
        """The text itself where it is no number; else the file that is called by it."""
        if not (key.isascii() and key.isdigit() and len(key) <= 16):
            return text_of(key)
        for stem in _STEMS:
            for suffix in _SUFFIXES:
                facts = self._find(stem.format(number=int(key)) + suffix)
                if facts is not None:
                    return facts.path
        return ""

    def _file_size(self, name: str) -> Size | None:
        facts = self._find(name) if name else None
        return (facts.width, facts.height) if facts is not None else None


def _mask_size(values: Iterable[Any]) -> Size | None:
    """(width, height) of the first mask among results."""
    for value in values:
        shape = value.get("segmentation") if isinstance(value, dict) else None
        size = shape.get("size") if isinstance(shape, dict) else None
        if isinstance(size, list) and len(size) == 2:
            return read_size(size[1], size[0])
    return None
