"""From the start page to a corrected file that validates, with the keyboard alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import ROOT, RunningApp
from demo.dataset import FOLDERS
from domain.prediction import Instances, Task
from store.decisions import list_decisions

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at.matches("a, button") ? at.getAttribute("aria-label") || at.innerText : at.tagName;
}"""


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    home = tmp_path_factory.mktemp("journey") / "home"
    draw_project(home, Task.DETECTION)
    return start_app(home=home)


def press_until(page: Page, key: str, words: str) -> None:
    """Press a key until the link or button that has the focus bears these words."""
    seen: list[str] = []
    while words not in (seen[-1] if seen else ""):
        assert len(seen) < 40, f"{key} does not lead to '{words}', only to {seen}."
        page.keyboard.press(key)
        seen.append(page.evaluate(FOCUSED))


def wait_for_image(page: Page, name: str) -> None:
    page.locator(f'.desk[data-painted$="{name}"]').wait_for()


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def smallest(objects: list[dict[str, Any]]) -> int:
    """The object that Tab selects first."""
    areas = [(box["bottomX"] - box["topX"]) * (box["bottomY"] - box["topY"]) for box in objects]
    return areas.index(min(areas))


def press_digit_of(page: Page, label: str) -> None:
    page.keyboard.press(page.locator(".chip", has_text=label).locator("kbd").inner_text())


def moved(box: dict[str, Any], label: str, details: dict[str, Any], *, across: int, down: int) -> dict[str, Any]:
    """The box in the file after it got another class and moved by whole pixels."""
    dx, dy = across / details["width"], down / details["height"]
    steps = {"topX": dx, "topY": dy, "bottomX": dx, "bottomY": dy}
    return box | {"label": label} | {side: pytest.approx(box[side] + step, abs=1e-6) for side, step in steps.items()}


def test_a_reviewer_corrects_and_exports_with_the_keyboard_alone(app: RunningApp, visit, tmp_path: Path):
    given = read_lines(app.home / "drawn" / FOLDERS[Task.DETECTION] / "labels.jsonl")
    third = given[2]
    place = smallest(third["label"])
    box = third["label"][place]
    label = "can" if box["label"] != "can" else "carton"
    across, down = (-1 if box["bottomX"] > 0.9 else 1), (-10 if box["bottomY"] > 0.9 else 10)
    page = visit(app.address)

    # accept two images
    press_until(page, "Tab", "Review")
    page.keyboard.press("Enter")
    for name in ("fridge_0001.jpg", "fridge_0002.jpg"):
        wait_for_image(page, name)
        page.keyboard.press("Enter")
    wait_for_image(page, "fridge_0003.jpg")

    # a class and a box of the third
    page.keyboard.press("Tab")
    row = page.locator('.object[aria-selected="true"]')
    expect(row).to_contain_text(box["label"])
    press_digit_of(page, label)
    expect(row).to_contain_text(label)
    page.keyboard.press("ArrowRight" if across > 0 else "ArrowLeft")
    page.keyboard.press("Shift+ArrowDown" if down > 0 else "Shift+ArrowUp")
    status = page.locator(".desk [role=status].unseen")
    page.keyboard.press("Control+z")
    expect(status).to_contain_text("Undone: moved.")
    page.keyboard.press("Control+y")
    expect(status).to_contain_text("Redone: moved.")
    page.keyboard.press("Enter")
    wait_for_image(page, "fridge_0004.jpg")
    expect(page.locator(".desk .bar")).to_contain_text(f"3 of {len(given)}")
    expect(page.locator(".desk .saved")).to_contain_text("Saved")

    # take the file away
    page.keyboard.press("Escape")
    press_until(page, "Shift+Tab", "Export")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Export").wait_for()
    press_until(page, "Tab", "Download JSONL")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    file = tmp_path / "corrected.jsonl"
    download.value.save_as(file)

    expected = [dict(line) for line in given]
    expected[2]["label"] = list(third["label"])
    expected[2]["label"][place] = moved(box, label, third["image_details"], across=across, down=down)
    assert read_lines(file) == expected
    lines = zip(file.read_text().splitlines(), given, strict=True)
    assert [json.loads(text) == line for text, line in lines] == [True, True, False, True, True, True]
    validation = [sys.executable, "-m", "cli", "validate", str(file)]
    done = subprocess.run(validation, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with opened(app.home) as workspace, workspace.read() as connection:
        decisions = list_decisions(connection, 1)
    assert [(row.image_id, row.verdict) for row in decisions] == [
        ("fridge_0001.jpg", "accept"),
        ("fridge_0002.jpg", "accept"),
        ("fridge_0003.jpg", "correct"),
    ]
    corrected = decisions[2].content
    assert isinstance(corrected, Instances)
    in_file = read_lines(file)[2]["label"]
    assert [item.label for item in corrected.items] == [line["label"] for line in in_file]
    assert [item.box.as_tuple() for item in corrected.items] == [
        (line["topX"], line["topY"], line["bottomX"], line["bottomY"]) for line in in_file
    ]
