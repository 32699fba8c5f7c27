"""What reading an outside file gives: one `Record` per line, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.finding import Finding, Severity
from domain.prediction import Content, Task


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a label or prediction file.

    Attributes:
        line: 1-based line number.
        text: The line as it stands in the file, without its line end.
        image_url: What names the image; empty when the line has none.
        content: What the line says; None when it cannot be understood at all.
        fields: The parsed JSON object as it stands, unknown keys included; empty when the line is not an object.
        findings: What is wrong with this line.
    """

    line: int
    text: str
    image_url: str
    content: Content | None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    findings: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the training platform would refuse or drop the line, or part of it."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A whole file.

    Attributes:
        task: The task the lines agree on, or None when nothing tells (all lists empty, no readable line).
        records: One per line that is not blank, refused ones included, in file order.
        findings: About the file as a whole (formats.md section 11: JL010, JL012, mixed tasks).
    """

    task: Task | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def all_findings(self) -> list[Finding]:
        """Findings of the file and of every line, in reading order."""
        return [*self.findings, *(finding for record in self.records for finding in record.findings)]
