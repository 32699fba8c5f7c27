"""Images that others work on: shown read only, left out of the queue, waited for; and what viewers may do."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import five_images, settings
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser

LATER = """() => { const now = performance.now.bind(performance); performance.now = () => now() + 300_000;
  document.dispatchEvent(new Event("visibilitychange")); }"""
BEN = {"reviewer": "Ben K.", "free_in": 540.0}


def wait_left_out(desk, name):
    """Until the desk has learned that somebody else has an image, and taken it off the strip."""
    desk.page.wait_for_function(
        "name => !document.querySelector('#host').shadowRoot.querySelector('.thumbs').innerHTML.includes(name)",
        arg=name,
    )


def test_an_image_that_somebody_holds_is_read_only_and_says_for_how_long(open_desk):
    def prepare(api):
        api.holders["shelf/3.png"] = BEN

    desk = open_desk(five_images(), settings(start="shelf/3.png"), prepare=prepare)
    desk.wait_painted("shelf/3.png")
    assert desk.text(".saved").replace("\n", "") == "Read only. Ben K. holds this image for 9 min"
    assert desk.page.get_by_role("button", name="Accept").is_disabled()
    for key in ("Enter", "x", "s", "f", "w"):
        desk.press(key)
        assert desk.text(".hud.note") == "Read only. Ben K. holds this image for 9 min."
    desk.press("Tab", "3")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 0
    desk.press("Escape", "d")
    desk.wait_painted("shelf/4.png")
    assert desk.page.get_by_role("button", name="Accept").is_enabled()


def test_it_can_be_decided_once_it_is_free(open_desk):
    def prepare(api):
        api.holders["shelf/3.png"] = BEN

    desk = open_desk(five_images(), settings(start="shelf/3.png"), prepare=prepare)
    desk.wait_painted("shelf/3.png")
    desk.api.holders = {}
    desk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    desk.page.locator('.saved[data-kind="saved"]').wait_for()
    desk.press("Enter")
    desk.wait_saved(1)


def test_what_others_took_meanwhile_is_left_out_and_the_rest_kept(desk):
    desk.api.holders["shelf/1.png"] = BEN
    desk.page.evaluate(LATER)
    desk.wait_until(lambda: desk.api.lease_posts != [])
    route, body = desk.api.lease_posts[0]
    assert (route, body["image_ids"]) == ("leases", [f"shelf/{at}.png" for at in range(5)])
    wait_left_out(desk, "1.png")
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    desk.wait_saved(1)
    assert desk.api.rows[0]["client_id"] == body["client_id"]


def test_leaving_the_desk_gives_its_images_back(desk):
    desk.page.evaluate("() => { window.unmount(); }")
    desk.wait_until(lambda: [route for route, _ in desk.api.lease_posts] == ["leases/release"])


def test_the_queue_is_not_called_empty_while_others_hold_what_is_left_and_goes_on_by_itself(open_desk):
    desk = open_desk([item("a.png"), item("b.png")])
    desk.wait_painted("a.png")
    desk.api.queue_held = {"images": 1, "reviewers": ["Ben K."], "free_in": 240}
    desk.api.hidden = {"b.png"}
    desk.api.holders["b.png"] = BEN
    desk.page.evaluate(LATER)
    wait_left_out(desk, "b.png")
    desk.press("Enter")
    desk.page.locator('.problem[data-problem="held"]').wait_for()
    desk.page.get_by_text("Ben K. works on 1 open image; the first is free in 4 min at the latest").wait_for()
    words = desk.text(".problem p")
    assert "1 of 2 images are reviewed" in words
    desk.api.hidden = set()
    desk.api.holders = {}
    desk.page.get_by_role("button", name="Look again").click()
    desk.wait_painted("b.png")


def test_a_viewer_looks_and_does_not_decide(open_desk):
    desk = open_desk(data=settings(role="viewer"))
    desk.wait_painted("shelf/0.png")
    assert desk.text(".saved").replace("\n", "") == "Read only. Viewers look and do not decide"
    desk.press("Enter", "x", "1", "Tab", "3", "Delete")
    assert desk.text(".hud.note") == "Read only. Viewers look and do not decide."
    desk.press("Escape", "d")
    desk.wait_painted("shelf/1.png")
    assert desk.api.rows == []
    assert desk.api.lease_posts == []
