"""Half-done edits outlive reruns, page switches, reloads and a look at other images."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.pixels import share_of_line

pytestmark = pytest.mark.browser


def test_all_objects_deleted_here_stay_deleted_while_one_looks_elsewhere(trio):
    trio.press("Control+a", "Delete", "d")
    trio.wait_painted("b.png")
    assert list(trio.shown()) == ["other"]
    trio.press("a")
    trio.wait_painted("a.png")
    assert trio.shown() == {}
    visit(trio, trio.page.url, settings())
    trio.wait_painted("a.png")
    assert trio.shown() == {}
    assert trio.accept_and_read() == {}
    trio.wait_painted("b.png")
    trio.press("a")
    trio.wait_painted("a.png")
    assert trio.shown() == {}
    assert trio.api.rows[0]["verdict"] == "correct"


def test_twenty_drags_outlive_a_rerun_a_page_switch_and_a_reload(trio):
    for at in range(20):
        place = (0.35 + 0.01 * at, 0.35)
        trio.drag(place, (place[0] + 0.01, 0.35))
        if at == 10:  # the page's script runs again, in the middle of it
            data = settings(token="token")
            trio.page.evaluate("data => window.mount({ ...data, threshold: 0.6 })", data)
    there = trio.boxes()["small"]
    assert there == pytest.approx([0.5, 0.3, 0.6, 0.4], abs=0.01)
    trio.page.evaluate("window.unmount()")
    trio.mount(settings())
    trio.wait_painted("a.png")
    assert trio.boxes()["small"] == there
    visit(trio, trio.page.url, settings())
    trio.wait_painted("a.png")
    assert trio.accept_and_read()["small"]["box"] == there
    trio.wait_painted("b.png")
    assert trio.boxes() == {"other": [0.1, 0.1, 0.2, 0.2]}


def test_a_rerun_in_the_middle_of_a_drag_leaves_the_shape_in_the_hand(trio):
    trio.page.mouse.move(*trio.at(0.35, 0.35))
    trio.page.mouse.down()
    trio.page.mouse.move(*trio.at(0.45, 0.35), steps=4)
    trio.page.evaluate("data => window.mount(data)", settings(token="token", threshold=0.7))
    assert trio.boxes()["small"] == pytest.approx([0.4, 0.3, 0.5, 0.4], abs=0.003)
    assert share_of_line(trio, (0.42, 0.4), (0.48, 0.4), "#0FA184") > 0.7
    trio.page.mouse.up()
    assert trio.boxes()["small"] == pytest.approx([0.4, 0.3, 0.5, 0.4], abs=0.003)


def test_a_draft_of_an_image_whose_boxes_were_repeated_before_it_was_shown_is_gone_on_with(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("Tab", "4")  # decided, changed since, and left so
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/1.png")
    desk.page.locator('.thumb.past[aria-label^="0.png"]').wait_for()
    desk.press("r", "a")
    desk.wait_painted("shelf/0.png")
    assert desk.page.locator(".object", has_text="water_bottle").count() == 1
    assert "Draft restored" in desk.text(".hud.note")
