"""Reading the images of a document one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from domain.finding import Severity
from domain.prediction import Content, Labels, Task
from formats.base import FileReport, ReadOptions, Record
from formats.base.counts import list_counts
from formats.base.pixels import read_size
from formats.base.xml_document import Element, read_elements
from formats.cvat.shapes import ShapeReader, read_label

_WANTED = frozenset({"meta", "image", "track"})
_KNOWN = frozenset({"version"})


class ImageReader:
    """Turns the images of one document into records."""

    def __init__(self, options: ReadOptions, report: FileReport) -> None:
        self._options = options
        self._report = report
        self._not_kept: Counter[str] = Counter()
        self._tracks = 0
        self._seen: dict[str, int] = {}

    def read(self, stream: BinaryIO) -> Iterator[Record]:
        """Yield one record an image; the task must stand in the report."""
        number = 0
        for element in read_elements(stream, _WANTED, self._report, root="annotations", known=_KNOWN):
            if element.tag == "meta":
                self._report.classes = _read_classes(element)
            elif element.tag == "track":
                self._tracks += 1
            else:
                number += 1
                yield self._read_image(element, number)
        self._finish()

    def _finish(self) -> None:
        is_broken = any(finding.severity is Severity.ERROR for finding in self._report.findings)
        if not any(self._seen) and not is_broken:
            remedy = "Export the task as 'CVAT for images 1.1'."
            self._report.add("EX003", "The file holds no image: no <image> in it has a name.", remedy=remedy)
        if self._tracks:
            message = f"{self._tracks} tracks of a video are left out; Relook reads images."
            self._report.add("EX015", message, remedy="Export the task as 'CVAT for images 1.1'.")
        if self._not_kept:
            self._report.add("EX009", f"Relook does not keep: {list_counts(self._not_kept)}.")

    def _read_image(self, image: Element, number: int) -> Record:
        name = image.attributes.get("name", "")
        if not name:
            message = "name is missing or empty; expected the path of the image."
            self._report.add("EX002", message, line=image.line, remedy="Name the image.")
        elif name in self._seen:
            message = f"{name} stands in line {self._seen[name]} too."
            self._report.add("EX014", message, line=image.line, remedy="Remove one of the two.")
        self._seen.setdefault(name, image.line)
        size = self._size(image, name)
        content, ids = self._read_content(image, size, number)
        return Record(number, "", name, content, findings=self._report.take(), instance_ids=ids, size=size)

    def _size(self, image: Element, name: str) -> tuple[int, int] | None:
        found = read_size(image.attributes.get("width", ""), image.attributes.get("height", ""))
        if found is None and name:
            facts = self._options.find_image(name)
            found = (facts.width, facts.height) if facts is not None else None
        return found

    def _read_content(
        self, image: Element, size: tuple[int, int] | None, number: int
    ) -> tuple[Content | None, tuple[str, ...]]:
        """What is said about an image, and the ids of its shapes."""
        task = self._report.task
        if task is not None and not task.has_objects:
            return self._read_tags(image, task), ()
        if size is None:
            message = "width and height are not whole numbers above 0, and no image file tells them."
            remedy = "Name the folder of the images, or write the size into the file."
            self._report.add("EX008", message, line=image.line, remedy=remedy)
            return None, ()
        shapes = ShapeReader(size, task, self._note, self._not_kept)
        return shapes.read(image, f"cvat{number}")

    def _read_tags(self, image: Element, task: Task) -> Labels | None:
        names: list[str] = []
        for index, child in enumerate(image.children):
            if child.tag != "tag":
                self._not_kept[f"{child.tag[:40]} beside tags"] += 1
                continue

            def add(code: str, message: str, remedy: str = "", *, child: Element = child, index: int = index) -> None:
                self._note(child, index, code, message, remedy)

            name = read_label(child, add)
            if name is not None:
                names.append(name)
        if task is Task.CLASSIFICATION and not names:
            message = "The image has no tag; expected its class."
            self._report.add("EX004", message, line=image.line, remedy="Tag it, or choose multi-label classification.")
            return None
        if task is Task.CLASSIFICATION and len(set(names)) > 1:
            message = f"The image has {len(names)} tags; multi-class classification expects one."
            self._report.add("EX009", message, line=image.line, remedy="Choose multi-label classification.")
        return Labels(dict.fromkeys(names, 1.0))

    def _note(self, shape: Element, index: int, code: str, message: str, remedy: str) -> None:
        self._report.add(code, message, line=shape.line, column=shape.column, annotation=index, remedy=remedy)


def _read_classes(meta: Element) -> tuple[str, ...]:
    """Names of the labels, at any depth, without the parts of skeletons."""
    names: list[str] = []
    waiting = [meta]
    while waiting:
        element = waiting.pop(0)
        if element.tag == "label" and element.find("parent") is None:
            name = element.find("name")
            names += [name.text] if name is not None and name.text.strip() else []
        waiting += element.children
    return tuple(dict.fromkeys(names))
