"""Flags with a comment on a place: marked, shown again, answered; and a lead's note on what was sent back."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import five_images, settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def marked(desk):
    """The box drawn on the photo, in fractions of it; None when there is none."""
    rect = desk.page.locator(".marks rect.line")
    if not rect.is_visible():
        return None
    photo, shown = desk.page.locator(".photo").bounding_box(), rect.evaluate("node => ({...node.getBBox()})")
    stage = desk.page.locator(".view").bounding_box()
    values = rect.evaluate("node => ['x', 'y', 'width', 'height'].map(name => Number(node.getAttribute(name)))")
    assert shown is not None
    x, y = values[0] + stage["x"] - photo["x"], values[1] + stage["y"] - photo["y"]
    edges = (x, y, x + values[2], y + values[3])
    return [edge / photo[("width", "height")[at % 2]] for at, edge in enumerate(edges)]


def test_a_flag_carries_the_box_that_was_drawn_for_it(desk):
    desk.press("f")
    desk.page.keyboard.type("which one ")
    desk.drag((0.2, 0.3), (0.7, 0.8))
    desk.page.keyboard.type("is it?")
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["verdict"], row["note"]) == ("flag", "which one is it?")
    assert row["region"]["box"] == pytest.approx([0.2, 0.3, 0.7, 0.8], abs=0.003)
    assert row["objects"] is None  # nothing was moved by the drag


def test_without_a_place_a_flag_is_about_the_image(desk):
    desk.press("f")
    desk.page.keyboard.type("blurred")
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["region"] is None


def test_a_selected_object_is_the_place_and_can_be_let_go(desk):
    desk.press("Tab", "f")
    assert marked(desk) == pytest.approx([0.2, 0.2, 0.4, 0.5], abs=0.003)
    desk.page.get_by_role("button", name="Flag the whole image instead").click()
    assert marked(desk) is None
    desk.click(0.5, 0.6)
    assert marked(desk) == pytest.approx([0.1, 0.1, 0.6, 0.7], abs=0.003)
    desk.page.keyboard.type("x")
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["region"] == {"box": [0.1, 0.1, 0.6, 0.7]}


def test_the_place_stays_on_its_spot_while_the_photo_is_zoomed(desk):
    desk.press("f")
    desk.drag((0.2, 0.3), (0.7, 0.8))
    desk.page.mouse.move(*desk.at(0.5, 0.5))
    desk.page.mouse.wheel(0, -300)
    desk.wait_until(lambda: marked(desk) == pytest.approx([0.2, 0.3, 0.7, 0.8], abs=0.003))  # the zoom has come to rest


def test_a_flag_is_shown_again_with_its_place_when_the_image_comes_back(desk):
    desk.press("Tab", "f")
    desk.page.keyboard.type("can or carton?")
    desk.press("Enter")
    desk.wait_saved(1)
    visit(desk, desk.page.url, settings(start="shelf/0.png"))
    desk.wait_painted("shelf/0.png")
    assert "Flagged by Ana R. at 2026-11-20" in desk.text(".banner")
    assert "can or carton?" in desk.text(".banner")
    assert marked(desk) == pytest.approx([0.2, 0.2, 0.4, 0.5], abs=0.003)
    desk.page.keyboard.down("v")
    assert marked(desk) is None
    desk.page.keyboard.up("v")
    assert marked(desk) is not None


def test_a_flag_is_answered_and_the_image_is_open_again(open_desk):
    images = five_images()
    said = {"note": "can or carton?", "region": {"box": [0.2, 0.2, 0.4, 0.5]}, "decided_by": "Ben K."}
    images[0].update(status="flag", decision_id="flagged", **said)
    desk = open_desk(images, settings(start="shelf/0.png"))
    desk.wait_painted("shelf/0.png")
    desk.press("n", "Enter")
    assert desk.text(".hud.note") == "Write the answer."
    desk.page.keyboard.type("a carton")
    desk.press("Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["verdict"], row["note"], row["parent"]) == ("resolve", "a carton", "flagged")
    assert desk.text(".banner").startswith("Flag answered by Ana R.")
    assert marked(desk) is None
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(2)
    assert (desk.api.rows[1]["verdict"], desk.api.rows[1]["parent"]) == ("accept", row["decision_id"])


def test_an_answer_can_be_taken_back(open_desk):
    images = five_images()
    images[0].update(status="flag", decision_id="flagged", note="axle?", decided_by="Ben K.")
    desk = open_desk(images, settings(start="shelf/0.png"))
    desk.wait_painted("shelf/0.png")
    desk.page.get_by_role("button", name="Answer the flag").click()
    desk.page.keyboard.type("yes")
    desk.press("Enter")
    desk.press("Control+z")
    desk.wait_saved(2)
    assert desk.text(".banner").startswith("Flagged by Ben K.")
    assert desk.api.rows[1]["undoes"] == desk.api.rows[0]["decision_id"]


def test_only_a_flag_can_be_answered(desk):
    desk.press("n")
    assert desk.text(".hud.note") == "This image has no flag to answer."


def test_a_half_written_flag_survives_a_reload_and_escape_drops_it(desk):
    desk.press("f")
    desk.page.keyboard.type("left ha")
    desk.drag((0.2, 0.3), (0.7, 0.8))
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert desk.text(".hud.note") == "An unfinished flag is kept. F goes on with it."
    desk.press("f")
    assert desk.page.get_by_label("Comment on the flag").input_value() == "left ha"
    assert marked(desk) == pytest.approx([0.2, 0.3, 0.7, 0.8], abs=0.003)
    desk.page.keyboard.type("lf")
    desk.press("Escape", "f")
    assert desk.page.get_by_label("Comment on the flag").input_value() == ""
    assert marked(desk) is None


def test_the_note_of_a_lead_stands_above_the_photo_until_the_image_is_decided(open_desk):
    note = "The left box is too wide. <b>Again</b>"
    sent = item("a.png", status="send_back", decision_id="back", decided_by="Lee", note=note)
    desk = open_desk([sent, item("b.png")])
    desk.wait_painted("a.png")
    assert desk.text(".banner").replace("\n", "") == f"Sent back by Lee: {note}"
    assert desk.page.locator(".banner b").count() == 0
    desk.press("d")
    desk.wait_painted("b.png")
    assert desk.page.locator(".banner").is_hidden()
    desk.press("a")
    desk.wait_painted("a.png")
    desk.press("Enter")
    desk.wait_painted("b.png")
    desk.press("a")
    desk.wait_painted("a.png")
    assert desk.page.locator(".banner").is_hidden()
    desk.wait_saved(1)
    assert (desk.api.rows[0]["verdict"], desk.api.rows[0]["parent"]) == ("accept", "back")


def test_a_lead_sends_an_image_back_and_others_are_told_who_does(open_desk):
    desk = open_desk(data=settings(role="lead"))
    desk.wait_painted("shelf/0.png")
    desk.press("k")
    desk.page.keyboard.type("look at the lid")
    desk.press("Enter")
    desk.wait_saved(1)
    assert (desk.api.rows[0]["verdict"], desk.api.rows[0]["note"]) == ("send_back", "look at the lid")
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    desk.press("k")
    assert desk.text(".hud.note") == "A lead sends images back. F flags an image."
