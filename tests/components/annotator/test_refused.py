"""What the server does not take is lost nowhere: kept, said, restored as a draft, settled by the reviewer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.annotator.conftest import five_images, settings, two_objects, visit
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.test_conflict import relabelled, theirs

pytestmark = pytest.mark.browser

GONE = ("The class milk_bottle was removed.", "Choose another class.")
REFUSED = '.saved[data-kind="refused"]'


def saved_text(desk: Any) -> str:
    return desk.text(".saved").replace("\n", "")


def names_kept(desk: Any, kind: str) -> list[str]:
    prefix = f"relook:{kind}:"
    return desk.page.evaluate("prefix => Object.keys(localStorage).filter(name => name.startsWith(prefix))", prefix)


def refuse_a_correction(desk: Any) -> None:
    """The small object of the first image becomes a milk bottle, and the server does not take it."""
    desk.api.refusals["shelf/0.png"] = GONE
    desk.press("Tab", "3", "Enter")
    desk.page.locator(REFUSED).wait_for()
    desk.wait_painted("shelf/1.png")


def correct_without_answer(desk: Any) -> None:
    """The same correction, and no server to take it."""
    desk.api.outage = 0
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.saved[data-kind="offline"]').wait_for()


def reload(desk: Any, **values: Any) -> None:
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings(**values))


def show_refused_and_decide(desk: Any) -> None:
    """The refused image holds its edit, and is decided on again."""
    assert "0.png is not corrected. The class milk_bottle was removed." in desk.page.get_by_role("alert").inner_text()
    desk.page.get_by_role("button", name="Show the image").click()
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1
    desk.api.refusals = {}
    desk.press("Enter")
    desk.wait_saved(1)
    assert (desk.api.rows[-1]["image_id"], desk.api.rows[-1]["verdict"]) == ("shelf/0.png", "correct")
    assert desk.page.get_by_role("alert").count() == 0
    assert names_kept(desk, "refused") == []


def test_a_refused_decision_is_not_saved_until_the_image_is_decided_again(desk):
    refuse_a_correction(desk)
    assert saved_text(desk) == "Not saved. 1 decision refused, decide again or drop"
    desk.press("Enter")
    desk.wait_until(lambda: len(desk.api.rows) == 1)
    desk.page.locator(REFUSED).wait_for()
    desk.page.get_by_role("button", name="Close").click()
    assert desk.page.get_by_role("alert").count() == 0
    desk.page.locator(REFUSED).click()
    desk.page.get_by_role("alert").wait_for()
    desk.api.refusals = {}
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(2)
    assert saved_text(desk).startswith("Saved")
    assert names_kept(desk, "refused") == []


def test_a_refused_decision_outlives_a_reload_with_its_words_and_its_edit(desk):
    refuse_a_correction(desk)
    reload(desk, start="shelf/3.png")
    desk.wait_painted("shelf/3.png")
    desk.page.locator(REFUSED).wait_for()
    show_refused_and_decide(desk)


def test_what_an_earlier_page_decided_comes_back_as_a_draft_when_it_is_refused(desk):
    correct_without_answer(desk)
    desk.api.refusals["shelf/0.png"] = GONE
    desk.api.outage = None
    reload(desk, start="shelf/3.png")
    desk.page.locator(REFUSED).wait_for()
    desk.wait_painted("shelf/3.png")
    show_refused_and_decide(desk)
    assert desk.api.rows[0]["objects"][1]["label"] == "milk_bottle"
    assert desk.api.rows[0]["objects"][0] == desk.api.items["shelf/0.png"]["objects"][0]


def test_a_refusal_that_comes_long_after_the_page_was_opened_brings_the_edit_back_as_well(desk):
    """The server takes nothing while the page opens, so that the queue does not wait for it."""
    correct_without_answer(desk)
    reload(desk, start="shelf/3.png")
    desk.wait_painted("shelf/3.png")
    desk.api.refusals["shelf/0.png"] = GONE
    desk.api.outage = None
    desk.page.locator(REFUSED).wait_for()
    show_refused_and_decide(desk)


def leave_before_the_answer(desk) -> None:
    """Leave the desk while the server still thinks, let it answer to nobody, and open the next desk."""
    with desk.page.expect_response("**/decisions") as answered:
        desk.page.evaluate("() => { window.unmount(); }")
        desk.api.lock.release()
    answered.value.finished()
    desk.page.evaluate("() => fetch(location.href).then((later) => later.text())")  # then the answer was read as well
    desk.mount(settings(start="shelf/3.png"))
    desk.wait_painted("shelf/3.png")


def test_a_refusal_that_comes_after_the_desk_was_left_is_heard_by_the_next_one(desk):
    desk.api.lock.acquire()
    desk.api.refusals["shelf/0.png"] = GONE
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    leave_before_the_answer(desk)
    desk.page.locator(REFUSED).wait_for()
    show_refused_and_decide(desk)


def test_a_conflict_that_comes_after_the_desk_was_left_is_chosen_at_the_next_one(desk):
    desk.api.lock.acquire()
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    leave_before_the_answer(desk)
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press("y", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["objects"][1]["label"] == "milk_bottle"


def test_a_refused_decision_can_be_dropped_and_its_edit_goes_with_it(desk):
    refuse_a_correction(desk)
    desk.wait_painted("shelf/1.png")
    desk.page.get_by_role("button", name="Drop the decision on 0.png").click()
    desk.page.locator('.saved[data-kind="saved"]').wait_for()
    assert names_kept(desk, "refused") == names_kept(desk, "draft") == []
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.wait_until(lambda: desk.page.locator(".object", has_text="milk_bottle").count() == 0)


def test_several_refusals_are_one_notice_and_gone_through_one_after_another(desk):
    for at in range(3):
        desk.api.refusals[f"shelf/{at}.png"] = GONE
        desk.press("Tab", "3", "Enter")
        desk.wait_painted(f"shelf/{at + 1}.png")
    desk.wait_until(lambda: saved_text(desk).startswith("Not saved. 3 decisions refused"))
    assert desk.page.get_by_role("alert").count() == 1
    assert "3 decisions were refused, the last one: 2.png" in desk.page.get_by_role("alert").inner_text()
    desk.api.refusals = {}
    for at in (2, 1, 0):
        desk.press("y")
        desk.wait_painted(f"shelf/{at}.png")
        desk.press("Enter")
    desk.wait_saved(3)
    assert [row["image_id"] for row in desk.api.rows] == ["shelf/2.png", "shelf/1.png", "shelf/0.png"]


def test_a_decision_that_was_taken_back_before_it_was_refused_is_no_loss(desk):
    desk.api.outage = 0
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.api.refusals["shelf/0.png"] = GONE
    desk.api.outage = None
    desk.page.locator('.saved[data-kind="saved"]').wait_for()
    assert names_kept(desk, "outbox") == names_kept(desk, "refused") == []
    assert desk.page.get_by_role("alert").count() == 0
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1


@pytest.mark.parametrize("is_reloaded", [False, True])
def test_what_was_decided_on_top_of_a_refused_decision_begins_where_that_one_began(desk, is_reloaded):
    """Neither is in the log, so that the next decision stands on what was there before both."""
    desk.api.outage = 0
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "Tab", "4", "Enter")
    desk.wait_painted("shelf/1.png")
    if is_reloaded:
        reload(desk, start="shelf/3.png")
        desk.wait_painted("shelf/3.png")
    desk.api.refusals["shelf/0.png"] = GONE
    desk.api.outage = None
    desk.page.locator(REFUSED).wait_for()
    desk.wait_until(lambda: names_kept(desk, "outbox") == [])
    desk.api.refusals = {}
    desk.press("y")
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert row["parent"] == ""
    assert [one["label"] for one in row["objects"]] == ["water_bottle", "milk_bottle"]
    kept = desk.page.evaluate("JSON.stringify(localStorage)")
    assert "refused" not in kept


def test_the_comment_of_a_refused_flag_is_there_to_go_on_with(desk):
    desk.api.refusals["shelf/0.png"] = ("The disk has no room.", "Try again later.")
    desk.press("f")
    desk.page.keyboard.type("Two cans?")
    desk.press("Enter")
    desk.page.locator(REFUSED).wait_for()
    reload(desk, start="shelf/0.png")
    desk.wait_painted("shelf/0.png")
    desk.press("f")
    assert desk.page.get_by_label("Comment on the flag").input_value() == "Two cans?"


def test_a_refused_class_of_an_image_comes_back_too(open_desk):
    images = [item(name, labels=["can"], source="label") for name in ("a.png", "b.png", "c.png")]
    desk = open_desk(images, settings("image_classification"))
    desk.wait_painted("a.png")
    desk.api.outage = 0
    desk.press("3", "Enter")
    desk.wait_painted("b.png")
    desk.api.refusals["a.png"] = GONE
    desk.api.outage = None
    desk.page.on("dialog", lambda dialog: dialog.accept())
    visit(desk, desk.page.url, settings("image_classification", start="a.png"))
    desk.wait_painted("a.png")
    desk.page.locator(REFUSED).wait_for()
    desk.api.refusals = {}
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["labels"] == ["milk_bottle"]


def test_an_outline_that_nobody_touched_goes_back_whole_from_a_refused_decision(open_desk):
    """Projects of boxes show boxes; the model's outlines stay with the objects."""
    ring = [0.1, 0.1, 0.6, 0.1, 0.6, 0.7]
    images = five_images()
    images[0] = item("shelf/0.png", objects=[{**two_objects()[0], "polygons": [ring]}, two_objects()[1]])
    desk = open_desk(images)
    desk.wait_painted("shelf/0.png")
    correct_without_answer(desk)
    desk.api.refusals["shelf/0.png"] = GONE
    desk.api.outage = None
    reload(desk, start="shelf/0.png")
    desk.wait_painted("shelf/0.png")
    desk.page.locator(REFUSED).wait_for()
    desk.api.refusals = {}
    desk.press("Enter")
    desk.wait_saved(1)
    assert [one["polygons"] for one in desk.api.rows[0]["objects"]] == [[ring], []]


