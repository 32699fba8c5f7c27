"""The Queue page in the real app: to the desk by a key, and many images accepted at once and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import READY, RunningApp
from domain.prediction import Task
from services.import_labels import import_file

pytestmark = pytest.mark.browser

IMAGES = 30


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    """Thirty drawn images; the model is sure of the label of all but the first, which it calls otherwise."""
    home = tmp_path_factory.mktemp("queue") / "home"
    project = draw_project(home, Task.CLASSIFICATION, images=IMAGES)
    told = (Path(project.image_folder).parent / "labels.jsonl").read_text()
    labels, lines = [json.loads(line) for line in told.splitlines()], []
    for number, given in enumerate(labels):
        other = next(name for name in project.classes if name != given["label"])
        scores = [0.97, 0.03] if number else [0.02, 0.98]
        name = Path(given["image_url"]).name
        lines.append(json.dumps({"filename": name, "labels": [given["label"], other], "probs": scores}))
    file = home / "predictions.jsonl"
    file.write_text("\n".join(lines) + "\n")
    with opened(home) as workspace:
        import_file(workspace, project.project_id, str(file))
    return start_app(home=home)


def test_a_key_leads_to_the_desk_on_that_order(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/queue")
    first = page.locator("[role=option]").first
    expect(first.locator(".reason")).to_contain_text("has a score of 0.02")
    expect(page.get_by_role("button", name=f"Review these {IMAGES}")).to_be_enabled()

    page.locator(READY).first.wait_for()
    page.keyboard.press("d")

    page.locator(".desk[data-painted$=jpg][data-drawn$=jpg]").wait_for()
    order = page.get_by_role("combobox", name="Order of the queue")
    expect(order.locator("option").first).to_have_text("Queue: Self-confidence")
    expect(page.locator(".pills")).to_contain_text("has a score of 0.02")


def test_what_looks_right_is_accepted_at_once_and_taken_back(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/queue")
    page.get_by_role("radio", name="Looks right").click()
    button = page.get_by_role("button", name="Accept these")
    expect(button).to_be_enabled()
    count = int(button.inner_text().split()[-1])
    assert 0 < count < IMAGES
    expect(page.get_by_text("How many of these are wrong is not known")).to_be_visible()

    button.click()

    expect(page.get_by_text(f"{count} images accepted.")).to_be_visible()
    expect(page.get_by_text(f"{IMAGES - count} of {IMAGES} images wait")).to_be_visible()
    page.reload()
    page.get_by_role("radio", name="Looks right").click()
    page.get_by_role("button", name=f"Take back {count}").click()
    expect(page.get_by_text(f"{count} images taken back.")).to_be_visible()
    expect(page.get_by_text(f"{IMAGES} of {IMAGES} images wait")).to_be_visible()
    expect(page.get_by_role("button", name=f"Accept these {count}")).to_be_enabled()
