"""Zoom and pan by wheel, trackpad, two fingers and keys."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def photo(desk):
    return desk.page.locator(".photo").bounding_box()


def wheel(desk, dx, dy, *, held=None, at=(0.8, 0.8)):
    desk.page.mouse.move(*desk.at(*at))
    if held:
        desk.page.keyboard.down(held)
    desk.page.mouse.wheel(dx, dy)
    if held:
        desk.page.keyboard.up(held)
    desk.page.evaluate(PAINTED)


def zoom(desk):
    return desk.text('.hud [aria-label="Actual size"]')


@pytest.fixture
def touch(desk):
    """Fingers at places of the page; Chromium tells them by their order."""
    session = desk.page.context.new_cdp_session(desk.page)

    def send(kind, *points):
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
        desk.page.evaluate(PAINTED)

    return send


def test_a_pinch_of_the_trackpad_zooms_where_the_pointer_is(desk):
    before = photo(desk)
    wheel(desk, 0, -40, held="Control")
    after = photo(desk)
    factor = after["width"] / before["width"]
    assert factor == pytest.approx(2.718**0.4, rel=0.02)
    assert after["x"] == pytest.approx(before["x"] - 0.8 * before["width"] * (factor - 1), abs=1)
    assert after["y"] == pytest.approx(before["y"] - 0.8 * before["height"] * (factor - 1), abs=1)


@pytest.mark.parametrize(
    ("dx", "dy", "held", "moved"),
    [(0, 60, "Shift", (-60, 0)), (0, 60, "Alt", (0, -60)), (45, 10, None, (-45, 0))],
)
def test_the_wheel_moves_the_photo_with_shift_with_alt_and_to_the_side(desk, dx, dy, held, moved):
    before = photo(desk)
    wheel(desk, dx, dy, held=held)
    after = photo(desk)
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx(moved, abs=1)
    assert after["width"] == pytest.approx(before["width"])


@pytest.mark.parametrize(("key", "moved"), [("Left", (1, 0)), ("Right", (-1, 0)), ("Up", (0, 1)), ("Down", (0, -1))])
def test_keys_move_the_photo_with_and_without_a_selection(desk, key, moved):
    stage = desk.page.locator(".view").bounding_box()
    desk.press("+", "+", "+", "+")
    for select in ([], ["Tab"]):
        desk.press(*select)
        before = photo(desk)
        desk.press(f"Control+Shift+Arrow{key}")
        after = photo(desk)
        wanted = (moved[0] * 0.15 * stage["width"], moved[1] * 0.15 * stage["height"])
        assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx(wanted, abs=1)
    assert desk.boxes()["small"] == [0.2, 0.2, 0.4, 0.5]


def test_keys_zoom_show_the_actual_size_and_fit_again(desk):
    fitted = photo(desk)
    desk.press("+")
    assert photo(desk)["width"] == pytest.approx(1.25 * fitted["width"], abs=1)
    desk.press("-", "-")
    assert photo(desk)["width"] == pytest.approx(0.8 * fitted["width"], abs=1)
    desk.press("Shift+Digit1")
    assert (photo(desk)["width"], zoom(desk)) == (pytest.approx(400), "100 %")
    desk.press("Shift+Digit0")
    assert photo(desk) == pytest.approx(fitted)


def test_two_fingers_hold_the_points_of_the_photo_that_they_touch(desk, touch):
    before = desk.boxes()
    start, end = [desk.at(0.4, 0.4), desk.at(0.6, 0.6)], [desk.at(0.2, 0.3), desk.at(0.8, 0.9)]
    touch("touchStart", start[0])
    touch("touchStart", *start)
    for part in (0.3, 0.6, 1):
        touch(
            "touchMove",
            *[(a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])) for a, b in zip(start, end, strict=True)],
        )
    touched = [desk.at(0.4, 0.4), desk.at(0.6, 0.6)]
    for finger, place in zip(end, touched, strict=True):
        assert place == pytest.approx(finger, abs=2)
    touch("touchMove", (end[0][0] + 30, end[0][1]), (end[1][0] + 30, end[1][1]))
    assert desk.at(0.4, 0.4)[0] == pytest.approx(end[0][0] + 30, abs=2)
    touch("touchEnd", (end[0][0] + 30, end[0][1]))
    touch("touchMove", (end[0][0] + 90, end[0][1] + 90))  # the finger that stays drags nothing
    touch("touchEnd")
    assert desk.at(0.4, 0.4)[0] == pytest.approx(end[0][0] + 30, abs=2)
    assert desk.boxes() == before


def test_two_fingers_leave_no_half_drawn_box(desk, touch):
    desk.press("b")
    touch("touchStart", desk.at(0.4, 0.4))
    touch("touchStart", desk.at(0.4, 0.4), desk.at(0.6, 0.6))
    touch("touchMove", desk.at(0.3, 0.3), desk.at(0.7, 0.7))
    touch("touchEnd")
    zoomed = photo(desk)["width"]
    desk.drag((0.45, 0.45), (0.55, 0.6))
    assert zoomed > 700
    assert [box for name, box in desk.boxes().items() if name not in {"large", "small"}] == [
        pytest.approx([0.45, 0.45, 0.55, 0.6], abs=0.01)
    ]


def test_one_finger_moves_the_photo_and_a_tap_selects(desk, touch):
    before = photo(desk)
    (x, y), (to_x, to_y) = desk.at(0.8, 0.8), desk.at(0.7, 0.7)
    touch("touchStart", (x, y))
    touch("touchMove", (x - 5, y - 5))
    touch("touchMove", (to_x, to_y))
    touch("touchEnd")
    assert photo(desk)["x"] == pytest.approx(before["x"] + to_x - x, abs=2)
    touch("touchStart", desk.at(0.3, 0.3))
    touch("touchEnd")
    assert desk.page.locator(".object.on").inner_text().startswith("carton")
