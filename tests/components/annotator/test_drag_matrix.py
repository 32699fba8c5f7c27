"""Each drag at two zooms, on a plain photo and on one that its EXIF orientation turns, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.components.annotator.conftest import DeskPage, settings
from tests.components.annotator.fake_api import item, obj
from tests.components.annotator.pixels import CAN, look, share_of_line

pytestmark = pytest.mark.browser

ZOOMS = (0, 3)
ONE, TWO = [0.35, 0.35, 0.5, 0.5], [0.55, 0.55, 0.65, 0.65]
RING = [0.35, 0.35, 0.55, 0.35, 0.55, 0.55, 0.35, 0.55]
SIDES = {"nw": (0, 1), "n": (1,), "ne": (1, 2), "e": (2,), "se": (2, 3), "s": (3,), "sw": (0, 3), "w": (0,)}

Photo = dict[str, Any]


@pytest.fixture(params=["plain", "turned"])
def photo(request: pytest.FixtureRequest) -> Photo:
    """A wide photo, and a tall one whose file lies on its side."""
    return {} if request.param == "plain" else {"is_turned": True, "width": 360, "height": 400}


@pytest.fixture(params=["light", "dark"])
def is_dark(request: pytest.FixtureRequest) -> bool:
    return request.param == "dark"


def open_photo(open_desk: Callable[..., DeskPage], objects: list[dict[str, Any]], task: str, **values: Any) -> DeskPage:
    is_dark = values.pop("is_dark")
    desk = open_desk([item("a.png", objects=objects, **values)], settings(task), dark=is_dark)
    desk.wait_painted("a.png")
    return desk


def at_each_zoom(desk: DeskPage):
    """Zoom in from one to the next; yields how exact a pixel of the screen is, in fractions of the photo."""
    for zoom in ZOOMS:
        desk.press("Shift+Digit0", *["+"] * zoom)
        width = desk.page.locator(".photo").bounding_box()["width"]
        yield 1.5 / width


def take_back(desk: DeskPage, before: dict[str, dict[str, Any]]) -> None:
    """Undo the last step: everything is as it was, to the last digit."""
    desk.press("Control+z")
    assert desk.shown() == before
    if desk.page.locator(".chosen .shape").count():
        desk.press("Escape")  # with nothing selected it would leave the desk


def handle_at(box: list[float], side: str) -> tuple[float, float]:
    x0, y0, x1, y1 = box
    x = x0 if "w" in side else x1 if "e" in side else (x0 + x1) / 2
    y = y0 if "n" in side else y1 if "s" in side else (y0 + y1) / 2
    return x, y


def test_drags_of_boxes(open_desk, photo, is_dark):
    objects = [obj("one", ONE), obj("two", TWO)]
    desk = open_photo(open_desk, objects, "image_object_detection", is_dark=is_dark, **photo)
    for exact in at_each_zoom(desk):
        before = desk.shown()
        desk.drag((0.42, 0.42), (0.47, 0.39))
        assert desk.boxes()["one"] == pytest.approx([0.40, 0.32, 0.55, 0.47], abs=exact)
        assert share_of_line(desk, (0.42, 0.47), (0.53, 0.47), CAN) > 0.75  # a handle lies on it
        take_back(desk, before)
        desk.click(0.42, 0.42)
        for side, moved in SIDES.items():
            x, y = handle_at(ONE, side)
            desk.drag((x, y), (x + 0.03, y + 0.04))
            expected = [value + (0.04 if at % 2 else 0.03) * (at in moved) for at, value in enumerate(ONE)]
            assert desk.boxes()["one"] == pytest.approx(expected, abs=exact), side
            assert [desk.boxes()["one"][at] for at in range(4) if at not in moved] == [
                ONE[at] for at in range(4) if at not in moved
            ]
            desk.press("Control+z")
            assert desk.shown() == before
        desk.press("Escape")


def test_drags_that_draw_select_and_pan(open_desk, photo, is_dark):
    objects = [obj("one", ONE), obj("two", TWO)]
    desk = open_photo(open_desk, objects, "image_object_detection", is_dark=is_dark, **photo)
    for exact in at_each_zoom(desk):
        before = desk.shown()
        desk.press("b")
        desk.drag((0.6, 0.45), (0.7, 0.35))
        [drawn] = [known for name, known in desk.shown().items() if name not in before]
        assert drawn["box"] == pytest.approx([0.6, 0.35, 0.7, 0.45], abs=exact)
        take_back(desk, before)
        desk.press("b")
        desk.click(0.3, 0.6)
        desk.click(0.45, 0.7)
        [drawn] = [known for name, known in desk.shown().items() if name not in before]
        assert drawn["box"] == pytest.approx([0.3, 0.6, 0.45, 0.7], abs=exact)
        take_back(desk, before)
        with_shift(desk, lambda: desk.drag((0.31, 0.32), (0.68, 0.68)))
        assert desk.says() == "2 objects selected."
        desk.drag((0.42, 0.42), (0.45, 0.44))
        assert desk.boxes()["two"] == pytest.approx([0.58, 0.57, 0.68, 0.67], abs=exact)
        take_back(desk, before)
        place = desk.page.locator(".photo").bounding_box()
        desk.drag((0.6, 0.4), (0.65, 0.42))
        moved = desk.page.locator(".photo").bounding_box()
        assert moved["x"] - place["x"] == pytest.approx(0.05 * place["width"], abs=2)
        assert desk.shown() == before


def test_drags_of_polygons(open_desk, photo, is_dark):
    objects = [obj("ring", [0.35, 0.35, 0.55, 0.55], polygons=[RING])]
    desk = open_photo(open_desk, objects, "image_instance_segmentation", is_dark=is_dark, **photo)
    for exact in at_each_zoom(desk):
        before = desk.shown()

        def ring() -> list[float]:
            return desk.shown()["ring"]["polygons"][0]

        desk.drag((0.45, 0.47), (0.5, 0.44))
        assert ring() == pytest.approx(
            [value + (-0.03 if at % 2 else 0.05) for at, value in enumerate(RING)], abs=exact
        )
        take_back(desk, before)
        desk.click(0.45, 0.47)
        desk.drag((0.55, 0.55), (0.6, 0.62))
        assert ring()[4:6] == pytest.approx([0.6, 0.62], abs=exact)
        assert ring()[:4] + ring()[6:] == RING[:4] + RING[6:]
        take_back(desk, before)
        desk.click(0.45, 0.47)
        desk.drag((0.4, 0.35), (0.4, 0.3))
        assert ring()[2:4] == pytest.approx([0.4, 0.3], abs=exact)
        assert ring()[:2] + ring()[4:] == RING[:2] + RING[2:]
        take_back(desk, before)
        desk.click(0.45, 0.47)
        desk.click(0.4, 0.55)
        assert ring()[6:8] == pytest.approx([0.4, 0.55], abs=exact)
        take_back(desk, before)
        desk.click(0.45, 0.47)
        with_shift(desk, lambda: desk.click(0.55, 0.35))
        desk.click(0.62, 0.45)
        desk.click(0.55, 0.55)
        assert ring() == pytest.approx([0.55, 0.35, 0.62, 0.45, 0.55, 0.55, 0.35, 0.55, 0.35, 0.35], abs=exact)
        take_back(desk, before)


def test_clicks_that_draw_polygons_and_holes(open_desk, photo, is_dark):
    objects = [obj("ring", [0.35, 0.35, 0.55, 0.55], polygons=[RING])]
    desk = open_photo(open_desk, objects, "image_instance_segmentation", is_dark=is_dark, **photo)
    for exact in at_each_zoom(desk):
        before = desk.shown()
        desk.press("p")
        for place in [(0.6, 0.35), (0.7, 0.35), (0.7, 0.5)]:
            desk.click(*place)
        desk.press("Enter")
        [drawn] = [known for name, known in desk.shown().items() if name not in before]
        assert drawn["polygons"][0] == pytest.approx([0.6, 0.35, 0.7, 0.35, 0.7, 0.5], abs=exact)
        take_back(desk, before)
        desk.click(0.45, 0.53)
        desk.press("Shift+P")
        for place in [(0.4, 0.4), (0.5, 0.4), (0.5, 0.5), (0.4, 0.5)]:
            desk.click(*place)
        desk.press("Enter")
        outline, hole = desk.shown()["ring"]["polygons"]
        assert outline == RING
        assert hole == pytest.approx([0.4, 0.4, 0.5, 0.4, 0.5, 0.5, 0.4, 0.5], abs=exact)
        take_back(desk, before)


def with_shift(desk: DeskPage, act: Callable[[], None]) -> None:
    desk.page.keyboard.down("Shift")
    act()
    desk.page.keyboard.up("Shift")


def test_a_box_around_a_thing_on_a_turned_photo_is_stored_where_the_thing_is_seen(open_desk):
    mark = [0.2, 0.1, 0.45, 0.3]
    desk = open_desk([item("a.png", is_turned=True, width=300, height=400, mark=mark)])
    desk.wait_painted("a.png")
    page = look(desk)
    red = (page[:, :, 0] > 180) & (page[:, :, 1] < 80) & (page[:, :, 2] < 80)
    rows, columns = np.flatnonzero(red.sum(axis=1) > 20), np.flatnonzero(red.sum(axis=0) > 20)
    desk.press("b")
    desk.page.mouse.move(float(columns[0]), float(rows[0]))
    desk.page.mouse.down()
    desk.page.mouse.move(float(columns[-1] + 1), float(rows[-1] + 1), steps=4)
    desk.page.mouse.up()
    desk.press("Enter")
    desk.wait_saved(1)
    [drawn] = desk.api.rows[0]["objects"]
    assert drawn["box"] == pytest.approx(mark, abs=0.01)
