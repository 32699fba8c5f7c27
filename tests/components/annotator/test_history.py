"""Undo and redo: within an image, across images, across visits."""

from __future__ import annotations

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
    assert desk.text(".hud.note") == "Nothing to undo."
