"""Other keys: chosen in the overlay of all keys, refused when they are taken, kept in this browser."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, visit

pytestmark = pytest.mark.browser


def chip(desk, slot):
    return desk.page.locator(f'.help .keycap[data-slot="{slot}"]')


def choose(desk, slot, key):
    """Click the key of a command and press another one."""
    chip(desk, slot).click()
    desk.press(key)


def note(desk):
    return desk.text(".key-note")


def test_another_key_is_chosen_by_a_click_and_a_press_and_shown_where_it_acts(desk):
    desk.press("?")
    choose(desk, "reject:X", "`")
    assert note(desk) == "The key is ` now."
    assert chip(desk, "reject:X").inner_text() == "`"
    desk.press("Escape")
    assert desk.page.get_by_role("button", name="Reject").inner_text().split() == ["Reject", "`"]
    desk.press("x")
    assert desk.page.get_by_role("group", name="Reason for the rejection").is_hidden()
    desk.press("`", "2")
    desk.wait_saved(1)
    assert [(row["verdict"], row["note"]) for row in desk.api.rows] == [("reject", "Image unusable")]


def test_a_key_that_is_taken_is_refused_with_the_name_of_its_owner_until_a_free_one_is_pressed(desk):
    desk.press("?")
    choose(desk, "reject:X", "s")
    assert note(desk) == "The key S belongs to “Skip”. Choose another key."
    desk.press("Control+w")
    assert note(desk) == "The key Ctrl W belongs to the browser. Choose another key."
    desk.press("`")
    assert chip(desk, "reject:X").inner_text() == "`"
    desk.press("Escape", "s")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "skip"


def test_escape_leaves_the_key_as_it_is(desk):
    desk.press("?")
    choose(desk, "skip:S", "Escape")
    assert chip(desk, "skip:S").inner_text() == "S"
    assert desk.page.locator(".help").is_visible()


def test_a_freed_key_can_be_given_to_another_command_and_then_not_be_reset(desk):
    desk.press("?")
    choose(desk, "skip:S", "`")
    choose(desk, "flag:F", "s")
    desk.page.get_by_role("button", name="Reset the keys of: Skip").click()
    assert note(desk) == "The key S belongs to “Flag with a comment”. Choose another key."
    desk.page.get_by_role("button", name="Reset the keys of: Flag").click()
    desk.page.get_by_role("button", name="Reset the keys of: Skip").click()
    assert (chip(desk, "skip:S").inner_text(), chip(desk, "flag:F").inner_text()) == ("S", "F")
    assert desk.page.get_by_role("button", name="Reset all keys").is_disabled()


def test_all_keys_are_reset_at_once(desk):
    desk.press("?")
    choose(desk, "skip:S", "`")
    choose(desk, "accept:Enter", ";")
    desk.page.get_by_role("button", name="Reset all keys").click()
    desk.press("Escape", ";")
    assert desk.page.locator('.desk[data-painted="shelf/0.png"]').count() == 1
    desk.press("Enter")
    desk.wait_saved(1)


def test_keys_are_kept_in_this_browser_for_this_reviewer_alone(desk):
    desk.press("?")
    choose(desk, "skip:S", "`")
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    assert desk.page.get_by_role("button", name="Skip").inner_text().split() == ["Skip", "`"]
    desk.press("`")
    desk.wait_saved(1)
    visit(desk, desk.page.url, settings(reviewer="Ben K."))
    desk.wait_painted("shelf/1.png")
    assert desk.page.get_by_role("button", name="Skip").inner_text().split() == ["Skip", "S"]


def test_arrows_and_digits_keep_their_meaning_on_other_keys(desk):
    desk.press("?")
    choose(desk, "class:3", ";")
    choose(desk, "nudge:Down", "`")
    desk.press("Escape", "Tab", ";", "`", "Enter")
    desk.wait_saved(1)
    small = next(one for one in desk.api.rows[0]["objects"] if one["id"] == "small")
    assert small["label"] == "milk_bottle"
    assert small["box"] == pytest.approx([0.2, 0.2 + 1 / 300, 0.4, 0.5 + 1 / 300])


def test_a_held_key_works_elsewhere_and_ends_when_it_is_let_go(desk):
    desk.press("?")
    choose(desk, "peek:Z", "`")
    desk.press("Escape")
    desk.page.keyboard.down("`")
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.page.keyboard.up("`")
    assert desk.page.locator(".map").is_hidden()
    assert desk.text(".tools [data-command=peek]") == "`"


def test_the_usual_keys_stand_when_what_the_browser_kept_is_unreadable(desk):
    unreadable = '{"keys": {"skip:S": 7, "x": "X"}}'
    desk.page.evaluate("text => localStorage.setItem('relook:keys:Ana%20R.', text)", unreadable)
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/0.png")
    desk.press("s")
    desk.wait_saved(1)
    assert desk.api.rows[0]["verdict"] == "skip"


def test_a_class_beyond_the_digits_gets_a_key_of_its_own(open_desk):
    classes = [{"name": f"class {at}", "colour": "#41BDFE"} for at in range(30)]
    desk = open_desk(data=settings(classes=classes))
    desk.wait_painted("shelf/0.png")
    desk.press("?")
    desk.page.get_by_label("Class to give a key to").fill("class 27")
    chip(desk, "class").click()
    desk.press("x")
    assert note(desk) == "The key X belongs to “Reject”. Choose another key."
    desk.press("`", "Escape", "Tab", "`", "Enter")
    desk.wait_saved(1)
    assert next(one["label"] for one in desk.api.rows[0]["objects"] if one["id"] == "small") == "class 27"
    desk.press("?")
    chip(desk, "skip:S").click()
    desk.press("`")
    assert note(desk) == "The key ` belongs to “class class 27”. Choose another key."
    desk.press("Escape")
    desk.page.get_by_role("button", name="Remove the key of class 27").click()
    choose(desk, "skip:S", "`")
    assert chip(desk, "skip:S").inner_text() == "`"


def test_a_class_that_does_not_exist_gets_no_key(desk):
    desk.press("?")
    desk.page.get_by_label("Class to give a key to").fill("zebra")
    chip(desk, "class").click()
    desk.press("`")
    assert note(desk) == "There is no class “zebra”. Choose one of the list."


def test_a_key_that_the_class_list_asks_for_and_a_command_has_stays_with_the_command(open_desk):
    classes = [{"name": "can", "colour": "#41BDFE", "key": "X"}, {"name": "carton", "colour": "#FAA500", "key": "`"}]
    desk = open_desk(data=settings(classes=classes))
    desk.wait_painted("shelf/0.png")
    desk.press("?")
    assert "can has no key: X belongs to “Reject”." in desk.text(".help")
    desk.press("Escape", "x", "Escape")
    desk.press("Tab", "Tab", "`", "Enter")
    desk.wait_saved(1)
    assert {one["label"] for one in desk.api.rows[0]["objects"]} == {"carton"}
