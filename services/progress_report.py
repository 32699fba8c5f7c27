"""How far the review of a project is: done and left, by reviewer and class, pace, and when it will be finished."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.decision import Verdict
from domain.project import Project
from services.projects import COMING_AGAIN, fetch_progress
from services.recounting import recount
from services.review_pace import Forecast, Pace, forecast, measure_pace
from services.settling import settle_soon
from services.team_progress import team_progress
from services.workspace import Workspace
from store.progress import ClassDone, Made, count_by_class, count_statuses_by_reviewer, list_deciders, list_latest

MOST_ROWS = 1000
"""The latest decisions of each reviewer that the pace is taken from."""


@dataclass(frozen=True, slots=True)
class ReviewerProgress:
    """What one reviewer did.

    Attributes:
        statuses: Verdict -> images for which the decision in force is theirs.
        pace: Of their latest decisions.
        latest: When they decided last.
    """

    name: str
    statuses: Mapping[str, int]
    pace: Pace
    latest: datetime | None

    @property
    def images(self) -> int:
        return sum(self.statuses.values())

    @property
    def accepted(self) -> int:
        return self.statuses.get(Verdict.ACCEPT, 0)

    @property
    def corrected(self) -> int:
        return self.statuses.get(Verdict.CORRECT, 0)


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """How far a project is.

    Attributes:
        total: Images.
        done: Images that do not come again by themselves.
        skipped: Images that come once more.
        statuses: Verdict in force -> images.
        reviewers: Everybody who decided, most images first.
        pace: Of all reviewers together.
        forecast: How long the rest will take.
        counted_at: When this was counted; in a large project a little ago.
    """

    total: int
    done: int
    skipped: int
    statuses: Mapping[str, int]
    reviewers: tuple[ReviewerProgress, ...]
    pace: Pace
    forecast: Forecast
    counted_at: datetime

    @property
    def left(self) -> int:
        return self.total - self.done


def fetch_report(workspace: Workspace, project: Project) -> ProgressReport:
    """Count how far a project is. In a large one, parts of it may be some seconds old."""
    progress, team = fetch_progress(workspace, project.project_id), team_progress(workspace, project)
    counted = recount(
        workspace,
        project.project_id,
        "progress",
        progress=progress,
        count=lambda: _count(workspace, project.project_id),
    )
    now = datetime.now().astimezone()
    left = team.total - team.decided
    names = sorted(
        counted.rows.keys() | counted.statuses.keys(),
        key=lambda name: (-sum(counted.statuses.get(name, {}).values()), name),
    )
    return ProgressReport(
        total=team.total,
        done=team.decided,
        skipped=team.skipped,
        statuses=progress.verdicts,
        reviewers=tuple(_describe(name, counted) for name in names),
        pace=measure_pace(counted.rows.values()),
        forecast=forecast(counted.rows, left=left, people=project.overlap, now=now, most_rows=MOST_ROWS),
        counted_at=counted.counted_at,
    )


def fetch_class_progress(workspace: Workspace, project: Project) -> tuple[list[ClassDone], bool]:
    """Count how far every class is, the one with most left first, and tell whether all images are counted yet."""
    is_settled = settle_soon(workspace, project.project_id)
    counted = recount(
        workspace,
        project.project_id,
        "class progress",
        progress=fetch_progress(workspace, project.project_id),
        count=lambda: _count_classes(workspace, project.project_id),
    )
    return counted, is_settled


@dataclass(frozen=True, slots=True)
class _Counted:
    statuses: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, list[Made]]
    counted_at: datetime


def _count(workspace: Workspace, project_id: int) -> _Counted:
    with workspace.read() as connection:
        statuses = count_statuses_by_reviewer(connection, project_id)
        rows = {
            name: list_latest(connection, project_id, name, count=MOST_ROWS)
            for name in list_deciders(connection, project_id)
        }
    return _Counted(statuses, rows, datetime.now(UTC))


def _count_classes(workspace: Workspace, project_id: int) -> list[ClassDone]:
    with workspace.read() as connection:
        return count_by_class(connection, project_id, waiting=sorted(COMING_AGAIN))


def _describe(name: str, counted: _Counted) -> ReviewerProgress:
    rows = counted.rows.get(name, [])
    latest = rows[-1].made_at if rows else None
    return ReviewerProgress(name, counted.statuses.get(name, {}), measure_pace([rows]), latest)
