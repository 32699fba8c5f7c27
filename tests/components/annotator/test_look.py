"""The desk fits its window, in light and dark and with large text, and every control has a name and a key."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, three_objects
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser

FAULTS = """root => {
  const isWrong = box => box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < 0 || box.height < 23.5 || box.width < 17.5;
  const nameOf = node => node.getAttribute("aria-label") || node.innerText || node.placeholder;
  const shown = [...root.querySelectorAll("button, select, input")].filter(node => node.offsetParent && !node.closest(".thumbs, .rows"));
  return shown.filter(node => isWrong(node.getBoundingClientRect())).map(node => `${nameOf(node)} ${JSON.stringify(node.getBoundingClientRect())}`);
}"""  # noqa: E501  a script reads better unbroken
LOST = """root => {
  const nameOf = node => node.getAttribute("aria-label") || node.innerText || node.placeholder;
  const isLost = node => {
    node.scrollIntoView({ block: "nearest" });
    const { left, right, top, bottom } = node.getBoundingClientRect();
    const found = root.getRootNode().elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const isCovered = !node.contains(found) && !found?.closest("label, .search")?.contains(node);
    return isCovered || left < -1 || top < -1 || right > innerWidth + 1 || bottom > innerHeight + 1;
  };
  const controls = [...root.querySelectorAll("button, select, input")];
  const shown = controls.filter(node => node.checkVisibility({ visibilityProperty: true }) && !node.disabled && !node.closest(".thumbs"));
  return shown.filter(isLost).map(node => `${nameOf(node)} ${JSON.stringify(node.getBoundingClientRect())}`);
}"""  # noqa: E501  a script reads better unbroken
NAMELESS = """root => {
  const controls = [...root.querySelectorAll("button, input, select, [role=button], [role=option]")];
  return controls.filter(node => !(node.getAttribute("aria-label") || node.textContent.trim())).length;
}"""


def faults(desk):
    return desk.page.locator(".desk").evaluate(FAULTS)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [(1000, 700), (1280, 800), (1440, 900), (1920, 1080)])
def test_every_control_is_on_screen_and_large_enough(open_desk, size, dark):
    desk = open_desk(size=size, dark=dark)
    desk.wait_painted("shelf/0.png")
    desk.press("Tab")
    assert faults(desk) == []
    assert desk.page.evaluate(
        "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    )


def test_all_buttons_stay_with_text_twice_as_large(open_desk):
    desk = open_desk(size=(1920, 1080))
    desk.wait_painted("shelf/0.png")
    desk.page.evaluate("document.documentElement.style.setProperty('--st-base-font-size', '28px')")
    assert faults(desk) == []
    desk.press("x")
    assert faults(desk) == []
    assert desk.page.locator('.actions [data-command="reason"]').count() == 5


def lost(desk):
    return desk.page.locator(".desk").evaluate(LOST)


@pytest.mark.parametrize("size", [(960, 540), (860, 540), (700, 540)])
def test_at_twice_the_size_on_a_usual_screen_every_control_can_be_reached_and_the_photo_seen(open_desk, size):
    images = [item(f"{at}.png", name=f"IMG_20261120_123456_{at:03}.jpeg", reason="Low score 0.31") for at in range(9)]
    images[1].update(status="send_back", decision_id="back", decided_by="Lea", note="The left edge, please. " * 4)
    images[2].update(objects=three_objects(), predictions=three_objects())
    desk = open_desk(images, size=size)
    desk.wait_painted("0.png")
    for key in ("f", "x", "w"):
        desk.press(key)
        assert lost(desk) == []
        desk.press("Escape")
    desk.press("d")
    desk.wait_painted("1.png")
    assert lost(desk) == []
    desk.press("d")
    desk.wait_painted("2.png")
    desk.press("Tab")
    assert lost(desk) == []
    stage = desk.page.locator(".stage").bounding_box()
    assert stage["width"] >= 400
    assert stage["height"] >= 280
    assert desk.page.evaluate(
        "document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"
    )
    desk.press("Escape", "/")
    desk.page.keyboard.type("wat")
    desk.page.get_by_role("option", name="water_bottle").click()
    desk.press("b")
    desk.drag((0.7, 0.1), (0.9, 0.2))
    desk.page.get_by_role("button", name="Accept").click()
    desk.wait_saved(1)
    drawn = desk.api.rows[0]["objects"][-1]
    assert drawn["label"] == "water_bottle"
    assert drawn["box"] == pytest.approx([0.7, 0.1, 0.9, 0.2], abs=0.01)


def test_a_narrow_window_says_what_it_needs(open_desk):
    desk = open_desk(size=(690, 700))
    desk.page.get_by_text("Review needs a window of at least 700 px.").wait_for()
    assert desk.page.locator(".stage").is_hidden()


def test_every_button_has_a_name(desk):
    assert desk.page.locator(".desk").evaluate(NAMELESS) == 0


def test_all_keys_are_listed_and_nothing_else_acts_meanwhile(desk):
    desk.press("?")
    listed = desk.text(".help")
    for words in (
        "Accept as shown",
        "Reject, then 1 to 5",
        "hold Z",
        "Ctrl Shift Z",
        "Draw a polygon",
        "Fit the photo",
    ):
        assert words in listed
    desk.press("x", "Enter")
    desk.page.locator(".help").wait_for(state="hidden")
    assert desk.api.rows == []
    desk.press("?", "Escape", "Enter")
    desk.wait_saved(1)


def test_no_two_commands_share_a_key(desk):
    """The table refuses a collision and names the owner."""
    said = desk.page.evaluate(
        """async () => {
          const { BINDINGS, bindingsByKey } = await import("/static/keys.js");
          const mine = { command: "mine", keys: ["X"], group: "Go" };
          try { bindingsByKey([...BINDINGS, mine]); } catch (error) { return error.message; }
        }"""
    )
    assert said == 'The key X belongs to "reject" already.'


def test_a_click_leaves_the_keys_with_the_photo(desk):
    desk.page.locator(".chip").nth(2).click()
    desk.page.locator('.tool[data-command="edit"]').click()
    assert desk.page.evaluate("document.querySelector('#host').shadowRoot.activeElement.className") == "stage"
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")


def test_a_focused_button_answers_to_enter_itself(desk):
    desk.page.get_by_role("button", name="Skip").focus()
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "skip"


def test_a_project_without_classes_opens(open_desk):
    desk = open_desk(data=settings(classes=[]))
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(1)
