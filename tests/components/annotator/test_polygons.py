"""Polygons: drawn, moved, and changed vertex by vertex; the box follows."""

from __future__ import annotations

import math

import pytest

from tests.components.annotator.conftest import settings
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import look

pytestmark = pytest.mark.browser

RING = [0.2, 0.2, 0.6, 0.2, 0.6, 0.6, 0.2, 0.6]


@pytest.fixture
def polygon_desk(open_desk):
    shapes = [
        obj("square", [0.2, 0.2, 0.6, 0.6], polygons=[RING], source="label", score=None),
        obj("crowd", [0.7, 0.7, 0.9, 0.9], is_crowd=True),
    ]
    opened = open_desk(
        [item("a.png", source="label", objects=shapes), item("b.png")], settings("image_instance_segmentation")
    )
    opened.wait_painted("a.png")
    opened.click(0.4, 0.4)
    return opened


def saved_square(desk):
    desk.press("Enter")
    desk.wait_saved(1)
    return next(known for known in desk.api.rows[0]["objects"] if known["id"] == "square")


def test_a_vertex_is_dragged_and_the_others_stay(polygon_desk):
    polygon_desk.drag((0.6, 0.6), (0.7, 0.8))
    square = saved_square(polygon_desk)
    assert square["polygons"][0][4:6] == pytest.approx([0.7, 0.8], abs=0.003)
    assert square["polygons"][0][:4] + square["polygons"][0][6:] == RING[:4] + RING[6:]
    assert square["box"] == [0.2, 0.2, *square["polygons"][0][4:6]]
    assert (square["source"], square["score"]) == ("correction", None)


def test_a_drag_on_the_middle_of_an_edge_adds_a_vertex(polygon_desk):
    polygon_desk.drag((0.4, 0.2), (0.4, 0.1))
    ring = saved_square(polygon_desk)["polygons"][0]
    assert len(ring) == 10
    assert ring[2:4] == pytest.approx([0.4, 0.1], abs=0.003)
    assert ring[:2] + ring[4:] == RING[:2] + RING[2:]


def test_a_click_on_an_edge_adds_a_vertex_which_arrows_move(polygon_desk):
    polygon_desk.click(0.3, 0.6)
    polygon_desk.press("Shift+ArrowDown")
    ring = saved_square(polygon_desk)["polygons"][0]
    assert ring[6:8] == pytest.approx([0.3, 0.6 + 10 / 300], abs=0.003)
    assert len(ring) == 10


def test_delete_removes_the_chosen_vertex_but_never_the_third_last(polygon_desk):
    polygon_desk.click(0.6, 0.6)
    polygon_desk.press("Delete")
    assert polygon_desk.ring("square") == [(0.2, 0.2), (0.6, 0.2), (0.2, 0.6)]
    polygon_desk.click(0.6, 0.2)
    polygon_desk.press("Backspace")
    assert "needs three points" in polygon_desk.text(".hud.note")
    polygon_desk.press("Escape", "Delete")
    assert list(polygon_desk.shown()) == ["crowd"]


def test_a_move_carries_polygon_and_box_together(polygon_desk):
    polygon_desk.drag((0.4, 0.4), (0.5, 0.3))
    square = saved_square(polygon_desk)
    dx, dy = square["box"][0] - 0.2, square["box"][1] - 0.2
    assert (dx, dy) == pytest.approx((0.1, -0.1), abs=0.003)
    assert square["polygons"][0] == pytest.approx(
        [value + (dy if at % 2 else dx) for at, value in enumerate(RING)], abs=1e-6
    )


def test_box_handles_belong_to_objects_without_a_polygon(polygon_desk):
    assert polygon_desk.page.locator(".handle[data-side]").count() == 0
    assert polygon_desk.page.locator(".handle[data-vertex]").count() == 4
    polygon_desk.click(0.8, 0.8)
    assert polygon_desk.page.locator(".handle[data-side]").count() == 8


@pytest.mark.parametrize("closing", ["Enter", "first point", "double click"])
def test_a_polygon_is_drawn_point_by_point(polygon_desk, closing):
    polygon_desk.press("3", "Escape", "3", "p")
    for point in [(0.7, 0.1), (0.9, 0.1), (0.9, 0.3)]:
        polygon_desk.click(*point)
    if closing == "double click":
        polygon_desk.page.mouse.dblclick(*polygon_desk.at(0.75, 0.35))
    elif closing == "first point":
        polygon_desk.click(0.7, 0.1)
    else:
        polygon_desk.press("Enter")
    saved_square(polygon_desk)
    drawn = polygon_desk.api.rows[0]["objects"][2]
    expected = [0.7, 0.1, 0.9, 0.1, 0.9, 0.3, *([0.75, 0.35] if closing == "double click" else [])]
    assert drawn["polygons"][0] == pytest.approx(expected, abs=0.004)
    assert (drawn["label"], drawn["source"]) == ("milk_bottle", "correction")


