"""Collecting findings while a file is read: one report per line, and remarks that are made once per file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.finding import Finding, Severity
from formats.azure.catalogue import CATALOGUE, REMARKS, RemarkRule
from formats.azure.columns import column_of

_MOST_COLUMNS = 20
_MOST_DETAILS = 20
_LONGEST_TEXT = 1_000_000


@dataclass(slots=True)
class _Remark:
    detail: str
    line: int
    column: int | None
    annotation: int | None
    count: int = 1


class Remarks:
    """Counts of things that need no decision line by line, with the place of the first."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], _Remark] = {}
        self._details: Counter[str] = Counter()

    def note(
        self, kind: str, report: LineReport, *, detail: str, path: Sequence[str | int], annotation: int | None
    ) -> None:
        """Count one occurrence; kinds of many details are cut off after the 20th."""
        key = (kind, "" if REMARKS[kind].has_example else detail)
        if key not in self._seen and self._details[kind] >= _MOST_DETAILS:
            key, detail = (kind, "(others)"), "(others)"
        if key in self._seen:
            self._seen[key].count += 1
            return
        self._details[kind] += 1
        self._seen[key] = _Remark(detail, report.line, column_of(report.text, path), annotation)

    def findings(self, file: str) -> list[Finding]:
        """One finding per kind and detail, at the place of its first occurrence."""
        return [_word(REMARKS[kind], remark, file) for (kind, _), remark in self._seen.items()]


def _word(rule: RemarkRule, remark: _Remark, file: str) -> Finding:
    times = "once" if remark.count == 1 else f"{remark.count} times"
    return Finding(
        code=rule.code,
        severity=CATALOGUE[rule.code].severity,
        message=rule.message.format(detail=remark.detail, times=times),
        file=file,
        line=remark.line,
        column=remark.column,
        annotation=remark.annotation,
        remedy=rule.remedy,
    )


@dataclass(slots=True)
class LineReport:
    """What was found on one line.

    Attributes:
        file: File name, for the findings.
        line: 1-based.
        family: "JL" for labels, "PR" for predictions; codes 001 and 013 mean the same in both.
        remarks: Where remarks about the whole file go.
        text: The line as text, once it is decoded.
        size: (width, height) in pixels declared by the line, for remedies.
        findings: In the order they were made.
    """

    file: str
    line: int
    family: str
    remarks: Remarks
    text: str = ""
    size: tuple[int, int] | None = None
    findings: list[Finding] = field(default_factory=list[Finding])

    def add(
        self,
        code: str,
        message: str,
        *,
        path: Sequence[str | int] = (),
        column: int | None = None,
        annotation: int | None = None,
        remedy: str = "",
    ) -> None:
        """Add a finding at the value under `path`, or at `column` where that is known.

        Columns are worked out for the first findings of a line only: each one reads the line again.
        """
        if column is None and len(self.findings) < _MOST_COLUMNS and len(self.text) < _LONGEST_TEXT:
            column = column_of(self.text, path)
        severity = CATALOGUE[code].severity
        self.findings.append(Finding(code, severity, message, self.file, self.line, column, annotation, remedy))

    def remark(
        self, kind: str, *, detail: str = "", path: Sequence[str | int] = (), annotation: int | None = None
    ) -> None:
        """Count something that is told once per file."""
        self.remarks.note(kind, self, detail=detail, path=path, annotation=annotation)

    def refused_objects(self) -> set[int | None]:
        """Indices of the objects with an error; None when the line itself has one."""
        return {finding.annotation for finding in self.findings if finding.severity is Severity.ERROR}


def shown(value: Any) -> str:
    """A value as JSON, cut to fit into a sentence."""
    return printable(json.dumps(value, ensure_ascii=False, default=str))


def printable(text: str) -> str:
    """`text` cut to fit into a sentence, with escapes for what would disturb a terminal."""
    short = text if len(text) <= 40 else f"{text[:37]}..."
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in short)
