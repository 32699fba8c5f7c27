"""Reading and writing predictions, one image a line, as Azure's batch jobs write them (formats.md section 4)."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from domain.finding import Finding, Severity
from domain.plain_content import Plain, to_plain
from domain.prediction import Content, Labels, Task
from formats.azure.file_start import examine_start
from formats.azure.json_line import is_too_long, iterate_lines, parse_line
from formats.azure.literals import parse_literal
from formats.azure.objects import read_class_name
from formats.azure.plain_predictions import PlainPredictions
from formats.azure.prediction_shapes import (
    Classes,
    Objects,
    as_fields,
    detect_prediction_task,
    image_name,
    shape_of_prediction,
)
from formats.azure.report import LineReport, Remarks, shown
from formats.azure.scored_objects import read_score, read_scored_objects
from formats.azure.scoring_answers import render_answer
from formats.azure.write import write_line
from formats.base import ParsedFile, Record


def parse_predictions(lines: Iterable[bytes], *, file: str, task: Task | None = None) -> ParsedFile:
    """Read a whole prediction file.

    Args:
        lines: The file's lines as bytes.
        file: Its name, for the findings.
        task: What the predictions are for; None to tell it from the lines.

    Returns:
        A record per line that is not blank; its `image_url` is the `filename`. Faulty objects are left out of its
        `content` and told in its findings. Never raises for bad content.
    """
    kept = list(lines)
    reader = PredictionReader(file, task or detect_prediction_task(kept))
    records = tuple(reader.read(kept))
    return ParsedFile(reader.task, records, tuple(reader.file_findings()))


class PredictedLine(NamedTuple):
    """What one line of a prediction file says.

    Attributes:
        line: 1-based.
        image_url: What names the image; empty when nothing does.
        text: As it stands.
        plain: The prediction in the form of `domain.plain_content`; None when it cannot be understood.
        findings: What is wrong with it.
    """

    line: int
    image_url: str
    text: str
    plain: Plain | None
    findings: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """As for a `Record`."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


def _id_prefix(name: str) -> str:
    """Start of the ids of the objects on an image."""
    return f"P{blake2b(name.encode(errors='replace'), digest_size=6).hexdigest()}"


