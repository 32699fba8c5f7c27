"""Taking tasks from a file, and telling what they are for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.prediction import Task
from formats.base.files import opened, parse_json
from formats.base.json_list import iterate_members
from formats.base.rules import FileReport
from formats.label_studio.choices import names_chosen
from formats.label_studio.regions import kind_of

_OUTLINES = {"polygonlabels", "brushlabels"}
_MINIMAL = {"annotation_id", "annotator", "lead_time", "created_at", "updated_at", "annotations_id"}


def iterate_tasks(path: Path, report: FileReport) -> Iterator[tuple[int, Any]]:
    """Yield (1-based number, task) of a file; None for one that cannot be parsed (noted with line and column).

    Raises:
        FormatError: The file cannot be opened.
    """
    with opened(path) as stream:
        for number, (line, text) in enumerate(iterate_members(stream, report), start=1):
            yield number, parse_json(text, report, line=line)


def entries(task: Any, key: str) -> list[dict[str, Any]]:
    """The annotations or predictions of a task; old exports call annotations completions."""
    value = task.get(key) if isinstance(task, dict) else None
    if value is None and key == "annotations" and isinstance(task, dict):
        value = task.get("completions")
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def results_of(entry: dict[str, Any]) -> list[Any]:
    """What an annotation or prediction says."""
    results = entry.get("result")
    return results if isinstance(results, list) else []


def is_minimal(task: Any) -> bool:
    """Whether this is a task of Label Studio's JSON-MIN export."""
    return isinstance(task, dict) and "data" not in task and bool(_MINIMAL & task.keys())


def detect_task(path: Path) -> Task | None:
    """Outlines make it segmentation, else boxes detection, else choices classification; None for nothing.

    Stops at the first outline. What is wrong with the file is told by who reads it afterwards.

    Raises:
        FormatError: The file cannot be opened.
    """
    found: Task | None = None
    for _, task in iterate_tasks(path, FileReport("")):
        for entry in (*entries(task, "annotations"), *entries(task, "predictions")):
            kinds = {kind_of(item) for item in results_of(entry)}
            if not _OUTLINES.isdisjoint(kinds):
                return Task.SEGMENTATION
            if "rectanglelabels" in kinds:
                found = Task.DETECTION
            elif found is not Task.DETECTION and "choices" in kinds:
                is_many = found is Task.MULTILABEL or len(set(names_chosen(results_of(entry)))) > 1
                found = Task.MULTILABEL if is_many else Task.CLASSIFICATION
    return found
