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
        text: The line as it stands in the file, without its line end; bytes that are not UTF-8 become U+FFFD.
        image_url: What names the image; empty when the line has none.
        content: What the line says; None when it cannot be understood at all.
        fields: The parsed JSON object as it stands, unknown keys included; empty when the line is not an object.
        findings: What is wrong with this line.
        instance_ids: The objects of `fields` in source order, by instance_id; "" for one that is not in `content`
            because it cannot be understood. Empty for files without objects.
    """

    line: int
    text: str
    image_url: str
    content: Content | None
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    findings: tuple[Finding, ...] = ()
    instance_ids: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether the training platform would refuse or drop the line, or part of it."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def unreadable_objects(self) -> list[int]:
        """0-based indices of the objects that `content` leaves out; a corrected line is written without them."""
        return [index for index, instance_id in enumerate(self.instance_ids) if not instance_id]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A whole file.

    Attributes:
        task: The task the lines agree on, or None when nothing tells (all lists empty, no readable line).
        records: One per line that is not blank, refused ones included, in file order.
        findings: About the file as a whole (formats.md section 11: JL010, JL012, mixed tasks), and remarks that
            concern many lines, told once with a count.
    """

    task: Task | None
    records: tuple[Record, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def all_findings(self) -> list[Finding]:
        """Findings of the file and of every line, in reading order."""
        return [*self.findings, *(finding for record in self.records for finding in record.findings)]


@dataclass(frozen=True, slots=True)
class ImageMatch:
    """Which image file an address in a label or prediction file means.

    Attributes:
        path: POSIX path relative to the image folder, or None when no file or no single file fits.
        parts: How many parts of the path agree, counted from the end; 1 means the file name only.
        candidates: The files that fit equally well, when there are several.
        remark: What a person should know about the match, a full sentence; empty when it is plain.
    """

    path: str | None
    parts: int = 0
    candidates: tuple[str, ...] = ()
    remark: str = ""
