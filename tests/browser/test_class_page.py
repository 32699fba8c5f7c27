"""The Classes page in the real app: rows by keyboard, a merge out of a rename, examples that reach the desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project
from bench.server import RunningApp
from domain.prediction import Task

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    home = tmp_path_factory.mktemp("classes") / "home"
    draw_project(home, Task.DETECTION, images=6)
    return start_app(home=home)


@pytest.fixture
def page(app: RunningApp, visit) -> Page:
    opened = visit(f"{app.address}/classes")
    opened.get_by_role("grid", name="Classes").wait_for()
    return opened


def test_a_row_is_opened_by_keyboard_and_renamed_into_a_merge(page: Page):
    rows = page.get_by_role("grid", name="Classes").get_by_role("row")
    names = [row.get_attribute("data-name") for row in rows.all()[1:]]
    assert names[:2] == ["can", "carton"]

    rows.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-card-class h3")).to_have_text("carton")
    page.get_by_role("button", name="Rename").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("can")
    dialog.get_by_role("button", name="Rename").click()
    dialog.get_by_role("button", name="Merge into can").click()

    expect(page.locator(".st-key-card-class h3")).to_have_text("can")
    expect(dialog).to_have_count(0)
    expect(page.locator(".st-key-card-class-changes")).to_contain_text("“carton” merged into “can”")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("tr[data-name=carton]")).to_be_visible()


def test_a_guideline_is_saved_though_another_class_is_opened_at_once(page: Page):
    page.get_by_role("row", name="carton").click()
    expect(page.locator(".st-key-card-class h3")).to_have_text("carton")
    expect(page.get_by_label("Guideline")).to_have_count(1)  # that of the row before is gone
    page.get_by_label("Guideline").fill("With a lid.")
    page.evaluate(
        """() => {
            const buttons = [...document.querySelectorAll(".st-key-card-class button")];
            buttons.find((button) => button.textContent === "Save guideline").click();
        }"""
    )
    page.get_by_role("row", name="milk_bottle").dispatch_event("click")

    expect(page.locator(".st-key-card-class h3")).to_have_text("milk_bottle")
    expect(page.locator(".st-key-card-class-changes")).to_contain_text("Guideline of “carton” written")


def test_what_a_lead_says_of_a_class_reaches_the_desk(app: RunningApp, page: Page, visit):
    page.get_by_role("row", name="milk_bottle").click()
    expect(page.locator(".st-key-card-class h3")).to_have_text("milk_bottle")
    expect(page.get_by_label("Guideline")).to_have_count(1)  # that of the row before is gone
    page.get_by_label("Guideline").fill("White inside.\nAny size.")
    page.get_by_role("button", name="Save guideline").click()
    expect(page.locator(".st-key-card-class-changes")).to_contain_text("Guideline of “milk_bottle” written")

    page.get_by_role("button", name="Choose images").click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_role("checkbox").first.get_attribute("aria-label")
    dialog.get_by_text("0 chosen, at most 8").wait_for()
    dialog.locator("[data-testid=stCheckbox]").first.click()
    dialog.get_by_text("1 chosen, at most 8").wait_for()
    dialog.get_by_role("button", name="Save examples").click()
    expect(page.locator(".rl-examples img")).to_have_count(1)

    desk = visit(f"{app.address}/review")
    desk.locator(".desk .photo").wait_for()
    desk.locator(".chip", has_text="milk_bottle").click()
    expect(desk.locator(".guideline")).to_have_text("White inside.\nAny size.")
    expect(desk.locator(".example img")).to_have_js_property("complete", value=True)
    assert desk.locator(".example img").evaluate("picture => picture.naturalWidth") > 0
    assert desk.locator(".example").get_attribute("title") == name
