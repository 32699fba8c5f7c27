"""How far the work is, on stderr: one line that changes on a terminal, a line every 10 % elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from domain.progress import Report

_SECONDS_BETWEEN = 0.2


@contextmanager
def show_progress(title: str, unit: str = "images") -> Iterator[Report]:
    """Yield the `Report` to hand to the work.

    Args:
        title: What is done: "Scoring".
        unit: What is counted, plural; empty for a percentage.
    """
    line = _Line(title, unit)
    yield_to = line.update if sys.stderr.isatty() else line.print_tenths
    try:
        yield yield_to
    finally:
        line.end()


class _Line:
    def __init__(self, title: str, unit: str) -> None:
        self._title, self._unit = title, unit
        self._shown_at = 0.0
        self._tenths = 0
        self._is_open = False

    def update(self, done: int, total: int) -> None:
        """Write over the line, a few times a second."""
        now = time.monotonic()
        if done < total and now - self._shown_at < _SECONDS_BETWEEN:
            return
        self._shown_at = now
        self._is_open = True
        print(f"\r\x1b[K{self._words(done, total)}", end="", file=sys.stderr, flush=True)

    def print_tenths(self, done: int, total: int) -> None:
        """Write a line whenever another tenth is done."""
        tenths = 10 * done // total if total else 0
        if tenths > self._tenths:
            self._tenths = tenths
            print(self._words(done, total), file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line as it is, so that what follows begins a new one."""
        if self._is_open:
            print(file=sys.stderr, flush=True)

    def _words(self, done: int, total: int) -> str:
        if not self._unit:
            return f"{self._title}: {100 * done // total if total else 0} %"
        return f"{self._title}: {done:,} of {total:,} {self._unit}"
