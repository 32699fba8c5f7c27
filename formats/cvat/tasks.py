"""Telling what a document is for by the shapes in it."""

from __future__ import annotations

from typing import BinaryIO

from domain.prediction import Task
from formats.base.rules import FileReport
from formats.base.xml_document import read_elements

_OUTLINES = {"polygon", "mask"}


def detect_task(stream: BinaryIO) -> Task | None:
    """Outlines make it segmentation, else boxes detection, else tags classification; None when there is nothing.

    Stops at the first outline. What is wrong with the document is told by who reads it afterwards.
    """
    found: Task | None = None
    for image in read_elements(stream, frozenset({"image"}), FileReport(""), root="annotations"):
        tags = [child.tag for child in image.children]
        if not _OUTLINES.isdisjoint(tags):
            return Task.SEGMENTATION
        if "box" in tags:
            found = Task.DETECTION
        elif found is not Task.DETECTION and "tag" in tags:
            is_many = found is Task.MULTILABEL or tags.count("tag") > 1
            found = Task.MULTILABEL if is_many else Task.CLASSIFICATION
    return found
