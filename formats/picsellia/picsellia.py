"""Picsellia: payloads of its monitoring service, one a line or as a JSON list (formats.md section 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from formats.base import (
    ALL_TASKS,
    FORMATS,
    FileReport,
    FileStart,
    Format,
    Loss,
    Losses,
    ReadOptions,
    Record,
    Role,
    WriteOptions,
    Writing,
)
from formats.picsellia.fit import fit_record
from formats.picsellia.reading import read_payloads
from formats.picsellia.rules import PICSELLIA_RULES
from formats.picsellia.writing import write_payloads

_LISTS = b'"detection_classes"'
_OTHERS = (b'"raw_predictions"', b'"filename"', b'"content_type"')


class Picsellia(Format):
    """Predictions of all four tasks with latency, source, tags and time; champion and shadow beside each other."""

    name = "picsellia"
    title = "Picsellia"
    summary = "JSON Lines of monitoring payloads"
    roles = frozenset({Role.PREDICTION})
    suffix = ".jsonl"
    needs_size_for = ALL_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.ROUNDED: "Boxes and outlines are whole pixels.",
        Loss.CLIPPED: "What lies outside the image is moved to its edge.",
        Loss.HOLES: "An outline has no holes: they are filled.",
        Loss.SEGMENTS: "An object has one outline: others become objects of their own.",
        Loss.POLYGONS: "Object detection holds boxes only.",
        Loss.CROWD: "There is no crowd flag.",
        Loss.OTHER_CLASSES: "A prediction of one class keeps the likeliest only.",
        Loss.NAMES: "Letters that are no Unicode text become U+FFFD.",
        Loss.OBJECTS: "Predictions without a score, and outlines without an area on whole pixels, are left out.",
        Loss.IMAGES: "Images that are neither PNG nor JPEG, or whose size is not known.",
        Loss.FACTS: "Names of models, ids and embeddings; pictures where no image folder is given.",
        Loss.LABELS: "The monitoring service takes predictions only.",
    }
    rules = PICSELLIA_RULES

    def recognises(self, start: FileStart) -> bool:
        head = start.head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if head[:1] not in (b"{", b"["):
            return False
        return _LISTS in head or all(key in head for key in _OTHERS)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        yield from read_payloads(path, options, report)

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_record(record, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        return write_payloads(path, records, options)


FORMATS.register(Picsellia.name, Picsellia)
