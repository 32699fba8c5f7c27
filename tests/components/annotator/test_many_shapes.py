"""A thousand boxes and polygons of thousands of points: all painted, the right one taken, nothing else changed."""

from __future__ import annotations

import math

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import CAN, CARTON, share_of_line

pytestmark = pytest.mark.browser

COLUMNS, ROWS = 40, 25


def grid(count):
    """Boxes in rows of forty, every other one a carton."""
    places = [(at % COLUMNS / COLUMNS, at // COLUMNS / ROWS) for at in range(count)]
    labels = ("can", "carton")
    return [
        obj(f"o{at}", [x + 0.002, y + 0.004, x + 0.02, y + 0.034], label=labels[at % 2])
        for at, (x, y) in enumerate(places)
    ]


def flower(points):
    turns = [index / points * 2 * math.pi for index in range(points)]
    radii = [0.3 + 0.03 * math.sin(30 * turn) for turn in turns]
    return [
        value for r, t in zip(radii, turns, strict=True) for value in (0.5 + r * math.cos(t), 0.5 + r * math.sin(t))
    ]


def bounds(ring):
    return [min(ring[::2]), min(ring[1::2]), max(ring[::2]), max(ring[1::2])]


@pytest.fixture
def grid_desk(open_desk):
    desk = open_desk([item("a.png", objects=grid(1000), width=1600, height=1000), item("b.png")])
    desk.wait_painted("a.png")
    return desk


def test_a_thousand_boxes_take_few_elements(grid_desk):
    assert len(grid_desk.shown()) == 1000
    assert grid_desk.page.locator(".stage *").count() < 300
    grid_desk.press("Control+a")
    assert grid_desk.page.locator(".stage *").count() < 300
    assert grid_desk.page.locator(".rows .object").count() < 60


@pytest.mark.parametrize("zooms", [0, 4])
def test_each_box_is_painted_where_it_lies_at_any_zoom(grid_desk, zooms):
    grid_desk.press(*["+"] * zooms)
    for at, colour in ((500, CAN), (501, CARTON), (579, CARTON), (460, CAN)):
        x0, _, x1, y1 = grid_desk.boxes()[f"o{at}"]
        if zooms and not 0.25 < x0 < 0.7:
            continue
        assert share_of_line(grid_desk, (x0 + 0.003, y1), (x1 - 0.003, y1), colour) > 0.9, at


def test_names_open_as_the_boxes_grow(grid_desk):
    assert grid_desk.page.locator(".tag").count() == 0
    grid_desk.press(*["+"] * 6)
    grid_desk.page.locator(".tag").first.wait_for()
    assert 10 < grid_desk.page.locator(".tag").count() <= 201


def test_a_press_takes_the_box_under_it(grid_desk):
    grid_desk.press("+", "+")
    x0, y0, x1, y1 = grid_desk.boxes()["o500"]
    grid_desk.drag(((x0 + x1) / 2, (y0 + y1) / 2), ((x0 + x1) / 2 + 0.05, (y0 + y1) / 2))
    before = {known["id"]: known["box"] for known in grid(1000)}
    after = grid_desk.boxes()
    assert [name for name in before if before[name] != after[name]] == ["o500"]
    assert after["o500"][0] == pytest.approx(x0 + 0.05, abs=0.002)


def test_a_thousand_boxes_are_changed_in_one_step(grid_desk):
    grid_desk.press("Control+a", "4")
    assert grid_desk.says() == "Class water_bottle for 1,000 objects."
    grid_desk.press("Enter")
    grid_desk.wait_saved(1)
    assert {known["label"] for known in grid_desk.api.rows[0]["objects"]} == {"water_bottle"}


def test_eight_hundred_boxes_and_a_polygon_of_six_thousand_points_are_edited_saved_and_seen_again(open_desk):
    ring = flower(6000)
    objects = [*grid(800), obj("flower", bounds(ring), label="milk_bottle", polygons=[ring])]
    data = settings("image_instance_segmentation")
    desk = open_desk([item("a.png", objects=objects, width=1600, height=1000), item("b.png")], data)
    desk.wait_painted("a.png")
    x0, y0, x1, y1 = objects[30]["box"]
    desk.drag(((x0 + x1) / 2, (y0 + y1) / 2), ((x0 + x1) / 2 + 0.01, (y0 + y1) / 2))
    desk.click(0.53, 0.54)
    desk.press("Escape")
    desk.page.locator(".rows .object").last.evaluate("node => node.parentNode.scrollTo(0, 1e6)")
    desk.page.locator('.rows .object[title="milk_bottle"]').click()
    desk.drag((ring[0], ring[1]), (0.92, 0.5))
    there = desk.shown()
    assert there["flower"]["polygons"][0][:2] == pytest.approx([0.92, 0.5], abs=0.003)
    assert there["flower"]["polygons"][0][2:] == ring[2:]
    desk.press("Enter")
    desk.wait_saved(1)
    saved = {known["id"]: known for known in desk.api.rows[0]["objects"]}
    changed = [known["id"] for known in objects if saved[known["id"]] != known]
    assert changed == ["o30", "flower"]
    visit(desk, desk.page.url, settings("image_instance_segmentation", start="a.png"))
    desk.wait_painted("a.png")
    assert desk.shown() == saved


@pytest.mark.parametrize("zooms", [0, 5])
def test_points_of_a_large_polygon_are_shown_where_the_pointer_is(open_desk, zooms):
    ring = flower(10_000)
    objects = [obj("flower", bounds(ring), polygons=[ring])]
    desk = open_desk([item("a.png", objects=objects)], settings("image_instance_segmentation"))
    desk.wait_painted("a.png")
    desk.press(*["+"] * zooms)
    desk.press("Tab")
    desk.page.mouse.move(*desk.at(0.55, 0.52))
    assert desk.page.locator(".handle").count() < 150
    desk.press("t")
    assert desk.says() == "Point 1 of 10000."
    if zooms:
        assert desk.page.locator(".handle.focused").count() == 0  # it is off the stage
    else:
        assert desk.page.locator(".handle.focused").count() == 1


def test_a_large_polygon_is_painted_whole_and_in_parts(open_desk):
    """A square of 8,000 points: of its straight sides nothing is missing, at any zoom."""
    side = [index / 2000 for index in range(2000)]
    corners = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]
    points = [
        (x0 + part * (x1 - x0), y0 + part * (y1 - y0))
        for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True)
        for part in side
    ]
    ring = [value for point in points for value in point]
    desk = open_desk([item("a.png", objects=[obj("s", bounds(ring), polygons=[ring])])], settings(PARTS))
    desk.wait_painted("a.png")
    assert share_of_line(desk, (0.25, 0.2), (0.75, 0.2), CAN) > 0.98
    x, y = desk.at(0.8, 0.5)
    desk.page.mouse.move(x, y)
    desk.page.mouse.wheel(0, -1500)
    assert desk.page.locator(".photo").bounding_box()["width"] > 4000
    assert share_of_line(desk, (0.8, 0.49), (0.8, 0.51), CAN) > 0.98


PARTS = "image_instance_segmentation"
