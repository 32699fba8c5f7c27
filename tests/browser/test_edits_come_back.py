"""Edits at the desk outlive a rerun of the page's script and a visit to another page, in the real app."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.projects import opened
from bench.server import READY, RunningApp
from domain.prediction import Instances
from store.decisions import list_decisions

pytestmark = pytest.mark.browser

DRAGS = 20
WATCH = """() => {
  window.asked = 0;
  window.told = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (...frame) {
    if (!window.asked++) this.addEventListener("message", () => { window.told += 1; });
    return send.apply(this, frame);
  };
}"""
OBJECTS = "nodes => nodes.flatMap((node) => node.objects).map(({ id, label, box }) => [id, label, box])"


def objects_of(page: Page) -> dict[str, Any]:
    """Objects as the desk draws them, by id."""
    shown = page.eval_on_selector_all(".shapes, .selection", OBJECTS)
    return {name: (label, box) for name, label, box in shown}


def open_desk(page: Page, image: str) -> None:
    page.get_by_role("link", name="Review").click()
    page.locator(f'.desk[data-painted$="{image}"][data-drawn$="{image}"]').wait_for()


def select(page: Page, box: list[float]) -> None:
    """Click the middle of an object that is the smallest there."""
    photo = page.locator(".photo").bounding_box()
    assert photo is not None
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    page.mouse.click(photo["x"] + x * photo["width"], photo["y"] + y * photo["height"])


def drag_selected(page: Page, pixels: int) -> None:
    """Drag the selected object to the right by its middle, out and half of the way back."""
    place = page.locator(".chosen .shape").bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2 * pixels, y, steps=3)
    page.mouse.move(x + pixels, y)
    page.mouse.up()


def test_twenty_drags_are_there_after_a_rerun_and_another_page(demo_server: RunningApp, visit):
    page = visit(demo_server.address)
    page.get_by_role("button", name="Continue review").wait_for(timeout=180_000)
    open_desk(page, "fridge_0001.jpg")
    before = objects_of(page)
    page.keyboard.press("Tab")
    chosen = page.locator(".chosen .shape").get_attribute("data-id")
    assert chosen is not None
    direction = 4 if before[chosen][1][2] < 0.5 else -4
    for number in range(DRAGS):
        drag_selected(page, direction)
        expect(page.locator(".desk > .unseen")).to_have_text("Moved.")
        if number == DRAGS // 2:
            rerun(page)
            select(page, objects_of(page)[chosen][1])
    there = objects_of(page)
    assert there[chosen] != before[chosen]
    assert {name: there[name] for name in before if name != chosen} == {
        name: before[name] for name in before if name != chosen
    }

    page.get_by_role("link", name="Browse").click()
    page.locator(".desk").wait_for(state="detached")
    open_desk(page, "fridge_0001.jpg")
    assert objects_of(page) == there

    page.keyboard.press("Enter")
    page.locator('.desk[data-painted$="fridge_0002.jpg"][data-drawn$="fridge_0002.jpg"]').wait_for()
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('relook:outbox:'))")
    with opened(demo_server.home) as workspace, workspace.read() as connection:
        [decision] = list_decisions(connection, 1)
    assert isinstance(decision.content, Instances)
    stored = {item.instance_id: (item.label, list(item.box.as_tuple())) for item in decision.content.items}
    assert stored == there


def rerun(page: Page) -> None:
    """Let the page's script run again, by Streamlit's own key, which it hears once the desk is left.

    What goes over the page's socket tells of a run: the attribute that says "running" never shows one that is over
    before the page is drawn again.
    """
    page.evaluate(WATCH)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.wait_for_function("window.asked > 0")
    page.wait_for_function("window.told > 1")  # a run begins with one message and ends with another
    page.locator(READY).first.wait_for()