def test_a_refused_undo_is_said_and_the_image_shown_as_it_stands(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.api.refusals["shelf/0.png"] = ("Ben K. decided that.", "Decide anew.")
    desk.press("Control+z")
    desk.page.get_by_role("alert").wait_for()
    assert "0.png is not undone. Ben K. decided that. Decide anew." in desk.page.get_by_role("alert").inner_text()
    desk.wait_until(lambda: "Accepted" in desk.text(".bar"))
    assert saved_text(desk).startswith("Saved")


# ---- what says nothing of the decisions


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_request_that_is_turned_away_as_a_whole_loses_no_decision(desk, status):
    desk.api.outage = status
    for name in ("shelf/1.png", "shelf/2.png", "shelf/3.png"):
        desk.press("Enter")
        desk.wait_painted(name)
    words = "Not saved. The database is locked. 3 decisions kept in this browser, retrying in "
    desk.wait_until(lambda: saved_text(desk).startswith(words))
    assert len(names_kept(desk, "outbox")) == 3
    desk.api.outage = None
    desk.page.locator(".saved").click()
    desk.wait_saved(3)


@pytest.mark.parametrize("status", [400, 403, 404, 413])
def test_the_page_of_a_proxy_refuses_nothing(desk, status):
    turn_away = lambda route: route.fulfill(status=status, content_type="text/html", body="<h1>No</h1>")  # noqa: E731  short
    desk.page.route("**/decisions", turn_away)
    for name in ("shelf/1.png", "shelf/2.png"):
        desk.press("Enter")
        desk.wait_painted(name)
    desk.wait_until(lambda: f"Not saved. The server answered with status {status}" in saved_text(desk))
    assert len(names_kept(desk, "outbox")) == 2
    assert desk.page.get_by_role("alert").count() == 0
    desk.page.unroute("**/decisions")
    desk.page.locator(".saved").click()
    desk.wait_saved(2)


def test_a_role_that_was_taken_back_asks_for_it_again_when_the_reviewer_tries(desk):
    desk.api.outage = 403
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="failing"]').click()
    desk.wait_until(lambda: ["renew", True] in desk.page.evaluate("window.calls"))


