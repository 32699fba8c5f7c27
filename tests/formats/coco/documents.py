"""COCO documents to read, and how tests read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain.prediction import Instance, Instances, Task
from formats import FORMATS
from formats.base import FileReport, ImageFacts, ReadOptions, Record

SQUARE = [10, 10, 40, 10, 40, 40, 10, 40]


def document(**changes: Any) -> dict[str, Any]:
    """Labels of one image with one box; `changes` replace whole parts."""
    parts = {
        "images": [{"id": 1, "width": 100, "height": 50, "file_name": "a.jpg"}],
        "annotations": [annotation()],
        "categories": [{"id": 1, "name": "can"}, {"id": 2, "name": "carton"}],
    }
    return {**parts, **changes}


def annotation(**changes: Any) -> dict[str, Any]:
    """A box; a change to None removes the key."""
    parts = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0, **changes}
    return {key: value for key, value in parts.items() if value is not None}


def result(**changes: Any) -> dict[str, Any]:
    """A scored box; a change to None removes the key."""
    parts = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "score": 0.5, **changes}
    return {key: value for key, value in parts.items() if value is not None}


class Reading:
    """What reading a document gave.

    Attributes:
        records: One an image.
        report: Findings about the file, task, classes.
    """

    def __init__(self, records: list[Record], report: FileReport) -> None:
        self.records = records
        self.report = report

    @property
    def items(self) -> tuple[Instance, ...]:
        """Objects of the first image."""
        content = self.records[0].content
        assert isinstance(content, Instances)
        return content.items

    @property
    def codes(self) -> list[str]:
        """Codes of all findings, those of the file last."""
        return [finding.code for finding in self.findings]

    @property
    def findings(self) -> list[Any]:
        return [*(finding for record in self.records for finding in record.findings), *self.report.findings]

    def message(self, code: str) -> str:
        """Messages of one code."""
        return "\n".join(finding.message for finding in self.findings if finding.code == code)


def read(
    tmp_path: Path,
    content: Any,
    *,
    name: str = "coco",
    task: Task | None = None,
    classes: dict[int, str] | None = None,
    find_image: Callable[[str], ImageFacts | None] = lambda _address: None,
) -> Reading:
    """Write `content` (bytes, or what JSON can hold) to a file and read it."""
    file = tmp_path / "labels.coco"
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_file(file, name=name, task=task, classes=classes, find_image=find_image)


def read_file(
    file: Path,
    *,
    name: str = "coco",
    task: Task | None = None,
    classes: dict[int, str] | None = None,
    find_image: Callable[[str], ImageFacts | None] = lambda _address: None,
) -> Reading:
    """Read a file in one of the two formats."""
    found = FORMATS[name]()
    report = FileReport(file.name, found.rules, task=task)
    return Reading(list(found.read(file, ReadOptions(task, classes or {}, find_image), report)), report)
