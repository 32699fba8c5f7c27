"""Pascal VOC: a folder of XML files, one an image, with boxes in whole pixels (formats.md 1.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import ClassVar

from domain.geometry import Box
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
from formats.base.annotation_files import FileNames, files_below, first_file, read_head
from formats.base.characters import NOT_IN_XML
from formats.base.fitting import Loss, Losses
from formats.base.objects import Limits, fit_content, fit_names, fit_object
from formats.base.xml_document import escape, root_of
from formats.voc.reading import SIDES, AnnotationReader, last_part, unpadded
from formats.voc.splits import splits_of_sets

_LIMITS = Limits(NOT_IN_XML, clips=True, crowds=True, outlines=False)


class Voc(Format):
    """Boxes with class and "difficult" flag. Coordinates are taken as 0-based edges, without the shift by one pixel.

    The pictures are upright: labelImg reads them with QImageReader and its auto-transform (labelImg pull request 650).
    """

    name = "voc"
    title = "Pascal VOC"
    summary = "XML file for every image, whole pixels"
    roles = frozenset({Role.LABEL})
    tasks = frozenset({Task.DETECTION, Task.SEGMENTATION})
    suffix = ""
    is_upright = True
    needs_size_for = ALL_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.ROUNDED: "Boxes are whole pixels: edges are rounded.",
        Loss.CLIPPED: "Boxes lie inside the image: they are moved to its edge.",
        Loss.POLYGONS: "There are boxes only.",
        Loss.SCORES: "Labels have no scores.",
        Loss.OBJECTS: "Objects without area or class.",
        Loss.NAMES: "XML cannot hold control characters, and spaces around a class name are not kept.",
        Loss.FACTS: "There is no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        if start.head:
            return root_of(start.head) == "annotation"
        file = first_file(start.path, ".xml")
        return file is not None and root_of(read_head(file)) == "annotation"

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        report.task = options.task if options.task in self.tasks else Task.DETECTION
        reader = AnnotationReader(options, report)
        for number, (name, file) in enumerate(files_below(path, ".xml"), start=1):
            yield reader.read(number, name, file)
        reader.finish()

    def read_splits(self, path: Path) -> Callable[[str], str]:
        return splits_of_sets(path)

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        if record.size is None:
            losses.note(Loss.IMAGES, record.image_url, "its size is not known")
            return None
        size = record.size
        named = _fit_image(fit_names(record, _LIMITS, losses), losses)

        def fit_item(item: Instance, where: str) -> Iterator[Instance]:
            whole = fit_object(item, _LIMITS, record, losses, where, task=options.task)
            if whole is not None:
                yield _round(_fit_class(whole, losses, where), size, losses, where)

        return fit_content(named, options, losses, fit_item=fit_item)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        names = FileNames(path / "Annotations", ".xml")
        files: list[Path] = []
        objects = 0
        for record in records:
            if isinstance(record.content, Instances) and record.size is not None:
                file = names.open_for(record.image_url)
                file.write_text(_render(record.image_url, record.size, record.content), encoding="utf-8", newline="")
                files.append(file)
                objects += len(record.content.items)
        return Writing(tuple(files), len(files), objects)


def _fit_image(record: Record, losses: Losses) -> Record:
    image = unpadded(record.image_url)
    if image != record.image_url:
        losses.note(Loss.NAMES, record.image_url, "spaces around the name of the image")
    return replace(record, image_url=image)


def _fit_class(item: Instance, losses: Losses, where: str) -> Instance:
    label = item.label.strip()
    if label != item.label:
        losses.note(Loss.NAMES, where, "spaces around the class name")
    return replace(item, label=label, is_crowd=bool(item.is_crowd))


def _round(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Instance:
    width, height = size
    box = item.box
    left, right = _round_span(box.x_min * width, box.x_max * width, width)
    top, bottom = _round_span(box.y_min * height, box.y_max * height, height)
    rounded = Box(left / width, top / height, right / width, bottom / height)
    moved = max(abs(a - b) for a, b in zip(rounded.as_tuple(), box.as_tuple(), strict=True))
    if moved > Voc.precision:
        losses.note(Loss.ROUNDED, where, "its edges are rounded to whole pixels")
    return replace(item, box=rounded)


def _round_span(low: float, high: float, side: int) -> tuple[int, int]:
    """Whole pixels inside 0 to `side`, at least one apart."""
    first = min(max(round(low), 0), side - 1)
    return first, min(max(round(high), first + 1), side)


def _render(image: str, size: tuple[int, int], content: Instances) -> str:
    width, height = size
    lines = [
        "<annotation>",
        f"\t<folder>{escape(PurePosixPath(image).parent.name)}</folder>",
        f"\t<filename>{escape(last_part(image))}</filename>",
        f"\t<path>{escape(image)}</path>",
        f"\t<size><width>{width}</width><height>{height}</height><depth>3</depth></size>",
        "\t<segmented>0</segmented>",
    ]
    for item in content.items:
        lines += _render_object(item, width, height)
    return "\n".join([*lines, "</annotation>", ""])


def _render_object(item: Instance, width: int, height: int) -> list[str]:
    pixels = (item.box.x_min * width, item.box.y_min * height, item.box.x_max * width, item.box.y_max * height)
    sides = "".join(f"<{side}>{round(value)}</{side}>" for side, value in zip(SIDES, pixels, strict=True))
    return [
        "\t<object>",
        f"\t\t<name>{escape(item.label)}</name>",
        "\t\t<pose>Unspecified</pose>",
        "\t\t<truncated>0</truncated>",
        f"\t\t<difficult>{int(bool(item.is_crowd))}</difficult>",
        f"\t\t<bndbox>{sides}</bndbox>",
        "\t</object>",
    ]


FORMATS.register(Voc.name, Voc)
