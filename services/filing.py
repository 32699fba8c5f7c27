"""Lines of one file on their way into the store: in batches, in one transaction, counted as they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.finding import Finding, Severity
from domain.plain_content import Plain, class_names, count_things
from services.found import Found
from store import contents, projects
from store.engine import Connection
from store.findings import add_findings
from store.sources import Counts, LineRow, add_lines, finish_source, replace_source


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What came of reading a file.

    Attributes:
        kind: "labels" or "predictions".
        lines: Lines that are not blank.
        used: Lines that speak about an image of the project.
        refused: Lines the training platform would refuse or drop, or that cannot be understood.
        unmatched: Lines about images the project does not have, or has twice.
        findings: The first of what was found, in reading order.
        counts: Severity -> how much was found in all.
    """

    kind: str
    lines: int
    used: int
    refused: int
    unmatched: int
    findings: tuple[Finding, ...]
    counts: Mapping[Severity, int]


class Entry(NamedTuple):
    """One line of a file, or one record of it.

    Attributes:
        line: 1-based; unique in the file.
        image_id: The image it is about; None while the project has none that fits.
        image_url: What names the image in the file.
        text: As it stands in the file; empty for formats that are not made of lines.
        plain: What it says, in the form of `domain.plain_content`; None when it cannot be understood.
        is_refused: The training platform would refuse or drop it, or part of it.
    """

    line: int
    image_id: str | None
    image_url: str
    text: str
    plain: Plain | None
    is_refused: bool


class Filing:
    """Stores the lines of a file in place of an earlier reading of a file of that name.

    Attributes:
        source_id: The number of the file.
        classes: Every class name met; an object whose class is missing has none.
    """

    def __init__(
        self, connection: Connection, project_id: int, *, kind: str, file: str, path: str, format_name: str
    ) -> None:
        self._connection = connection
        self._project_id = project_id
        self._kind = kind
        self.source_id = replace_source(
            connection, project_id, kind=kind, file=file, path=path, format_name=format_name
        )
        self.classes: set[str] = set()
        self._counts = Counts()
        self._refused = self._unmatched = 0
        self._found = Found()

    def add(self, entries: Sequence[Entry], found: Sequence[Finding] = ()) -> None:
        """Store some lines, and what was found on them."""
        add_lines(self._connection, self.source_id, [_row(entry) for entry in entries])
        used = [entry for entry in entries if entry.image_id is not None and entry.plain is not None]
        self._counts.lines += len(entries)
        self._counts.used += len(used)
        self._counts.objects += sum(count_things(entry.plain) for entry in used)
        self._refused += sum(entry.is_refused for entry in entries)
        self._unmatched += sum(entry.image_id is None for entry in entries)
        for entry in entries:
            self.classes.update(class_names(entry.plain))
        self._note(found)

    def finish(self, sha256: str, found: Sequence[Finding]) -> ImportSummary:
        """Store what concerns the file as a whole, and the classes that are new to the project."""
        self._note(found)
        finish_source(self._connection, self.source_id, sha256=sha256, counts=self._counts)
        projects.add_classes(self._connection, self._project_id, sorted(filter(None, self.classes)))
        return ImportSummary(
            kind=self._kind,
            lines=self._counts.lines,
            used=self._counts.used,
            refused=self._refused,
            unmatched=self._unmatched,
            findings=tuple(self._found.first),
            counts=dict(self._found.counts),
        )

    def _note(self, found: Sequence[Finding]) -> None:
        add_findings(self._connection, self._project_id, found, source_id=self.source_id)
        self._found.add(found)


def _row(entry: Entry) -> LineRow:
    content = None if entry.plain is None else contents.encode_plain(entry.plain)
    return entry.line, entry.image_id, entry.text, content, entry.is_refused, entry.image_url