class PredictionReader:
    """Reads a prediction file line by line without holding it; `file_findings` is complete after the last line.

    Attributes:
        task: What the predictions are for; None takes every shape.
    """

    def __init__(self, file: str, task: Task | None) -> None:
        self.task = task
        self._file = file
        self._remarks = Remarks()
        self._start: list[Finding] = []
        self._first_lines: dict[str, int] = {}

    def read(self, lines: Iterable[bytes]) -> Generator[Record, None, None]:
        """Yield the record of every line that is not blank."""
        for number, raw in self._iterate(lines):
            yield self._read_line(raw, number)

    def read_plain(self, lines: Iterable[bytes]) -> Generator[PredictedLine, None, None]:
        """The same as `read`, several times as fast where nothing is wrong."""
        plain = None if self.task is None else PlainPredictions(has_objects=self.task.has_objects)
        for number, raw in self._iterate(lines):
            line = None if plain is None else plain.decode(raw)
            if plain is None or line is None or self._first_lines.setdefault(line.filename, number) != number:
                record = self._read_line(raw, number)
                content = None if record.content is None else to_plain(record.content)
                yield PredictedLine(number, record.image_url, record.text, content, record.findings)
            else:
                content = plain.plain(line, _id_prefix(line.filename))
                yield PredictedLine(number, line.filename, raw.decode(), content)

    def _iterate(self, lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        for number, raw in iterate_lines(lines):
            content = raw
            if number == 1:
                content, self._start = examine_start(raw, self._file, family="PR")
                if content is None:
                    return
                if not content.strip():
                    continue
            yield number, content

    def file_findings(self) -> list[Finding]:
        """What was found about the file as a whole."""
        return [*self._start, *self._remarks.findings(self._file)]

    def _read_line(self, raw: bytes, number: int) -> Record:
        report = LineReport(self._file, number, "PR", self._remarks)
        fields = self._parse(raw, report)
        if fields is None:
            return Record(number, report.text, "", None, {}, tuple(report.findings))
        name = self._read_name(fields, report)
        content, ids = read_prediction(fields, report, task=self.task, prefix=_id_prefix(name))
        return Record(number, report.text, name, content, fields, tuple(report.findings), ids)

    def _parse(self, raw: bytes, report: LineReport) -> dict[str, Any] | None:
        value = parse_line(raw, report)
        if value is None and report.refused_objects() and not is_too_long(raw):
            value = self._parse_literal(report)
        fields = as_fields(value)
        if fields is None and not report.refused_objects():
            message = f"The line is {shown(value)}; expected an object with filename and a prediction."
            report.add("PR001", message, column=1, remedy="Write one object in curly brackets per line.")
        return fields

    def _parse_literal(self, report: LineReport) -> Any:
        """A line that is not JSON may be a Python literal; then what was said about JSON is taken back."""
        try:
            value = parse_literal(report.text)
        except ValueError:
            return None
        if as_fields(value) is not None:
            report.findings.clear()
            report.remark("python literal")
        return value

    def _read_name(self, fields: Mapping[str, Any], report: LineReport) -> str:
        name = image_name(fields)
        if not isinstance(name, str) or not name.strip():
            found = "missing" if name is None else shown(name)
            message = f"filename is {found}; expected the path of the image."
            report.add("PR002", message, path=["filename"], remedy="Add filename with the path of the image.")
            return ""
        first = self._first_lines.setdefault(name, report.line)
        if first != report.line:
            message = f"The image already stands on line {first}; the last line holds."
            report.add("PR003", message, path=["filename"], remedy="Keep one line per image.")
        return name


def read_prediction(
    fields: Mapping[str, Any], report: LineReport, *, task: Task | None, prefix: str
) -> tuple[Content | None, tuple[str, ...]]:
    """Read what a prediction says; what is faulty is noted and left out.

    Args:
        fields: The parsed prediction, in any shape Azure gives it.
        report: Where findings go.
        task: What it should be for; None takes every shape.
        prefix: Start of the instance ids.

    Returns:
        The content, None when it cannot be understood; and the ids of its objects in source order ("" for one left
        out).
    """
    shape = shape_of_prediction(fields)
    if shape is None:
        report.add("PR004", _explain_shape(fields), remedy="Write probs and labels, or boxes.")
        return None, ()
    if task is not None and isinstance(shape, Objects) != task.has_objects:
        message = f"The line has {shape.key}; the file is read for {task.in_words}."
        report.add("PR005", message, path=[shape.key], remedy="Move the line to another file, or name the right task.")
        return None, ()
    if isinstance(shape, Objects):
        return read_scored_objects(shape, report, prefix=prefix)
    return _read_classes(shape, report), ()


def _explain_shape(fields: Mapping[str, Any]) -> str:
    if "feature_vector" in fields:
        return "The line holds a feature vector and no prediction."
    if "label" in fields:
        return "The line holds a label and no scores; it looks like a label file."
    return "The line has neither probs nor boxes nor label_confidence."


def _read_classes(shape: Classes, report: LineReport) -> Labels | None:
    names, probs = shape.labels, shape.probs
    if not isinstance(names, list) or not isinstance(probs, list) or len(names) != len(probs):
        found = f"{_count(names, 'classes')} and {_count(probs, 'probabilities')}"
        message = f"The line has {found}; expected two lists of the same length."
        report.add("PR006", message, path=[shape.key], remedy="Give every class its probability.")
        return None
    scores: dict[str, float] = {}
    is_whole = True
    for index, (value, prob) in enumerate(zip(names, probs, strict=True)):
        name, score = read_class_name(value), read_score(prob, [shape.key, index], report)
        if name is None:
            message = f"Class {index + 1} is {shown(value)}; expected text that is not empty."
            report.add("PR012", message, path=["labels", index], remedy="Name the class.")
        if name is None or score is None:
            is_whole = False
            continue
        if name in scores:
            report.remark("class twice", detail=shown(name), path=["labels", index])
        scores[name] = max(score, scores.get(name, 0.0))
    return Labels(scores) if is_whole else None


def _count(value: Any, noun: str) -> str:
    return f"{len(value)} {noun}" if isinstance(value, list) else f"{shown(value)} for {noun}"


def render_prediction(image_id: str, content: Content) -> str:
    """Write one prediction as an Azure batch line without line end.

    Args:
        image_id: Path of the image relative to the image folder, written as `filename`.
        content: All classes with probabilities (written in the order of their names, as Azure does), or objects
            with scores.

    Raises:
        FormatError: An object has no score, or a number is not finite.
    """
    return write_line({"filename": image_id, **render_answer(content, where=image_id)}, where=image_id)
