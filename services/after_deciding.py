"""What an answer to decisions tells, in one view of the database: each of its own would cost as much as it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.project import Project
from services.recording import Entry
from services.team_progress import TeamProgress, count_team_progress
from services.workspace import Workspace
from store import projects
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


def fetch_outcome(workspace: Workspace, project_id: int, client_id: str, entries: Sequence[Entry]) -> Outcome:
    """Return how a project stands after entries of a client were recorded."""
    with workspace.read() as connection:
        project = projects.fetch_project(connection, project_id)
        progress = count_team_progress(connection, project)
        merges = list_merges(connection, client_id, [entry.seq for entry in entries])
    return Outcome(project, progress, merges)
