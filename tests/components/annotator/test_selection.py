"""Several objects at once: selected, changed, copied and pasted; clicks reach what lies on top of each other."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import LARGE, MIDDLE, SMALL, three_objects
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import CAN, share_of_line

pytestmark = pytest.mark.browser

ROWS = "nodes => nodes.filter(node => node.ariaSelected === 'true').map(node => node.title)"


def click_with(desk, modifier, place):
    desk.page.keyboard.down(modifier)
    desk.click(*place)
    desk.page.keyboard.up(modifier)


def drag_with(desk, modifier, start, end):
    desk.page.keyboard.down(modifier)
    desk.drag(start, end)
    desk.page.keyboard.up(modifier)


def selected(desk):
    """Names of the selected rows of the list."""
    return desk.page.eval_on_selector_all(".rows .object", ROWS)


# ---- selecting


@pytest.mark.parametrize("modifier", ["Control", "Shift"])
def test_clicks_add_objects_and_take_them_out_again(trio, modifier):
    trio.click(0.35, 0.35)
    click_with(trio, modifier, (0.55, 0.35))
    assert trio.says() == "2 objects selected."
    assert selected(trio) == ["milk_bottle", "carton"]
    assert trio.text(".objects .pill") == "2 of 3"
    assert trio.text(".classes .head .small") == "for 2 objects"
    assert trio.text(".hud.left span.fact") == "2 objects"
    click_with(trio, modifier, (0.35, 0.35))
    assert selected(trio) == ["carton"]
    assert trio.page.locator(".handle[data-side]").count() == 8


def test_several_selected_objects_have_no_handles_and_the_last_one_leads(trio):
    trio.click(0.35, 0.35)
    click_with(trio, "Control", (0.55, 0.35))
    assert trio.page.locator(".handle").count() == 0
    name = trio.page.locator(".chosen .shape").get_attribute("aria-label")
    assert name == "carton, score 0.90, 2 of 3, selected with 1 more"


def test_one_key_selects_all_and_escape_lets_go_of_them(trio):
    trio.press("Control+a")
    assert selected(trio) == ["milk_bottle", "carton", "can"]
    assert trio.says() == "3 objects selected."
    trio.press("Escape")
    assert selected(trio) == []


def test_all_objects_of_the_same_class_are_selected(open_desk):
    objects = [*three_objects(), obj("twin", [0.7, 0.1, 0.8, 0.2], label="carton")]
    desk = open_desk([item("a.png", objects=objects)])
    desk.wait_painted("a.png")
    desk.press("Shift+A")
    assert "Select an object first" in desk.text(".hud.note")
    desk.click(0.55, 0.35)
    desk.press("Shift+A")
    assert selected(desk) == ["carton", "carton"]


def test_the_keyboard_alone_selects_several(trio):
    trio.press("Tab", "Control+ArrowDown")
    assert selected(trio) == ["milk_bottle", "carton"]
    trio.press("Control+ArrowDown", "Control+ArrowDown")
    assert selected(trio) == ["milk_bottle", "carton", "can"]
    assert trio.text(".hud.note") == "There is no further object."
    trio.press("4")
    assert {known["label"] for known in trio.shown().values()} == {"water_bottle"}


def test_the_list_takes_single_objects_and_ranges(trio):
    rows = trio.page.locator(".rows .object")
    rows.nth(0).click()
    rows.nth(2).click(modifiers=["Shift"])
    assert selected(trio) == ["milk_bottle", "carton", "can"]
    rows.nth(1).click(modifiers=["Control"])
    assert selected(trio) == ["milk_bottle", "can"]
    rows.nth(1).click()
    assert selected(trio) == ["carton"]
    assert trio.page.locator(".rows").get_attribute("aria-multiselectable") == "true"


def test_a_frame_selects_what_lies_wholly_inside_and_adds_it(trio):
    photo = trio.page.locator(".photo").bounding_box()
    drag_with(trio, "Shift", (0.25, 0.25), (0.7, 0.6))
    assert selected(trio) == ["milk_bottle", "carton"]
    drag_with(trio, "Shift", (0.25, 0.48), (0.7, 0.75))
    assert selected(trio) == ["milk_bottle", "carton", "can"]
    assert trio.page.locator(".photo").bounding_box() == photo
    drag_with(trio, "Shift", (0.75, 0.1), (0.9, 0.2))
    assert trio.text(".hud.note") == "No object lies wholly inside this frame."
    assert trio.page.locator(".band").is_hidden()


def test_the_frame_is_seen_while_it_is_drawn(trio):
    trio.page.keyboard.down("Shift")
    trio.page.mouse.move(*trio.at(0.7, 0.6))
    trio.page.mouse.down()
    trio.page.mouse.move(*trio.at(0.45, 0.25), steps=3)
    band, (left, top) = trio.page.locator(".band").bounding_box(), trio.at(0.45, 0.25)
    assert (band["x"], band["y"]) == pytest.approx((left, top), abs=1)
    trio.page.mouse.up()
    trio.page.keyboard.up("Shift")
    assert selected(trio) == ["carton"]


# ---- changing


def test_a_class_for_all_that_is_selected_is_one_step(trio):
    trio.press("Control+a", "2")
    assert trio.says() == "Class carton for 2 objects."
    assert {known["label"] for known in trio.shown().values()} == {"carton"}
    assert trio.shown()["middle"]["source"] == "prediction"  # it was a carton before
    trio.press("Control+z")
    assert [known["label"] for known in trio.shown().values()].count("carton") == 1
    trio.press("Control+y")
    objects = trio.accept_and_read()
    assert {name: known["source"] for name, known in objects.items()} == {
        "large": "correction",
        "middle": "prediction",
        "small": "correction",
    }


def test_all_that_is_selected_is_deleted_in_one_step(trio):
    trio.click(0.35, 0.35)
    click_with(trio, "Control", (0.55, 0.35))
    trio.press("Delete")
    assert trio.says() == "2 objects deleted."
    assert list(trio.shown()) == ["large"]
    trio.press("Control+z")
    assert set(trio.shown()) == {"large", "middle", "small"}
    trio.press("Control+y")
    assert list(trio.accept_and_read()) == ["large"]


def test_selected_objects_are_nudged_together_and_stop_together(trio):
    trio.press("Control+a", "ArrowRight", "Shift+ArrowDown")
    assert trio.boxes()["small"] == pytest.approx([0.3025, 0.3 + 10 / 300, 0.4025, 0.4 + 10 / 300], abs=1e-6)
    for _ in range(20):
        trio.press("Shift+ArrowDown")
    boxes = trio.boxes()
    assert boxes["large"][3] == 1
    assert boxes["small"][1] - boxes["large"][1] == pytest.approx(SMALL[1] - LARGE[1], abs=1e-6)
    assert trio.says() == "3 objects moved."


def test_selected_objects_are_dragged_together(trio):
    trio.click(0.35, 0.35)
    click_with(trio, "Control", (0.55, 0.35))
    trio.page.mouse.move(*trio.at(0.35, 0.35))
    trio.page.mouse.down()
    trio.page.mouse.move(*trio.at(0.4, 0.3), steps=4)
    assert share_of_line(trio, (0.35, 0.36), (0.35, 0.4), "#0FA184") == 0  # the dragged one has left its place
    trio.page.mouse.up()
    boxes = trio.boxes()
    assert boxes["small"] == pytest.approx([0.35, 0.25, 0.45, 0.35], abs=0.003)
    assert boxes["middle"] == pytest.approx([0.55, 0.25, 0.7, 0.4], abs=0.003)
    assert boxes["large"] == LARGE
    trio.press("Control+z")
    assert trio.boxes()["middle"] == MIDDLE


def test_escape_gives_a_drag_up(trio):
    trio.page.mouse.move(*trio.at(0.35, 0.35))
    trio.page.mouse.down()
    trio.page.mouse.move(*trio.at(0.5, 0.6), steps=4)
    trio.press("Escape")
    trio.page.mouse.move(*trio.at(0.52, 0.62))
    trio.page.mouse.up()
    assert trio.boxes()["small"] == SMALL
    trio.press("Enter")
    trio.wait_saved(1)
    assert trio.api.rows[0]["verdict"] == "accept"


def test_what_an_undo_takes_away_is_not_selected_any_more(trio):
    trio.press("b", "Enter", "Control+a")
    assert trio.text(".objects .pill") == "4 of 4"
    trio.press("Control+z")
    assert trio.text(".objects .pill") == "3 of 3"
    trio.press("Delete")
    assert trio.shown() == {}


# ---- objects on top of each other


def nested(open_desk):
    boxes = {"inner": [0.4, 0.4, 0.5, 0.5], "between": [0.35, 0.35, 0.6, 0.6], "outer": [0.2, 0.2, 0.7, 0.7]}
    desk = open_desk([item("a.png", objects=[obj(name, box) for name, box in boxes.items()])])
    desk.wait_painted("a.png")
    return desk


def chosen(desk):
    return desk.page.locator(".chosen .shape").get_attribute("data-id")


def test_clicks_in_one_place_go_to_the_next_larger_object_and_round(open_desk):
    desk = nested(open_desk)
    seen = []
    for _ in range(4):
        desk.click(0.45, 0.45)
        seen.append(chosen(desk))
    assert seen == ["inner", "between", "outer", "inner"]
    desk.click(0.57, 0.57)
    assert chosen(desk) == "between"
    desk.click(0.45, 0.45)
    assert chosen(desk) == "inner"


def test_the_object_that_was_clicked_for_is_the_one_that_is_dragged(open_desk):
    desk = nested(open_desk)
    desk.click(0.45, 0.45)
    desk.click(0.45, 0.45)
    desk.drag((0.45, 0.45), (0.5, 0.45))
    boxes = desk.boxes()
    assert boxes["between"] == pytest.approx([0.4, 0.35, 0.65, 0.6], abs=0.003)
    assert boxes["inner"] == [0.4, 0.4, 0.5, 0.5]


def test_a_selected_object_is_painted_wider(trio):
    assert share_of_line(trio, (0.35, 0.5), (0.55, 0.5), CAN) > 0.95
    trio.press("Control+a")
    assert share_of_line(trio, (0.35, 0.5 + 2 / 540), (0.55, 0.5 + 2 / 540), CAN) > 0.95