# ---- what a decision was made from must not keep it from being made


def test_labels_of_any_length_keep_no_image_from_being_decided(open_desk):
    long = "é" * 10_000
    objects = [obj(f"object {at}", [0.1, 0.1, 0.5, 0.5], label=f"{at} {long}") for at in range(40)]
    desk = open_desk([item("a.png", objects=objects, predictions=objects, reason=f"Score 0.31 for {long}")])
    desk.wait_painted("a.png")
    desk.press("Control+a", "3", "Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    told = row["provenance"]
    assert len(json.dumps(told, ensure_ascii=False).encode()) < 256 * 1024
    assert told["original"]["count"] == 40
    assert [one["label"][:5] for one in told["original"]["objects"]] == [f"{at} {long}"[:5] for at in range(40)]
    assert len(row["objects"]) == 40


def test_thousands_of_classes_of_one_image_keep_it_from_nothing(open_desk):
    labels = [f"class {at} " + "é" * 150 for at in range(3000)]
    desk = open_desk([item("a.png", labels=labels, source="label")], settings("image_classification_multilabel"))
    desk.wait_painted("a.png")
    desk.press("Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert len(json.dumps(row["provenance"], ensure_ascii=False).encode()) < 256 * 1024
    assert row["provenance"]["original"]["count"] == 3000
    assert row["labels"] == labels
