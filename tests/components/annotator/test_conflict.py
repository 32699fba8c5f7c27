"""Two people change one image: their changes are put together, or the reviewer chooses; nothing is lost meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.annotator.conftest import five_images, settings, two_objects, visit
from tests.components.annotator.fake_api import item, obj

pytestmark = pytest.mark.browser


def theirs(objects: list[dict[str, Any]] | None, **values: Any) -> dict[str, Any]:
    """Ben's decision that stands against the reviewer's."""
    usual = {
        "decision_id": "bens",
        "reviewer": "Ben K.",
        "decided_at": "2026-11-20T10:41:52+00:00",
        "verdict": "correct",
    }
    return {**usual, "objects": objects, "merged": None, **values}


def moved(box: list[float]) -> list[dict[str, Any]]:
    """The two objects with Ben's box for the large one."""
    large, small = two_objects()
    return [{**large, "box": box, "score": None, "source": "correction"}, small]


def relabelled(object_id: str, label: str) -> list[dict[str, Any]]:
    changed = {"label": label, "score": None, "source": "correction"}
    return [{**one, **(changed if one["id"] == object_id else {})} for one in two_objects()]


def row_objects(desk, at: int = -1) -> dict[str, tuple[str, list[float]]]:
    return {one["id"]: (one["label"], one["box"]) for one in desk.api.rows[at]["objects"]}


def saved_text(desk) -> str:
    return desk.text(".saved").replace("\n", "")


@pytest.mark.parametrize("is_alone", [True, False])
def test_changes_of_different_shapes_are_put_together_and_said(desk, is_alone):
    desk.api.answers_conflicts_alone = is_alone
    desk.api.conflicts["shelf/0.png"] = theirs(moved([0.1, 0.1, 0.7, 0.9]))
    desk.press("Tab", "3", "Enter")  # the small one becomes a milk bottle
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["verdict"], row["parent"], row["undoes"]) == ("correct", "bens", None)
    assert row_objects(desk) == {"large": ("can", [0.1, 0.1, 0.7, 0.9]), "small": ("milk_bottle", [0.2, 0.2, 0.4, 0.5])}
    assert row["provenance"]["merged"][1] == "bens"
    assert desk.says() == "Your change and Ben K.'s were put together: 0.png."
    assert desk.page.get_by_role("alert").count() == 0
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="milk_bottle").count() == 1


