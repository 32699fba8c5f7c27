"""A browser that keeps nothing more: it is said, an older draft does not come back as the newest, and closing asks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.annotator.conftest import settings, visit

pytestmark = pytest.mark.browser

FILL = """() => {
  window.setItem ??= Storage.prototype.setItem;
  Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
EMPTY = "() => { Storage.prototype.setItem = window.setItem; }"
DRAFTS = "Object.keys(localStorage).filter(name => name.startsWith('relook:draft'))"


def saved_text(desk: Any) -> str:
    return desk.text(".saved").replace("\n", "")


def test_a_draft_without_room_is_said_and_an_older_one_does_not_come_back_for_it(desk):
    desk.press("Tab", "3")
    assert len(desk.page.evaluate(DRAFTS)) == 1
    desk.page.evaluate(FILL)
    desk.press("4")
    assert "This browser keeps nothing more: its storage is full" in desk.page.get_by_role("alert").inner_text()
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert asked == ["beforeunload"]
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 0
    assert "Draft restored" not in desk.text(".hud.note")


def test_a_draft_that_finds_room_again_is_kept_and_closing_asks_no_more(desk):
    desk.page.evaluate(FILL)
    desk.press("Tab", "3")
    desk.page.evaluate(EMPTY)
    desk.press("4")
    asked = []
    desk.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert asked == []
    assert desk.page.locator(".object", has_text="water_bottle").count() == 1


def test_one_decision_without_room_is_said_though_a_later_one_found_some(desk):
    desk.api.outage = 0
    desk.page.evaluate(FILL)
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.evaluate(EMPTY)
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    desk.wait_until(lambda: saved_text(desk).startswith("Offline. 2 decisions kept while this page is open"))
    desk.api.outage = None
    desk.wait_saved(2)


def test_a_refused_decision_without_room_is_kept_as_soon_as_there_is_some(desk):
    desk.api.refusals["shelf/0.png"] = ("The class milk_bottle was removed.", "Choose another class.")
    desk.page.evaluate(FILL)
    desk.press("Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="refused"]').wait_for()
    desk.page.evaluate(EMPTY)
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    desk.page.wait_for_function("Object.keys(localStorage).some(name => name.startsWith('relook:refused'))")
    visit(desk, desk.page.url, settings(start="shelf/3.png"))
    desk.page.locator('.saved[data-kind="refused"]').wait_for()
