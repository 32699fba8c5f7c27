"""Cut off in the middle: between a key and its answer, in the middle of an image, right after an undo."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("is_reloaded", [False, True], ids=["the server comes back", "the tab is opened again"])
def test_what_was_written_and_never_answered_is_there_once(desk, is_reloaded):
    desk.api.is_mute = True
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()
    assert len(desk.api.rows) == 1  # killed between the row and the answer
    desk.press("Enter")
    desk.wait_painted("shelf/2.png")
    if is_reloaded:
        desk.page.on("dialog", lambda dialog: dialog.accept())
        visit(desk, desk.page.url, settings())
        desk.page.locator(".desk[data-painted]:not([data-painted=''])").wait_for()
    desk.api.is_mute = False
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", "correct"),
        ("shelf/1.png", "accept"),
    ]
    assert len({(row["client_id"], row["seq"]) for row in desk.api.rows}) == 2
    assert len([post for post in desk.api.posts if post["entries"][0]["seq"] == 1]) > 1


@pytest.mark.parametrize("way", ["another page of the app", "a reload", "the tab is closed"])
def test_an_undo_counts_though_one_leaves_at_once(desk, way):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.press("Control+z")
    address = desk.page.url
    if way == "another page of the app":
        desk.page.evaluate("() => { window.unmount(); }")
    elif way == "the tab is closed":
        page = desk.page.context.new_page()
        desk.page.close(run_before_unload=False)
        page.goto(address)
        page.wait_for_function("window.isReady")
        page.evaluate("data => window.mount(data)", settings())
    else:
        desk.page.on("dialog", lambda dialog: dialog.accept())
        visit(desk, address, settings())
    wait_rows(desk, 2)
    made, undone = desk.api.rows
    assert undone["undoes"] == made["decision_id"]
    assert desk.api.decided() == 0


def wait_rows(desk, count):
    """Without the page of the desk, which may be gone."""
    page = desk.page.context.pages[-1]
    for _ in range(400):
        if len(desk.api.rows) >= count:
            return
        page.wait_for_timeout(25)
    pytest.fail(f"There are {len(desk.api.rows)} rows; expected {count}.")


def test_a_session_that_is_lost_in_the_middle_of_an_image_costs_nothing_of_it(desk):
    desk.press("Tab", "3")
    desk.api.tokens = {"of the next session"}
    desk.press("ArrowRight", "f")
    desk.page.keyboard.type("half a com")
    desk.page.evaluate("() => { window.unmount(); }")  # the server ended the session and the page draws itself anew
    desk.mount(settings(token="of the next session"))
    desk.wait_painted("shelf/0.png")
    assert desk.page.get_by_role("button", name="Accept").is_enabled()
    desk.press("f")
    assert desk.page.get_by_role("textbox", name="Comment on the flag").input_value() == "half a com"
    desk.press("Escape")
    small = desk.accept_and_read()["small"]
    assert (small["label"], small["box"]) == ("milk_bottle", pytest.approx([0.2025, 0.2, 0.4025, 0.5]))


def test_decisions_made_while_nobody_is_signed_in_wait_and_go_on_with_the_next_session(desk):
    desk.api.tokens = {"of the next session"}
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("x", "2")
    desk.wait_painted("shelf/2.png")
    desk.page.locator('.saved[data-kind="signed-out"]').wait_for()
    assert desk.text(".saved").startswith("Not saved. Sign in again")
    assert ["renew", True] in desk.page.evaluate("window.calls")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings(token="of the next session"))
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", "correct"),
        ("shelf/1.png", "reject"),
    ]
    desk.wait_painted("shelf/2.png")


def test_thumbnails_that_could_not_be_had_come_when_the_server_is_back(open_desk):
    desk = open_desk(prepare=lambda api: api.lost_thumbs.add("shelf/2.png"))
    desk.wait_painted("shelf/0.png")
    thumb = desk.page.locator('.thumb[aria-label="2.png"] img')
    desk.wait_until(lambda: thumb.evaluate("picture => picture.complete && !picture.naturalWidth"))
    desk.api.lost_thumbs.clear()

    def is_there() -> bool:
        desk.press("v")  # any key that has the desk drawn anew
        return thumb.evaluate("picture => picture.naturalWidth > 0")

    desk.wait_until(is_there)
