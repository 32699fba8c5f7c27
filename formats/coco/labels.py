"""COCO labels: images, annotations and categories in one JSON document (formats.md 8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Raw

from domain.prediction import Instance, Instances, Task
from formats.base import (
    ALL_TASKS,
    FORMATS,
    FileReport,
    FileStart,
    Format,
    ReadOptions,
    Record,
    Role,
    WriteOptions,
    Writing,
)
from formats.base.files import read_document
from formats.base.fitting import Loss, Losses
from formats.coco.document import load_part, shown, take_apart, take_list
from formats.coco.fit import fit_record
from formats.coco.grouping import group_by_image, instance_id_of, key_of
from formats.coco.images import ImageEntry, ImageReader, number_classes, numbers_by_name, read_classes, read_keys
from formats.coco.objects import ObjectReader, Place
from formats.coco.recognise import looks_like_labels
from formats.coco.remarks import Remarks
from formats.coco.write import write_labels

_MOST_STRAYS = 20
_EMPTY = {b"[]", b"{}", b'""', b"null"}


class Coco(Format):
    """Boxes, outlines and masks with class and crowd flag.

    Classes keep the numbers and supercategories of a COCO source. Images get the number their file is called by
    (000000397133.jpg is 397133), others one that is computed from their path: `coco-results` gives the same ones.
    """

    name = "coco"
    title = "COCO"
    summary = "JSON, boxes, polygons and masks"
    unit = "image"
    roles = frozenset({Role.LABEL})
    tasks = frozenset({Task.DETECTION, Task.SEGMENTATION})
    needs_size_for = ALL_TASKS
    wants_addresses = True
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.ROUNDED: "Crowds and objects with holes become masks of whole pixels.",
        Loss.CLIPPED: "Masks end at the edge of the image.",
        Loss.POLYGONS: "Object detection holds boxes only.",
        Loss.SCORES: "Labels have no scores; a results list has.",
        Loss.OBJECTS: "Objects without area or class.",
        Loss.NAMES: "Halves of surrogate pairs.",
        Loss.IMAGES: "Images without a size, and classes of whole images.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        return looks_like_labels(start.head)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        document = take_apart(read_document(path), report)
        if isinstance(document, dict):
            yield from _Reader(document, options, report).read()
        elif document is not None:
            message = "The document is a list; expected an object with images, annotations and categories."
            report.add("EX003", message, remedy="Read it as coco-results if it is a list of results.")

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_record(record, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        return write_labels(path, records, options)


class _Reader:
    """Reads one document, image by image."""

    def __init__(self, document: Mapping[str, Raw], options: ReadOptions, report: FileReport) -> None:
        self._options = options
        self._report = report
        self._remarks = Remarks()
        self._images = take_list("images", document, report)
        self._parts = take_list("annotations", document, report)
        self._keys, self._unusable = read_keys(self._images)
        self._groups = group_by_image(self._parts, self._keys, count=len(self._images))
        for key in sorted(document.keys() - {"images", "annotations", "categories"}):
            if bytes(document[key]) not in _EMPTY:
                self._remarks.count_key("the document", shown(key))
        self._names = self._read_names(document)
        report.task = self._choose_task()

    def read(self) -> Iterator[Record]:
        at_start = self._report.take()
        entries = ImageReader(self._options.find_image, self._report, self._remarks)
        objects = ObjectReader(
            self._names,
            self._report,
            self._remarks,
            task=self._report.task or Task.DETECTION,
            is_scored=False,
        )
        for index, part in enumerate(self._images):
            is_unusable = index in self._unusable
            entry = entries.read(load_part(part), index + 1, is_unusable=is_unusable)
            yield self._read_image(index, entry, objects)
        self._report.findings += at_start
        self._note_strays()
        self._remarks.report(self._report)

    def _choose_task(self) -> Task:
        wanted = self._options.task
        if wanted is not None and wanted.has_objects:
            return wanted
        return Task.SEGMENTATION if self._groups.has_shapes else Task.DETECTION

    def _read_names(self, document: Mapping[str, Raw]) -> dict[str, str]:
        if "categories" not in document and self._options.classes:
            names = number_classes(self._options.classes, from_zero=self._groups.has_class_zero)
            self._report.numbers = numbers_by_name(names)
            return names
        return read_classes(take_list("categories", document, self._report), self._report, self._remarks)

    def _read_image(self, index: int, entry: ImageEntry | None, objects: ObjectReader) -> Record:
        line, name, size = index + 1, entry.name if entry else "", entry.size if entry else None
        if size is None:
            return Record(line, "", name, None, findings=self._report.take())
        found: list[Instance | None] = []
        for number, position in enumerate(self._groups.of(index)):
            place, value = Place(line, number), load_part(self._parts[position])
            found.append(objects.read(value, self._identify(value, position, place), size, place))
        items = tuple(item for item in found if item is not None)
        ids = tuple(item.instance_id if item is not None else "" for item in found)
        return Record(line, "", name, Instances(items), findings=self._report.take(), instance_ids=ids, size=size)

    def _identify(self, value: Any, position: int, place: Place) -> str:
        key = key_of(value.get("id")) if isinstance(value, dict) else None
        is_repeated = position in self._groups.repeated
        if is_repeated:
            message = f"The id {shown(key)} stands for an object before."
            remedy = "Number the objects anew; both are kept."
            self._report.add("EX010", message, line=place.line, annotation=place.annotation, remedy=remedy)
        elif key is None:
            self._remarks.count("no id")
        return instance_id_of(key, position, is_repeated=is_repeated)

    def _note_strays(self) -> None:
        """Report annotations of no image, the first of them one by one."""
        remedy = "Add the image to the list of images, or remove the annotation."
        for position in self._groups.strays[:_MOST_STRAYS].tolist():
            value = load_part(self._parts[position])
            found = shown(value.get("image_id")) if isinstance(value, dict) else "missing"
            message = f"Annotation {position + 1}: image_id is {found}, which is no image; it is left out."
            self._report.add("EX010", message, remedy=remedy)
        more = len(self._groups.strays) - _MOST_STRAYS
        if more > 0:
            self._report.add("EX010", f"{more} further annotations name no image; they are left out.", remedy=remedy)


FORMATS.register(Coco.name, Coco)
