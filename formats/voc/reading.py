"""Reading Pascal VOC files, one image each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath

from domain.geometry import Box
from domain.prediction import Instance, Instances
from formats.base import FileReport, ReadOptions, Record
from formats.base.annotation_files import IMAGE_SUFFIXES, read_small
from formats.base.counts import count
from formats.base.numbers import parse_number
from formats.base.objects import note_odd_box
from formats.base.pixels import read_size
from formats.base.xml_document import Element, read_elements

SIDES = ("xmin", "ymin", "xmax", "ymax")
_LARGEST_FILE = 64 * 1024**2
_PLAIN = {"", "0", "false", "no", "unspecified", "unknown"}
_NOT_KEPT = ("pose", "truncated", "occluded")
_OTHER_SHAPES = ("part", "polygon", "robndbox", "point", "mask")


class AnnotationReader:
    """Reads files one by one, and counts what is not kept."""

    def __init__(self, options: ReadOptions, report: FileReport) -> None:
        self._options = options
        self._report = report
        self._not_kept: Counter[str] = Counter()
        self._seen: dict[str, str] = {}

    def read(self, number: int, name: str, file: Path) -> Record:
        """Read one file.

        Args:
            number: Of the file, 1-based.
            name: Its path relative to the folder.
            file: Where it is.
        """
        data = read_small(name, file, self._report, limit=_LARGEST_FILE)
        root = None
        if data is not None:
            found = read_elements(BytesIO(data), frozenset({"annotation"}), self._report, root="annotation", file=name)
            root = next(iter(list(found)), None)
        if root is None:
            return Record(number, "", "", None, findings=self._report.take())
        return self._read_image(number, name, root)

    def finish(self) -> None:
        """Note what was not kept, and when there was no image at all, after the last file."""
        if not any(self._seen):
            message = f"{self._report.file} holds no image: no XML file names one."
            self._report.add("EX003", message, remedy="Choose the folder with the XML files of the images.")
        if self._not_kept:
            counts = ", ".join(f"{tag} of {count(found, 'object')}" for tag, found in sorted(self._not_kept.items()))
            self._report.add("EX009", f"Relook does not keep: {counts}.")

    def _read_image(self, number: int, name: str, root: Element) -> Record:
        image = self._name(name, root)
        if not image:
            message = "filename is missing or empty; expected the name of the image."
            self._report.add("EX002", message, line=root.line, file=name, remedy="Name the image in <filename>.")
        elif image in self._seen:
            message = f"{image} is named by {self._seen[image]} too."
            self._report.add("EX014", message, line=root.line, file=name, remedy="Remove one of the two files.")
        self._seen.setdefault(image, name)
        size = self._size(name, image, root)
        found = [] if size is None else self._read_objects(number, name, root, size)
        content = None if size is None else Instances(tuple(item for item in found if item is not None))
        ids = tuple("" if item is None else item.instance_id for item in found)
        return Record(number, "", image, content, findings=self._report.take(), instance_ids=ids, size=size)

    def _name(self, name: str, root: Element) -> str:
        """The path if it ends like the file name, else the file name in the folder of the XML file."""
        file_name, path = _name_of(root.find("filename")), _name_of(root.find("path"))
        if path and (not file_name or last_part(path) == last_part(file_name)):
            return path
        folders = [part for part in PurePosixPath(name).parent.parts if part.lower() != "annotations"]
        image = "/".join([*folders, file_name]) if file_name else ""
        if image and PurePosixPath(image).suffix.lower() not in IMAGE_SUFFIXES:
            named = (f"{image}{suffix}" for suffix in IMAGE_SUFFIXES)
            return next((each for each in named if self._options.find_image(each) is not None), image)
        return image

    def _size(self, name: str, image: str, root: Element) -> tuple[int, int] | None:
        size = root.find("size")
        found = None if size is None else read_size(size.text_of("width"), size.text_of("height"))
        if found is None and image:
            facts = self._options.find_image(image)
            found = (facts.width, facts.height) if facts is not None else None
        if found is None:
            message = "size holds no width and height above 0, and no image file tells them."
            line = root.line if size is None else size.line
            remedy = "Name the folder of the images, or write the size into the file."
            self._report.add("EX008", message, line=line, file=name, remedy=remedy)
        return found

    def _read_objects(self, number: int, name: str, root: Element, size: tuple[int, int]) -> list[Instance | None]:
        """Every object in the order of the file; None for one that cannot be understood."""
        found = [self._read_object(name, index, each, size) for index, each in enumerate(root.find_all("object"))]
        return [item and replace(item, instance_id=f"voc{number}.{place}") for place, item in enumerate(found, start=1)]

    def _read_object(self, name: str, index: int, element: Element, size: tuple[int, int]) -> Instance | None:
        def add(code: str, message: str, remedy: str = "") -> None:
            self._report.add(code, message, line=element.line, annotation=index, file=name, remedy=remedy)

        self._not_kept.update(tag for tag in _NOT_KEPT if element.text_of(tag).lower() not in _PLAIN)
        for tag in _OTHER_SHAPES:
            if element.find(tag) is not None:
                add("EX015", f"Its <{tag}> is left out; Relook reads the box.")
        label = element.text_of("name")
        if not label:
            add("EX004", "name is missing or empty; expected a class name.", "Name the class.")
            return None
        bounds = element.find("bndbox")
        if bounds is None:
            add("EX003", "bndbox is missing; expected xmin, ymin, xmax and ymax.", "Draw the box again.")
            return None
        sides = [parse_number(bounds.text_of(side)) for side in SIDES]
        if None in sides:
            side = SIDES[sides.index(None)]
            add("EX005", f"{side} is '{bounds.text_of(side)[:40]}'; expected a number.", "Draw the box again.")
            return None
        left, top, right, bottom = (side for side in sides if side is not None)
        width, height = size
        box = Box(left / width, top / height, right / width, bottom / height)
        item = Instance("", label, box, is_crowd=_flag(element.text_of("difficult")))
        note_odd_box(item, add)
        return item


def _flag(text: str) -> bool | None:
    return None if not text else text.lower() not in _PLAIN


def unpadded(name: str) -> str:
    """A name as it stands; the spaces that an indented file puts around it are not part of it."""
    is_padded = name.startswith(("\n", "\r")) or name.endswith(("\n", "\r"))
    return name.strip() if is_padded or not name.strip() else name


def last_part(path: str) -> str:
    """The file name at the end of a path of any machine."""
    return path.replace("\\", "/").rsplit("/", 1)[-1]


def _name_of(element: Element | None) -> str:
    return "" if element is None else unpadded(element.text)
