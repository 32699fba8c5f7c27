"""Undo and redo: within an image, across images, across visits."""

from __future__ import annotations

import urllib.request

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def test_edits_are_taken_back_and_made_again_one_by_one(desk):
    desk.press("Tab", "3", "ArrowRight", "Delete")
    assert "small" not in desk.boxes()
    desk.press("Control+z")
    assert desk.says() == "Undone: milk_bottle deleted."
    desk.press("Control+z", "Control+z")
    assert desk.boxes()["small"] == [0.2, 0.2, 0.4, 0.5]
    assert desk.shown()["small"]["source"] == "prediction"
    desk.press("Control+y", "Control+Shift+z", "Control+y")
    assert "small" not in desk.boxes()


def test_an_image_undone_to_its_beginning_is_accepted_rather_than_corrected(desk):
    desk.press("Tab", "3", "Control+z", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "accept"


def test_undo_goes_back_across_images_with_the_edits_still_undoable(desk):
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1
    desk.press("Control+z")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 0
    desk.wait_saved(4)
    first, second, *undone = desk.api.rows
    assert [row["undoes"] for row in undone] == [second["decision_id"], first["decision_id"]]
    assert [row["verdict"] for row in undone] == ["accept", "correct"]
    assert [(row["labels"], row["objects"]) for row in undone] == [(None, None), (None, None)]
    assert desk.api.decided() == 0
    assert "0 of 5" in desk.text(".bar")


def test_redo_makes_the_decisions_again_and_goes_on(desk):
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("Control+z", "Control+y", "Control+y")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(3)
    made, undone, redone = desk.api.rows
    assert redone["undoes"] == undone["decision_id"]
    assert desk.api.in_force()["shelf/0.png"]["decision_id"] == made["decision_id"]
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.wait_saved(4)
    assert desk.api.rows[3]["undoes"] == made["decision_id"]
    assert desk.api.decided() == 0


def test_a_decision_made_again_brings_its_content_back(desk):
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("Control+z", "d")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+y")
    desk.wait_saved(3)
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1


def test_a_new_edit_ends_what_could_be_made_again(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "2", "3", "Control+y")
    assert desk.text(".hud.note") == "Nothing to redo."


def test_a_skipped_image_can_be_taken_back_when_the_queue_is_done(open_desk):
    desk = open_desk([item("a.png")])
    desk.wait_painted("a.png")
    desk.press("x", "1")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.press("Control+z")
    desk.wait_painted("a.png")
    desk.press("Enter")
    desk.wait_saved(3)
    assert [row["verdict"] for row in desk.api.rows] == ["reject", "reject", "accept"]


def test_decisions_of_an_earlier_visit_can_be_undone_and_redone(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Tab", "4", "Enter")
    desk.wait_painted("shelf/2.png")
    desk.wait_saved(2)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/2.png")
    desk.page.locator(".thumb.past .badge.correct").wait_for()
    desk.press("Control+z")
    desk.wait_painted("shelf/1.png")
    assert desk.api.rows[2]["undoes"] == desk.api.rows[1]["decision_id"]
    assert desk.api.rows[2]["verdict"] == "correct"
    assert desk.page.locator(".object", has_text="water_bottle").count() == 0
    desk.press("Control+y")
    desk.wait_saved(4)
    assert desk.api.rows[3]["undoes"] == desk.api.rows[2]["decision_id"]
    assert desk.api.decided() == 2


def test_nothing_to_undo_is_said(desk):
    desk.press("Control+z")
    desk.wait_until(lambda: desk.text(".hud.note") == "Nothing to undo.")


def log(desk):
    """The rows of the panel, as words without times."""
    desk.page.locator(".log-row").first.wait_for()
    rows = desk.page.locator(".log-row").evaluate_all(
        "rows => rows.map(row => [...row.children].slice(1, -1).map(cell => cell.textContent).filter(Boolean))"
    )
    return [list(row) for row in rows]


def wait_log(desk, count):
    """The rows of the panel once there are so many: it asks for them again after a restored state is saved."""
    desk.page.locator(".log-row").nth(count - 1).wait_for()
    return log(desk)


def test_the_history_of_an_image_says_who_did_what_and_when(desk):
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("x", "4")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("h")
    assert log(desk) == [
        ["Ana R.", "Taken back: Rejected"],
        ["Ana R.", "Rejected: Duplicate image", "taken back"],
        ["Ana R.", "Corrected", "class carton → milk_bottle", "in force"],
    ]
    assert "2026-11-20" in desk.text(".log-row")
    desk.press("x", "Enter")  # Enter closes it, as the focus is on that button
    desk.page.locator(".history").wait_for(state="hidden")
    assert len(desk.api.rows) == 3


def test_a_state_of_the_image_is_restored_by_a_decision_of_its_own(desk):
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "Delete", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("h")
    log(desk)
    desk.page.get_by_role("button", name="Restore the image").nth(1).click()
    desk.wait_saved(3)
    [_, deleted, restored] = desk.api.rows
    assert [one["label"] for one in restored["objects"] if one["id"] == "small"] == ["milk_bottle"]
    assert (restored["verdict"], restored["parent"]) == ("correct", deleted["decision_id"])
    assert restored["provenance"]["restores"] == desk.api.rows[0]["decision_id"]
    assert wait_log(desk, 3)[0] == ["Ana R.", "Corrected", "milk_bottle added", "in force"]
    desk.wait_painted("shelf/0.png")
    desk.press("Escape", "Control+z")
    desk.wait_saved(4)
    assert desk.api.rows[3]["undoes"] == restored["decision_id"]
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object").count() == 2  # what was restored is an edit again
    desk.press("Control+z")
    assert desk.page.locator(".object").count() == 1
    assert len(desk.api.rows) == 4


def test_one_object_has_a_history_and_is_restored_alone(desk):
    desk.press("Tab", "3", "Tab", "4", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "Shift+ArrowRight", "Tab", "1", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "h")
    assert log(desk) == [
        ["Ana R.", "Corrected", "milk_bottle moved (80 × 90 px at 80, 60 → 80 × 90 px at 90, 60)", "in force"],
        ["Ana R.", "Corrected", "class carton → milk_bottle"],
    ]
    desk.page.get_by_role("button", name="Restore this object").nth(1).click()
    desk.wait_saved(3)
    now = {one["id"]: (one["label"], one["box"]) for one in desk.api.rows[2]["objects"]}
    assert now["small"] == ("milk_bottle", [0.2, 0.2, 0.4, 0.5])
    assert now["large"][0] == "can"
    desk.page.get_by_role("button", name="Whole image").click()
    assert len(wait_log(desk, 3)) == 3


def test_a_history_that_cannot_be_had_says_why(desk):
    desk.page.route("**/history?image_id*", lambda route: route.fulfill(status=503, json={"error": "Database down."}))
    desk.press("h")
    desk.page.locator(".history .caution").wait_for()
    assert desk.text(".history .caution") == "Database down."
    desk.press("Escape", "Enter")
    desk.wait_saved(1)


def test_a_class_is_restored_too(open_desk):
    desk = open_desk([item("a.png", labels=["can"], source="label")], settings("image_classification"))
    desk.wait_painted("a.png")
    desk.press("2", "Enter")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.press("a")
    desk.wait_painted("a.png")
    desk.press("3", "Enter")
    desk.wait_saved(2)
    desk.press("a")
    desk.wait_painted("a.png")
    desk.press("h")
    assert log(desk)[0] == ["Ana R.", "Corrected", "class carton → milk_bottle", "in force"]
    desk.page.get_by_role("button", name="Restore the image").nth(1).click()
    desk.wait_saved(3)
    assert desk.api.rows[2]["labels"] == ["carton"]


def test_a_history_that_was_asked_for_earlier_and_comes_later_is_not_shown(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    waiting = []

    def hold(route) -> None:
        """Ask the server now, and answer the page later."""
        asked = urllib.request.Request(route.request.url, headers=route.request.headers)
        with urllib.request.urlopen(asked) as answer:
            waiting.append((route, answer.read().decode()))

    desk.page.route("**/history?image_id*", hold)
    desk.press("h")
    desk.wait_until(lambda: len(waiting) == 1)
    desk.press("Escape", "x", "4")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(2)
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("h")
    desk.wait_until(lambda: len(waiting) == 2)
    (early, stale), (late, fresh) = waiting
    late.fulfill(body=fresh, content_type="application/json")
    assert len(wait_log(desk, 2)) == 2
    early.fulfill(body=stale, content_type="application/json")
    desk.page.evaluate("fetch('/').then((answer) => answer.text())")  # the earlier answer has come by then
    assert len(log(desk)) == 2
