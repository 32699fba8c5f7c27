"""Reading labelme documents, one image each."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from domain.prediction import Content, Labels, Task
from formats.base import FileReport, ReadOptions, Record
from formats.base.annotation_files import read_small
from formats.base.counts import count
from formats.base.files import parse_json
from formats.base.pixels import read_size
from formats.labelme.shapes import ShapeReader
from formats.labelme.tasks import LARGEST_FILE, raised_flags


class AnnotationReader:
    """Reads documents one by one, and counts what is not kept."""

    def __init__(self, options: ReadOptions, report: FileReport) -> None:
        self._options = options
        self._report = report
        self._seen: dict[str, str] = {}
        self._flagged = 0
        self._shaped = 0

    def read(self, number: int, name: str, file: Path) -> Record:
        """Read one document.

        Args:
            number: Of the file, 1-based.
            name: Its path relative to the folder.
            file: Where it is.
        """
        data = read_small(name, file, self._report, limit=LARGEST_FILE)
        document = None if data is None else self._parse(name, data)
        if not isinstance(document, dict):
            return Record(number, "", "", None, findings=self._report.take())
        image = self._name(name, document)
        size = self._size(name, image, document)
        content, ids = self._read_content(number, name, document, size)
        return Record(number, "", image, content, findings=self._report.take(), instance_ids=ids, size=size)

    def finish(self) -> None:
        """Note what was not kept, and when there was no image at all, after the last document."""
        if not self._seen:
            message = f"{self._report.file} holds no image: no JSON file names one."
            self._report.add("EX003", message, remedy="Choose the folder with the JSON files of the images.")
        if self._flagged:
            self._report.add(
                "EX009", f"Relook does not keep the flags of {count(self._flagged, 'image')} beside their shapes."
            )
        if self._shaped:
            message = f"The shapes of {count(self._shaped, 'image')} are left out; classification reads their flags."
            self._report.add("EX015", message, remedy="Choose object detection or instance segmentation.")

    def _parse(self, name: str, data: bytes) -> Any:
        found = len(self._report.findings)
        document = parse_json(data, self._report)
        self._report.findings[found:] = [replace(finding, file=name) for finding in self._report.findings[found:]]
        if document is not None and not isinstance(document, dict):
            self._add(name, "EX003", "The document is no JSON object; expected one with shapes and imagePath.")
        elif data.strip() == b"null":
            self._add(name, "EX003", "The document is null; expected an object with shapes and imagePath.")
        return document

    def _name(self, name: str, document: dict[str, Any]) -> str:
        """imagePath, which is relative to the document, relative to the folder."""
        path = document.get("imagePath")
        if not isinstance(path, str) or not path:
            self._add(name, "EX002", "imagePath is missing or empty.", "Write the path of the image into imagePath.")
            return ""
        path = path.replace("\\", "/")
        folder = PurePosixPath(name).parent.as_posix()
        image = path if "://" in path or folder == "." else posixpath.join(folder, path)
        image = posixpath.normpath(image) if "/../" in image else image
        if image in self._seen:
            message = f"{image} is named by {self._seen[image]} too."
            self._add(name, "EX014", message, "Remove one of the two files.")
        self._seen.setdefault(image, name)
        return image

    def _size(self, name: str, image: str, document: dict[str, Any]) -> tuple[int, int] | None:
        found = read_size(document.get("imageWidth"), document.get("imageHeight"))
        if found is None and image:
            facts = self._options.find_image(image)
            found = (facts.width, facts.height) if facts is not None else None
        return found

    def _read_content(
        self, number: int, name: str, document: dict[str, Any], size: tuple[int, int] | None
    ) -> tuple[Content | None, tuple[str, ...]]:
        """What is said about an image, and the ids of its shapes."""
        task = self._report.task
        shapes, flags = document.get("shapes"), raised_flags(document)
        if task is not None and not task.has_objects:
            self._shaped += bool(shapes)
            self._list_classes(document)
            self._check_flags(name, document)
            return self._read_flags(name, flags, task), ()
        self._flagged += bool(flags)
        if not isinstance(shapes, list):
            self._add(name, "EX003", "shapes is missing or no list.", "Open the image in labelme and save it again.")
            return None, ()
        if size is None:
            message = "imageWidth and imageHeight are not whole numbers above 0, and no image file tells them."
            self._add(name, "EX008", message, "Name the folder of the images, or write the size into the file.")
            return None, ()

        def note(index: int, code: str, message: str, remedy: str) -> None:
            self._report.add(code, message, annotation=index, remedy=remedy, file=name)

        return ShapeReader(size, task, note).read(shapes, f"lm{number}")

    def _read_flags(self, name: str, flags: list[str], task: Task) -> Labels | None:
        names = [flag for flag in flags if flag.strip()]
        if task is Task.CLASSIFICATION and not names:
            message = "No flag of the image is true; expected its class."
            self._add(name, "EX004", message, "Set its flag, or choose multi-label classification.")
            return None
        if task is Task.CLASSIFICATION and len(names) > 1:
            message = f"{len(names)} flags of the image are true; multi-class classification expects one."
            self._add(name, "EX009", message, "Choose multi-label classification.")
        return Labels(dict.fromkeys(names, 1.0))

    def _check_flags(self, name: str, document: dict[str, Any]) -> None:
        flags = document.get("flags")
        if not isinstance(flags, dict):
            self._add(name, "EX003", "flags is missing or no object; expected the classes of the image, true or false.")
            return
        odd = [flag for flag, value in flags.items() if not isinstance(value, bool)]
        if odd:
            message = f"{len(odd)} flags are neither true nor false, such as {odd[0][:40]}: they count as false."
            self._add(name, "EX003", message, "Open the image in labelme and save it again.")

    def _list_classes(self, document: dict[str, Any]) -> None:
        flags = document.get("flags")
        if isinstance(flags, dict) and not all(name in self._report.classes for name in flags):
            self._report.classes = tuple(dict.fromkeys([*self._report.classes, *flags]))

    def _add(self, name: str, code: str, message: str, remedy: str = "") -> None:
        self._report.add(code, message, remedy=remedy, file=name)
