"""The Evaluate page in the real app: a cell of the matrix by keyboard, its images, and exactly those on Browse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import RunningApp
from domain.prediction import Task
from services.import_labels import import_file

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    """Eight drawn images; the model says of every one that it is the first class."""
    home = tmp_path_factory.mktemp("evaluate") / "home"
    project = draw_project(home, Task.CLASSIFICATION, images=8)
    names = sorted(path.name for path in Path(project.image_folder).iterdir())
    first, second = project.classes[:2]
    lines = [json.dumps({"filename": name, "labels": [first, second], "probs": [0.7, 0.3]}) for name in names]
    file = home / "predictions.jsonl"
    file.write_text("\n".join(lines) + "\n")
    with opened(home) as workspace:
        import_file(workspace, project.project_id, str(file))
    return start_app(home=home)


def test_a_cell_opens_its_images_and_browse_shows_exactly_those(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/evaluate")
    matrix = page.get_by_role("table", name="Confusion matrix")
    wrong = matrix.locator("td.wrong button").first
    wrong.wait_for()
    count = int(wrong.inner_text())

    wrong.focus()
    page.keyboard.press("Enter")
    behind = page.locator(".st-key-card-behind")
    expect(behind.locator("h3")).to_contain_text("predicted")
    expect(behind.locator("img")).to_have_count(count)
    expect(matrix.locator("td.open")).to_have_count(1)

    behind.get_by_role("button", name="Browse th").click()
    expect(page.get_by_text(f"{count} of 8 images")).to_be_visible()
    page.get_by_role("button", name="Show all images").click()
    expect(page.get_by_text("8 of 8 images")).to_be_visible()


def test_a_row_of_the_classes_opens_what_is_wrong_in_it(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/evaluate", viewport={"width": 1280, "height": 800})
    row = page.get_by_role("table", name="F1 by class").locator("tbody tr").first
    name = row.locator("th").inner_text()
    row.click()
    expect(page.locator(".st-key-card-behind h3")).to_have_text(f"Wrong in class {name}")
