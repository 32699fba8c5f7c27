"""Reading the answers of an online endpoint: predictions, with their explanations where the call asked for some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.finding import Finding
from domain.prediction import Content
from formats.azure.prediction_shapes import elect_prediction_task, shape_of_prediction
from formats.azure.predictions import read_prediction
from formats.azure.report import LineReport, Remarks, shown
from formats.azure.scoring_explanations import DEFAULT_THRESHOLD, KEYS, Note, ScoringExplanation, read_explanations
from formats.base import FileReport, ReadOptions, Record, Role
from formats.base.files import parse_json, read_document
from formats.base.image_names import note_numbers, numbered, read_names

_NO_ANSWERS = "expected a list with one answer an image"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint says about one image.

    Attributes:
        record: The prediction.
        explanations: One a class explained; empty when the call asked for scores only.
    """

    record: Record
    explanations: tuple[ScoringExplanation, ...] = ()


def read_answers(
    path: Path, options: ReadOptions, report: FileReport, *, threshold: float = DEFAULT_THRESHOLD
) -> Iterator[Answer]:
    """Read a file of answers: a list, several lists each on a line, or one answer alone.

    Args:
        path: The file.
        options: The task, where a person knows it.
        report: Filled while reading.
        threshold: `confidence_score_threshold_multilabel` of the request, to tell the classes of explanations.

    Raises:
        FormatError: The file cannot be opened.
        LimitError: It is too large to be read in one piece.
    """
    answers = _list_answers(read_document(path), report)
    if answers is None:
        return
    report.task = options.task or elect_prediction_task(answer for answer in answers if isinstance(answer, dict))
    names = read_names(path, len(answers), report, broken="PR002")
    nameless = sum(names is None and not _own_name(answer) for answer in answers)
    if nameless:
        note_numbers(path, nameless, report, code="PR009")
    of_file = report.take()
    reader = _AnswerReader(report, names, threshold)
    for number in range(1, len(answers) + 1):
        yield reader.read(answers[number - 1], number)
        answers[number - 1] = None  # its arrays may be large
    report.findings += [*of_file, *reader.file_findings()]


class _AnswerReader:
    def __init__(self, report: FileReport, names: list[str] | None, threshold: float) -> None:
        self._report = report
        self._names = names
        self._threshold = threshold
        self._remarks = Remarks()
        self._first: dict[str, int] = {}
        self._explained = 0

    def read(self, value: Any, number: int) -> Answer:
        """Read one answer; `number` is 1-based."""
        line = LineReport(self._report.file, number, "PR", self._remarks)
        name = self._name(value, line)
        if not isinstance(value, dict):
            message = f"The answer is {shown(value)}; expected an object with probs and labels, or boxes."
            line.add("PR004", message, remedy="Write one answer an image.")
            return Answer(_record(name, line, None))
        content, _ = read_prediction(value, line, task=self._report.task, prefix=f"S{number}")
        explanations = read_explanations(value, self._note_explanation(number), threshold=self._threshold)
        self._explained += bool(explanations)
        line.findings += self._report.take()
        return Answer(_record(name, line, content), tuple(explanations))

    def _name(self, value: Any, line: LineReport) -> str:
        own = _own_name(value)
        name = own or (self._names[line.line - 1] if self._names is not None else numbered(line.line))
        first = self._first.setdefault(name, line.line)
        if first != line.line:
            message = f"The image already has answer {first}; the last one holds."
            line.add("PR003", message, remedy="Keep one answer an image.")
        return name

    def _note_explanation(self, number: int) -> Note:
        def note(message: str) -> None:
            remedy = "Ask the endpoint again; shortened examples of a document hold no whole picture."
            self._report.add("SC002", message, line=number, remedy=remedy)

        return note

    def file_findings(self) -> list[Finding]:
        """What was found about the file as a whole."""
        if self._explained:
            message = (
                f"{self._explained} answers hold explanations ({' or '.join(KEYS)}) beside the prediction. "
                "A conversion takes the prediction only."
            )
            self._report.add("SC001", message, remedy="Keep this file for its explanations.")
        return [*self._report.take(), *self._remarks.findings(self._report.file)]


def _record(name: str, line: LineReport, content: Content | None) -> Record:
    return Record(line.line, "", name, content, findings=tuple(line.findings), role=Role.PREDICTION)


def _own_name(value: Any) -> str:
    """The file name that older deployments put into an answer; empty without."""
    name = value.get("filename") if isinstance(value, dict) else None
    return name if isinstance(name, str) and name.strip() else ""


def _list_answers(data: bytes, report: FileReport) -> list[Any] | None:
    lines = data.splitlines()
    are_lists = len(lines) > 1 and all(line.startswith(b"[") and line.rstrip().endswith(b"]") for line in lines)
    if are_lists:
        return _join_lists(lines, report)
    value = parse_json(data, report, code="PR001")
    if isinstance(value, str):  # some clients encode the answer of the endpoint a second time
        value = parse_json(value.encode(errors="replace"), report, code="PR001")
    if value is None and report.findings:
        return None
    return _unpack(value, report)


def _join_lists(lines: list[bytes], report: FileReport) -> list[Any]:
    answers: list[Any] = []
    for number, line in enumerate(lines, start=1):
        value = parse_json(line, report, code="PR001", line=number)
        answers += value if isinstance(value, list) else []
    return answers


def _unpack(value: Any, report: FileReport) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and shape_of_prediction(value) is not None:
        return [value]
    if isinstance(value, dict) and "input_data" in value:
        message = f"This is a request with images, not the answer to one; {_NO_ANSWERS}."
        report.add("PR001", message, line=1, remedy="Send it to the endpoint and choose the file with its answer.")
        return None
    words = value.get("message", value.get("error")) if isinstance(value, dict) else None
    found = f"an error message: {shown(words)}" if words is not None else shown(value)
    report.add("PR001", f"The file holds {found}; {_NO_ANSWERS}.", line=1, remedy="Ask the endpoint again.")
    return None
