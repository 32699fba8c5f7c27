"""labelme: a JSON file beside every image, with shapes in pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import orjson

from domain.prediction import count_things
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
from formats.base.annotation_files import FileNames, files_below, first_file, read_head
from formats.base.characters import NOT_IN_JSON
from formats.base.fitting import Loss, Losses
from formats.base.objects import Limits, fit_given
from formats.labelme.reading import AnnotationReader
from formats.labelme.tasks import detect_task
from formats.labelme.writing import image_path, render

_LIMITS = Limits(NOT_IN_JSON)


class Labelme(Format):
    """Polygons, rectangles, circles and masks; flags of the image are its classes. Coordinates are 0-based floats.

    Outlines that share a group and a class are one object, as labelme's own converters take them.
    The pictures are upright: labelme turns them by their EXIF tag (labelme/_label_file.py, `read_image_file`).
    """

    name = "labelme"
    title = "labelme"
    summary = "JSON file for every image"
    roles = frozenset({Role.LABEL})
    suffix = ""
    is_upright = True
    needs_size_for = ALL_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.CROWD: "There is no crowd flag.",
        Loss.HOLES: "The outlines of a group are joined: holes are filled.",
        Loss.POLYGONS: "Outlines without an area; in object detection all outlines.",
        Loss.SCORES: "Labels have no scores.",
        Loss.OBJECTS: "Objects without area or class.",
        Loss.IMAGES: "Multi-class classification needs exactly one class an image.",
        Loss.NAMES: "Backslashes in paths become slashes; halves of letters cannot be held.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        if start.head:
            return _looks_like(start.head)
        file = first_file(start.path, ".json")
        return file is not None and _looks_like(read_head(file))

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        report.task = options.task or detect_task(file for _, file in files_below(path, ".json"))
        reader = AnnotationReader(options, report)
        for number, (name, file) in enumerate(files_below(path, ".json"), start=1):
            yield reader.read(number, name, file)
        reader.finish()

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        fitted = fit_given(record, _LIMITS, options, losses)
        return None if fitted is None else _fit_path(fitted, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        names = FileNames(path, ".json")
        files: list[Path] = []
        objects = 0
        classes = () if options.task.has_objects else options.classes
        for record in records:
            file = names.open_for(record.image_url)
            folder = file.parent.relative_to(path).as_posix()
            document = render(record, image_path(record.image_url, folder), classes)
            file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
            files.append(file)
            objects += count_things(record.content)
        return Writing(tuple(files), len(files), objects)


def _fit_path(record: Record, losses: Losses) -> Record:
    if "\\" not in record.image_url:
        return record
    losses.note(Loss.NAMES, record.image_url, "backslashes become slashes")
    return replace(record, image_url=record.image_url.replace("\\", "/"))


def _looks_like(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text.startswith(b"{") and b'"shapes"' in text and (b'"imagePath"' in text or b'"shape_type"' in text)


FORMATS.register(Labelme.name, Labelme)
