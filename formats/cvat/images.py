"""CVAT for images 1.1: annotations.xml, or the ZIP archive that CVAT exports (formats.md 8.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from domain.prediction import count_things
from domain.splits import split_named
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
from formats.base.characters import NOT_IN_XML
from formats.base.fitting import Loss, Losses
from formats.base.objects import Limits, fit_given
from formats.base.xml_document import read_elements, root_of
from formats.cvat.document import created_document, holds_document, opened_document
from formats.cvat.reading import ImageReader
from formats.cvat.tasks import detect_task
from formats.cvat.writing import DocumentWriter

_LIMITS = Limits(NOT_IN_XML, crowds=True)


class Cvat(Format):
    """Boxes, polygons, masks and tags; polygons of one group and class are one object.

    The pictures are upright: CVAT turns them by their EXIF tag since version 2.1 (cvat-ai/cvat pull request 4529).
    """

    name = "cvat"
    title = "CVAT for images 1.1"
    summary = "XML, boxes, polygons, masks and tags"
    roles = frozenset({Role.LABEL})
    suffix = ".xml"
    is_upright = True
    needs_size_for = ALL_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.HOLES: "CVAT joins the outlines of a group: holes are filled.",
        Loss.POLYGONS: "Outlines without an area; in object detection all outlines.",
        Loss.SCORES: "Labels have no scores.",
        Loss.OBJECTS: "Objects without area or class.",
        Loss.IMAGES: "Multi-class classification needs exactly one class an image.",
        Loss.NAMES: "XML cannot hold control characters.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        if start.head.startswith(b"PK\x03\x04"):
            return holds_document(start.path)
        return root_of(start.head) == "annotations"

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        if options.task is None:
            with opened_document(path) as stream:
                report.task = detect_task(stream)
        else:
            report.task = options.task
        with opened_document(path) as stream:
            yield from ImageReader(options, report).read(stream)

    def read_splits(self, path: Path) -> Callable[[str], str]:
        with opened_document(path) as stream:
            wanted = frozenset({"image"})
            found = read_elements(stream, wanted, FileReport(""), root="annotations")
            subsets = {each.attributes.get("name", ""): each.attributes.get("subset", "") for each in found}
        return lambda image: split_named(subsets.get(image, ""))

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_given(record, _LIMITS, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        written = objects = 0
        is_archive = (options.suffix or path.suffix.lower()) == ".zip"
        with created_document(path, is_archive=is_archive) as stream:
            writer = DocumentWriter(stream)
            writer.begin(options.classes, has_objects=options.task.has_objects)
            for record in records:
                writer.add(record)
                written += 1
                objects += count_things(record.content)
            writer.end()
        return Writing((path,), written, objects)


FORMATS.register(Cvat.name, Cvat)
