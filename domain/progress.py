"""How long work tells what it has done and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int], None]
"""Called with (done, total) now and then; raises `domain.errors.Cancelled` when the work should stop."""


def ignore_progress(done: int, total: int) -> None:
    """A `Report` for callers who do not want to know."""


class PartOf:
    """The progress of one of several equal parts, told as progress of the whole."""

    STEPS = 1000
    """Into which every part is divided."""

    def __init__(self, report: Report, number: int, count: int) -> None:
        """Tell of part `number`, counted from 0, of `count`."""
        self._report, self._number, self._count = report, number, count

    def __call__(self, done: int, total: int) -> None:
        within = min(self.STEPS, self.STEPS * done // total) if total else 0
        self._report(self._number * self.STEPS + within, self._count * self.STEPS)
