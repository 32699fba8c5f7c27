"""The map of the Queue page in the real app: what is drawn around goes to the desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bench.projects import draw_project, opened
from bench.server import READY, RunningApp
from domain.prediction import Task
from services.embedding_map import find_map, start_map
from services.projects import fetch_project
from services.scoring import attach_model
from tests.services.small_models import name_model, save_weights

pytestmark = pytest.mark.browser

IMAGES = 12


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    """Twelve drawn images that a small model has seen, laid out."""
    folder = tmp_path_factory.mktemp("map")
    project = draw_project(folder / "home", Task.CLASSIFICATION, images=IMAGES)
    with opened(folder / "home") as workspace:
        attach_model(workspace, project.project_id, name_model(save_weights(folder / "shuffle.pth")))
        project = fetch_project(workspace, project.project_id)
        job = start_map(workspace, project)
        assert job.ended.wait(120)
        assert job.message == ""
        assert find_map(workspace, project) is not None
    return start_app(home=folder / "home")


def test_what_is_drawn_around_goes_to_the_desk(app: RunningApp, visit):
    page: Page = visit(f"{app.address}/queue")
    page.get_by_role("radio", name="Map").click()
    expect(page.get_by_text("Draw around dots to choose their images")).to_be_visible()
    plot = page.locator(".js-plotly-plot .nsewdrag")
    plot.wait_for()
    page.locator(READY).first.wait_for()

    box = plot.bounding_box()
    assert box is not None
    corners = [(0.005, 0.01), (0.995, 0.01), (0.995, 0.99), (0.005, 0.99), (0.005, 0.01)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()

    expect(page.get_by_text(f"{IMAGES} images chosen")).to_be_visible()
    page.get_by_role("button", name=f"Review these {IMAGES}").click()
    page.locator(".desk[data-painted$=jpg][data-drawn$=jpg]").wait_for()
    order = page.get_by_role("combobox", name="Order of the queue")
    expect(order.locator("option").first).to_have_text("Map")
