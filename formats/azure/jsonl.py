"""Azure AutoML for Images, training and validation labels: one JSON object a line (formats.md section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import ClassVar

from domain.errors import FormatError
from domain.geometry import bounding_box
from domain.prediction import Content, Instance, Instances, Labels, Task, count_things
from formats.azure.catalogue import CATALOGUE
from formats.azure.image_fields import declared_size
from formats.azure.labels import LabelReader
from formats.azure.mending import LabelLines
from formats.azure.render import render_label
from formats.azure.sniff import sniff
from formats.azure.tasks import detect_task
from formats.base import (
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
from formats.base.fitting import Loss, Losses, clip_instance, drop_polygons, drop_score, place

_SMALLEST_RING = 6


class AzureJsonl(Format):
    """Labels of all four tasks."""

    name = "azure-jsonl"
    title = "Azure AutoML JSONL"
    summary = "JSON Lines for training and validation"
    roles = frozenset({Role.LABEL})
    suffix = ".jsonl"
    wants_addresses = True
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.CLIPPED: "Azure drops what lies outside the image: it is moved to the edge.",
        Loss.SCORES: "Labels have no scores.",
        Loss.POLYGONS: "Object detection holds boxes only.",
        Loss.OBJECTS: "Objects without area, and in instance segmentation those without an outline.",
        Loss.IMAGES: "Multi-class classification needs exactly one class an image.",
        Loss.FACTS: "Labels have no model, latency or time.",
    }
    rules = tuple(CATALOGUE.values())

    def recognises(self, start: FileStart) -> bool:
        return sniff(start.head.splitlines()) == "labels"

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        lines = LabelLines(path, options, report.file)
        report.task = options.task or detect_task(lines)
        reader = LabelReader(report.file, report.task)
        for record in reader.read(lines):
            yield replace(lines.tell(record), size=declared_size(record.fields))
        report.findings += reader.file_findings()

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        content = _fit_content(record, options.task, losses)
        if content is None:
            return None
        try:
            text = _write_line(record, content, options.task)
        except FormatError as error:
            losses.note(Loss.IMAGES, record.image_url, error.message)
            return None
        return replace(record, content=content, text=text, fields={}, findings=(), instance_ids=())

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        written = objects = 0
        with path.open("wb") as stream:
            for record in records:
                stream.write(record.text.encode() + b"\n")
                written += 1
                objects += count_things(record.content)
        return Writing((path,), written, objects)


def _write_line(record: Record, content: Content, task: Task) -> str:
    """The line as it stands where nothing is wrong with it, else one that differs only in what had to be mended.

    Raises:
        FormatError: The content cannot be written.
    """
    is_good = not record.is_refused and not record.unreadable_objects
    before = (record if is_good else replace(record, text="")) if record.fields else None
    if before is None and record.text:
        return record.text
    return render_label(before, content, task=task, image_url=record.image_url, image_details=_details(record))


def _fit_content(record: Record, task: Task, losses: Losses) -> Content | None:
    content = record.content
    if isinstance(content, Instances) and task.has_objects:
        keeps_outlines = task is Task.SEGMENTATION or bool(record.fields)  # Azure's lines may have both
        items = [
            _fit_object(item, losses, place(record.image_url, index), is_detection=task is Task.DETECTION)
            for index, item in enumerate(content.items)
        ]
        kept = [item for item in items if item is not None]
        if keeps_outlines:
            return Instances(tuple(kept))
        return Instances(tuple(drop_polygons(item, losses, record.image_url) for item in kept))
    if isinstance(content, Labels) and not task.has_objects:
        return _fit_labels(record, content, task, losses)
    losses.note(Loss.IMAGES, record.image_url, f"its content is not for {task.in_words}")
    return None


def _fit_object(item: Instance, losses: Losses, where: str, *, is_detection: bool) -> Instance | None:
    whole = clip_instance(drop_score(item, losses, where), losses, where)
    if whole is None or not whole.label.strip():
        if whole is not None:
            losses.note(Loss.OBJECTS, where, "it has no class")
        return None
    return whole if is_detection else _fit_polygon(whole, losses, where)


def _fit_polygon(item: Instance, losses: Losses, where: str) -> Instance | None:
    """Keep the rings Azure keeps; an object without any is left out."""
    rings = tuple(ring for ring in item.polygons if len(ring) >= _SMALLEST_RING and len(ring) % 2 == 0)
    box = bounding_box(rings)
    if box is None or box.width <= 0 or box.height <= 0:
        found = "its outline has no area" if item.polygons else "it has no outline"
        losses.note(Loss.OBJECTS, where, found)
        return None
    if len(rings) < len(item.polygons):
        losses.note(Loss.POLYGONS, where, "outlines of fewer than 3 points")
    return replace(item, polygons=rings, box=box)


def _fit_labels(record: Record, content: Labels, task: Task, losses: Losses) -> Labels | None:
    names = [name for name in content.scores if name.strip()]
    if task is Task.CLASSIFICATION and len(names) != 1:
        losses.note(Loss.IMAGES, record.image_url, f"it has {len(names)} classes, expected one")
        return None
    return Labels(dict.fromkeys(names, 1.0))


def _details(record: Record) -> dict[str, object] | None:
    if record.size is None:
        return None
    kind = PurePosixPath(record.image_url).suffix.lower().lstrip(".")
    return {**({"format": kind} if kind else {}), "width": record.size[0], "height": record.size[1]}


FORMATS.register(AzureJsonl.name, AzureJsonl)