def test_what_the_server_put_together_is_taken(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(moved([0, 0, 1, 1]), merged={"objects": moved([0.3, 0.3, 0.9, 0.9])})
    desk.press("Tab", "3", "Enter")
    desk.wait_saved(1)
    assert row_objects(desk)["large"] == ("can", [0.3, 0.3, 0.9, 0.9])


def test_who_only_accepted_yields_to_a_correction(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Enter")
    desk.page.wait_for_function("!Object.keys(localStorage).some(name => name.startsWith('relook:outbox'))")
    desk.wait_until(lambda: desk.says() == "Ben K.'s version of 0.png stands.")
    assert desk.api.rows == []
    assert saved_text(desk).startswith("Saved")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    assert desk.text(".object").startswith("can")


def test_the_same_shape_is_chosen_side_by_side_with_arrows_and_enter(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    assert saved_text(desk) == "Not saved. 1 image changed by two, choose"
    assert "Ben K. changed 0.png too" in desk.page.get_by_role("alert").inner_text()
    desk.press("Enter")  # the next image does not wait for the choice
    desk.wait_painted("shelf/2.png")
    desk.press("y")
    cards = desk.page.locator(".version")
    assert [text.split("\n") for text in cards.all_inner_texts()] == [
        ["Yours", "class carton → milk_bottle"],
        ["Ben K.'s", "class carton → can"],
    ]
    assert cards.nth(0).locator("svg path.line").count() == 1
    desk.press("ArrowRight", "ArrowLeft", "Enter")
    desk.wait_saved(2)
    assert row_objects(desk)["small"][0] == "milk_bottle"
    assert desk.api.rows[1]["parent"] == "bens"
    assert desk.page.get_by_role("alert").count() == 0
    assert desk.page.locator('.desk[data-painted="shelf/2.png"]').count() == 1


def test_theirs_is_taken_and_each_shape_is_asked_for_alone(desk):
    both = relabelled("small", "can")
    both[0] = {**both[0], "label": "water_bottle", "score": None, "source": "correction"}
    desk.api.conflicts["shelf/0.png"] = theirs(both)
    desk.press("Tab", "3", "Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').click()
    assert "1 of 2" in desk.text(".choice")
    desk.press("ArrowLeft", "Enter")
    assert "2 of 2" in desk.text(".choice")
    desk.press("ArrowRight", "Enter")
    desk.wait_saved(1)
    labels = {name: label for name, (label, _) in row_objects(desk).items()}
    assert sorted(labels.values()).count("milk_bottle") == 1
    assert set(labels.values()) & {"can", "water_bottle"}


def test_a_deletion_against_a_change_is_a_choice_too(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Tab", "Delete", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press("y")
    assert desk.page.locator(".version").first.inner_text().split("\n") == ["Yours", "carton deleted"]
    desk.press("Enter")
    desk.wait_saved(1)
    assert list(row_objects(desk)) == ["large"]


def test_a_choice_that_waits_survives_a_reload_and_escape_leaves_it(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("Tab", "3", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    visit(desk, desk.page.url, settings(start="shelf/2.png"))
    desk.wait_painted("shelf/2.png")
    assert saved_text(desk) == "Not saved. 1 image changed by two, choose"
    desk.press("y", "Escape")
    assert desk.page.locator(".choice").is_hidden()
    desk.press("y", "Enter")
    desk.wait_saved(1)
    assert row_objects(desk)["small"][0] == "milk_bottle"


def test_a_rejection_against_a_correction_is_a_choice_of_verdicts(desk):
    desk.api.conflicts["shelf/0.png"] = theirs(relabelled("small", "can"))
    desk.press("x", "4")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press("y")
    texts = [text.split("\n") for text in desk.page.locator(".version").all_inner_texts()]
    assert texts == [["Yours", "Rejected: Duplicate image"], ["Ben K.'s", "Corrected"]]
    desk.press("Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert (row["verdict"], row["note"], row["objects"], row["parent"]) == ("reject", "Duplicate image", None, "bens")


def test_decisions_made_on_top_of_one_that_met_another_go_with_it(desk):
    """Decided, taken back and decided otherwise before the server answered: the last one counts."""
    desk.api.lock.acquire()
    desk.api.conflicts["shelf/0.png"] = theirs(moved([0.1, 0.1, 0.7, 0.9]))
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "4", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.api.lock.release()
    desk.wait_saved(1)
    assert row_objects(desk) == {
        "large": ("can", [0.1, 0.1, 0.7, 0.9]),
        "small": ("water_bottle", [0.2, 0.2, 0.4, 0.5]),
    }
    assert len(desk.api.rows) == 1
    assert desk.page.get_by_role("alert").count() == 0


def test_one_class_an_image_is_chosen(open_desk):
    images = [item(name, labels=["can"], source="label") for name in ("a.png", "b.png")]
    desk = open_desk(images, settings("image_classification"))
    desk.wait_painted("a.png")
    desk.api.conflicts["a.png"] = theirs(None, labels=["carton"])
    desk.press("3", "Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press("y", "ArrowRight", "Enter")
    desk.wait_until(lambda: desk.says() == "Ben K.'s version of a.png stands.")
    assert desk.api.rows == []


def test_what_the_server_put_together_by_itself_is_shown(desk):
    together = moved([0.1, 0.1, 0.7, 0.9])
    together[1] = {**together[1], "label": "milk_bottle", "source": "correction", "score": None}
    desk.api.merges["shelf/0.png"] = {**desk.api.items["shelf/0.png"], "status": "correct", "objects": together}
    desk.press("Tab", "3", "Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    assert desk.text(".hud.note") == "Somebody else changed 0.png too. Your changes were put together."
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    assert desk.text(".hud.left").split("\n")[0] != ""
    desk.press("Tab", "Tab")
    assert desk.text(".hud.left").startswith("240 × 240 px")


def test_two_new_boxes_on_one_spot_are_a_choice(desk):
    desk.api.conflicts["shelf/0.png"] = theirs([*two_objects(), obj("bens box", [0.71, 0.2, 0.9, 0.4], score=None)])
    desk.press("b")
    desk.drag((0.7, 0.2), (0.9, 0.4))
    desk.press("Enter")
    desk.page.locator('.saved[data-kind="conflict"]').wait_for()
    desk.press("y", "ArrowRight", "Enter")
    desk.wait_until(lambda: desk.says() == "Ben K.'s version of 0.png stands.")
    assert desk.api.rows == []


def test_a_draft_begun_before_somebody_decided_meets_that_decision(open_desk):
    """The draft must not be written over what the other person did meanwhile."""
    desk = open_desk(five_images())
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "3")
    desk.api.items["shelf/0.png"].update(status="correct", decision_id="bens", objects=moved([0.1, 0.1, 0.7, 0.9]))
    desk.api.conflicts["shelf/0.png"] = theirs(moved([0.1, 0.1, 0.7, 0.9]))
    visit(desk, desk.page.url, settings(start="shelf/0.png"))
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(1)
    assert row_objects(desk) == {"large": ("can", [0.1, 0.1, 0.7, 0.9]), "small": ("milk_bottle", [0.2, 0.2, 0.4, 0.5])}


def test_an_object_that_both_drew_is_kept_twice(desk):
    desk.api.conflicts["shelf/0.png"] = theirs([*two_objects(), obj("bens box", [0.7, 0.7, 0.9, 0.9], score=None)])
    desk.press("b")
    desk.drag((0.7, 0.2), (0.9, 0.4))
    desk.press("Enter")
    desk.wait_saved(1)
    assert len(row_objects(desk)) == 4
    assert "bens box" in row_objects(desk)
