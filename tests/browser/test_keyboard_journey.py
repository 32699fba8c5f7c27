"""From a first start to a corrected file that validates, with the keyboard alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bench.projects import opened
from bench.server import ROOT, RunningApp
from domain.decision import Decision
from domain.prediction import Instances
from store.decisions import list_decisions

pytestmark = pytest.mark.browser

FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at.matches("a, button") ? at.getAttribute("aria-label") || at.innerText : at.tagName;
}"""

SIDES = ("topX", "topY", "bottomX", "bottomY")


@dataclass(frozen=True)
class Correction:
    """What the reviewer does to the object that Tab selects first, the smallest: another class, and some pixels."""

    place: int
    before: dict[str, Any]
    label: str
    across: int
    down: int

    @property
    def keys(self) -> list[str]:
        return ["ArrowRight" if self.across > 0 else "ArrowLeft", f"Shift+Arrow{'Down' if self.down > 0 else 'Up'}"]

    def apply(self, line: dict[str, Any]) -> dict[str, Any]:
        dx, dy = self.across / line["image_details"]["width"], self.down / line["image_details"]["height"]
        moved = {
            side: pytest.approx(self.before[side] + step, abs=1e-6)
            for side, step in zip(SIDES, (dx, dy, dx, dy), strict=True)
        }
        objects = list(line["label"])
        objects[self.place] = self.before | {"label": self.label} | moved
        return line | {"label": objects}


def plan_correction(line: dict[str, Any]) -> Correction:
    areas = [(box["bottomX"] - box["topX"]) * (box["bottomY"] - box["topY"]) for box in line["label"]]
    place = areas.index(min(areas))
    box = line["label"][place]
    return Correction(
        place,
        box,
        "can" if box["label"] != "can" else "carton",
        -1 if box["bottomX"] > 0.9 else 1,
        -10 if box["bottomY"] > 0.9 else 10,
    )


def press_until(page: Page, key: str, words: str) -> None:
    """Press a key until the link or button that has the focus bears these words."""
    seen: list[str] = []
    while words not in (seen[-1] if seen else ""):
        assert len(seen) < 40, f"{key} does not lead to '{words}', only to {seen}."
        page.keyboard.press(key)
        seen.append(page.evaluate(FOCUSED))


def wait_for_image(page: Page, name: str) -> None:
    page.locator(f'.desk[data-painted$="{name}"][data-drawn$="{name}"]').wait_for()


def correct(page: Page, correction: Correction) -> None:
    """Another class and another place for the first object; the last step is taken back and made again."""
    page.keyboard.press("Tab")
    row = page.locator('.object[aria-selected="true"]')
    expect(row).to_contain_text(correction.before["label"])
    page.keyboard.press(page.locator(".chip", has_text=correction.label).locator("kbd").inner_text())
    expect(row).to_contain_text(correction.label)
    for key in correction.keys:
        page.keyboard.press(key)
    says = page.locator(".desk [role=status].unseen")
    page.keyboard.press("Control+z")
    expect(says).to_contain_text("Undone: moved.")
    page.keyboard.press("Control+y")
    expect(says).to_contain_text("Redone: moved.")


def download(page: Page, file: Path) -> Path:
    page.get_by_role("button", name="Download JSONL").wait_for()  # it comes when the file is written
    press_until(page, "Tab", "Download JSONL")
    with page.expect_download() as wanted:
        page.keyboard.press("Enter")
    wanted.value.save_as(file)
    return file


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def read_decisions(app: RunningApp, project: int) -> list[Decision]:
    with opened(app.home) as workspace, workspace.read() as connection:
        return list_decisions(connection, project)


def test_a_reviewer_corrects_and_exports_with_the_keyboard_alone(demo_server: RunningApp, visit, tmp_path: Path):
    page = visit(demo_server.address)
    page.get_by_role("button", name="Continue review").wait_for(timeout=180_000)  # the detection demo comes first
    given = read_lines(demo_server.home / "demo" / "detection" / "labels.jsonl")
    correction = plan_correction(given[2])

    press_until(page, "Tab", "Review")
    page.keyboard.press("Enter")
    for name in ("fridge_0001.jpg", "fridge_0002.jpg"):
        wait_for_image(page, name)
        page.keyboard.press("Enter")
    wait_for_image(page, "fridge_0003.jpg")
    correct(page, correction)
    page.keyboard.press("Enter")
    wait_for_image(page, "fridge_0004.jpg")
    expect(page.locator(".desk .bar")).to_contain_text(f"3 of {len(given)}")
    page.wait_for_function("!Object.keys(localStorage).some((name) => name.startsWith('relook:outbox:'))")
    page.keyboard.press("Escape")
    press_until(page, "Shift+Tab", "Export")
    page.keyboard.press("Enter")
    file = download(page, tmp_path / "corrected.jsonl")

    exported = read_lines(file)
    assert exported == [correction.apply(line) if number == 2 else line for number, line in enumerate(given)]
    validation = [sys.executable, "-m", "cli", "validate", str(file)]
    done = subprocess.run(validation, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    decisions = read_decisions(demo_server, project=1)
    assert [(row.image_id, row.verdict) for row in decisions] == [
        ("fridge_0001.jpg", "accept"),
        ("fridge_0002.jpg", "accept"),
        ("fridge_0003.jpg", "correct"),
    ]
    for decision, line in zip(decisions, exported, strict=False):
        assert isinstance(decision.content, Instances)
        in_file = [(box["label"], *(box[side] for side in SIDES)) for box in line["label"]]
        assert [(item.label, *item.box.as_tuple()) for item in decision.content.items] == in_file
