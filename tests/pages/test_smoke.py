"""Every screen runs: with nothing, with an empty folder, and with a small project of each task."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bench.projects import draw_project
from domain.decision import Verdict
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from services.import_images import import_images
from services.projects import create_project
from services.review import Entry, record
from services.running import start_model
from services.workspace import Workspace

PAGES = Path(__file__).parents[2] / "pages"
SCREENS = [
    "workspace",
    "browse",
    "explain",
    "compare",
    "up_next",
    "review",
    "classes",
    "progress",
    "team",
    "evaluate",
    "learn",
    "export",
]


def texts(app: AppTest) -> str:
    """Everything the page says as HTML, Markdown and errors."""
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*html, *(text.value for text in app.markdown), *(error.value for error in app.error)])


def buttons(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def component_data(app: AppTest) -> Any:
    """What the one component of the page got."""
    (mounted,) = app.get("bidi_component")
    return json.loads(mounted.proto.json)


def test_every_page_is_in_the_navigation_and_in_these_tests():
    files = {path.stem for path in PAGES.glob("*.py")} - {"__init__", "navigation"}

    assert files == set(SCREENS)


@pytest.mark.parametrize("name", SCREENS)
def test_without_a_project_a_page_says_what_to_do(open_screen, name: str):
    app = open_screen(name)

    assert "No project yet." in texts(app)
    assert "a folder of JPEG, PNG, WebP or TIFF images" in texts(app)
    assert buttons(app) == ["New project" if name == "workspace" else "Go to Workspace"]


@pytest.mark.parametrize("name", SCREENS[1:])
def test_without_images_a_page_says_what_to_do(open_screen, workspace: Workspace, tmp_path: Path, name: str):
    create_project(workspace, "Nothing", Task.DETECTION, str(tmp_path))

    app = open_screen(name)

    assert "No images yet. Choose a folder of JPEG, PNG, WebP or TIFF images" in texts(app)
    assert buttons(app) == ["Go to Workspace"]


@pytest.mark.parametrize("task", list(Task))
def test_a_small_project_shows_on_every_page(open_screen, home: Path, task: Task):
    draw_project(home, task, images=2)

    shown = {name: open_screen(name) for name in SCREENS}

    assert "2 images, 0 unreadable" in texts(shown["workspace"])
    assert component_data(shown["browse"])["cells"] == ["fridge_0001.jpg", "fridge_0002.jpg"]
    assert component_data(shown["review"])["task"] == task
    assert "The file agrees with the screen." in texts(shown["export"])
    assert [app.error for app in shown.values() if app.error] == []


def test_explain_says_that_there_is_no_model(open_screen, home: Path):
    draw_project(home, Task.MULTILABEL, images=1)

    app = open_screen("explain")

    assert "No model yet." in texts(app)
    assert "Go to Workspace" in buttons(app)


def test_explain_shows_a_map_once_it_is_computed(open_screen, home: Path, workspace: Workspace):
    project = draw_project(home, Task.CLASSIFICATION, images=1)
    assert start_model(workspace, project.project_id, ModelSpec("demo/classifier")).ended.wait(120)

    app = open_screen("explain")
    waiting = component_data(app)
    assert all(job.ended.wait(120) for job in workspace.jobs._jobs.values())
    app.run()

    assert [method["title"] for method in waiting["running"]] == ["GradCAM"]
    assert [found["title"] for found in component_data(app)["maps"]] == ["GradCAM"]


def test_compare_shows_two_maps_and_their_difference(open_screen, home: Path, workspace: Workspace):
    project = draw_project(home, Task.CLASSIFICATION, images=2)
    assert start_model(workspace, project.project_id, ModelSpec("demo/classifier")).ended.wait(120)

    app = open_screen("compare")
    assert component_data(app)["maps"] == []
    next(button for button in app.button if button.label == "Compute the maps").click().run()
    assert all(job.ended.wait(120) for job in workspace.jobs._jobs.values())
    app.run()

    assert [found["title"] for found in component_data(app)["maps"]][-1] == "Difference"
    assert "2 of 2 images compared" in texts(app)
    assert not app.exception


def test_compare_says_that_there_is_no_model(open_screen, home: Path):
    draw_project(home, Task.MULTILABEL, images=1)

    app = open_screen("compare")

    assert "No model yet." in texts(app)


def test_the_address_chooses_the_project(open_screen, home: Path):
    draw_project(home, Task.DETECTION, images=1)
    second = draw_project(home, Task.MULTILABEL, images=1)

    assert component_data(open_screen("review", project=second.project_id))["project"] == second.project_id
    assert component_data(open_screen("review", project="none"))["project"] == 1


def test_browse_says_when_no_image_matches(open_screen, home: Path):
    draw_project(home, Task.DETECTION, images=2)
    app = open_screen("browse")

    app.text_input(key="filter-1-name").input("no such name").run()

    assert "No image matches" in texts(app)
    app.button[-1].click().run()
    assert component_data(app)["cells"] == ["fridge_0001.jpg", "fridge_0002.jpg"]


def test_export_asks_for_the_address_of_images_without_a_label(open_screen, home: Path, workspace: Workspace):
    drawn = draw_project(home, Task.MULTILABEL, images=2)
    plain = create_project(workspace, "Plain", Task.MULTILABEL, drawn.image_folder)
    import_images(workspace, plain.project_id)
    decision = Entry(1, "one", "fridge_0001.jpg", Verdict.CORRECT, Labels({"can": 1.0}))
    assert record(workspace, plain.project_id, "Ana", "tab", [decision]) == (1, [])
    app = open_screen("export", project=plain.project_id)
    assert "no address, since no line of Azure's names them" in texts(app)

    (prefix,) = app.text_input
    prefix.input("azureml://photos/").run()

    assert "The file agrees with the screen." in texts(app)
    assert "azureml://photos/fridge_0001.jpg" in app.code[0].value
