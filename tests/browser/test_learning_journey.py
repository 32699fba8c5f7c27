"""One sitting on the demo: the queue, 30 images corrected by keyboard, the model taught, and both versions compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import READY, RunningApp
from domain.model_spec import ModelSpec
from domain.prediction import Task
from services.model_catalogue import DEMO_MODELS
from services.overview import fetch_overview
from services.projects import fetch_progress, fetch_project
from services.scoring import attach_model, score_project

pytestmark = pytest.mark.browser

IMAGES, CORRECTED = 60, 30
LEARNS_WITHIN_MS = 240_000


@dataclass(frozen=True)
class Sitting:
    """The app on the demo's classification, and what is really on its images."""

    app: RunningApp
    home: Path
    project_id: int
    truth: dict[str, str]


@pytest.fixture(scope="module")
def sitting(start_app, tmp_path_factory) -> Sitting:
    home = tmp_path_factory.mktemp("sitting") / "home"
    project = draw_project(home, Task.CLASSIFICATION, images=IMAGES, seed=11)
    with opened(home) as workspace:
        attach_model(workspace, project.project_id, ModelSpec(DEMO_MODELS[Task.CLASSIFICATION]))
        score_project(workspace, project.project_id)
    lines = (Path(project.image_folder).parent / "truth.jsonl").read_text().splitlines()
    truth = {Path(line["image_url"]).name: line["label"] for line in map(json.loads, lines)}
    return Sitting(start_app(home=home), home, project.project_id, truth)


def painted(page: Page) -> str:
    """The image on screen, with everything around it."""
    desk = page.locator(".desk[data-painted$=jpg]")
    desk.wait_for()
    image = desk.get_attribute("data-painted") or ""
    page.locator(f'.desk[data-painted="{image}"][data-drawn="{image}"]').wait_for()
    return image


def correct_one(page: Page, truth: dict[str, str], number: int) -> bool:
    """Give the image on screen its true class and accept it; return whether the label was another one."""
    image = painted(page)
    chip = page.locator(".chip", has_text=truth[image])
    is_wrong = "on" not in (chip.get_attribute("class") or "").split()
    if is_wrong:
        page.keyboard.press(chip.locator("kbd").inner_text())
        expect(page.locator(".chip.on")).to_contain_text(truth[image])
    page.keyboard.press("Enter")
    page.locator(f'.desk[data-painted$=jpg]:not([data-painted="{image}"])').wait_for()
    expect(page.locator(".desk")).to_contain_text(f"{number} of ")
    return is_wrong


def test_a_sitting_goes_from_the_queue_to_a_better_judged_model(sitting: Sitting, visit):
    page: Page = visit(f"{sitting.app.address}/queue")
    expect(page.locator("[role=option]").first.locator(".reason")).to_contain_text("has a score of")
    page.get_by_role("button", name="Review these").click()
    mended = [correct_one(page, sitting.truth, number) for number in range(1, CORRECTED + 1)]
    assert any(mended[:5]), "No wrong label was among the first of the queue."
    expect(page.locator(".saved")).to_contain_text("Saved")
    with opened(sitting.home) as workspace:
        assert fetch_progress(workspace, sitting.project_id).verdicts["correct"] == sum(mended)

    page.get_by_role("link", name="Learn").click()
    expect(page.get_by_text(f"{IMAGES} labelled images, {CORRECTED} reviewed")).to_be_visible()
    epochs = page.get_by_label("Epochs, at most")
    epochs.fill("2")
    epochs.press("Enter")
    page.locator(READY).first.wait_for()
    page.get_by_role("button", name="Start learning").click()
    learned = page.locator(".st-key-card-learned")
    expect(learned).to_contain_text("Before and after", timeout=LEARNS_WITHIN_MS)
    expect(learned).to_contain_text("Accuracy")
    expect(page.locator(".st-key-card-lineage")).to_contain_text("reviewed")

    page.get_by_role("button", name="Use this model").click()
    expect(page.get_by_role("button", name="In use")).to_be_visible()
    page.get_by_role("button", name="See both maps").click()
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    with opened(sitting.home) as workspace:
        project = fetch_project(workspace, sitting.project_id)
        assert fetch_overview(workspace, project).is_scored
        assert project.model_id is not None
