"""Counts are remembered while nothing changes, and for a while in a project so large that counting takes long."""

from __future__ import annotations

import pytest

from domain.prediction import Task
from services import recounting
from services.projects import ReviewProgress, create_project
from services.recounting import recount


@pytest.fixture
def counting(workspace, tmp_path, monkeypatch):
    """A function that counts, given the images and changes of a project: each new count is one higher."""
    number = create_project(workspace, "Any", Task.DETECTION, str(tmp_path)).project_id
    counted = []
    clock = [0.0]
    monkeypatch.setattr(recounting.time, "monotonic", lambda: clock[0])

    def count_anew():
        clock[0] += 1
        counted.append(1)
        return len(counted)

    def ask(images, changes, *, later=0.0, what="classes"):
        clock[0] += later
        return recount(workspace, number, what, progress=ReviewProgress(images, {}, changes), count=count_anew)

    return ask


def test_nothing_is_counted_twice_while_nothing_changes(counting):
    assert [counting(10, 1), counting(10, 1, later=1e6)] == [1, 1]


def test_a_small_project_is_counted_after_every_change(counting):
    assert [counting(10, changes) for changes in (1, 2, 3)] == [1, 2, 3]


def test_a_count_of_a_large_project_stands_for_twenty_times_as_long_as_it_took(counting):
    assert [counting(1_000_000, 1), counting(1_000_000, 2, later=19)] == [1, 1]
    assert counting(1_000_000, 3, later=2) == 2


def test_different_counts_do_not_mix(counting):
    assert [counting(10, 1), counting(10, 1, what="reviewers"), counting(10, 1)] == [1, 2, 1]
