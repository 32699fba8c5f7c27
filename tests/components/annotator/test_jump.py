"""Going to one image: by its file name, and by a link to it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.components.annotator.conftest import settings, visit
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser

NAMES = ["can/1.png", "can/2.png", "can/10.png", "milk/1.png", "milk/2.png", "milk/ß & é.png"]


@pytest.fixture
def shelf(open_desk):
    opened = open_desk([item(name) for name in NAMES])
    opened.wait_painted("can/1.png")
    return opened


def field(desk):
    return desk.page.get_by_role("combobox", name="File to go to")


def wait_listed(desk, paths):
    """Until the list holds these: the file, and its folder if it has one."""
    words = "rows => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    desk.wait_until(lambda: desk.page.locator(".file-row").evaluate_all(words) == paths)


def wait_note(desk, words):
    desk.page.locator(".files [role=status]", has_text=words).wait_for()


def address(desk):
    query = parse_qs(urlsplit(desk.page.url).query)
    return {name: values[0] for name, values in query.items()}


def wait_address(desk, image_id):
    desk.wait_until(lambda: address(desk).get("image") == image_id)


# ---- by the name of the file


def test_a_file_is_found_by_a_part_of_its_name_and_enter_goes_there(shelf):
    desk = shelf
    desk.press("j")
    wait_note(desk, "3 files, and more")
    field(desk).press_sequentially("milk/")
    wait_listed(desk, [["1.png", "milk"], ["2.png", "milk"], ["ß & é.png", "milk"]])
    desk.press("ArrowDown", "Enter")
    desk.wait_painted("milk/2.png")
    assert desk.says() == "2.png."
    assert field(desk).is_hidden()
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["image_id"] == "milk/2.png"
    desk.wait_painted("milk/ß & é.png")  # the queue goes on behind it


def test_enter_at_once_looks_for_what_was_typed_last(shelf):
    desk = shelf
    desk.press("j")
    field(desk).press_sequentially("10")
    desk.press("Enter")
    desk.wait_painted("can/10.png")


def test_escape_goes_back_and_typed_letters_do_nothing_else(shelf):
    desk = shelf
    desk.press("j")
    field(desk).press_sequentially("xsd1")
    wait_note(desk, "No file bears that name.")
    desk.press("Enter")
    assert field(desk).is_visible()
    desk.press("Escape")
    assert field(desk).is_hidden()
    assert desk.page.locator('.desk[data-painted="can/1.png"]').count() == 1
    desk.press("Enter")
    desk.wait_painted("can/2.png")
    desk.wait_saved(1)
    assert [(row["image_id"], row["verdict"]) for row in desk.api.rows] == [("can/1.png", "accept")]


def test_more_files_come_when_one_goes_on_past_the_last(shelf):
    desk = shelf
    desk.press("j")
    wait_note(desk, "3 files, and more")
    desk.press("ArrowDown", "ArrowDown", "ArrowDown")
    wait_note(desk, "6 files")
    assert desk.page.locator('.file-row[aria-selected="true"]').inner_text().split("\n") == ["1.png", "milk"]
    assert desk.page.get_by_role("button", name="More files").is_hidden()
    desk.press("ArrowDown", "Enter")
    desk.wait_painted("milk/2.png")


def test_the_control_beside_the_file_name_opens_it_and_a_click_goes_there(shelf):
    desk = shelf
    desk.page.get_by_role("button", name="Go to a file").click()
    wait_note(desk, "3 files, and more")
    desk.page.get_by_role("option", name="2.png can").click()
    desk.wait_painted("can/2.png")


def test_an_image_beyond_what_is_loaded_is_fetched_and_back_leads_to_where_one_was(open_desk):
    desk = open_desk([item(f"{number:03}.png") for number in range(60)])
    desk.wait_painted("000.png")
    desk.press("j")
    field(desk).press_sequentially("057")
    desk.press("Enter")
    desk.wait_painted("057.png")
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["image_id"] == "057.png"
    desk.wait_painted("000.png")


def test_a_file_that_went_meanwhile_is_said_and_the_image_stays(open_desk):
    desk = open_desk([item(f"{number:03}.png") for number in range(60)])
    desk.wait_painted("000.png")
    desk.press("j")
    field(desk).press_sequentially("057")
    wait_listed(desk, [["057.png"]])
    del desk.api.items["057.png"]
    desk.press("Enter")
    desk.page.locator(".hud.note", has_text="The project has no image '057.png'.").wait_for()
    assert desk.page.locator('.desk[data-painted="000.png"]').count() == 1
    desk.press("Enter")
    desk.wait_saved(1)
    assert desk.api.rows[0]["image_id"] == "000.png"


def test_why_nothing_can_be_searched_is_said(shelf):
    desk = shelf
    desk.page.route("**/search?*", lambda route: route.fulfill(status=503, json={"error": "Database down."}))
    desk.press("j")
    wait_note(desk, "Database down.")
    desk.press("Escape", "Enter")
    desk.wait_saved(1)


def test_a_comment_being_written_is_not_left_for_a_search(shelf):
    desk = shelf
    desk.press("f")
    desk.page.keyboard.type("what is this")
    desk.page.get_by_role("button", name="Go to a file").click()
    assert field(desk).is_hidden()
    assert desk.page.get_by_role("textbox", name="Comment on the flag").input_value() == "what is this"


# ---- by a link


def test_the_address_follows_the_image_on_screen_and_the_script_does_not_run(shelf):
    desk = shelf
    wait_address(desk, "can/1.png")
    assert address(desk) == {"project": "3", "image": "can/1.png"}
    desk.press("Enter")
    desk.wait_painted("can/2.png")
    wait_address(desk, "can/2.png")
    desk.press("a")
    wait_address(desk, "can/1.png")
    assert desk.page.evaluate("window.calls") == []
    assert desk.page.evaluate("history.length") == 2  # no step back for each image


def test_the_address_says_nothing_of_an_image_once_all_are_done(open_desk):
    desk = open_desk([item("a.png")])
    desk.wait_painted("a.png")
    wait_address(desk, "a.png")
    desk.press("Enter")
    desk.page.locator('.problem[data-problem="done"]').wait_for()
    desk.wait_until(lambda: address(desk) == {"project": "3"})


def test_the_address_of_another_page_is_left_alone(shelf):
    desk = shelf
    desk.page.evaluate("history.pushState(null, '', '/browse')")
    desk.press("Enter")
    desk.wait_painted("can/2.png")
    desk.page.wait_for_timeout(500)  # longer than the desk waits
    assert urlsplit(desk.page.url).path == "/browse"
    assert address(desk) == {}


def test_the_link_is_copied_with_every_sign_of_the_name(shelf):
    desk = shelf
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.press("j")
    field(desk).press_sequentially("ß")
    desk.press("Enter")
    desk.wait_painted("milk/ß & é.png")
    desk.press("Shift+L")
    desk.page.locator(".hud.note", has_text="The link to ß & é.png is copied.").wait_for()
    link = desk.page.evaluate("navigator.clipboard.readText()")
    assert parse_qs(urlsplit(link).query) == {"project": ["3"], "image": ["milk/ß & é.png"]}
    assert urlsplit(link)._replace(query="").geturl() == urlsplit(desk.page.url)._replace(query="").geturl()


def test_the_link_is_copied_where_the_browser_has_no_clipboard_of_its_own(shelf):
    desk = shelf
    desk.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    desk.page.get_by_role("button", name="Copy the link to the image").click()
    desk.page.locator(".hud.note", has_text="The link to 1.png is copied.").wait_for()
    desk.page.locator("#elsewhere").focus()
    desk.press("Control+v")
    assert "image=can%2F1.png" in desk.page.locator("#elsewhere").input_value()


def test_an_image_opens_by_its_link_whatever_its_status(shelf):
    desk = shelf
    desk.press("x", "2")
    desk.wait_painted("can/2.png")
    desk.wait_saved(1)
    visit(desk, desk.page.url, settings(start="can/1.png"))
    desk.wait_painted("can/1.png")
    assert "Rejected" in desk.text(".pills")
    desk.press("Enter")
    desk.wait_painted("can/2.png")


def test_an_image_that_is_not_there_any_more_is_said_and_the_queue_goes_on(open_desk):
    desk = open_desk(data=settings(start="gone.png"))
    desk.wait_painted("shelf/0.png")
    notice = desk.page.get_by_role("alert")
    assert "The project has no image 'gone.png'. The queue goes on with the images that wait." in notice.inner_text()
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    notice.get_by_role("button", name="Close").click()
    assert notice.count() == 0


def test_what_the_page_has_to_say_is_said_once(open_desk):
    words = "There is no project 9 here any more. This is Fridge."
    desk = open_desk(data=settings(notice=words))
    desk.wait_painted("shelf/0.png")
    assert words in desk.page.get_by_role("alert").inner_text()
    desk.mount(settings(notice=words, token="another"))
    assert desk.page.get_by_role("alert").count() == 1
    desk.page.evaluate("() => { window.unmount(); }")
    desk.mount(settings(notice=words))
    desk.wait_painted("shelf/0.png")
    assert desk.page.get_by_role("alert").count() == 0


def test_coming_back_to_the_desk_is_not_asking_for_its_first_image_again(open_desk):
    desk = open_desk(data=settings(start="shelf/3.png"))
    desk.wait_painted("shelf/3.png")
    desk.press("Enter")
    desk.wait_saved(1)
    desk.page.evaluate("() => { window.unmount(); }")
    desk.mount(settings(start="shelf/3.png"))
    desk.wait_painted("shelf/0.png")
    desk.mount(settings(start="shelf/3.png", start_number=1))
    desk.wait_painted("shelf/3.png")


@pytest.mark.parametrize(("slot", "usual"), [("jump:J", "j"), ("copy-link:Shift+L", "Shift+L")])
def test_both_keys_can_be_others(shelf, slot, usual):
    desk = shelf
    desk.press("?")
    desk.page.locator(f'.help .keycap[data-slot="{slot}"]').click()
    desk.press("`")
    desk.press("Escape", usual)
    assert field(desk).is_hidden()
    assert "copied" not in desk.text(".hud.note")
    desk.press("`")
    if slot == "jump:J":
        field(desk).wait_for()
    else:
        desk.page.locator(".hud.note", has_text="1.png").wait_for()


def test_earlier_images_that_come_late_to_the_strip_do_not_stand_in_the_way_of_a_start(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.wait_saved(1)
    items, queues = [], []
    desk.page.route("**/items?*", lambda route: items.append(route))  # noqa: PLW0108  a method of a list is not taken
    visit(desk, desk.page.url, settings())
    desk.wait_painted("shelf/1.png")
    desk.wait_until(lambda: items != [])
    desk.page.route("**/queue?*", lambda route: queues.append(route))  # noqa: PLW0108  a method of a list is not taken
    desk.mount(settings(start="shelf/0.png", start_number=1))
    desk.wait_until(lambda: queues != [])
    items[0].continue_()
    desk.page.evaluate("fetch('/').then((answer) => answer.text())")  # the earlier image has come by then
    desk.page.unroute("**/queue?*")
    queues[0].continue_()
    desk.wait_painted("shelf/0.png")
