"""From a list or a filter on Browse to the desk on exactly those images."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.prediction import Task
from services.review import fetch_queue
from services.worklists import make_worklist
from tests.pages.test_smoke import component_data
from tests.services.small_projects import decide, draw_images, make_project

NAMES = [f"{number}.png" for number in range(5)]


@pytest.fixture
def project(home, workspace, tmp_path):
    return make_project(workspace, draw_images(tmp_path / "photos", NAMES), Task.CLASSIFICATION)


def press(app, label):
    next(each for each in app.button if each.label == label).click().run()


def queued(workspace, project, number):
    page = fetch_queue(workspace, project.project_id, order=f"worklist-{number}")
    return [state.image.image_id for state in page.states]


def test_the_images_of_a_list_go_to_the_desk(open_screen, workspace, project):
    app = open_screen("browse")
    app.session_state[f"image-list-{project.project_id}"] = ("Wrong in class can", frozenset({"1.png", "3.png"}))
    app.run()
    press(app, "Review these 2")
    assert queued(workspace, project, 1) == ["1.png", "3.png"]


def test_the_images_of_a_filter_go_to_the_desk(open_screen, workspace, project):
    decide(workspace, project, "2.png", Verdict.SKIP)
    app = open_screen("browse")
    assert "Review" in [each.label for each in app.button]
    app.text_input[0].set_value("2").run()
    press(app, "Review this one")
    page = fetch_queue(workspace, project.project_id, order="worklist-1")
    assert page.total == 1
    assert page.again == {"2.png"}


def test_a_link_to_a_list_that_is_gone_says_so_and_shows_the_project(open_screen, workspace, project):
    make_worklist(workspace, project, "Chosen", ["4.png"], reviewer="Ana")

    known = component_data(open_screen("review", worklist=1))
    gone = component_data(open_screen("review", worklist=99))

    assert (known["order"], known["orders"][0]["title"], known["notice"]) == ("worklist-1", "Chosen", "")
    assert gone["order"] == "name"
    assert "is not kept any more" in gone["notice"]
