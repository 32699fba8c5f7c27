"""EazyML: the `inputs,labels` table it is trained with (formats.md section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from domain.prediction import Task
from formats.base import (
    FORMATS,
    OBJECT_TASKS,
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
from formats.eazyml.fit import fit_record
from formats.eazyml.tables import INPUTS, LABELS, TABLE, read_labels
from formats.eazyml.writing import write_folder

_HEAD_BYTES = 4096


class EazyML(Format):
    """A table of images with their class or the mask of their objects; masks may have holes."""

    name = "eazyml"
    title = "EazyML"
    summary = "CSV of inputs and labels, masks as PNG"
    roles = frozenset({Role.LABEL})
    tasks = frozenset({Task.CLASSIFICATION, Task.SEGMENTATION})
    suffix = ""
    needs_size_for = OBJECT_TASKS
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.OBJECTS: "A mask cannot tell objects of one class apart: they become one. At most 255 classes.",
        Loss.POLYGONS: "Where objects of two classes overlap, the later one is seen.",
        Loss.ROUNDED: "Outlines become those of whole pixels.",
        Loss.CLIPPED: "What lies outside the image is cut off.",
        Loss.CROWD: "There is no crowd flag.",
        Loss.SCORES: "Labels have no scores.",
        Loss.NAMES: "Letters that are no Unicode text become U+FFFD.",
        Loss.IMAGES: "Images without exactly one class; masks of images whose size is not known.",
        Loss.FACTS: "The table has no place for facts about a prediction.",
        Loss.PREDICTIONS: "The table is for training: it holds labels only.",
    }

    def recognises(self, start: FileStart) -> bool:
        head = start.head
        if TABLE in start.names:
            try:
                with (start.path / TABLE).open("rb") as stream:
                    head = stream.read(_HEAD_BYTES)
            except OSError:
                return False
        first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].strip()
        names = {name.strip().strip(b'"') for name in first.split(b",")}
        return {INPUTS.encode(), LABELS.encode()} <= names

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        yield from read_labels(path, options, report)

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_record(record, options, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        return write_folder(path, records, options)


FORMATS.register(EazyML.name, EazyML)
