"""Hugging Face pipelines: classes or boxes with scores, one list an image (formats.md 2.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
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
from formats.base.characters import NOT_IN_JSON, fit_text
from formats.base.files import parse_json, read_document
from formats.base.fitting import Loss, Losses
from formats.base.image_names import note_numbers, numbered, read_names, write_answers
from formats.base.objects import Limits, fit_content, fit_names, fit_object
from formats.hugging_face.reader import CORNERS, AnswerReader, elect_task, shown
from formats.hugging_face.shapes import list_answers

_LIMITS = Limits(NOT_IN_JSON, outlines=False)
_RANK = r'\{\s*"\d{1,9}"\s*:\s*'
_START = re.compile(
    rf"(?:\xef\xbb\xbf)?\s*(?:\[\s*(?:\[\s*\]\s*,\s*)*(?:\[\s*|{_RANK})?|{_RANK})"
    r'\{\s*"(?:label|score|box|mask)"\s*:'.encode("latin-1")
)


class HuggingFace(Format):
    """Answers in the order of the request; the names of the images lie beside the file."""

    name = "hugging-face"
    title = "Hugging Face pipeline"
    summary = "JSON, classes or boxes with scores"
    unit = "answer"
    roles = frozenset({Role.PREDICTION})
    tasks = frozenset({Task.CLASSIFICATION, Task.MULTILABEL, Task.DETECTION})
    is_upright = True  # pipelines turn a picture by its EXIF tag when they load it
    needs_size_for = frozenset({Task.DETECTION})
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.ROUNDED: "Boxes are whole pixels.",
        Loss.POLYGONS: "Objects are boxes.",
        Loss.CROWD: "Predictions have no crowd flag.",
        Loss.OBJECTS: "Objects without a score, a class or an area.",
        Loss.IMAGES: "Images without a name, and images with objects whose size is not known.",
        Loss.NAMES: "Characters that JSON cannot hold become U+FFFD.",
        Loss.FACTS: "Answers have no model, latency or time.",
    }

    def recognises(self, start: FileStart) -> bool:
        return bool(_START.match(start.head)) and b'"score"' in start.head

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        value = parse_json(read_document(path), report)
        answers = list_answers(value)
        if answers is None:
            if value is not None or not report.findings:
                message = f"The file holds {shown(value)}; expected a list of entries with label and score an image."
                report.add("EX001", message, line=1, remedy="Save the answer of the pipeline as it is.")
            return
        report.task = options.task or elect_task(answers)
        names = read_names(path, len(answers), report, broken="EX002")
        if names is None and answers:
            note_numbers(path, len(answers), report, code="EX009")
        of_file = report.take()
        reader = AnswerReader(report, options.find_image)
        for number, answer in enumerate(answers, start=1):
            yield reader.read(answer, number, names[number - 1] if names is not None else numbered(number))
        if answers and report.task is None:
            message = "No answer has an entry: whether they are classes or objects cannot be told."
            report.add("EX009", message, remedy="Name the task.")
        report.findings[:0] = of_file

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        if not record.image_url.strip():
            losses.note(Loss.IMAGES, f"record {record.line}", "nothing names the image")
            return None
        if isinstance(record.content, Instances) and record.content.items and record.size is None:
            losses.note(Loss.IMAGES, record.image_url, "the size of the image is not known")
            return None

        def fit_item(item: Instance, where: str) -> Iterator[Instance]:
            whole = fit_object(item, _LIMITS, record, losses, where, task=options.task)
            if whole is not None and record.size is not None:
                yield from _round(whole, record.size, losses, where)

        fitted = fit_content(
            record,
            options,
            losses,
            fit_item=fit_item,
            fit_labels=lambda labels: _fit_classes(labels, losses, record.image_url),
        )
        return None if fitted is None else fit_names(fitted, _LIMITS, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        def render(record: Record) -> str:
            entries = _entries(record.content, record.size) if record.content is not None else []
            return json.dumps(entries, ensure_ascii=False, allow_nan=False)

        return write_answers(path, records, render)


def _fit_classes(labels: Labels, losses: Losses, where: str) -> Labels:
    kept = {name: score for name, score in labels.scores.items() if name.strip() and 0 <= score <= 1}
    if len(kept) < len(labels.scores):
        lost = len(labels.scores) - len(kept)
        losses.note(Loss.OBJECTS, where, "classes without a name or a probability from 0 to 1", count=lost)
    return Labels({fit_text(name, NOT_IN_JSON, losses, where): score for name, score in kept.items()})


def _round(item: Instance, size: tuple[int, int], losses: Losses, where: str) -> Iterator[Instance]:
    """The object with its box on whole pixels, noted; nothing (noted) where no score or no area is left."""
    if item.score is None or not 0 <= item.score <= 1:
        losses.note(Loss.OBJECTS, where, f"its score is {item.score}, expected 0 to 1")
        return
    left, top, right, bottom = _pixels(item.box, size)
    if left >= right or top >= bottom:
        losses.note(Loss.OBJECTS, where, "its box is smaller than a pixel")
        return
    box = Box(left / size[0], top / size[1], right / size[0], bottom / size[1])
    if box != item.box:
        losses.note(Loss.ROUNDED, where, f"its box becomes {left}, {top}, {right}, {bottom}")
    yield replace(item, box=box)


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    return round(box.x_min * width), round(box.y_min * height), round(box.x_max * width), round(box.y_max * height)


def _entries(content: Content, size: tuple[int, int] | None) -> list[dict[str, Any]]:
    """Highest score first, as pipelines answer."""
    if isinstance(content, Labels):
        return [{"label": name, "score": score} for name, score in content.top(len(content.scores))]
    boxes = [dict(zip(CORNERS, _pixels(item.box, size or (1, 1)), strict=True)) for item in content.items]
    return [
        {"score": item.score, "label": item.label, "box": box} for item, box in zip(content.items, boxes, strict=True)
    ]


FORMATS.register(HuggingFace.name, HuggingFace)
