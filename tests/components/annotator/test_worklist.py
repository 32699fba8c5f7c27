"""The desk on a list of images: it says which, sends its name along, and leads back to the whole project."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser

ORDERS = [
    {"key": "worklist-7", "title": "Queue: Margin", "is_list": True},
    {"key": "name", "title": "File name", "is_list": False},
    {"key": "score", "title": "Lowest score first", "is_list": False},
]


@pytest.fixture
def desk(open_desk):
    images = [item("a.png"), item("b.png")]
    return open_desk(images, settings(order="worklist-7", orders=ORDERS, whole_order="score"))


def test_the_bar_names_the_list_and_decisions_say_on_which_list_they_were_made(desk):
    desk.wait_painted("a.png")
    order = desk.page.get_by_label("Order of the queue")
    assert order.evaluate("menu => menu.selectedOptions[0].textContent") == "Queue: Margin"
    assert desk.page.get_by_role("button", name="Whole project").is_visible()
    desk.press("Enter")
    desk.wait_saved(1)
    assert {post["order"] for post in desk.api.posts} == {"worklist-7"}
    assert set(desk.api.asked_orders) == {"worklist-7"}


def test_the_end_of_the_list_says_so_and_leads_back_to_the_whole_project(desk):
    for name in ("a.png", "b.png"):
        desk.wait_painted(name)
        desk.press("Enter")
    done = desk.page.locator('.problem[data-problem="done"]')
    done.wait_for()
    assert "2 of 2 images on this list reviewed" in done.inner_text()
    assert "Queue: Margin" in done.inner_text()
    desk.api.items["c.png"] = item("c.png")

    done.get_by_role("button", name="Back to the whole project").click()

    desk.wait_painted("c.png")
    assert desk.api.asked_orders[-1] == "score"
    assert ["order", "score"] in desk.page.evaluate("window.calls")
    assert desk.page.get_by_role("button", name="Whole project").count() == 0


def test_a_list_that_goes_while_it_is_open_is_a_sentence_and_the_project_goes_on(desk):
    desk.wait_painted("a.png")
    desk.api.lost_orders.add("worklist-7")
    desk.page.get_by_label("Order of the queue").select_option("name")
    desk.wait_until(lambda: desk.api.asked_orders[-1] == "name")
    desk.page.get_by_label("Order of the queue").select_option("worklist-7")
    desk.wait_until(lambda: desk.api.asked_orders[-2:] == ["worklist-7", "score"])
    desk.page.get_by_text("not kept any more. The queue goes on with the images that wait.").first.wait_for()
    desk.wait_painted("a.png")
