"""How far the review of a project is: done and left, by reviewer and class, pace, and when it will be finished.

What is done and left comes from the tally that every decision keeps. The rest is counted; in a large project by a job,
so that no page waits for it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.decision import Verdict
from domain.progress import Report
from domain.project import Project
from executors.local import Job
from services.projects import COMING_AGAIN, ReviewProgress, fetch_progress
from services.recounting import LARGE, find_count, recount
from services.review_activity import Activity, describe_activity
from services.review_pace import Forecast, Pace, forecast, measure_pace
from services.settling import settle_soon
from services.team_progress import team_progress
from services.workspace import Workspace
from store.members import list_deciders
from store.progress import (
    ClassDone,
    Made,
    count_by_class,
    count_by_hour,
    count_statuses_by_reviewer,
    list_latest,
)

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
class Standing:
    """How many images are done: known at once, whatever the size of the project.

    Attributes:
        total: Images.
        done: Images that do not come again by themselves.
        skipped: Images that come once more.
        statuses: Verdict in force -> images.
    """

    total: int
    done: int
    skipped: int
    statuses: Mapping[str, int]

    @property
    def left(self) -> int:
        return self.total - self.done


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """What is counted beside that.

    Attributes:
        reviewers: Everybody who decided, most images first.
        classes: The one with most left first.
        is_settled: Whether the classes of all images are known; else a job is at it.
        activity: Decisions over time.
        pace: Of all reviewers together.
        forecast: How long the rest will take.
        counted_at: When this was counted; in a large project a little ago.
    """

    reviewers: tuple[ReviewerProgress, ...]
    classes: tuple[ClassDone, ...]
    is_settled: bool
    activity: Activity
    pace: Pace
    forecast: Forecast
    counted_at: datetime


def fetch_standing(workspace: Workspace, project: Project) -> Standing:
    """How many images are done."""
    progress, team = fetch_progress(workspace, project.project_id), team_progress(workspace, project)
    return Standing(team.total, team.decided, team.skipped, progress.verdicts)


def fetch_report(workspace: Workspace, project: Project) -> ProgressReport:
    """Count the rest. In a large project, parts of it may be some seconds old."""
    is_settled = settle_soon(workspace, project.project_id)
    counted = _recount(workspace, project.project_id, fetch_progress(workspace, project.project_id))
    return _report(workspace, project, counted, is_settled=is_settled)


def find_report(workspace: Workspace, project: Project) -> ProgressReport | None:
    """Return what `fetch_report` does, without waiting.

    In a large project that is what was counted last while a job counts anew; None before the first count has ended.
    """
    progress = fetch_progress(workspace, project.project_id)
    if progress.total < LARGE:
        return fetch_report(workspace, project)
    counted, stands = find_count(workspace, project.project_id, _WHAT, progress=progress)
    if not stands:
        _start_counting(workspace, project.project_id, is_first=counted is None)
    if counted is None:
        return None
    return _report(workspace, project, counted, is_settled=settle_soon(workspace, project.project_id))


def counting_key(project_id: int) -> Hashable:
    """What the job that counts is found by."""
    return ("counting", project_id)


@dataclass(frozen=True, slots=True)
class _Counted:
    statuses: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, list[Made]]
    classes: tuple[ClassDone, ...]
    hours: Mapping[datetime, int]
    counted_at: datetime


_WHAT = "progress"


def _start_counting(workspace: Workspace, project_id: int, *, is_first: bool) -> Job | None:
    known = workspace.jobs.find(counting_key(project_id))
    if is_first and known is not None and known.message:
        return None  # it failed or was stopped: not again before the sentence that says so is dismissed

    def work(report: Report) -> None:
        report(0, 0)
        _recount(workspace, project_id, fetch_progress(workspace, project_id))

    return workspace.jobs.submit(counting_key(project_id), work, title="Counting decisions")


def _recount(workspace: Workspace, project_id: int, progress: ReviewProgress) -> _Counted:
    return recount(workspace, project_id, _WHAT, progress=progress, count=lambda: _count(workspace, project_id))


def _count(workspace: Workspace, project_id: int) -> _Counted:
    with workspace.read() as connection:
        statuses = count_statuses_by_reviewer(connection, project_id)
        rows = {
            name: list_latest(connection, project_id, name, count=MOST_ROWS)
            for name in list_deciders(connection, project_id)
        }
        classes = count_by_class(connection, project_id, waiting=sorted(COMING_AGAIN))
        hours = count_by_hour(connection, project_id)
    return _Counted(statuses, rows, tuple(classes), hours, datetime.now(UTC))


def _report(workspace: Workspace, project: Project, counted: _Counted, *, is_settled: bool) -> ProgressReport:
    now = datetime.now().astimezone()
    team = team_progress(workspace, project)
    names = sorted(
        counted.rows.keys() | counted.statuses.keys(),
        key=lambda name: (-sum(counted.statuses.get(name, {}).values()), name),
    )
    return ProgressReport(
        reviewers=tuple(_describe(name, counted) for name in names),
        classes=counted.classes,
        is_settled=is_settled,
        activity=describe_activity(counted.hours, now=now),
        pace=measure_pace(counted.rows.values()),
        forecast=forecast(
            counted.rows, left=team.total - team.decided, people=project.overlap, now=now, most_rows=MOST_ROWS
        ),
        counted_at=counted.counted_at,
    )


def _describe(name: str, counted: _Counted) -> ReviewerProgress:
    rows = counted.rows.get(name, [])
    latest = rows[-1].made_at if rows else None
    return ReviewerProgress(name, counted.statuses.get(name, {}), measure_pace([rows]), latest)
