"""Projects from the browser: switching between them, making one, and pages and routes that must stay shut."""

from __future__ import annotations

import json
import shutil
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import ROOT, RunningApp
from domain.prediction import Task
from store.decisions import list_decisions

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    home = tmp_path_factory.mktemp("projects") / "home"
    draw_project(home, Task.DETECTION, images=2, name="Boxes")
    draw_project(home, Task.MULTILABEL, images=3, name="Classes")
    return start_app(home=home)


def choose_project(page: Page, *, current: str, wanted: str) -> None:
    page.locator(".st-key-project-menu").get_by_role("button", name=current).click()
    page.get_by_role("menuitem", name=wanted).click()


def test_the_menu_switches_the_project_on_the_page_in_sight(app: RunningApp, visit):
    page = visit(f"{app.address}/browse")
    expect(page.locator(".rl-title")).to_contain_text("2 of 2 images")

    choose_project(page, current="Boxes", wanted="Classes")

    expect(page.locator(".rl-title")).to_contain_text("3 of 3 images")
    expect(page).to_have_url(f"{app.address}/browse?project=2")
    page.reload()
    expect(page.locator(".rl-title")).to_contain_text("3 of 3 images")


def test_the_desk_follows_the_menu(app: RunningApp, visit):
    page = visit(f"{app.address}/review")
    expect(page.locator(".desk .tools")).to_contain_text("B")
    expect(page.locator(".desk .bar", has_text="0 of 2")).to_be_visible()

    choose_project(page, current="Boxes", wanted="Classes")

    expect(page.locator(".desk .bar", has_text="0 of 3")).to_be_visible()  # for a moment there are two desks
    expect(page.locator(".desk")).to_have_count(1)
    page.locator(".desk[data-painted$=jpg][data-drawn$=jpg]").wait_for()


def test_a_bad_folder_is_answered_with_a_sentence_and_a_good_one_with_a_project(app: RunningApp, visit, tmp_path: Path):
    drawn = app.home / "drawn" / "detection"
    shutil.copytree(drawn / "images", tmp_path / "fresh")
    page = visit(app.address)
    page.get_by_role("button", name="New project").click()
    folder = page.get_by_role("textbox", name="Image folder")

    folder.fill("/no/such/folder")
    folder.press("Tab")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("dialog")).to_contain_text("There is no folder /no/such/folder.")

    folder.fill(str(tmp_path / "fresh"))
    page.get_by_role("textbox", name="Labels").fill(str(drawn / "labels.jsonl"))
    page.get_by_role("textbox", name="Labels").press("Tab")
    page.get_by_role("button", name="Create project").click()
    expect(page.locator(".rl-title")).to_contain_text("fresh")
    expect(page.locator(".st-key-card-sources")).to_contain_text("on 2 lines, 0 not used")


def test_a_page_that_is_not_listed_never_runs(start_app, visit, tmp_path: Path):
    """Streamlit serves scripts of a folder `pages` beside the main script to whoever asks, unless an app forbids it."""
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    shutil.copy(ROOT / "app.py", tmp_path)
    proof = tmp_path / "ran"
    (tmp_path / "pages" / "unlisted.py").write_text(f"from pathlib import Path\nPath({str(proof)!r}).touch()\n")
    copy = start_app(script=tmp_path / "app.py", environment={"PYTHONPATH": str(ROOT)})

    page = visit(f"{copy.address}/unlisted")

    expect(page.get_by_role("dialog")).to_contain_text("Page not found")
    expect(page.get_by_role("button", name="No project")).to_be_visible()
    assert not proof.exists()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "queue", {}, 401),
        ("GET", "queue", {"X-Relook-Client": "1"}, 401),
        ("GET", "queue", {"X-Relook-Client": "1", "X-Relook-Token": "bm90LW91cnM.bm90LW91cnM"}, 401),
        ("GET", "items?image_id=fridge_0001.jpg", {"X-Relook-Client": "1"}, 401),
        ("POST", "decisions", {"X-Relook-Client": "1"}, 401),
        ("POST", "cells", {"X-Relook-Client": "1"}, 401),
        ("POST", "maps", {"X-Relook-Client": "1"}, 401),
        ("GET", "images?image_id=fridge_0001.jpg", {}, 404),
        ("GET", "thumbnails?image_id=fridge_0001.jpg&s=AAAA", {}, 404),
    ],
)
def test_a_request_that_no_page_of_ours_makes_is_refused(
    app: RunningApp, method: str, path: str, headers: dict[str, str], status: int
):
    entry = {"seq": 1, "decision_id": "intruder", "image_id": "fridge_0001.jpg", "verdict": "reject"}
    body = json.dumps({"client_id": "intruder", "entries": [entry]}) if method == "POST" else None
    connection = HTTPConnection("localhost", app.port, timeout=60)
    connection.request(method, f"/api/projects/1/{path}", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()

    assert response.status == status
    assert answer["error"]
    with opened(app.home) as workspace, workspace.read() as database:
        assert list_decisions(database, 1) == []
