"""What was found in a file, counted in full and kept in part: a file may have more findings than fit in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from domain.finding import Finding, Severity
from formats.base import Format, Record

MOST_FINDINGS = 1000
"""Findings that are kept; all are counted and passed on."""

Emit = Callable[[Finding], None]


def _forget(_finding: Finding) -> None:
    return


class Found:
    """Passes findings on, counts them and keeps the first.

    Attributes:
        first: At most `MOST_FINDINGS`, in the order they came.
        counts: Severity -> how many there are in all.
    """

    def __init__(self, emit: Emit = _forget) -> None:
        self._emit = emit
        self.first: list[Finding] = []
        self.counts: Counter[Severity] = Counter()

    def add(self, found: Sequence[Finding]) -> None:
        for finding in found:
            self._emit(finding)
            self.counts[finding.severity] += 1
        self.first += found[: max(0, MOST_FINDINGS - len(self.first))]


def findings_of(record: Record, source: Format) -> list[Finding]:
    """The findings of a record, with the place a person can find: its number is no line in files of other units."""
    if source.unit == "line":
        return list(record.findings)
    return [_name_unit(finding, record, source.unit) for finding in record.findings]


def _name_unit(finding: Finding, record: Record, unit: str) -> Finding:
    """Readers give the line where they know it, and the number of the record where they do not."""
    if finding.column is not None or finding.line != record.line:
        return finding
    name = f" ({record.image_url})" if record.image_url else ""
    return replace(finding, line=None, message=f"{unit.capitalize()} {record.line}{name}: {finding.message}")
