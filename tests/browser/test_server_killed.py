"""Nothing is lost: the server is killed right after keys were pressed, comes back, and has every decision once."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import run_app
from domain.prediction import Task
from store.decisions import list_decisions

pytestmark = pytest.mark.browser

IMAGES = [f"fridge_{number:04d}.jpg" for number in range(1, 9)]

PHOTOS_FETCHED = """new Set(
  performance.getEntriesByType('resource').filter((entry) => entry.name.includes('/images?') && entry.responseEnd)
    .map((entry) => new URL(entry.name).searchParams.get('image_id'))
).size"""

OUTBOX_IS_EMPTY = "!Object.keys(localStorage).some((name) => name.startsWith('relook:outbox:'))"


def press_on(page: Page, name: str, key: str) -> None:
    """Press a key once this image is on screen."""
    page.locator(f'.desk[data-painted$="{name}"][data-drawn$="{name}"]').wait_for()
    page.keyboard.press(key)


def test_decisions_outlive_a_killed_server(visit, tmp_path: Path):
    home = tmp_path / "home"
    draw_project(home, Task.DETECTION, images=len(IMAGES))
    with ExitStack() as running:
        app = running.enter_context(run_app(home))
        page = visit(f"{app.address}/review")
        page.evaluate("window.neverReloaded = true")
        page.wait_for_function(f"{PHOTOS_FETCHED} === {len(IMAGES)}")

        for name in IMAGES[:3]:
            press_on(page, name, "Enter")
        os.kill(app.pid, signal.SIGKILL)
        page.get_by_role("dialog").wait_for()  # Streamlit says that there is no connection; the desk goes on behind it
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        press_on(page, IMAGES[3], "x")
        page.keyboard.press("2")
        press_on(page, IMAGES[4], "Enter")
        press_on(page, IMAGES[5], "Enter")
        page.locator(f'.desk[data-painted$="{IMAGES[6]}"][data-drawn$="{IMAGES[6]}"]').wait_for()
        page.keyboard.press("Control+z")
        press_on(page, IMAGES[5], "s")
        page.locator(f'.desk[data-painted$="{IMAGES[6]}"][data-drawn$="{IMAGES[6]}"]').wait_for()
        expect(page.locator(".desk .saved")).to_contain_text("Offline.")

        running.enter_context(run_app(home, port=app.port))
        expect(page.locator(".desk .saved")).to_contain_text("Saved")
        press_on(page, IMAGES[6], "Enter")
        expect(page.locator(".desk .bar")).to_contain_text(f"6 of {len(IMAGES)}")
        page.wait_for_function(OUTBOX_IS_EMPTY)
        assert page.evaluate("window.neverReloaded") is True

    with opened(home) as workspace, workspace.read() as connection:
        decisions = list_decisions(connection, 1)
    assert [(row.image_id, row.verdict, row.undoes is not None) for row in decisions] == [
        (IMAGES[0], "accept", False),
        (IMAGES[1], "accept", False),
        (IMAGES[2], "accept", False),
        (IMAGES[3], "reject", False),
        (IMAGES[4], "accept", False),
        (IMAGES[5], "accept", False),
        (IMAGES[5], "accept", True),
        (IMAGES[5], "skip", False),
        (IMAGES[6], "accept", False),
    ]
    assert len({row.decision_id for row in decisions}) == len(decisions)
