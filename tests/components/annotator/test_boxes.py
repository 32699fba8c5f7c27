"""Boxes: drawn, moved, resized and nudged, at two zooms; only what was touched changes."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item, obj

pytestmark = pytest.mark.browser

BOX = [0.3, 0.3, 0.6, 0.6]
SIDES = {"nw": (0, 1), "n": (1,), "ne": (1, 2), "e": (2,), "se": (2, 3), "s": (3,), "sw": (0, 3), "w": (0,)}


def one_box(**values):
    return [
        item("a.png", objects=[obj("only", BOX, **values)]),
        item("b.png", objects=[obj("other", [0.1, 0.1, 0.2, 0.2], label="carton")]),
    ]


@pytest.fixture
def box_desk(open_desk):
    opened = open_desk(one_box())
    opened.wait_painted("a.png")
    return opened


def handle(desk, side):
    """The middle of a handle on the page, asked of the browser in one go: handles are drawn anew at any time."""
    found = desk.page.locator(f'.handle[data-side="{side}"]')
    found.wait_for()
    desk.wait_frames()
    middle = "node => { const at = node.getBoundingClientRect(); return [at.x + at.width / 2, at.y + at.height / 2]; }"
    return tuple(found.evaluate(middle))


def zoom_in(desk, times):
    for _ in range(times):
        desk.press("+")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("zooms", [0, 3])
def test_each_handle_moves_only_its_sides(box_desk, side, zooms):
    zoom_in(box_desk, zooms)
    box_desk.press("Tab")
    x, y = handle(box_desk, side)
    photo = box_desk.page.locator(".photo").bounding_box()
    box_desk.page.mouse.move(x, y)
    box_desk.page.mouse.down()
    box_desk.page.mouse.move(x + 24, y + 18, steps=4)
    box_desk.page.mouse.up()
    shift = [24 / photo["width"], 18 / photo["height"]]
    expected = [value + shift[at % 2] if at in SIDES[side] else value for at, value in enumerate(BOX)]
    after = box_desk.boxes()["only"]
    assert after == pytest.approx(expected, abs=0.5 / photo["width"])
    assert [after[at] for at in range(4) if at not in SIDES[side]] == [
        BOX[at] for at in range(4) if at not in SIDES[side]
    ]


def test_a_box_cannot_be_turned_inside_out_or_leave_the_photo(box_desk):
    box_desk.press("Tab")
    box_desk.page.mouse.move(*handle(box_desk, "se"))
    box_desk.page.mouse.down()
    box_desk.page.mouse.move(*box_desk.at(0.05, 0.05), steps=4)
    box_desk.page.mouse.up()
    assert box_desk.boxes()["only"] == pytest.approx([0.3, 0.3, 0.3 + 1 / 400, 0.3 + 1 / 300])
    box_desk.press("Control+z", "Tab")
    box_desk.page.mouse.move(*handle(box_desk, "se"))
    box_desk.page.mouse.down()
    box_desk.page.mouse.move(*box_desk.at(1.2, 1.1), steps=4)
    box_desk.page.mouse.up()
    assert box_desk.boxes()["only"] == [0.3, 0.3, 1, 1]


def test_a_drag_counts_whose_way_the_browser_tells_only_at_its_end(box_desk):
    box_desk.press("Tab")
    act = """(view, [name, x, y]) => view.dispatchEvent(
      new PointerEvent(name, { clientX: x, clientY: y, pointerId: 1, isPrimary: true, button: 0, bubbles: true }))"""
    view = box_desk.page.locator(".view")
    view.evaluate(act, ["pointerdown", *handle(box_desk, "se")])
    view.evaluate(act, ["pointerup", *box_desk.at(0.8, 0.7)])
    assert box_desk.boxes()["only"] == pytest.approx([0.3, 0.3, 0.8, 0.7], abs=0.002)


def test_a_box_is_moved_by_its_inside_and_stops_at_the_edge(box_desk):
    box_desk.drag((0.45, 0.45), (0.55, 0.35))
    assert box_desk.boxes()["only"] == pytest.approx([0.4, 0.2, 0.7, 0.5], abs=0.002)
    box_desk.drag((0.55, 0.35), (0.55, 0.95))
    box = box_desk.boxes()["only"]
    assert box[3] == 1
    assert box[3] - box[1] == pytest.approx(0.3, abs=1e-6)


def test_a_click_selects_the_smallest_object_there(desk):
    desk.click(0.3, 0.3)
    assert desk.page.locator(".chosen .shape").get_attribute("data-id") == "small"
    desk.click(0.55, 0.65)
    assert desk.page.locator(".chosen .shape").get_attribute("data-id") == "large"
    desk.click(0.9, 0.9)
    assert desk.page.locator(".chosen .shape").count() == 0
    assert desk.api.items["shelf/0.png"]["objects"][0]["box"] == desk.boxes()["large"]


def test_an_object_under_a_selected_one_can_be_clicked(desk):
    desk.click(0.55, 0.65)
    desk.click(0.3, 0.3)
    assert desk.page.locator(".chosen .shape").get_attribute("data-id") == "small"


def test_arrows_nudge_by_stored_pixels(box_desk):
    box_desk.press("Tab", "ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft")
    expected = [BOX[0] - 8 / 400, BOX[1] + 9 / 300, BOX[2] - 8 / 400, BOX[3] + 9 / 300]
    assert box_desk.boxes()["only"] == pytest.approx(expected, abs=1e-6)


def test_alt_and_arrows_move_one_edge(box_desk):
    box_desk.press("Tab", "Alt+ArrowRight", "Alt+Shift+ArrowUp")
    box = box_desk.boxes()["only"]
    assert box[:2] == BOX[:2]
    assert box[2:] == pytest.approx([0.6 + 1 / 400, 0.6 - 10 / 300], abs=1e-6)


def test_a_box_is_drawn_by_a_drag_with_the_class_chosen_before(box_desk):
    box_desk.press("2", "b")
    assert box_desk.text(".hud.right").startswith("Click two corners, or drag")
    box_desk.drag((0.7, 0.1), (0.9, 0.25))
    drawn = next(box for name, box in box_desk.boxes().items() if name != "only")
    assert drawn == pytest.approx([0.7, 0.1, 0.9, 0.25], abs=0.003)
    box_desk.press("Enter")
    box_desk.wait_saved(1)
    [row] = box_desk.api.rows
    new = row["objects"][1]
    assert (row["verdict"], new["label"], new["source"], new["score"], new["polygons"]) == (
        "correct",
        "carton",
        "correction",
        None,
        [],
    )
    assert len(new["id"]) == 32


def test_a_box_is_drawn_by_two_clicks_in_any_direction(box_desk):
    box_desk.press("b")
    box_desk.click(0.9, 0.3)
    box_desk.page.mouse.move(*box_desk.at(0.8, 0.2))
    assert box_desk.text(".hud.left span.fact").endswith("px")
    box_desk.click(0.7, 0.1)
    drawn = next(box for name, box in box_desk.boxes().items() if name != "only")
    assert drawn == pytest.approx([0.7, 0.1, 0.9, 0.3], abs=0.003)


def test_a_box_is_drawn_without_a_mouse(box_desk):
    box_desk.press("b", "Enter")
    drawn = next(box for name, box in box_desk.boxes().items() if name != "only")
    assert (drawn[0] + drawn[2]) / 2 == pytest.approx(0.5, abs=0.01)
    assert box_desk.api.rows == []


def test_escape_gives_up_a_box_and_then_the_tool(box_desk):
    box_desk.press("b")
    box_desk.click(0.7, 0.1)
    box_desk.press("Escape", "Escape")
    assert box_desk.page.locator('.tool[data-command="edit"]').get_attribute("aria-pressed") == "true"
    assert list(box_desk.boxes()) == ["only"]


def test_delete_removes_the_selected_object(box_desk):
    box_desk.press("Tab", "Delete")
    assert box_desk.boxes() == {}
    box_desk.press("Enter")
    box_desk.wait_saved(1)
    assert (box_desk.api.rows[0]["verdict"], box_desk.api.rows[0]["objects"]) == ("correct", [])


def test_repeating_copies_the_previous_images_boxes_as_own_objects(box_desk):
    box_desk.press("Enter")
    box_desk.wait_painted("b.png")
    box_desk.press("r", "Enter")
    box_desk.wait_saved(2)
    kept, copied = box_desk.api.rows[1]["objects"]
    assert kept["id"] == "other"
    assert (copied["box"], copied["label"], copied["source"], copied["score"]) == (BOX, "can", "correction", None)
    assert copied["id"] not in ("only", "other")


def test_numbers_of_untouched_objects_come_back_as_they_were(open_desk):
    odd = [-0.013, 0.1 + 0.2, 1.0000001, 0.7071067811865476]
    desk = open_desk([item("a.png", objects=[obj("odd", odd), obj("small", [0.4, 0.4, 0.5, 0.5])])])
    desk.wait_painted("a.png")
    desk.press("Tab", "ArrowRight", "Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["objects"][0]["box"] == odd
    assert desk.api.rows[0]["verdict"] == "correct"


def test_tab_goes_through_the_objects_smallest_first_and_leaves_after_the_last(desk):
    seen = []
    for _ in range(2):
        desk.press("Tab")
        seen.append(desk.page.locator(".chosen .shape").get_attribute("aria-label"))
    assert seen == ["carton, score 0.31, 1 of 2, selected", "can, score 0.90, 2 of 2, selected"]
    focused = "document.querySelector('#host').shadowRoot.activeElement"
    assert desk.page.evaluate(f"{focused}.dataset.id") == "large"
    desk.press("Tab")
    assert desk.page.evaluate(f"{focused}.closest('.stage .huds, .side') !== null")


def test_shift_tab_goes_back_and_leaves_before_the_first(desk):
    desk.press("Shift+Tab", "Shift+Tab")
    assert desk.page.locator(".chosen .shape").get_attribute("data-id") == "small"
    desk.press("Shift+Tab")
    assert (
        desk.page.evaluate("document.querySelector('#host').shadowRoot.activeElement?.closest('.view') ?? null") is None
    )


def test_the_list_selects_and_shows_low_scores(desk):
    assert desk.page.locator(".object.low .value").all_inner_texts() == ["0.31"]
    desk.page.locator(".object", has_text="can").last.click()
    assert desk.page.locator(".chosen .shape").get_attribute("data-id") == "large"


def test_the_wheel_zooms_at_the_pointer_and_a_drag_on_nothing_pans(desk):
    before = desk.page.locator(".photo").bounding_box()
    desk.page.mouse.move(*desk.at(0.8, 0.8))
    desk.page.mouse.wheel(0, -300)
    after = desk.page.locator(".photo").bounding_box()
    factor = after["width"] / before["width"]
    assert factor > 1.3
    assert after["x"] == pytest.approx(before["x"] - 0.8 * before["width"] * (factor - 1), abs=1)
    desk.drag((0.8, 0.8), (0.7, 0.75))
    moved = desk.page.locator(".photo").bounding_box()
    assert moved["x"] == pytest.approx(after["x"] - 0.1 * after["width"], abs=2)
    desk.press("Shift+Digit0")
    assert desk.page.locator(".photo").bounding_box() == pytest.approx(before)


def test_the_middle_button_pans_over_objects(desk):
    before = desk.page.locator(".photo").bounding_box()
    desk.drag((0.3, 0.3), (0.35, 0.35), button="middle")
    assert desk.page.locator(".photo").bounding_box()["x"] > before["x"] + 10
    assert desk.boxes()["small"] == [0.2, 0.2, 0.4, 0.5]


def test_a_thousand_boxes_can_be_selected_and_dragged(open_desk):
    grid = [
        obj(f"o{at}", [at % 40 / 40, at // 40 / 25, at % 40 / 40 + 0.02, at // 40 / 25 + 0.03]) for at in range(1000)
    ]
    desk = open_desk([item("a.png", objects=grid)])
    desk.wait_painted("a.png")
    assert desk.page.locator(".object").count() < 60
    desk.press("+", "+")
    desk.drag((0.51, 0.495), (0.53, 0.515))
    assert desk.boxes()["o500"] == pytest.approx([0.52, 0.5, 0.54, 0.53], abs=0.03)
    assert desk.page.locator(".object").count() < 60


def test_a_decision_in_the_middle_of_a_drag_leaves_the_next_image_alone(desk):
    desk.page.mouse.move(*desk.at(0.3, 0.3))
    desk.page.mouse.down()
    desk.page.mouse.move(*desk.at(0.5, 0.5), steps=3)
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.page.mouse.move(*desk.at(0.6, 0.6), steps=3)
    desk.page.mouse.up()
    desk.press("Enter")
    desk.wait_saved(2)
    assert [row["verdict"] for row in desk.api.rows] == ["accept", "accept"]


OUTLINED = [0.3, 0.3, 0.6, 0.3, 0.6, 0.6]


def outlined():
    """What a model with masks says in a project of boxes."""
    objects = [
        obj("first", BOX, polygons=[OUTLINED]),
        obj("second", [0.7, 0.7, 0.9, 0.9], polygons=[[0.7, 0.7, 0.9, 0.7, 0.9, 0.9]]),
    ]
    return [item("a.png", objects=objects, predictions=objects)]


def test_outlines_of_a_model_are_shown_and_edited_as_boxes_where_boxes_are_asked_for(open_desk):
    desk = open_desk(outlined())
    desk.wait_painted("a.png")
    assert desk.boxes()["first"] == BOX
    desk.click(0.45, 0.45)
    assert desk.page.locator(".handle[data-side]").count() == 8
    desk.press("ArrowRight", "Enter")
    desk.wait_saved(1)
    moved, untouched = desk.api.rows[0]["objects"]
    assert (moved["polygons"], moved["box"][1]) == ([], 0.3)
    assert untouched == desk.api.items["a.png"]["objects"][1]


def test_a_draft_gives_untouched_objects_back_as_they_came(open_desk):
    desk = open_desk(outlined())
    desk.wait_painted("a.png")
    desk.click(0.45, 0.45)
    desk.press("2")
    visit(desk, desk.page.url, settings())
    desk.wait_painted("a.png")
    desk.press("Enter")
    desk.wait_saved(1)
    assert [known["label"] for known in desk.api.rows[0]["objects"]] == ["carton", "can"]
    assert desk.api.rows[0]["objects"][1] == desk.api.items["a.png"]["objects"][1]
