"""Telling what a folder of documents is for by the shapes and flags in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from domain.errors import FormatError, LimitError
from domain.prediction import Task
from formats.base.files import parse_json, read_document
from formats.base.rules import FileReport

LARGEST_FILE = 256 * 1024**2
OUTLINES = {"polygon", "circle", "mask", "oriented_rectangle"}


def detect_task(files: Iterable[Path]) -> Task | None:
    """Outlines make it segmentation, else rectangles detection, else flags classification; None for nothing.

    Stops at the first outline. What is wrong with a file is told by who reads it afterwards.
    """
    found: Task | None = None
    for file in files:
        document = _parse(file)
        kinds = {kind_of(shape) for shape in list_in(document, "shapes")}
        if not OUTLINES.isdisjoint(kinds):
            return Task.SEGMENTATION
        if "rectangle" in kinds:
            found = Task.DETECTION
        elif found is not Task.DETECTION:
            count = len(raised_flags(document))
            if count > 1:
                found = Task.MULTILABEL
            elif count and found is None:
                found = Task.CLASSIFICATION
    return found


def kind_of(shape: Any) -> str:
    """The shape_type of a shape; files of labelme 2 have polygons only and do not say so."""
    kind = shape.get("shape_type", "polygon") if isinstance(shape, dict) else None
    return kind if isinstance(kind, str) else ""


def raised_flags(document: Any) -> list[str]:
    """Names of the flags of an image that are true."""
    flags = document.get("flags") if isinstance(document, dict) else None
    return [name for name, value in flags.items() if value is True] if isinstance(flags, dict) else []


def list_in(document: Any, key: str) -> list[Any]:
    """The list under a key; empty when there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def _parse(file: Path) -> Any:
    try:
        return parse_json(read_document(file, limit=LARGEST_FILE), FileReport(""))
    except (FormatError, LimitError):
        return None
