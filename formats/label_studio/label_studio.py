"""Label Studio JSON: a list of tasks with annotations and predictions (formats.md 8.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import ClassVar

import orjson

from domain.prediction import Instance, Labels, Task, count_things
from formats.base import (
    FORMATS,
    Facts,
    FileReport,
    FileStart,
    Format,
    ReadOptions,
    Record,
    Role,
    WriteOptions,
    Writing,
)
from formats.base.characters import NOT_IN_XML, fit_text
from formats.base.fitting import Loss, Losses
from formats.base.objects import Limits, fit_content, fit_given_classes, fit_object
from formats.label_studio.addresses import address_of, image_of
from formats.label_studio.config import render_config
from formats.label_studio.reading import TaskReader
from formats.label_studio.tasks import detect_task
from formats.label_studio.writing import render_task

_LIMITS = Limits(NOT_IN_XML, clips=True, crowds=True)
_START = re.compile(rb"\s*(\[\s*)?\{")
_ENTRIES = ("annotations", "predictions", "completions")
_MINIMAL = ("annotation_id", "annotator", "lead_time")


class LabelStudio(Format):
    """Annotations are labels (the last of a task that was not cancelled), predictions are predictions.

    Beside NAME.json goes NAME.label-config.xml with the labelling interface for the project. Outlines of one object
    share `meta.instance`; crowd flags and the probabilities of all classes stand in `meta`, which Label Studio keeps.
    The pictures are upright: Label Studio shows them in the browser, which turns them by their EXIF tag, and writes
    the size the browser tells (HumanSignal/label-studio issue 6608). `image_rotation` turns the view only.
    """

    name = "label-studio"
    title = "Label Studio"
    summary = "JSON tasks, labels and predictions"
    unit = "task"
    roles = frozenset({Role.LABEL, Role.PREDICTION})
    pairs = True
    is_upright = True
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.HOLES: "Outlines of one object are joined: holes are filled.",
        Loss.CLIPPED: "Percentages go from 0 to 100: what lies outside is moved to the edge.",
        Loss.POLYGONS: "Outlines without an area; in object detection all outlines.",
        Loss.SCORES: "Labels have no scores.",
        Loss.OBJECTS: "Objects without area or class, and predicted ones without score.",
        Loss.IMAGES: "Multi-class classification needs exactly one class an image.",
        Loss.NAMES: "The labelling interface is XML, which cannot hold control characters.",
        Loss.FACTS: "There is no latency, time or source; predictions keep the name of the model.",
    }

    def recognises(self, start: FileStart) -> bool:
        head = start.head.removeprefix(b"\xef\xbb\xbf")
        found = _START.match(head)
        if found is None:
            return False
        if found[1] is None:
            return _has(head, _ENTRIES) and _has(head, ("data",)) and _has(head, ("result",))
        if _has(head, _ENTRIES):
            return _has(head, ("data", "result"))
        return _has(head, ("id",)) and _has(head, _MINIMAL)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        report.task = options.task or detect_task(path)
        yield from TaskReader(options, report).read(path)

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        def fit_item(item: Instance, where: str) -> Iterator[Instance]:
            whole = fit_object(item, _LIMITS, record, losses, where, task=options.task)
            if whole is not None:
                yield whole

        def fit_labels(labels: Labels) -> Labels | None:
            if record.role is Role.LABEL:
                return fit_given_classes(labels, _LIMITS, record, losses, task=options.task)
            return _fit_scores(labels, record, options, losses)

        named = _fit_facts(_fit_image(record, losses), options, losses)
        return fit_content(named, options, losses, fit_item=fit_item, fit_labels=fit_labels)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        written = objects = 0
        with path.open("wb") as stream:
            stream.write(b"[")
            for number, (_, group) in enumerate(groupby(records, key=lambda record: record.image_url), start=1):
                parts = list(group)
                stream.write(b",\n" if number > 1 else b"\n")
                stream.write(orjson.dumps(render_task(number, parts, options.task)))
                written += len(parts)
                objects += sum(count_things(record.content) for record in parts)
            stream.write(b"\n]\n")
        config = path.with_suffix(".label-config.xml")
        config.write_text(render_config(options.task, options.classes), encoding="utf-8", newline="")
        return Writing((path, config), written, objects)


def _has(head: bytes, keys: tuple[str, ...]) -> bool:
    return any(re.search(rb'"%s"\s*:' % key.encode(), head) for key in keys)


def _fit_image(record: Record, losses: Losses) -> Record:
    url = fit_text(record.image_url, NOT_IN_XML, losses, record.image_url)
    image = image_of(address_of(url))
    if image != url:
        losses.note(Loss.NAMES, url, f"the image is called {image}")
    return replace(record, image_url=image)


def _fit_facts(record: Record, options: WriteOptions, losses: Losses) -> Record:
    """Predictions keep the model; everything else is noted."""
    is_prediction = record.role is Role.PREDICTION
    model = (record.facts.model or options.model) if is_prediction else ""
    kept = Facts(model=fit_text(model, NOT_IN_XML, losses, record.image_url))
    if record.facts != Facts(model=record.facts.model if is_prediction else ""):
        losses.note(Loss.FACTS, record.image_url, record.facts.in_words)
    return replace(record, facts=kept)


def _fit_scores(labels: Labels, record: Record, options: WriteOptions, losses: Losses) -> Labels | None:
    where = record.image_url
    named = ((name, score) for name, score in labels.scores.items() if name.strip())
    scores = {fit_text(name, NOT_IN_XML, losses, where): score for name, score in named}
    if not scores and options.task is Task.CLASSIFICATION:
        losses.note(Loss.IMAGES, where, "it has no classes, expected one")
        return None
    return Labels(scores)


FORMATS.register(LabelStudio.name, LabelStudio)
