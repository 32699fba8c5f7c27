"""Counts over all images of a project, remembered: counting anew never takes more than a small share of the time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from services.projects import ReviewProgress
from services.workspace import Workspace

Counted = TypeVar("Counted")

LARGE = 20_000
"""In projects of fewer images counting is quick, and always done."""

_PATIENCE = 20
"""A count that took a second stands for twenty, also when something has changed meanwhile."""
_MOST = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    changes: int
    counted_at: float
    seconds: float

    def stands(self, progress: ReviewProgress) -> bool:
        if self.changes == progress.changes:
            return True
        age = time.monotonic() - self.counted_at
        return progress.total >= LARGE and age < _PATIENCE * self.seconds


_kept: OrderedDict[Hashable, _Kept] = OrderedDict()
_lock = threading.Lock()


def find_count(
    workspace: Workspace, project_id: int, what: Hashable, *, progress: ReviewProgress
) -> tuple[Any | None, bool]:
    """Return what `recount` counted last, None before the first time, and whether it still stands."""
    with _lock:
        known = _kept.get((str(workspace.engine.url), project_id, what))
    return (None, False) if known is None else (known.value, known.stands(progress))


def recount(
    workspace: Workspace, project_id: int, what: Hashable, *, progress: ReviewProgress, count: Callable[[], Counted]
) -> Counted:
    """Return what `count` returns, or what it returned before.

    Args:
        workspace: The workspace.
        project_id: The project.
        what: Tells this count from others.
        progress: Of the project, now: says whether anything changed.
        count: Counts; slow in a large project.
    """
    key = (str(workspace.engine.url), project_id, what)
    with _lock:
        known = _kept.get(key)
    if known is not None and known.stands(progress):
        return known.value
    started = time.monotonic()
    value = count()
    now = time.monotonic()
    with _lock:
        _kept[key] = _Kept(value, progress.changes, now, now - started)
        _kept.move_to_end(key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return value
