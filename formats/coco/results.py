"""COCO results: a list of what a model found, which names images and classes by number (formats.md 8.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from msgspec import Raw

from domain.prediction import Instances, Task
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
from formats.coco.document import load_part, shown, take_apart
from formats.coco.fit import fit_record
from formats.coco.grouping import group_results
from formats.coco.images import number_classes, numbers_by_name
from formats.coco.neighbour import Neighbour, find_neighbour
from formats.coco.objects import ObjectReader, Place
from formats.coco.recognise import looks_like_results
from formats.coco.remarks import Remarks
from formats.coco.result_images import ResultImages
from formats.coco.write import write_results


class CocoResults(Format):
    """Boxes and masks with class and score, as evaluation servers and pycocotools' `loadRes` take them.

    Standard files name images and classes by number only. What is written here adds `file_name` and `category_name`,
    which COCO's tools pass over. For files without them the names come from COCO labels in the same folder that have
    these numbers, from image files called by them (000000000139.jpg), and from the class names a person gives: the
    first is number 1, or number 0 where the file uses 0.

    What is written fits COCO labels written of the same images (pycocotools' `loadRes`): images have the numbers their
    files are called by, or else one computed from their path, so both must name the images by the same paths. No two
    images should be called by the same number (a/1.jpg, b/1.jpg): the second has its number from its path, unless the
    first has no results. Classes keep the numbers of a COCO source; of others, both need the same list of classes.
    """

    name = "coco-results"
    title = "COCO results"
    summary = "JSON list of scored boxes and masks"
    unit = "image"
    roles = frozenset({Role.PREDICTION})
    tasks = frozenset({Task.DETECTION, Task.SEGMENTATION})
    needs_size_for = ALL_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.ROUNDED: "Outlines become masks of whole pixels.",
        Loss.CLIPPED: "Masks end at the edge of the image.",
        Loss.POLYGONS: "Object detection holds boxes only; outlines that fill no pixel.",
        Loss.CROWD: "Results have no crowd flag.",
        Loss.OBJECTS: "Objects without area, class or score.",
        Loss.IMAGES: "Images without objects or without a size, and classes of whole images.",
        Loss.NAMES: "Halves of surrogate pairs.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        return looks_like_results(start.head)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        document = take_apart(read_document(path), report)
        if isinstance(document, list):
            yield from _Reader(path, document, options, report).read()
        elif document is not None:
            message = "The document is an object; expected a list of results."
            report.add("EX003", message, remedy="Read it as coco if it has images, annotations and categories.")

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_record(record, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        return write_results(path, records, options)


class _Reader:
    """Reads one list, image by image in the order they come up first."""

    def __init__(self, path: Path, parts: Sequence[Raw], options: ReadOptions, report: FileReport) -> None:
        self._parts = parts
        self._report = report
        self._remarks = Remarks()
        self._images, self._groups = group_results(parts)
        needs_names = self._groups.lacks_names
        neighbour = find_neighbour(path, [image.number for image in self._images]) if needs_names else Neighbour()
        self._names = self._choose_names(neighbour, options)
        self._note_shared_numbers()
        self._files = ResultImages(neighbour, options.find_image, report)
        wanted = options.task if options.task is not None and options.task.has_objects else None
        report.task = wanted or (Task.SEGMENTATION if self._groups.has_shapes else Task.DETECTION)

    def read(self) -> Iterator[Record]:
        at_start = self._report.take()
        task = self._report.task or Task.DETECTION
        objects = ObjectReader(self._names, self._report, self._remarks, task=task, is_scored=True)
        for index in range(len(self._images)):
            yield self._read_image(index, objects)
        self._report.findings += at_start
        for position in self._groups.strays.tolist():
            value = load_part(self._parts[position])
            found = shown(value.get("image_id")) if isinstance(value, dict) else shown(value)
            message = f"Result {position + 1}: image_id is {found}; expected a number or a name. It is left out."
            self._report.add("EX002", message, remedy="Name the image.")
        self._remarks.report(self._report)

    def _choose_names(self, neighbour: Neighbour, options: ReadOptions) -> Mapping[str, str]:
        if neighbour.classes:
            message = f"Names of classes and images were taken from {neighbour.file}, whose numbers are the same."
            self._report.add("EX009", message, remedy="Remove that file from the folder if it is about other images.")
            self._report.classes = tuple(dict.fromkeys(neighbour.classes.values()))
            self._report.numbers = {**numbers_by_name(neighbour.classes), **self._groups.numbers}
            return neighbour.classes
        names = number_classes(options.classes, from_zero=self._groups.has_class_zero)
        self._report.numbers = {**(numbers_by_name(names) if self._groups.lacks_names else {}), **self._groups.numbers}
        if names and self._groups.lacks_names:
            first = next(iter(names))
            message = f"Class names were given by hand: {shown(names[first])} is number {first}, and so on."
            self._report.add("EX009", message, remedy="Check the order of the names.")
        return names

    def _note_shared_numbers(self) -> None:
        """Only one of the classes can keep a number that several have in the file."""
        owners: dict[int, str] = {}
        numbers = self._groups.numbers
        shared = [name for name, number in numbers.items() if owners.setdefault(number, name) != name]
        if shared:
            number, more = numbers[shared[0]], f" (and {len(shared) - 1} others)" if shared[1:] else ""
            message = f"{number} is the number of {shown(owners[number])} and {shown(shared[0])}{more}"
            remedy = "Give every class a number of its own."
            self._report.add("EX009", f"{message}; written again, it stays with the first.", remedy=remedy)

    def _values_of(self, index: int) -> Iterator[Any]:
        return (load_part(self._parts[position]) for position in self._groups.of(index))

    def _read_image(self, index: int, objects: ObjectReader) -> Record:
        line = index + 1
        entry = self._files.read(self._images[index], self._values_of(index) if self._groups.has_shapes else (), line)
        if entry.size is None:
            findings = self._report.take()
            return Record(line, "", entry.name, None, findings=findings, role=Role.PREDICTION)
        found = [
            objects.read(load_part(self._parts[position]), f"co{position}", entry.size, Place(line, number))
            for number, position in enumerate(self._groups.of(index))
        ]
        return Record(
            line,
            "",
            entry.name,
            Instances(tuple(item for item in found if item is not None)),
            findings=self._report.take(),
            instance_ids=tuple(item.instance_id if item is not None else "" for item in found),
            role=Role.PREDICTION,
            size=entry.size,
        )


FORMATS.register(CocoResults.name, CocoResults)
