"""From a number on Evaluate to the desk on exactly its images, in the real app: after a reload and by link too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from bench.server import READY, RunningApp
from tests.browser import test_evaluate_page

pytestmark = pytest.mark.browser

app = test_evaluate_page.app  # eight images, of which the model gets some wrong


def painted(page: Page) -> str:
    page.locator(".desk[data-painted$=jpg][data-drawn$=jpg]").wait_for()
    return page.locator(".desk").get_attribute("data-painted") or ""


def wait_other(page: Page, image: str) -> str:
    page.locator(f'.desk:not([data-painted="{image}"])').wait_for()
    return painted(page)


def test_a_number_leads_to_the_desk_on_its_images_and_back_to_the_project(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/evaluate")
    matrix = page.get_by_role("table", name="Confusion matrix")
    wrong = matrix.locator("td.wrong button").first
    wrong.wait_for()
    count = int(wrong.inner_text())
    wrong.focus()
    page.keyboard.press("Enter")
    behind = page.locator(".st-key-card-behind")
    expect(behind.locator("h3")).to_contain_text("predicted")
    title = behind.locator("h3").inner_text()
    expect(behind.get_by_role("button", name="Review th")).to_be_enabled()
    page.locator(READY).first.wait_for()
    page.keyboard.press("d")

    first = painted(page)
    order = page.get_by_role("combobox", name="Order of the queue")
    expect(order.locator("option").first).to_have_text(title)
    expect(page.get_by_role("progressbar", name="Reviewed images")).to_have_attribute("aria-valuemax", str(count))
    page.wait_for_url(re.compile(r"worklist=\d+"))

    other = visit(page.url)
    expect(other.get_by_role("combobox", name="Order of the queue").locator("option").first).to_have_text(title)
    assert painted(other) == first
    page.reload()
    assert painted(page) == first
    expect(order.locator("option").first).to_have_text(title)

    for number in range(count):
        page.keyboard.press("Enter")
        if number < count - 1:
            first = wait_other(page, first)
    done = page.locator('.problem[data-problem="done"]')
    expect(done).to_contain_text(f"{count} of {count} image")
    done.get_by_role("button", name="Back to the whole project").click()
    painted(page)
    expect(page.get_by_role("progressbar", name="Reviewed images")).to_have_attribute("aria-valuemax", "8")
    page.wait_for_url(re.compile(r"^(?!.*worklist)"))
