"""What an answer to decisions tells, in one view of the database: each of its own would cost as much as it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import NotFoundError, UnknownNameError
from domain.project import Project
from services.queue_walk import count_walk, open_walk
from services.recording import Entry
from services.team_progress import TeamProgress, count_team_progress
from services.workspace import Workspace
from store import projects
from store.engine import Connection
from store.merges import StoredMerge, list_merges


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the project stands behind some decisions.

    Attributes:
        merges: Which entries hold another's changes as well, since somebody else's decision came in between.
    """

    project: Project
    progress: TeamProgress
    merges: list[StoredMerge]


def fetch_outcome(
    workspace: Workspace, project_id: int, client_id: str, entries: Sequence[Entry], *, order: str = "name"
) -> Outcome:
    """Return how a project, or the worklist that `order` is, stands after entries of a client were recorded."""
    with workspace.read() as connection:
        project = projects.fetch_project(connection, project_id)
        progress = _count(workspace, connection, project, order)
        merges = list_merges(connection, client_id, [entry.seq for entry in entries])
    return Outcome(project, progress, merges)


def _count(workspace: Workspace, connection: Connection, project: Project, order: str) -> TeamProgress:
    """The figures of the project where the order is none: what was decided is written, whatever the desk shows."""
    try:
        return count_walk(workspace, connection, open_walk(connection, project, order))
    except (UnknownNameError, NotFoundError):
        return count_team_progress(connection, project)
