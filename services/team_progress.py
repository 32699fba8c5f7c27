"""How far a project is: an image that several reviewers decide on is done when all of them have."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from domain.project import Project
from services.projects import ReviewProgress, count_progress
from services.workspace import Workspace
from store import overlap
from store.engine import Connection

_LARGE = 20_000
"""Images from which on counting takes so long that it is not done after every decision."""

_SHARE = 1 / 20
"""Of the time that may go into counting then."""


@dataclass(frozen=True, slots=True)
class TeamProgress:
    """Images of a project, and those that do not come again by themselves."""

    total: int
    decided: int
    skipped: int


def team_progress(workspace: Workspace, project: Project) -> TeamProgress:
    """Return how far a project is."""
    with workspace.read() as connection:
        return count_team_progress(connection, project)


def count_team_progress(connection: Connection, project: Project) -> TeamProgress:
    """As `team_progress`, in a view of the database that is open already."""
    counted = count_progress(connection, project.project_id)
    decided = counted.decided if project.overlap == 1 else _count_complete(connection, project, counted)
    return TeamProgress(counted.total, decided, counted.skipped)


@dataclass(frozen=True, slots=True)
class _Counted:
    changes: int
    decided: int
    ready_at: float


def _count_complete(connection: Connection, project: Project, progress: ReviewProgress) -> int:
    """Counted again after each change, but in a large project only so often."""
    key = (str(connection.engine.url), project.project_id, project.overlap)
    with _lock:
        known = _known.get(key)
    if known is not None and (known.changes == progress.changes or time.monotonic() < known.ready_at):
        return known.decided
    started = time.monotonic()
    decided = overlap.count_complete(connection, project.project_id, people=project.overlap)
    pause = (time.monotonic() - started) / _SHARE if progress.total >= _LARGE else 0.0
    with _lock:
        _known[key] = _Counted(progress.changes, decided, started + pause)
    return decided


_lock = threading.Lock()
_known: dict[tuple[str, int, int], _Counted] = {}