def test_backspace_takes_the_last_point_back_and_escape_all(polygon_desk):
    polygon_desk.press("p")
    for point in [(0.7, 0.1), (0.9, 0.1), (0.9, 0.3)]:
        polygon_desk.click(*point)
    polygon_desk.press("Backspace", "Enter")
    assert "needs three points" in polygon_desk.text(".hud.note")
    polygon_desk.press("Escape")
    assert polygon_desk.page.locator(".drawing .handle").count() == 0
    assert set(polygon_desk.shown()) == {"square", "crowd"}


def test_a_box_drawn_among_polygons_is_a_polygon_of_four_points(polygon_desk):
    polygon_desk.press("b")
    polygon_desk.drag((0.7, 0.1), (0.9, 0.3))
    saved_square(polygon_desk)
    drawn = polygon_desk.api.rows[0]["objects"][2]
    assert len(drawn["polygons"][0]) == 8
    assert drawn["polygons"][0][:2] == drawn["box"][:2]


def test_untouched_crowds_and_polygons_come_back_value_for_value(polygon_desk):
    polygon_desk.press("Escape", "Enter")
    polygon_desk.wait_saved(1)
    assert polygon_desk.api.rows[0]["verdict"] == "accept"
    assert polygon_desk.api.rows[0]["objects"] == polygon_desk.api.items["a.png"]["objects"]


def test_polygons_are_refused_with_the_reason_where_boxes_are_asked_for(desk):
    desk.press("p")
    assert desk.text(".hud.note") == "This project has boxes only. B draws a box."


def test_a_section_is_redrawn_from_vertex_to_vertex(polygon_desk):
    """The shorter way between the two vertices is replaced: here the right edge."""
    polygon_desk.page.keyboard.down("Shift")
    polygon_desk.click(0.6, 0.2)
    polygon_desk.page.keyboard.up("Shift")
    assert polygon_desk.text(".hud.right").startswith("Click new points, then a vertex")
    polygon_desk.click(0.8, 0.3)
    polygon_desk.click(0.9, 0.9)
    polygon_desk.press("Backspace")
    polygon_desk.click(0.8, 0.5)
    polygon_desk.click(0.6, 0.6)
    ring = saved_square(polygon_desk)["polygons"][0]
    shape = [(0.6, 0.2), (0.8, 0.3), (0.8, 0.5), (0.6, 0.6), (0.2, 0.6), (0.2, 0.2)]
    assert ring == pytest.approx([value for point in shape for value in point], abs=0.004)


def test_escape_leaves_a_section_as_it_was(polygon_desk):
    polygon_desk.page.keyboard.down("Shift")
    polygon_desk.click(0.2, 0.6)
    polygon_desk.page.keyboard.up("Shift")
    polygon_desk.click(0.1, 0.4)
    polygon_desk.press("Enter")
    assert "Click a vertex" in polygon_desk.text(".hud.note")
    polygon_desk.press("Escape", "Escape", "Enter")
    polygon_desk.wait_saved(1)
    assert polygon_desk.api.rows[0]["verdict"] == "accept"


def test_a_polygon_of_ten_thousand_points_is_edited(open_desk):
    turn = [index / 5000 * 3.14159265 for index in range(10_000)]
    ring = [value for angle in turn for value in (0.5 + 0.3 * math.cos(angle), 0.5 + 0.3 * math.sin(angle))]
    shapes = [obj("round", [0.2, 0.2, 0.8, 0.8], polygons=[ring])]
    desk = open_desk([item("a.png", objects=shapes)], settings("image_instance_segmentation"))
    desk.wait_painted("a.png")
    desk.click(0.5, 0.5)
    assert desk.page.locator(".handle").count() == 0
    desk.page.mouse.move(*desk.at(0.8, 0.5))
    assert 10 < desk.page.locator(".handle").count() < 80
    desk.drag((0.8, 0.5), (0.9, 0.5))
    desk.press("Enter")
    desk.wait_saved(1)
    after = desk.api.rows[0]["objects"][0]["polygons"][0]
    assert len(after) in (20_000, 20_002)
    assert max(after[::2]) == pytest.approx(0.9, abs=0.005)


# ---- segments and holes

HOLE = [0.3, 0.3, 0.5, 0.3, 0.5, 0.5, 0.3, 0.5]
ISLAND = [0.7, 0.1, 0.9, 0.1, 0.9, 0.3]


@pytest.fixture
def segmented_desk(open_desk):
    """An outline with a hole and an island, selected."""
    frame = obj("frame", [0.2, 0.1, 0.9, 0.6], polygons=[RING, HOLE, ISLAND])
    desk = open_desk([item("a.png", objects=[frame]), item("b.png")], settings("image_instance_segmentation"))
    desk.wait_painted("a.png")
    desk.click(0.25, 0.45)
    return desk


