"""A server that is away for a moment while photos are fetched: they come by themselves once it is back."""

from __future__ import annotations

import pytest

from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def many(count: int) -> list[dict]:
    return [item(f"{at:03}.png") for at in range(count)]


def test_photos_that_failed_ahead_during_an_outage_are_there_when_their_turn_comes(open_desk):
    def prepare(api):
        api.lost_photos = set(api.items) - {"000.png"}

    desk = open_desk(many(8), prepare=prepare)
    desk.wait_painted("000.png")
    desk.wait_until(lambda: {f"{at:03}.png" for at in range(8)} <= set(desk.api.photo_requests))
    desk.api.lost_photos = set()
    for at in range(1, 4):
        desk.press("Enter")
        desk.page.wait_for_function(
            "name => document.querySelector('#host').shadowRoot.querySelector('img.photo')?.src.endsWith(name)",
            arg=f"{at:03}.png",
        )
        desk.wait_painted(f"{at:03}.png")
        assert desk.page.locator(".problem").is_hidden()
    desk.wait_saved(3)


def test_a_photo_on_the_stage_comes_by_itself_and_a_comment_stays(open_desk):
    desk = open_desk(many(2), prepare=lambda api: api.lost_photos.add("000.png"))
    desk.page.get_by_text("The server cannot be reached. It is tried again until it is there.").wait_for()
    desk.press("f")
    desk.page.keyboard.type("left box")
    desk.api.lost_photos = set()
    desk.page.locator("img.photo").wait_for()
    assert desk.page.locator(".problem").is_hidden()
    desk.page.keyboard.type(" is torn")
    desk.press("Enter")
    desk.wait_saved(1)
    assert (desk.api.rows[0]["verdict"], desk.api.rows[0]["note"]) == ("flag", "left box is torn")


def test_a_photo_that_the_server_says_is_gone_is_not_asked_for_with_every_step(open_desk):
    images = many(12)
    images[6]["is_missing"] = True
    desk = open_desk(images)
    for at in range(5):
        desk.wait_painted(f"{at:03}.png")
        desk.press("d")
    desk.wait_painted("005.png")
    assert desk.api.photo_requests.count("006.png") == 2  # the photo, and why there is none
    desk.press("d")
    desk.page.get_by_text("006.png cannot be loaded").wait_for()
    assert "Reject, skip or flag it" in desk.text(".problem")
