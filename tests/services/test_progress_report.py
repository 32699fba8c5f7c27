"""How far a project is, by reviewer and class and over time, and that a large one makes nobody wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from domain.decision import Verdict
from domain.errors import StoreError
from domain.prediction import Labels, Task
from executors.local import JobState
from services import progress_report, recounting
from services.progress_report import counting_key, fetch_report, fetch_standing, find_report
from services.projects import fetch_project
from services.review_activity import describe_activity
from tests.services.small_projects import decide, draw_images, label_line, make_project

NAMES = [f"{number}.png" for number in range(6)]


@pytest.fixture
def project(workspace, tmp_path):
    """Six images, cans and jars in turn."""
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "jar" if number % 2 else "can") for number, name in enumerate(NAMES)]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines)


def test_nothing_is_claimed_before_anything_is_decided(workspace, project):
    standing, report = fetch_standing(workspace, project), fetch_report(workspace, project)

    assert (standing.total, standing.done, standing.left, standing.statuses) == (6, 0, 6, {})
    assert (report.reviewers, report.activity.total, report.pace.per_hour) == ((), 0, None)
    assert (report.forecast.hours, report.forecast.finish) == (None, None)
    assert [(each.name, each.done, each.left) for each in report.classes] == [("can", 0, 3), ("jar", 0, 3)]


def test_reviewers_classes_and_hours_count_what_is_in_force(workspace, project):
    decide(workspace, project, NAMES[0], Verdict.ACCEPT, Labels({"can": 1.0}))
    decide(workspace, project, NAMES[1], Verdict.CORRECT, Labels({"can": 1.0}), reviewer="Ben")
    decide(workspace, project, NAMES[2], Verdict.SKIP, reviewer="Ben")
    made, _ = decide(workspace, project, NAMES[3], Verdict.REJECT)
    decide(workspace, project, NAMES[3], Verdict.REJECT, undoes=made)

    standing, report = fetch_standing(workspace, project), fetch_report(workspace, project)

    assert (standing.done, standing.left, standing.skipped) == (2, 4, 1)
    people = {each.name: (each.images, each.accepted, each.corrected) for each in report.reviewers}
    assert people == {"Ana": (1, 1, 0), "Ben": (2, 0, 1)}
    assert {each.name: (each.done, each.left) for each in report.classes} == {"can": (2, 2), "jar": (0, 2)}
    assert report.activity.total == 4  # the one taken back was made, too; taking it back is none
    assert sum(each.images for each in report.reviewers) == sum(standing.statuses.values())


def test_a_large_project_shows_what_was_counted_last_while_a_job_counts_anew(workspace, project, monkeypatch):
    monkeypatch.setattr(progress_report, "LARGE", 0)
    monkeypatch.setattr(recounting, "LARGE", 0)
    assert find_report(workspace, project) is None
    assert workspace.jobs.find(counting_key(project.project_id)).ended.wait(30)
    first = find_report(workspace, project)
    assert first is not None
    assert first.reviewers == ()

    monkeypatch.setattr(recounting, "_PATIENCE", 0)
    decide(workspace, project, NAMES[0], Verdict.ACCEPT, Labels({"can": 1.0}))
    stale = find_report(workspace, fetch_project(workspace, project.project_id))
    assert stale is not None
    assert (stale.reviewers, fetch_standing(workspace, project).done) == ((), 1)
    assert workspace.jobs.find(counting_key(project.project_id)).ended.wait(30)
    assert [each.name for each in find_report(workspace, project).reviewers] == ["Ana"]


def test_a_count_that_failed_says_so_and_is_not_tried_again_by_itself(workspace, project, monkeypatch):
    def fail(*_args):
        raise StoreError("The database does not answer.", remedy="Start it.")

    monkeypatch.setattr(progress_report, "LARGE", 0)
    monkeypatch.setattr(progress_report, "_count", fail)
    assert find_report(workspace, project) is None
    job = workspace.jobs.find(counting_key(project.project_id))
    assert job.ended.wait(30)
    assert (job.state, "does not answer" in job.message) == (JobState.FAILED, True)

    assert find_report(workspace, project) is None
    assert workspace.jobs.find(counting_key(project.project_id)) is job


def test_two_days_of_work_are_told_by_the_hour_with_the_empty_ones():
    now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    activity = describe_activity({now.replace(hour=8, minute=0): 5, now.replace(hour=11, minute=0): 2}, now=now)

    assert (activity.unit, activity.made, activity.earlier) == ("hour", (5, 0, 0, 2, 0), 0)
    assert activity.begins[0].isoformat() == "2026-11-20T08:00:00"


def test_work_that_ended_long_ago_is_still_shown():
    now = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    activity = describe_activity({datetime(2026, 1, 5, 9, tzinfo=UTC): 7}, now=now)

    assert (activity.made, activity.earlier) == ((7,), 0)


def test_more_is_told_by_the_day_of_the_clock_on_the_wall():
    zone = timezone(timedelta(hours=-5))
    now = datetime(2026, 11, 20, 12, 30, tzinfo=zone)
    hours = {
        datetime(2026, 11, 18, 3, tzinfo=UTC): 4,  # still the 17th over there
        datetime(2026, 11, 18, 14, tzinfo=UTC): 3,
        datetime(2026, 8, 1, 9, tzinfo=UTC): 100,
    }
    activity = describe_activity(hours, now=now)

    assert (activity.unit, len(activity.begins), activity.earlier) == ("day", 60, 100)
    made = {begin.isoformat()[:10]: count for begin, count in zip(activity.begins, activity.made, strict=True)}
    assert made["2026-11-17"] == 4
    assert activity.made[-3:] == (3, 0, 0)