def rings(desk, name="frame"):
    return desk.shown()[name]["polygons"]


def test_a_hole_is_no_part_of_its_object(segmented_desk):
    segmented_desk.press("Escape")
    segmented_desk.click(0.4, 0.4)
    assert segmented_desk.page.locator(".chosen .shape").count() == 0
    segmented_desk.click(0.85, 0.15)
    assert segmented_desk.page.locator(".chosen .shape").get_attribute("data-id") == "frame"


def test_a_hole_is_painted_empty(segmented_desk):
    segmented_desk.page.mouse.move(*segmented_desk.at(0.95, 0.95))
    page = look(segmented_desk)
    colours = [tuple(page[int(y), int(x)]) for x, y in (segmented_desk.at(*place) for place in PLACES)]
    outside, hole, inside, island = colours
    assert hole == outside
    assert inside == island != outside


PLACES = [(0.65, 0.85), (0.4, 0.42), (0.25, 0.42), (0.86, 0.17)]


def test_a_segment_is_added_to_the_selected_polygon_and_its_box_grows(segmented_desk):
    segmented_desk.press("Shift+P")
    for place in [(0.7, 0.7), (0.9, 0.7), (0.9, 0.9)]:
        segmented_desk.click(*place)
    segmented_desk.click(0.7, 0.7)
    assert segmented_desk.says() == "Segment added."
    assert rings(segmented_desk)[:3] == [RING, HOLE, ISLAND]
    assert rings(segmented_desk)[3] == pytest.approx([0.7, 0.7, 0.9, 0.7, 0.9, 0.9], abs=0.004)
    assert segmented_desk.boxes()["frame"][3] == pytest.approx(0.9, abs=0.004)
    segmented_desk.press("Control+z")
    assert rings(segmented_desk) == [RING, HOLE, ISLAND]


def test_a_segment_needs_one_selected_polygon(polygon_desk):
    polygon_desk.press("Escape", "Shift+P")
    assert polygon_desk.text(".hud.note") == "Select one polygon first: Tab, or click it."
    polygon_desk.press("Control+a", "Shift+P")
    assert polygon_desk.page.locator('.tool[data-command="edit"]').get_attribute("aria-pressed") == "true"


def test_escape_gives_a_segment_up_and_keeps_the_selection(segmented_desk):
    segmented_desk.press("Shift+P")
    segmented_desk.click(0.7, 0.7)
    segmented_desk.press("Escape", "Escape")
    assert segmented_desk.page.locator(".chosen .shape").count() == 1
    assert rings(segmented_desk) == [RING, HOLE, ISLAND]


def test_one_segment_is_deleted_and_never_the_last(segmented_desk):
    segmented_desk.press("Shift+Delete")
    assert "Click a point of the segment first" in segmented_desk.text(".hud.note")
    segmented_desk.click(0.9, 0.3)
    segmented_desk.press("Shift+Delete")
    assert rings(segmented_desk) == [RING, HOLE]
    assert segmented_desk.boxes()["frame"] == [0.2, 0.2, 0.6, 0.6]
    segmented_desk.click(0.5, 0.5)
    segmented_desk.press("Shift+Delete", "Shift+Delete")
    assert rings(segmented_desk) == [RING]
    assert segmented_desk.text(".hud.note") == "This is the only segment. Delete removes the object."


def test_the_third_last_point_of_a_segment_takes_the_segment_with_it(segmented_desk):
    segmented_desk.click(0.9, 0.3)
    segmented_desk.press("Delete")
    assert segmented_desk.says() == "Segment deleted."
    assert rings(segmented_desk) == [RING, HOLE]


def test_points_are_chosen_moved_and_added_without_a_mouse(segmented_desk):
    segmented_desk.press("t", "t")
    assert segmented_desk.says() == "Point 2 of 4."
    segmented_desk.press("Shift+ArrowUp", "i")
    assert segmented_desk.says() == "Vertex added."
    assert rings(segmented_desk)[0][2:6] == pytest.approx([0.6, 0.2 - 10 / 300, 0.6, 0.4 - 5 / 300], abs=1e-6)
    segmented_desk.press("Delete", "Shift+T")
    assert segmented_desk.says() == "Point 3 of 3."
    assert len(rings(segmented_desk)[0]) == 8
    segmented_desk.press("Shift+Delete")
    assert rings(segmented_desk)[1] == HOLE
    assert len(rings(segmented_desk)) == 2


def test_a_point_that_an_undo_takes_away_is_not_chosen_any_more(polygon_desk):
    polygon_desk.click(0.3, 0.6)
    polygon_desk.press("t", "Control+z", "ArrowRight", "Enter")
    polygon_desk.wait_saved(1)
    ring = polygon_desk.api.rows[0]["objects"][0]["polygons"][0]
    assert len(ring) == 8
    assert all(isinstance(value, float) for value in ring)
