"""How long work tells what it has done and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int], None]
"""Called with (done, total) now and then; raises `domain.errors.Cancelled` when the work should stop."""


def ignore_progress(done: int, total: int) -> None:
    """A `Report` for callers who do not want to know."""
