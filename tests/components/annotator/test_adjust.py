"""Brightness, contrast and gamma: the view changes at once, nothing that is saved does."""

from __future__ import annotations

import numpy as np
import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item
from tests.components.annotator.pixels import look

pytestmark = pytest.mark.browser

REQUESTS = """performance.getEntriesByType('resource').map(({name}) => name)
  .filter((name) => !/\\/(leases|history|queue|classes|nearest)\\b/.test(name))"""
"""What was asked of the server, but for what the desk asks by itself: when the hand rests, later, and each minute."""

PHOTOS_ARE_THERE = """() => performance.getEntriesByType('resource')
  .filter(({name, responseEnd}) => /\\/images\\/\\d\\.png$/.test(name) && responseEnd).length === 3"""

COLOUR = np.array([40, 90, 160])  # of the first photo


@pytest.fixture
def desk(open_desk):
    """A photo without objects, so that its own colour is seen."""
    opened = open_desk([item(f"{at}.png", labels=["can"]) for at in range(3)], settings("image_classification"))
    opened.wait_painted("0.png")
    opened.page.wait_for_function(PHOTOS_ARE_THERE)  # those ahead as well, which nobody has to wait for
    return opened


def shown(desk, place=(0.5, 0.5)):
    x, y = desk.at(*place)
    return look(desk)[int(y), int(x)]


def facts(desk):
    return desk.text(".hud.right").replace("\n", " ")


def expected(*, brightness=0, contrast=0, gamma=0):
    shade = (COLOUR / 255) ** (1 / 2 ** (gamma / 8))
    return 255 * np.clip((shade - 0.5) * 2 ** (contrast / 50) + 0.5 + brightness / 200, 0, 1)


def is_marked(desk):
    return "on" in desk.page.locator('[aria-label^="Brightness, contrast"]').get_attribute("class").split()


@pytest.mark.parametrize(
    ("keys", "change", "said"),
    [
        (["u"] * 4, {"brightness": 20}, "Brightness +20 %"),
        (["Shift+U"] * 2, {"brightness": -10}, "Brightness −10 %"),
        (["c"] * 6, {"contrast": 30}, "Contrast +30 %"),
        (["Shift+C"] * 6, {"contrast": -30}, "Contrast −30 %"),
        (["g"] * 4, {"gamma": 4}, "Gamma 1.41"),
        (["Shift+G"] * 4, {"gamma": -4}, "Gamma 0.71"),
        (["u", "c", "g"], {"brightness": 5, "contrast": 5, "gamma": 1}, "Brightness +5 %, contrast +5 %, gamma 1.09"),
    ],
)
def test_keys_change_what_is_seen_and_say_so(desk, keys, change, said):
    assert not is_marked(desk)
    before = desk.page.evaluate(REQUESTS)
    desk.press(*keys)
    assert np.abs(shown(desk) - expected(**change)).max() <= 2
    assert said in facts(desk)
    assert is_marked(desk)
    assert desk.page.evaluate(REQUESTS) == before  # no server was asked


def test_the_reset_key_shows_the_photo_as_it_is(desk):
    desk.press("u", "c", "g", "q")
    assert np.abs(shown(desk) - COLOUR).max() <= 1
    assert "Brightness" not in facts(desk)
    assert not is_marked(desk)


def test_nothing_around_the_photo_changes(desk):
    stage = desk.page.locator(".view").bounding_box()
    corner = int(stage["y"]) + 4, int(stage["x"]) + 4
    before = look(desk)[corner]
    desk.press("u", "u", "u")
    assert (look(desk)[corner] == before).all()


def test_the_view_stays_with_the_next_image_and_after_a_reload_and_other_tabs_are_as_they_were(desk):
    desk.press("c", "c", "Enter")
    desk.wait_painted("1.png")
    desk.wait_saved(1)
    assert "Contrast +10 %" in facts(desk)
    address = desk.page.url
    visit(desk, address, settings("image_classification"))
    desk.wait_painted("1.png")
    assert "Contrast +10 %" in facts(desk)
    other = desk.page.context.new_page()
    other.goto(address)
    other.wait_for_function("window.isReady")
    other.evaluate("data => { window.mount(data); }", settings("image_classification"))
    other.locator('.desk[data-painted="1.png"]').wait_for()
    assert "Contrast" not in other.locator(".hud.right").inner_text()


@pytest.mark.parametrize("kept", ['{"brightness": 1e9, "gamma": "x"}', "[1", "null", '{"contrast": 2.5}'])
def test_what_another_program_left_in_the_tab_is_not_taken(desk, kept):
    desk.page.evaluate("text => sessionStorage.setItem('relook:adjustment', text)", kept)
    visit(desk, desk.page.url, settings("image_classification"))
    desk.wait_painted("0.png")
    assert np.abs(shown(desk) - COLOUR).max() <= 1


def test_the_decision_names_the_adjusted_view_and_is_the_same_otherwise(desk):
    desk.press("Enter")
    desk.wait_painted("1.png")
    desk.press("g", "Enter")
    desk.wait_painted("2.png")
    desk.wait_saved(2)
    plain, adjusted = desk.api.rows
    assert "adjusted view" not in plain["overlays"]
    assert "adjusted view" in adjusted["overlays"]
    assert (plain["labels"], plain["verdict"]) == (adjusted["labels"], adjusted["verdict"])


def test_the_panel_opens_from_the_stage_is_used_by_keyboard_and_closed_by_escape(desk):
    panel = desk.page.get_by_role("group", name="View")
    assert panel.is_hidden()
    desk.page.get_by_role("button", name="Brightness, contrast and gamma of the view").click()
    slider = desk.page.get_by_role("slider", name="Brightness")
    assert slider.evaluate("node => node.getRootNode().activeElement === node")
    desk.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "+3 %"
    assert "Brightness +3 %" in facts(desk)
    desk.press("Tab", "ArrowLeft")
    assert desk.page.get_by_role("slider", name="Contrast").get_attribute("aria-valuetext") == "−1 %"
    desk.press("Escape")
    assert panel.is_hidden()
    desk.press("Enter")
    desk.wait_painted("1.png")


def test_a_mouse_on_a_slider_leaves_the_keys_with_the_photo(desk):
    desk.page.get_by_role("button", name="Brightness, contrast and gamma of the view").click()
    box = desk.page.get_by_role("slider", name="Gamma").bounding_box()
    desk.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert "Gamma" in facts(desk)
    desk.page.get_by_role("button", name="Show as it is").click()
    assert "Gamma" not in facts(desk)
    desk.press("Enter")
    desk.wait_painted("1.png")


def test_a_map_keeps_its_colours_on_an_adjusted_photo(desk):
    desk.page.keyboard.down("z")
    desk.page.locator(".map:not([hidden])").wait_for()
    before = shown(desk, (0.99, 0.5))
    for key in "uuuu":
        desk.press(key)
    after = shown(desk, (0.99, 0.5))
    desk.page.keyboard.up("z")
    # the strongest evidence covers three quarters of the photo: a quarter of the brighter photo comes through
    assert np.abs(after - before).max() <= 0.25 * 0.1 * 255 + 2
