"""A link to one image, in the real app: it opens the desk there, and the address bar follows the desk."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from bench.server import RunningApp
from tests.browser.test_edits_come_back import rerun

pytestmark = pytest.mark.browser


@pytest.fixture
def app(demo_server: RunningApp, visit) -> RunningApp:
    visit(demo_server.address).get_by_role("button", name="Continue review").wait_for(timeout=180_000)
    return demo_server


def wait_painted(page: Page, image: str) -> None:
    page.locator(f'.desk[data-painted="{image}"][data-drawn="{image}"]').wait_for()


def wait_address(page: Page, image: str) -> None:
    page.wait_for_function("image => new URLSearchParams(location.search).get('image') === image", arg=image)


def test_a_link_opens_its_image_and_the_address_follows_the_desk(app: RunningApp, visit):
    page = visit(f"{app.address}/review?project=1&image=fridge_0003.jpg")
    wait_painted(page, "fridge_0003.jpg")
    page.keyboard.press("x")
    page.keyboard.press("2")
    wait_painted(page, "fridge_0004.jpg")
    wait_address(page, "fridge_0004.jpg")
    page.locator('.saved[data-kind="saved"]').wait_for()

    rerun(page)  # the script sees another image in the address by now
    wait_painted(page, "fridge_0004.jpg")
    page.reload()
    wait_painted(page, "fridge_0004.jpg")

    other = visit(f"{app.address}/review?project=1&image=fridge_0003.jpg")  # decided: shown all the same
    wait_painted(other, "fridge_0003.jpg")
    expect(other.locator(".pills")).to_contain_text("Rejected")
    other.get_by_role("link", name="Browse").click()
    other.locator(".desk").wait_for(state="detached")
    expect(other).to_have_url(f"{app.address}/browse?project=1")
    other.get_by_role("link", name="Review").click()
    wait_painted(other, "fridge_0001.jpg")


def test_a_link_to_what_is_not_there_is_a_sentence_and_the_queue_goes_on(app: RunningApp, visit):
    page = visit(f"{app.address}/review?project=1&image=gone.jpg")
    expect(page.get_by_role("alert")).to_contain_text("The project has no image 'gone.jpg'. The queue goes on")
    wait_painted(page, "fridge_0001.jpg")
    wait_address(page, "fridge_0001.jpg")

    page = visit(f"{app.address}/review?project=99&image=fridge_0003.jpg")
    expect(page.get_by_role("alert")).to_contain_text("There is no project 99 here any more.")
    wait_painted(page, "fridge_0001.jpg")
    assert parse_qs(urlsplit(page.url).query)["project"] == ["1"]


def test_a_file_is_searched_and_another_project_takes_no_image_along(app: RunningApp, visit):
    page = visit(f"{app.address}/review?project=1&image=fridge_0003.jpg")
    wait_painted(page, "fridge_0003.jpg")
    page.keyboard.press("j")
    page.get_by_role("combobox", name="File to go to").fill("0005")
    page.keyboard.press("Enter")
    wait_painted(page, "fridge_0005.jpg")
    wait_address(page, "fridge_0005.jpg")
    page.locator(".st-key-project-menu").get_by_role("button").click()
    page.get_by_role("menuitem").nth(1).click()
    page.locator('.desk[data-painted^="fridge_0005"]').wait_for(state="detached")
    page.locator(".desk[data-painted$=jpg][data-drawn$=jpg]").wait_for()
    assert parse_qs(urlsplit(page.url).query)["project"] != ["1"]
    assert "0001" in (page.locator(".desk").get_attribute("data-painted") or "")
