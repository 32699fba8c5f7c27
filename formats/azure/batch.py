"""Azure AutoML for Images, batch predictions: one image a line (formats.md section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from domain.prediction import count_things
from formats.azure.catalogue import CATALOGUE
from formats.azure.fit_predictions import fit_prediction
from formats.azure.prediction_shapes import detect_prediction_task
from formats.azure.predictions import PredictionReader, render_prediction
from formats.azure.sniff import sniff
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
from formats.base.files import lines_of, opened
from formats.base.fitting import Loss, Losses


class AzureBatch(Format):
    """Predictions of all four tasks, in every shape Azure's batch jobs write; written as JSON Lines."""

    name = "azure-batch"
    title = "Azure batch predictions"
    summary = "JSON Lines, an image a line with scores"
    roles = frozenset({Role.PREDICTION})
    suffix = ".jsonl"
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.CROWD: "Predictions have no crowd flag.",
        Loss.OBJECTS: "Objects without a score, a class or an area; those without a score are labels.",
        Loss.POLYGONS: "Outlines of fewer than 3 points.",
        Loss.IMAGES: "Images whose content is not for the task.",
        Loss.NAMES: "Characters that JSON cannot hold become U+FFFD.",
        Loss.FACTS: "Batch lines have no model, latency or time.",
    }
    rules = tuple(CATALOGUE.values())

    def recognises(self, start: FileStart) -> bool:
        return sniff(start.head.splitlines()) == "predictions"

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        report.task = options.task
        if report.task is None:
            with opened(path) as stream:
                report.task = detect_prediction_task(lines_of(stream))
        reader = PredictionReader(report.file, report.task)
        with opened(path) as stream:
            for record in reader.read(lines_of(stream)):
                yield replace(record, role=Role.PREDICTION)
        report.findings += reader.file_findings()

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        return fit_prediction(record, options.task, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        written = objects = 0
        with path.open("wb") as stream:
            for record in records:
                if record.content is not None:
                    stream.write(render_prediction(record.image_url, record.content).encode() + b"\n")
                    written += 1
                    objects += count_things(record.content)
        return Writing((path,), written, objects)


FORMATS.register(AzureBatch.name, AzureBatch)
