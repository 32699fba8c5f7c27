"""The saliency peek: hidden until asked for, aimed at the selection, gone on release."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item
from tests.components.annotator.pixels import CAN, share_of_line

pytestmark = pytest.mark.browser


def hold(desk):
    desk.wait_rested()
    desk.page.keyboard.down("z")
    desk.page.locator(".map:not([hidden])").wait_for()


def facts(desk):
    return desk.text(".hud.right").replace("\n", " ")


def test_no_map_is_asked_for_before_the_key(desk):
    desk.press("Tab", "Enter")
    desk.wait_saved(1)
    assert desk.api.map_requests == []
    assert desk.page.locator(".map").is_hidden()
    assert "saliency" not in desk.api.rows[0]["overlays"]


def test_holding_the_key_shows_the_map_of_the_selection_alone_and_release_hides_it(desk):
    desk.press("Tab")
    assert desk.text(".evidence").startswith("Evidence inside the box appears on")
    hold(desk)
    [request] = desk.api.map_requests
    assert (request["image_id"], request["label"], request["object"]["id"]) == ("shelf/0.png", "carton", "small")
    assert "method" not in request  # the server takes the quickest for the model
    assert facts(desk) == "GradCAM for carton Opacity 75 % , . Release to hide Z"
    assert " ".join(desk.text(".evidence").split()) == "Evidence inside box 71 % GradCAM for carton, 0.21 s"
    assert share_of_line(desk, (0.15, 0.7), (0.55, 0.7), CAN) == 0
    assert desk.page.locator(".lens").evaluate("node => getComputedStyle(node).filter") == "grayscale(1)"
    desk.page.keyboard.up("z")
    assert desk.page.locator(".map").is_hidden()
    assert desk.page.locator(".lens").evaluate("node => getComputedStyle(node).filter") == "none"
    assert "71 %" in desk.text(".evidence")
    desk.press("Enter")
    desk.wait_saved(1)
    assert "saliency" in desk.api.rows[0]["overlays"]


def test_the_second_look_needs_no_server(desk):
    hold(desk)
    desk.page.keyboard.up("z")
    hold(desk)
    desk.page.keyboard.up("z")
    assert len(desk.api.map_requests) == 1


def test_who_looked_at_a_map_has_those_of_the_next_images_before_they_are_asked_for(desk):
    hold(desk)
    desk.page.keyboard.up("z")
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_until(lambda: len(desk.api.map_requests) == 4)
    assert [request["image_id"] for request in desk.api.map_requests] == [f"shelf/{at}.png" for at in range(4)]
    assert desk.page.locator(".map").is_hidden()
    desk.wait_saved(1)
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    hold(desk)
    desk.wait_until(lambda: len(desk.api.map_requests) == 5)  # of the fifth image: the third one's was there
    assert desk.api.map_requests[-1]["image_id"] == "shelf/4.png"


def test_another_model_is_asked_anew(desk):
    hold(desk)
    desk.page.keyboard.up("z")
    desk.mount(settings(model_id="another"))
    hold(desk)
    desk.page.keyboard.up("z")
    assert len(desk.api.map_requests) == 2


def test_the_map_is_coloured_by_strength_and_faint_where_it_is_weak(desk):
    hold(desk)
    pixels = desk.page.locator(".map").evaluate(
        """map => [0, map.width - 1].map(x => [...map.getContext("2d").getImageData(x, 10, 1, 1).data])"""
    )
    desk.page.keyboard.up("z")
    weak, strong = pixels
    assert weak[3] == pytest.approx(0.12 * 255, abs=2)
    assert strong[3] == 255
    assert strong[0] > 240
    assert desk.page.locator(".map").evaluate("node => node.style.opacity") == "0.75"


def test_the_map_stays_when_latched_follows_an_edit_and_changes_its_opacity(desk):
    desk.wait_rested()
    desk.press("Tab", "Shift+Z")
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.press(",", ",", ".")
    assert "Opacity 65 %" in facts(desk)
    desk.press("ArrowRight")
    desk.wait_until(lambda: len(desk.api.map_requests) == 2)
    assert desk.api.map_requests[1]["object"]["box"][0] == pytest.approx(0.2 + 1 / 400)
    desk.press("Shift+Z")
    assert desk.page.locator(".map").is_hidden()


def test_an_image_is_explained_for_its_class(open_desk):
    desk = open_desk([item("a.png", labels=["carton"], source="label")], settings("image_classification"))
    desk.wait_painted("a.png")
    hold(desk)
    desk.page.keyboard.up("z")
    assert (desk.api.map_requests[0]["label"], desk.api.map_requests[0]["object"]) == ("carton", None)


def test_a_map_that_cannot_be_had_says_why_and_hides_nothing(desk):
    desk.api.map_error = ("The map is constant: this target has no gradient at that layer.", "Choose an earlier layer.")
    desk.page.keyboard.down("z")
    desk.page.locator(".evidence .caution").wait_for()
    assert "The map is constant" in facts(desk)
    assert "Choose an earlier layer." in desk.text(".evidence")
    assert desk.page.locator(".map").is_hidden()
    assert share_of_line(desk, (0.15, 0.7), (0.55, 0.7), CAN) > 0.95
    desk.page.keyboard.up("z")


def test_without_a_model_the_key_says_so_and_asks_nobody(open_desk):
    desk = open_desk(data=settings(has_model=False))
    desk.wait_painted("shelf/0.png")
    desk.page.keyboard.down("z")
    assert "No model is loaded" in facts(desk)
    desk.page.keyboard.up("z")
    assert desk.api.map_requests == []


def test_leaving_the_window_ends_a_held_key(desk):
    hold(desk)
    desk.page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert desk.page.locator(".map").is_hidden()


def test_holding_v_hides_every_overlay(desk):
    desk.page.keyboard.down("v")
    assert desk.page.locator(".shapes").evaluate("node => getComputedStyle(node).visibility") == "hidden"
    assert "Overlays hidden. Release to show" in facts(desk)
    desk.page.keyboard.up("v")
    assert desk.page.locator(".shapes").evaluate("node => getComputedStyle(node).visibility") == "visible"
