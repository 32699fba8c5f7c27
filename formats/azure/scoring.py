"""Azure AutoML for Images, online endpoints: the answers of scoring and explanation calls (formats.md 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from domain.finding import Severity
from formats.azure.catalogue import CATALOGUE
from formats.azure.fit_predictions import fit_prediction
from formats.azure.scoring_answers import render_answer
from formats.azure.scoring_reader import read_answers
from formats.azure.write import write_line
from formats.base import (
    FORMATS,
    FileReport,
    FileStart,
    Format,
    ReadOptions,
    Record,
    Role,
    Rule,
    WriteOptions,
    Writing,
)
from formats.base.fitting import Loss, Losses
from formats.base.image_names import write_answers

_ANSWERS = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*\[\s*\{\s*"(?:probs|labels|boxes|filename|visualizations|attributions)"\s*:'
)
_REQUEST = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"input_data"\s*:')


class AzureScoring(Format):
    """Answers about images in the order of the request; their names lie beside the file."""

    name = "azure-scoring"
    title = "Azure online scoring"
    summary = "JSON, answers in the order of the request"
    unit = "answer"
    roles = frozenset({Role.PREDICTION})
    losses: ClassVar[Mapping[Loss, str]] = {
        Loss.CROWD: "Predictions have no crowd flag.",
        Loss.OBJECTS: "Objects without a score, a class or an area.",
        Loss.POLYGONS: "Outlines of fewer than 3 points.",
        Loss.IMAGES: "Images without a name, or whose content is not for the task.",
        Loss.NAMES: "Characters that JSON cannot hold become U+FFFD.",
        Loss.FACTS: "Answers have no model, latency or time.",
    }
    rules = (
        *CATALOGUE.values(),
        Rule("SC001", Severity.INFO, "Answers hold explanations beside the prediction"),
        Rule("SC002", Severity.WARNING, "An explanation cannot be used"),
    )

    def recognises(self, start: FileStart) -> bool:
        head = start.head
        if _REQUEST.match(head):
            return True
        return bool(_ANSWERS.match(head)) and (b'"boxes"' in head or b'"probs"' in head or b'"labels"' in head)

    def read(self, path: Path, options: ReadOptions, report: FileReport) -> Iterator[Record]:
        for answer in read_answers(path, options, report):
            yield answer.record

    def fit(self, record: Record, options: WriteOptions, losses: Losses) -> Record | None:
        if not record.image_url.strip():
            losses.note(Loss.IMAGES, f"record {record.line}", "nothing names the image")
            return None
        return fit_prediction(record, options.task, losses)

    def write(self, path: Path, records: Iterable[Record], options: WriteOptions) -> Writing:
        def render(record: Record) -> str:
            answer = render_answer(record.content, where=record.image_url) if record.content is not None else {}
            return write_line(answer, where=record.image_url)

        return write_answers(path, records, render)


FORMATS.register(AzureScoring.name, AzureScoring)
