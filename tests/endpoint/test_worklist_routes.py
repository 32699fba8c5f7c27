"""The desk's routes on a worklist: its images, its figures with every answer, its reasons."""

from __future__ import annotations

import pytest

from services.worklists import make_worklist, order_of
from tests.endpoint.conftest import assert_refused, images_of


@pytest.fixture
def order(workspace, project):
    reasons = {"sub/c.png": "Label can, prediction milk 0.97"}
    chosen = make_worklist(workspace, project, "Chosen", ["sub/c.png", "a.png"], reviewer="Ana", reasons=reasons)
    return order_of(chosen)


def test_the_queue_answers_with_the_list_and_why_each_image_is_on_it(desk, order):
    answer = desk.get("queue", order=order, client_id="tab")

    assert images_of(answer) == ["sub/c.png", "a.png"]
    page = answer.json()
    assert (page["total"], page["decided"], page["left"]) == (2, 0, 2)
    assert page["items"][0]["reason"] == "Label can, prediction milk 0.97"
    assert page["items"][1]["reason"] == desk.item("a.png")["reason"]


def test_the_answer_to_a_decision_counts_the_list_it_was_made_on(desk, order):
    entries = [desk.entry("sub/c.png", "reject")]
    answer = desk.post("decisions", {"client_id": "tab", "entries": entries, "order": order}).json()
    assert (answer["decided"], answer["left"]) == (1, 1)

    answer = desk.decide(desk.entry("b.png", "reject"))
    assert (answer["decided"], answer["left"]) == (2, 1)


def test_decisions_on_a_list_that_is_gone_are_written_all_the_same(desk):
    entries = [desk.entry("b.png", "reject")]
    answer = desk.post("decisions", {"client_id": "tab", "entries": entries, "order": "worklist-7"}).json()
    assert (answer["decided"], answer["left"], answer["refused"]) == (1, 2, [])
    assert_refused(desk.get("queue", order="worklist-7"), 404, "list of images number 7 is not kept any more")
