"""The Queue page: the order with its reasons, the way to the desk, and clear words where something is missing."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.prediction import Task
from domain.role import Role
from services.identity import give_role
from services.review import fetch_queue
from services.withholding import set_withheld_share
from tests.pages.test_evaluate import texts
from tests.services.small_projects import decide, draw_images, label_line, make_project

LEAD = "test@example.com"
NAMES = [f"{number}.png" for number in range(3)]


@pytest.fixture
def project(home, workspace, tmp_path):
    """Three cans; the model doubts 1.png most."""
    give_role(workspace, LEAD, Role.LEAD)
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "can") for name in NAMES]
    predictions = [
        {"filename": name, "labels": ["can", "jar"], "probs": [score, 1 - score]}
        for name, score in zip(NAMES, (0.9, 0.1, 0.6), strict=True)
    ]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def button(app, label):
    return next(each for each in app.button if each.label == label)


def test_the_main_button_leads_to_the_desk_on_exactly_that_order(open_screen, workspace, project):
    app = open_screen("up_next")
    assert "3 of 3 images wait" in texts(app)
    assert "mostly chance" in texts(app)

    button(app, "Review these 3").click().run()

    page = fetch_queue(workspace, project.project_id, order="worklist-1")
    assert [state.image.image_id for state in page.states] == ["1.png", "2.png", "0.png"]
    assert "jar" in page.reasons["1.png"]


def test_of_how_many_images_the_maps_are_known_is_said_where_they_are_accepted_unseen(
    open_screen, project, monkeypatch
):
    monkeypatch.setattr("services.bulk_plan.RARE_IMAGES", 1)
    app = open_screen("up_next")
    app.session_state["queue-side"] = "Looks right"
    app.run()
    app.slider[0].set_value(1.0).run()
    said = texts(app).replace("\\", "")
    assert "Images with unstable maps are not held back: maps were measured for 0 of 3 images." in said
    assert "Maps can be measured once the model is loaded on the Workspace page." in said


def test_decisions_since_the_order_was_made_are_told(open_screen, workspace, project):
    app = open_screen("up_next")
    decide(workspace, project, "1.png", Verdict.REJECT)
    app.run()
    assert "1 image decided since this order was made" in texts(app)
    button(app, "Order again").click().run()
    assert "since this order was made" not in texts(app)
    assert "Review these 2" in [each.label for each in app.button]


def test_a_project_with_nothing_left_says_so(open_screen, workspace, project):
    for name in NAMES:
        decide(workspace, project, name, Verdict.REJECT)
    app = open_screen("up_next")
    assert "No image waits for a decision" in texts(app)


def test_without_labels_and_predictions_what_is_missing_is_told(open_screen, workspace, tmp_path):
    make_project(workspace, draw_images(tmp_path / "bare", NAMES), Task.DETECTION)
    app = open_screen("up_next")
    assert app.selectbox[0].value == "random"
    app.selectbox[0].select("object-agreement").run()
    assert "No image has a prediction" in texts(app)
    assert not app.exception


def test_who_must_not_see_predictions_sees_no_order(open_screen, workspace, project):
    set_withheld_share(workspace, project.project_id, 0.07, lead=LEAD)
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)
    app = open_screen("up_next")
    assert "Only a lead may see this order" in texts(app)
    assert "jar" not in texts(app)


def test_a_map_needs_a_model(open_screen, project):
    app = open_screen("up_next")
    app.session_state["queue-side"] = "Map"
    app.run()
    assert "Load a model on the Workspace page" in texts(app)
    assert not app.exception
