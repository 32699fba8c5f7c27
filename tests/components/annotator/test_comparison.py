"""Label and prediction side by side: what both have is quiet, what differs stands out and says how."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import CAN, CARTON, look, share_of_line

pytestmark = pytest.mark.browser

LABEL = {"source": "label", "score": None}


@pytest.fixture(params=["light", "dark"])
def compared_desk(open_desk, request):
    """One object both have, one of another class, one only in the label, one only predicted."""
    objects = [
        obj("alike", [0.1, 0.1, 0.3, 0.4], **LABEL),
        obj("other", [0.4, 0.1, 0.65, 0.4], label="carton", **LABEL),
        obj("alone", [0.1, 0.6, 0.35, 0.8], label="milk_bottle", **LABEL),
    ]
    predictions = [
        obj("p1", [0.11, 0.1, 0.3, 0.4]),
        obj("p2", [0.4, 0.11, 0.65, 0.4], label="water_bottle", score=0.61),
        obj("p3", [0.5, 0.6, 0.75, 0.8], label="carton", score=0.55),
    ]
    images = [item("a.png", source="label", objects=objects, predictions=predictions)]
    desk = open_desk(images, settings(), dark=request.param == "dark")
    desk.wait_painted("a.png")
    return desk


def names(desk):
    return set(desk.page.locator(".tag").all_inner_texts())


def test_what_differs_bears_its_difference_in_words_and_what_both_have_bears_none(compared_desk):
    compared_desk.press("l")
    assert names(compared_desk) == {
        "carton, predicted water_bottle",
        "milk_bottle, not predicted",
        "carton 0.55, not in the label",
    }
    assert compared_desk.says() == "1 alike, 1 of another class, 1 not predicted, 1 not in the label."
    assert compared_desk.text(".prediction .candidates") == compared_desk.says()
    compared_desk.press("l")
    assert names(compared_desk) == {"can", "carton", "milk_bottle"}


def test_the_list_says_it_for_each_object(compared_desk):
    compared_desk.press("l")
    rows = compared_desk.page.locator(".rows .object")
    assert [row.replace("\n", " ") for row in rows.all_inner_texts()] == [
        "milk_bottle not predicted",
        "can alike",
        "carton predicted water_bottle",
    ]
    assert rows.nth(0).get_attribute("aria-label") == "milk_bottle, label, 1 of 3, not predicted"


def test_what_only_one_side_has_is_hatched_so_that_colour_is_not_the_only_sign(compared_desk):
    def strokes(x: float, y: float) -> int:
        """Changes of colour along a short line inside a shape: the photo itself is plain."""
        page = look(compared_desk)
        left, row = (int(value) for value in compared_desk.at(x, y))
        line = page[row, left : left + 60].sum(axis=1)
        return int((abs(line[1:] - line[:-1]) > 30).sum())

    places = {"alike": (0.15, 0.3), "other": (0.45, 0.3), "alone": (0.15, 0.7), "predicted": (0.55, 0.7)}
    assert [strokes(*place) for place in places.values()] == [0, 0, 0, 0]
    compared_desk.press("l")
    counted = {name: strokes(*place) for name, place in places.items()}
    assert (counted["alike"], counted["other"]) == (0, 0)
    assert min(counted["alone"], counted["predicted"]) > 8


def test_what_both_have_is_drawn_fainter(compared_desk):
    assert share_of_line(compared_desk, (0.1, 0.15), (0.1, 0.35), CAN) > 0.5
    assert share_of_line(compared_desk, (0.52, 0.8), (0.73, 0.8), CARTON) == 0
    compared_desk.press("l")
    assert share_of_line(compared_desk, (0.52, 0.8), (0.73, 0.8), CARTON) > 0.95
    assert share_of_line(compared_desk, (0.1, 0.15), (0.1, 0.35), CAN) == 0


def test_the_comparison_follows_the_edits(compared_desk):
    compared_desk.press("l")
    compared_desk.click(0.5, 0.3)
    compared_desk.press("4")
    assert not any("predicted water_bottle" in name for name in names(compared_desk))
    compared_desk.press("Escape")
    assert compared_desk.text(".prediction .candidates").startswith("2 alike, 1 not predicted")


def test_what_the_label_lacks_is_added_as_it_was_predicted(compared_desk):
    compared_desk.press("l", "Shift+M")
    assert compared_desk.says() == "1 predicted object added."
    assert names(compared_desk) == {"carton, predicted water_bottle", "milk_bottle, not predicted", "carton 0.55"}
    compared_desk.press("Shift+M")
    assert compared_desk.text(".hud.note") == "The label has all that is predicted."
    objects = compared_desk.accept_and_read()
    assert set(objects) == {"alike", "other", "alone", "p3"}
    assert objects["p3"] == compared_desk.api.items["a.png"]["predictions"][2]


def test_an_object_bears_one_prediction_and_the_better_class_wins(open_desk):
    objects = [obj("a", [0.1, 0.1, 0.4, 0.4], **LABEL), obj("b", [0.1, 0.1, 0.42, 0.4], label="carton", **LABEL)]
    predictions = [obj("p1", [0.1, 0.1, 0.4, 0.4], label="carton"), obj("p2", [0.13, 0.1, 0.4, 0.4])]
    desk = open_desk([item("a.png", source="label", objects=objects, predictions=predictions)])
    desk.wait_painted("a.png")
    desk.press("l")
    assert desk.says() == "2 alike."


def test_equal_shapes_without_an_area_are_alike(open_desk):
    flat = [0.2, 0.2, 0.2, 0.5]
    desk = open_desk([item("a.png", source="label", objects=[obj("a", flat, **LABEL)], predictions=[obj("p", flat)])])
    desk.wait_painted("a.png")
    desk.press("l")
    assert desk.says() == "1 alike."
