"""Which images the queue gives, in which order."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.errors import NotFoundError, UnknownNameError
from domain.prediction import Labels
from services.import_images import import_images
from services.review import fetch_queue
from tests.services.small_projects import (
    decide,
)


def names(page):
    return [state.image.image_id for state in page.states]


def test_the_queue_gives_undecided_images_in_order(workspace, six):
    decide(workspace, six, "2.png", Verdict.REJECT)

    page = fetch_queue(workspace, six.project_id, count=3)

    assert names(page) == ["1.png", "3.png", "4.png"]
    assert (page.total, page.decided, page.skipped, page.left) == (6, 1, 0, 5)
    assert names(fetch_queue(workspace, six.project_id, count=3, after="4.png")) == ["5.png", "6.png"]


def test_the_queue_begins_where_it_is_told_whatever_was_decided_there(workspace, six):
    decide(workspace, six, "3.png", Verdict.REJECT)
    decide(workspace, six, "4.png", Verdict.REJECT)

    page = fetch_queue(workspace, six.project_id, count=2, start="3.png")

    assert names(page) == ["3.png", "5.png"]
    assert page.again == frozenset()


def test_skipped_images_come_once_more_when_the_others_are_done(workspace, six):
    for number in (1, 3, 5):
        decide(workspace, six, f"{number}.png", Verdict.SKIP)
    page = fetch_queue(workspace, six.project_id)
    assert names(page) == ["2.png", "4.png", "6.png"]
    assert (page.decided, page.skipped, page.left) == (0, 3, 6)

    for number in (2, 4, 6):
        decide(workspace, six, f"{number}.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    again = fetch_queue(workspace, six.project_id, count=2, after="6.png")
    assert names(again) == ["1.png", "3.png"]
    assert again.again >= {"1.png", "3.png"}
    assert names(fetch_queue(workspace, six.project_id, count=2, after="3.png")) == ["5.png"]
    assert names(fetch_queue(workspace, six.project_id, count=2, after="5.png")) == []

    for number in (1, 3, 5):
        decide(workspace, six, f"{number}.png", Verdict.REJECT)
    assert names(fetch_queue(workspace, six.project_id)) == []


def test_images_that_are_gone_leave_the_queue(workspace, six):
    (state,) = fetch_queue(workspace, six.project_id, count=1).states
    (workspace.settings.home.parent / "photos" / "1.png").unlink()
    import_images(workspace, six.project_id)

    assert state.image.image_id == "1.png"
    assert names(fetch_queue(workspace, six.project_id, count=1)) == ["2.png"]


def test_unknown_orders_and_images_are_told(workspace, six):
    with pytest.raises(UnknownNameError, match="no order named 'size'"):
        fetch_queue(workspace, six.project_id, order="size")
    with pytest.raises(NotFoundError, match=r"no image '9\.png'"):
        fetch_queue(workspace, six.project_id, start="9.png")
