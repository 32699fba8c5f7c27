"""Deciding with the keyboard: what each key books, on which image, and in which order it arrives."""

from __future__ import annotations

import threading

import pytest

from tests.components.annotator.conftest import five_images, settings
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def many(count: int) -> list[dict]:
    return [item(f"{at:03}.png") for at in range(count)]


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_one_key_accepts_the_image_as_shown_and_goes_on(desk, key):
    desk.press(key)
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["image_id"], row["verdict"], row["undoes"], row["seq"]) == ("shelf/0.png", "accept", None, 1)
    assert row["objects"] == desk.api.items["shelf/0.png"]["objects"]
    assert row["labels"] is None
    assert desk.says() == "Accepted, 1 of 5."
    assert desk.text(".saved") == "Saved 10:42:07"


def test_the_overlays_that_were_visible_and_the_time_taken_are_stored(desk):
    desk.press("Tab", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["overlays"] == ["predictions", "scores"]
    assert 0 <= desk.api.rows[0]["seconds"] < 60


def test_a_changed_image_is_booked_as_corrected(desk):
    desk.press("Tab", "4", "Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    small = next(known for known in row["objects"] if known["id"] == "small")
    assert row["verdict"] == "correct"
    assert (small["label"], small["source"], small["score"]) == ("water_bottle", "correction", None)
    assert (
        next(known for known in row["objects"] if known["id"] == "large") == desk.api.items["shelf/0.png"]["objects"][0]
    )


def test_twenty_fast_accepts_arrive_once_each_in_order_on_the_image_that_was_on_screen(open_desk):
    desk = open_desk(many(30))
    for at in range(20):
        desk.wait_painted(f"{at:03}.png")
        desk.press("Enter")
    desk.wait_painted("020.png")
    desk.wait_saved(20)
    assert [row["image_id"] for row in desk.api.rows] == [f"{at:03}.png" for at in range(20)]
    assert [row["seq"] for row in desk.api.rows] == list(range(1, 21))
    assert len({row["decision_id"] for row in desk.api.rows}) == 20


def test_after_a_rush_of_keys_everything_around_the_photo_is_about_the_image_on_screen(open_desk):
    """Each key comes as soon as the photo is painted: what stands around it follows when the hand rests."""
    desk = open_desk(many(30))
    desk.wait_painted("000.png")
    kept = desk.page.evaluate(
        """() => new Promise((resolve) => {
        const stage = document.querySelector("#host").shadowRoot.querySelector(".stage");
        const options = { key: "Enter", code: "Enter", bubbles: true, composed: true };
        const waiting = () => Object.keys(localStorage).filter((name) => name.startsWith("relook:outbox")).length;
        const press = () => stage.dispatchEvent(new KeyboardEvent("keydown", options));
        let pressed = 0;
        addEventListener("relook:painted", () => {
          if (++pressed < 10) press();
          else if (pressed === 10) resolve(waiting());
        });
        press(); })"""
    )
    assert kept > 0  # each is kept in the browser before anything else
    desk.wait_painted("010.png")
    assert desk.text(".bar .file") == "010.png"
    assert desk.page.locator(".thumb.now").get_attribute("aria-label") == "010.png, current"
    assert desk.page.locator(".thumb.past").count() == 5
    desk.wait_saved(10)
    assert [row["image_id"] for row in desk.api.rows] == [f"{at:03}.png" for at in range(10)]
    assert desk.text(".bar .count, .bar > .grey").startswith("10 of 30")


def test_keys_faster_than_the_screen_are_ignored_and_never_booked_on_another_image(open_desk):
    desk = open_desk(many(40))
    desk.wait_painted("000.png")
    desk.page.locator(".stage").evaluate(
        """stage => { const options = { key: "Enter", code: "Enter", bubbles: true, composed: true };
        for (let i = 0; i < 20; i++) stage.dispatchEvent(new KeyboardEvent("keydown", options)); }"""
    )
    desk.wait_painted("001.png")
    desk.wait_saved(1)
    assert [row["image_id"] for row in desk.api.rows] == ["000.png"]
    assert len(desk.events("ignored")) == 19


def test_a_key_before_the_photo_is_painted_is_ignored_visibly(open_desk):
    gate = threading.Event()
    desk = open_desk(prepare=lambda api: api.held.update({"shelf/1.png": gate}))
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.page.locator(".frame.loading").wait_for()
    desk.press("Enter", "Tab", "2", "s")
    assert desk.text(".hud.note") == "Image is loading. The key was ignored."
    gate.set()
    desk.wait_painted("shelf/1.png")
    desk.press("Enter")
    desk.wait_saved(2)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [
        ("shelf/0.png", "accept"),
        ("shelf/1.png", "accept"),
    ]


def test_holding_a_key_decides_once(desk):
    desk.page.keyboard.down("Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.keyboard.down("Enter")
    desk.page.keyboard.up("Enter")
    desk.wait_saved(1)
    assert len(desk.api.rows) == 1
    assert desk.page.locator('.desk[data-painted="shelf/1.png"]').count() == 1


@pytest.mark.parametrize(("choose", "note"), [("4", "Duplicate image"), ("click", "Image unusable")])
def test_rejecting_asks_for_a_reason_in_place(desk, choose, note):
    desk.press("x", "Enter")
    assert desk.api.rows == []
    if choose == "click":
        desk.page.get_by_role("button", name=note).click()
    else:
        desk.press(choose)
    desk.wait_saved(1)
    row = desk.api.rows[0]
    assert (row["verdict"], row["note"], row["objects"], row["labels"]) == ("reject", note, None, None)


def test_escape_cancels_a_rejection(desk):
    desk.press("x", "Escape", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "accept"


def test_a_flag_takes_a_comment_while_no_key_acts(desk):
    desk.press("f")
    desk.page.keyboard.type("axle? see 1 and x")
    desk.press("Enter")
    desk.wait_saved(1)
    desk.wait_painted("shelf/1.png")
    assert [(row["verdict"], row["note"]) for row in desk.api.rows] == [("flag", "axle? see 1 and x")]
    desk.press("f", "Escape", "Enter")
    desk.wait_saved(2)
    assert desk.api.rows[1]["verdict"] == "accept"


def test_an_unfinished_comment_is_not_lost_to_a_decision(desk):
    desk.press("f")
    desk.page.keyboard.type("left box")
    desk.page.locator(".stage").focus()
    desk.press("Enter")
    assert desk.text(".hud.note") == "Enter saves the comment, Esc drops it."
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["note"] == "left box"


def test_a_skipped_image_comes_once_more_at_the_end(open_desk):
    desk = open_desk(many(3))
    desk.wait_painted("000.png")
    desk.press("s")
    for name in ("001.png", "002.png"):
        desk.wait_painted(name)
        desk.press("Enter")
    desk.wait_painted("000.png")
    assert desk.text(".pills") == "Skipped before"
    desk.press("Enter")
    desk.wait_saved(4)
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows[::3]] == [
        ("000.png", "skip"),
        ("000.png", "accept"),
    ]
    assert "All 3 images are reviewed" in desk.text(".problem")


def test_the_end_of_the_queue_leads_to_export(open_desk):
    desk = open_desk(many(1))
    desk.wait_painted("000.png")
    desk.press("Enter")
    desk.page.get_by_role("button", name="Open Export").click()
    assert ["go", "export"] in desk.page.evaluate("window.calls")


def test_the_end_of_the_queue_leads_to_export_by_keys(open_desk):
    desk = open_desk(many(1))
    desk.wait_painted("000.png")
    desk.press("Enter")
    desk.page.get_by_role("button", name="Open Export").wait_for()
    desk.press("Tab", "Enter")
    assert ["go", "export"] in desk.page.evaluate("window.calls")


def test_an_empty_project_says_what_to_do(open_desk):
    desk = open_desk([])
    desk.page.get_by_role("button", name="Open Workspace").click()
    assert desk.text(".problem h2") == "No images yet"
    assert ["go", "workspace"] in desk.page.evaluate("window.calls")


def test_previous_and_next_walk_without_deciding(desk):
    desk.press("d")
    desk.wait_painted("shelf/1.png")
    desk.press("ArrowRight")
    desk.wait_painted("shelf/2.png")
    desk.press("a", "ArrowLeft")
    desk.wait_painted("shelf/0.png")
    desk.press("a")
    assert desk.text(".hud.note") == "This is the first image."
    assert desk.api.rows == []


def test_an_image_passed_by_comes_back_before_the_end(open_desk):
    desk = open_desk(many(3))
    desk.wait_painted("000.png")
    desk.press("d")
    for name in ("001.png", "002.png", "000.png"):
        desk.wait_painted(name)
        desk.press("Enter")
    desk.wait_saved(3)
    assert [row["image_id"] for row in desk.api.rows] == ["001.png", "002.png", "000.png"]


def test_an_unreadable_image_says_why_and_can_be_skipped_but_not_accepted(open_desk):
    images = five_images()
    images[0].update(readable=False, problem="Found: 0 bytes. Expected: a JPEG.")
    desk = open_desk(images)
    desk.wait_painted("shelf/0.png")
    assert "0.png cannot be read" in desk.text(".problem")
    assert "Found: 0 bytes. Expected: a JPEG." in desk.text(".problem")
    desk.press("Enter", "2")
    assert "cannot be labelled" in desk.text(".hud.note")
    assert desk.page.get_by_role("button", name="Accept").is_disabled()
    desk.press("x", "2")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    assert [row["verdict"] for row in desk.api.rows] == ["reject"]


def test_a_photo_that_vanished_says_so_and_can_be_tried_again(open_desk):
    images = five_images()
    images[0]["is_missing"] = True
    desk = open_desk(images)
    desk.page.get_by_text("0.png cannot be loaded").wait_for()
    desk.api.items["shelf/0.png"]["is_missing"] = False
    desk.page.get_by_role("button", name="Try again").click()
    desk.page.locator(".photo").wait_for()
    desk.wait_painted("shelf/0.png")


def test_the_queue_is_filled_up_before_it_runs_dry(open_desk):
    desk = open_desk(many(60))
    for at in range(40):
        desk.wait_painted(f"{at:03}.png")
        desk.press("Enter")
    desk.wait_painted("040.png")
    desk.wait_saved(40)
    assert [row["image_id"] for row in desk.api.rows] == [f"{at:03}.png" for at in range(40)]
    assert desk.text(".bar").split("\n").count("40 of 60") == 1


def test_an_answer_with_more_images_that_a_decision_overtook_does_not_set_the_count_back(open_desk):
    desk = open_desk(many(60))
    late = []
    desk.page.route("**/queue?*", lambda route: late.append((route, route.fetch())))
    at = 0
    while not late:
        desk.wait_painted(f"{at:03}.png")
        desk.press("Enter")
        at += 1
        desk.wait_saved(at)
    desk.wait_painted(f"{at:03}.png")
    desk.press("Enter")
    desk.wait_saved(at + 1)
    [(route, answer)] = late
    with desk.page.expect_response("**/queue?*") as response:
        route.fulfill(response=answer)
    response.value.finished()
    desk.page.evaluate("new Promise(requestAnimationFrame)")
    assert desk.text(".bar").split("\n").count(f"{at + 1} of 60") == 1


def test_twenty_photos_are_there_before_they_are_wanted(open_desk):
    desk = open_desk(many(40))
    desk.wait_painted("000.png")
    desk.page.wait_for_function(
        "performance.getEntriesByType('resource').filter(entry => /png$/.test(entry.name)).length >= 21"
    )


def test_a_named_image_comes_first_whatever_its_status(open_desk):
    desk = open_desk(data=settings(start="shelf/3.png"))
    desk.wait_painted("shelf/3.png")
    desk.mount(settings(start="shelf/2.png"))
    desk.wait_painted("shelf/2.png")


def test_another_order_begins_a_new_queue_and_is_told_to_the_page(desk):
    desk.page.locator("select.order").select_option("score")
    desk.wait_painted("shelf/0.png")
    assert ["order", "score"] in desk.page.evaluate("window.calls")


def test_a_rerun_keeps_the_image_the_selection_and_the_edit(desk):
    desk.press("d")
    desk.wait_painted("shelf/1.png")
    desk.press("Tab", "3")
    desk.mount(settings())
    assert desk.page.locator(".chosen .shape.selected").get_attribute("data-id") == "small"
    assert desk.page.locator(".object.on").inner_text().startswith("milk_bottle")


def test_leaving_the_page_removes_the_desk_and_its_keys(desk):
    desk.page.evaluate("() => { window.unmount(); }")
    desk.press("Enter")
    assert desk.page.locator(".desk").count() == 0
    assert desk.api.rows == []
