"""Reading Azure AutoML label files, one JSON object a line, for all four tasks (formats.md section 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from domain.finding import Finding, Severity
from domain.prediction import Content, Instances, Task
from formats.azure.file_checks import FileChecks
from formats.azure.file_start import examine_start
from formats.azure.foreign import Survey
from formats.azure.image_fields import KNOWN_KEYS, read_image_details, read_image_url
from formats.azure.json_line import iterate_lines, parse_line
from formats.azure.objects import list_sources, read_objects
from formats.azure.report import LineReport, Remarks, printable, shown
from formats.azure.scalars import read_class, read_classes
from formats.azure.tasks import detect_task, fits_task, shape_of_label
from formats.base import ParsedFile, Record


def parse_labels(lines: Iterable[bytes], *, file: str, task: Task | None = None) -> ParsedFile:
    """Read a whole label file.

    Args:
        lines: The file's lines as bytes, as iterating over an open binary file gives them.
        file: Its name, for the findings.
        task: What the labels are for; None to tell it from the lines.

    Returns:
        A record per line that is not blank, and the findings about the whole. Never raises for bad content.
    """
    kept = list(lines)
    reader = LabelReader(file, task or detect_task(kept))
    records = tuple(reader.read(kept))
    return ParsedFile(reader.task, records, tuple(reader.file_findings()))


def parse_label_line(text: str, *, task: Task, line: int = 1, file: str = "", occurrence: int = 0) -> Record:
    """Read one line again, for instance a stored or a corrected one.

    Args:
        text: The line without its line end.
        task: The task of its file.
        line: Its 1-based number in the file.
        file: The file's name, for the findings.
        occurrence: How many earlier lines of the file are about the same image; part of the instance ids.
    """
    reader = LabelReader(file, task)
    return reader.read_line(text.encode(errors="replace"), line, occurrence=occurrence)


def parse_stored_lines(lines: Iterable[tuple[int, str]], *, task: Task, file: str = "") -> list[Record]:
    """Read the stored lines of one image again; the instance ids come out as when the whole file was read.

    Args:
        lines: (1-based line number, text) of all lines about the image, in file order.
        task: The task of their file.
        file: The file's name, for the findings.
    """
    reader = LabelReader(file, task)
    return [reader.read_line(text.encode(errors="replace"), number) for number, text in lines]


def digest_of(image_url: str) -> bytes:
    """Six bytes that stand for an image."""
    return blake2b(image_url.encode(), digest_size=6).digest()


def id_prefix(digest: bytes, occurrence: int) -> str:
    """Start of the instance ids of a line: the image, and which of its lines this is."""
    return f"L{digest.hex()}.{occurrence}" if occurrence else f"L{digest.hex()}"


class LabelReader:
    """Reads a label file line by line without holding it; `file_findings` is complete after the last line.

    Attributes:
        task: What the labels are for; None leaves every `content` None.
        checks: Counts for the checks of the whole file.
        is_no_text: The start of the file shows that nothing of it can be read.
    """

    def __init__(self, file: str, task: Task | None) -> None:
        self.task = task
        self._file = file
        self._remarks = Remarks()
        self._start: list[Finding] = []
        self.checks = FileChecks(file, task)
        self.is_no_text = False
        self._survey = Survey()
        self._first_lines: dict[bytes, int] = {}
        self._repeats: Counter[bytes] = Counter()

    def read(self, lines: Iterable[bytes]) -> Iterator[Record]:
        """Yield the record of every line that is not blank."""
        for number, raw in self.iterate(lines):
            yield self.read_line(raw, number)

    def iterate(self, lines: Iterable[bytes], *, start: int = 1) -> Iterator[tuple[int, bytes]]:
        """Yield (1-based number, bytes) of every line that is not blank, looking at how the file starts."""
        for number, raw in iterate_lines(lines, start=start):
            content = raw
            if number == 1:
                content, self._start = examine_start(raw, self._file, family="JL")
                if content is None:
                    self.is_no_text = True
                    return
                if not content.strip():
                    continue
            yield number, content

    def file_findings(self) -> list[Finding]:
        """What was found about the file as a whole."""
        foreign = self._survey.findings(self._file, lines=self.checks.lines)
        return [*self._start, *foreign, *self.checks.findings(), *self._remarks.findings(self._file)]

    def read_line(self, raw: bytes, number: int, *, occurrence: int | None = None) -> Record:
        """Read one line without its line end.

        Args:
            raw: The bytes of the line.
            number: 1-based.
            occurrence: How many lines before are about the same image; None to count them here.
        """
        fields, report = self.parse(raw, number)
        seen = None if occurrence is None else (0, occurrence)
        return self.read_fields(fields, report, seen)

    def parse(self, raw: bytes, number: int) -> tuple[Any, LineReport]:
        """The JSON value of a line and the report about it: the first half of `read_line`."""
        report = self.new_report(number)
        return parse_line(raw, report), report

    def new_report(self, number: int, text: str = "") -> LineReport:
        """A report about a line, whose remarks count for this file."""
        return LineReport(self._file, number, "JL", self._remarks, text)

    def read_fields(self, fields: Any, report: LineReport, seen: tuple[int, int] | None) -> Record:
        """The second half of `read_line`.

        Args:
            fields: What `parse` gave.
            report: What `parse` gave.
            seen: The first line about the same image (0 to say nothing about it), and how many were before; None to
                count them here.
        """
        if not isinstance(fields, dict):
            self._note_not_an_object(fields, report)
            return Record(report.line, report.text, "", None, {}, tuple(report.findings))
        url = read_image_url(fields, report)
        read_image_details(fields, report)
        for key in [key for key in fields if key not in KNOWN_KEYS]:
            report.remark("unknown key", detail=printable(key), path=[key])
        digest = digest_of(url)
        first, occurrence = self._count_occurrence(digest, report.line) if seen is None else seen
        if first and url:
            self.note_duplicate(first, report)
        content, ids = self._read_label(fields, id_prefix(digest, occurrence), report)
        self.checks.add(fields.get("label"), content, report)
        if report.findings and report.refused_objects():
            self._survey.add(fields, report.line)
        return Record(report.line, report.text, url, content, fields, tuple(report.findings), ids)

    def _note_not_an_object(self, value: Any, report: LineReport) -> None:
        if any(finding.severity is Severity.ERROR for finding in report.findings):
            return
        message = f"The line is {shown(value)}; expected an object with image_url and label."
        report.add("JL001", message, column=1, remedy="Write one object in curly brackets per line.")

    def _count_occurrence(self, digest: bytes, line: int) -> tuple[int, int]:
        first = self._first_lines.setdefault(digest, line)
        if first == line:
            return 0, 0
        self._repeats[digest] += 1
        return first, self._repeats[digest]

    def note_duplicate(self, first: int, report: LineReport) -> None:
        """Say that the image stands on an earlier line too."""
        merged = self.task is None or self.task.has_objects
        effect = "Azure merges the objects of both" if merged else "Azure takes the last one"
        message = f"The image already stands on line {first}. {effect}."
        report.add("JL009", message, path=["image_url"], remedy="Keep one line per image.")

    def _read_label(
        self, fields: dict[str, Any], prefix: str, report: LineReport
    ) -> tuple[Content | None, tuple[str, ...]]:
        if "label" not in fields:
            report.add("JL004", "The key label is missing.", remedy="Add the label of the image.")
            return None, ()
        label = fields["label"]
        shape = shape_of_label(label)
        if self.task is None:
            return None, ()
        if shape is not None and not fits_task(shape, self.task):
            message = f"label is {shown(label)}, as for {shape.in_words}; the file is for {self.task.in_words}."
            report.add("JL005", message, path=["label"], remedy="Mend the label or move the line to another file.")
            return None, ()
        if self.task is Task.CLASSIFICATION:
            return read_class(label, report), ()
        if self.task is Task.MULTILABEL:
            return read_classes(label, report), ()
        return self._read_objects(label, prefix, report)

    def _read_objects(self, label: Any, prefix: str, report: LineReport) -> tuple[Instances | None, tuple[str, ...]]:
        if isinstance(label, dict):
            message = "label is one object; expected a list of objects."
            report.add("JL005", message, path=["label"], remedy="Put it into square brackets.")
        elif not isinstance(label, list):
            message = f"label is {shown(label)}; expected a list of objects."
            report.add("JL005", message, path=["label"], remedy="Write [] for an image without objects.")
            return None, ()
        return read_objects(list_sources(label), self.task or Task.DETECTION, report, prefix=prefix)
