"""What was found in a file, counted in full and kept in part: a file may have more findings than fit in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from domain.finding import Finding, Severity

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
