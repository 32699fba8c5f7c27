"""The images and classes of a COCO file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Raw

from domain.errors import FormatError
from formats.base.format import ImageFacts
from formats.base.numbers import whole_number
from formats.base.pixels import read_size
from formats.base.rules import FileReport
from formats.coco.document import load_part, shown, text_of
from formats.coco.grouping import key_of
from formats.coco.remarks import Remarks
from formats.coco.shapes import LARGEST_SIDE, Size

_KNOWN_KEYS = frozenset({"id", "file_name", "width", "height", "coco_url", "absolute_url"})
_NUMBER = re.compile(r"[0-9]{1,16}")
_DATASTORE = re.compile(r"azureml://(?:.*?/)?datastores/[^/]*/paths/(.+)|AmlDatastore://[^/]+/(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """One entry of `images`.

    Attributes:
        name: What names the image; empty when nothing does.
        size: (width, height) as the entry says, or None.
    """

    name: str
    size: Size | None


def path_in_datastore(address: str) -> str:
    """The path an Azure datastore address ends in; empty for anything else."""
    match = _DATASTORE.fullmatch(address)
    return (match[1] or match[2]) if match else ""


def name_of(value: Mapping[str, Any]) -> str:
    """What names the image of an entry.

    That is `file_name`; but an address in an Azure datastore that ends in it says more, so that is taken (Azure's
    labelling writes it as `coco_url`, formats.md 4). Without a `file_name` any address is taken.
    """
    name = text_of(value.get("file_name"))
    addresses = [text_of(value.get(key)) for key in ("coco_url", "absolute_url", "flickr_url")]
    for address in addresses:
        path = path_in_datastore(address)
        if path and (not name or f"/{path}".endswith(f"/{name.lstrip('/')}")):
            return address
    return name or next(filter(None, addresses), "")


def read_keys(parts: Sequence[Raw]) -> tuple[dict[str, int], set[int]]:
    """Index of each image by the key of its id; and the indices of those whose id stood before or is none."""
    keys: dict[str, int] = {}
    unusable: set[int] = set()
    for index, part in enumerate(parts):
        value = load_part(part)
        key = key_of(value.get("id")) if isinstance(value, dict) else None
        if key is None or keys.setdefault(key, index) != index:
            unusable.add(index)
    return keys, unusable


class ImageReader:
    """Reads entries one by one."""

    def __init__(self, find: Callable[[str], ImageFacts | None], report: FileReport, remarks: Remarks) -> None:
        self._find = find
        self._report = report
        self._remarks = remarks
        self._seen: set[str] = set()

    def read(self, value: Any, line: int, *, is_unusable: bool) -> ImageEntry | None:
        """The entry of an image; None (noted) when nothing can be said about it.

        Args:
            value: The parsed entry.
            line: 1-based number of the entry.
            is_unusable: Its id stood before or is none.
        """
        if not isinstance(value, dict):
            self._add("EX003", f"The image is {shown(value)}; expected an object.", line, "Mend or remove it.")
            return None
        for key in sorted(value.keys() - _KNOWN_KEYS):
            self._remarks.count_key("images", shown(key))
        name = self._read_name(value, line)
        if is_unusable:
            self._note_id(value, line)
            return ImageEntry(name, None)
        return ImageEntry(name, self._read_size(value, name, line))

    def _add(self, code: str, message: str, line: int, remedy: str) -> None:
        self._report.add(code, message, line=line, remedy=remedy)

    def _read_name(self, value: dict[str, Any], line: int) -> str:
        name = name_of(value)
        if not name:
            found = shown(value["file_name"]) if "file_name" in value else "missing"
            self._add("EX002", f"file_name is {found}; expected the path of the image.", line, "Add it.")
        elif ".." in name.replace("\\", "/").split("/"):
            message = f"file_name is {shown(name)}, which leads out of the folder."
            self._add("EX009", message, line, "Write the path below the folder of the images.")
        if name and name in self._seen:
            self._add("EX014", f"{shown(name)} stands for more than one image.", line, "Join the two images.")
        self._seen.add(name)
        return name

    def _note_id(self, value: dict[str, Any], line: int) -> None:
        key = key_of(value.get("id"))
        if key is None:
            found = shown(value["id"]) if "id" in value else "missing"
            message = f"The id of the image is {found}; expected a number or a text, so no object can name it."
            self._add("EX003", message, line, "Number the images from 1.")
            return
        message = f"The id {shown(key)} stands for an image before; objects that name it are given to that one."
        self._add("EX010", message, line, "Give every image an id of its own.")

    def _read_size(self, value: dict[str, Any], name: str, line: int) -> Size | None:
        size = read_size(value.get("width"), value.get("height"))
        if size is not None and max(size) <= LARGEST_SIDE:
            return size
        facts = self._find(name) if name else None
        if facts is not None:
            return (facts.width, facts.height)
        found = f"width {shown(value.get('width'))}, height {shown(value.get('height'))}"
        message = f"The size of the image is {found}; expected whole pixels. Its objects are left out."
        self._add("EX008", message, line, "Add width and height, or name the folder of the images.")
        return None


def read_classes(parts: Sequence[Raw], report: FileReport, remarks: Remarks) -> dict[str, str]:
    """Class name by the key of its number; what is wrong is noted, and the classes of `report` set."""
    names: dict[str, str] = {}
    for index, part in enumerate(parts):
        try:
            key, name, above = _read_class(load_part(part), remarks)
        except FormatError as error:
            report.add("EX004", f"Class {index + 1}: {error.message}", remedy="Mend or remove it.")
            continue
        if key in names:
            message = f"The class number {shown(key)} stands twice, as {shown(names[key])} and {shown(name)}."
            report.add("EX010", message, remedy="Give every class a number of its own; the first name was taken.")
            continue
        if name in names.values():
            report.add("EX009", f"Two classes are called {shown(name)}; they become one.", remedy="Rename one of them.")
        names[key] = name
        if above:
            report.supercategories.setdefault(name, above)
    report.classes = tuple(dict.fromkeys(names.values()))
    report.numbers = numbers_by_name(names)
    return names


def numbers_by_name(names: Mapping[str, str]) -> dict[str, int]:
    """Class number by name, the first where a name stands twice, from names by the key of their number."""
    return {name: int(key) for key, name in reversed(list(names.items())) if _NUMBER.fullmatch(key)}


def _read_class(value: Any, remarks: Remarks) -> tuple[str, str, str]:
    if not isinstance(value, dict):
        raise FormatError(f"It is {shown(value)}; expected an object with id and name.")
    key, name = key_of(value.get("id")), text_of(value.get("name"))
    if key is None or not name:
        raise FormatError(f"id is {shown(value.get('id'))} and name {shown(value.get('name'))}; expected both.")
    above = text_of(value.get("supercategory"))
    if above:
        remarks.count("supercategory")
    known = {"id", "name", "supercategory"} if above else {"id", "name"}
    for extra in sorted(extra for extra in value.keys() - known if value[extra] not in ("", None)):
        remarks.count_key("categories", shown(extra))
    return key, name, above


def number_classes(classes: Mapping[int, str], *, from_zero: bool) -> dict[str, str]:
    """Class name by the key of its number in a COCO file, from names that are numbered from 0.

    Args:
        classes: Names by number, from 0.
        from_zero: The file uses number 0; COCO's own files start at 1.
    """
    shift = 0 if from_zero else 1
    return {str(number + shift): name for number, name in classes.items() if whole_number(number) is not None}
