"""The Learn page: empty states in words, a training from its start to the model in use, and what it tells."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from domain.model_spec import ModelSpec
from domain.prediction import Task
from domain.project import Project
from domain.role import Role
from services.identity import give_role
from services.learning import RunState, learning_key
from services.learning_runs import keep_run
from services.projects import fetch_project
from services.running import find_job, model_key
from services.scoring import attach_model
from services.workspace import Workspace
from tests.services.small_learning import QUICK, learn, make_boxes, make_colours, newest
from tests.services.small_object_learning import QUICK as ONE_EPOCH
from tests.services.small_object_learning import make_squares
from tests.services.small_projects import draw_images, make_project

LEAD = "test@example.com"


@pytest.fixture
def project(home, workspace, tmp_path):
    give_role(workspace, LEAD, Role.LEAD)
    return make_colours(workspace, tmp_path, side=64, decided=6)


def texts(app: AppTest) -> str:
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*html, *(each.value for each in (*app.markdown, *app.caption, *app.error))])


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception, app.exception[0].value


def wait_for_learning(workspace: Workspace, project: Project) -> None:
    job = find_job(workspace, learning_key(project.project_id))
    assert job is not None
    assert job.ended.wait(120)


def test_what_will_be_used_is_said_before_it_starts(open_screen, project):
    app = open_screen("learn")
    shown = texts(app)
    assert "Nothing learned yet" in shown
    assert "36 labelled images, 6 reviewed" in shown
    assert "among 6 images" in shown
    assert "36 images without a split will get one" in shown
    app.selectbox(key=f"learn-strategy-{project.project_id}").select("joint-training").run()
    assert "among 36 images" in texts(app)


def test_a_model_learns_from_the_page_and_takes_the_place_of_its_parent(open_screen, workspace, project):
    app = open_screen("learn")
    app.selectbox(key=f"learn-strategy-{project.project_id}").select("joint-training").run()
    app.number_input(key=f"learn-epochs-{project.project_id}").set_value(2).run()
    press(app, "Start learning")
    wait_for_learning(workspace, project)
    run = newest(workspace, project)
    assert (run.state, run.message) == (RunState.DONE, "")
    assert (run.recipe.mode, run.recipe.epochs, len(run.history)) == ("transfer-learning", 2, 2)

    app.run()
    shown = texts(app)
    assert "Before and after" in shown
    assert run.model in shown
    press(app, "Use this model")
    job = find_job(workspace, model_key(project.project_id))
    assert job is None or job.ended.wait(120)
    assert fetch_project(workspace, project.project_id).model_id == run.model
    app.run()
    assert [button.label for button in app.button if button.disabled] == ["In use"]


def test_a_training_that_cannot_be_says_why_and_can_be_tried_again(open_screen, workspace, project, tmp_path):
    learn(workspace, project, replace(QUICK, epochs=1))
    keep_run(workspace, newest(workspace, project), state=RunState.STOPPED, message="Stopped <b>here</b>.")
    app = open_screen("learn")
    assert "Stopped &lt;b&gt;here&lt;/b&gt;." in texts(app)
    assert {"Go on", "Take epoch 1"} <= {button.label for button in app.button}
    press(app, "Take epoch 1")
    wait_for_learning(workspace, project)
    assert newest(workspace, project).state is RunState.DONE


def test_maps_are_told_where_boxes_are_known_and_lead_to_both(open_screen, workspace, project, tmp_path):
    boxes = make_boxes(workspace, project, tmp_path)
    learn(workspace, project, replace(QUICK, epochs=1), boxes_from=boxes.project_id)
    app = open_screen("learn", project=project.project_id)
    assert "Evidence inside the boxes" in texts(app)
    assert app.selectbox(key=f"learn-boxes-{project.project_id}").options == [boxes.name, "none"]
    press(app, "See both maps")
    assert app.session_state[f"compare-model-Second-{project.project_id}"] == newest(workspace, project).model


def test_a_project_of_boxes_offers_what_detectors_can_do(open_screen, workspace, tmp_path):
    give_role(workspace, LEAD, Role.LEAD)
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.SEGMENTATION)
    attach_model(workspace, project.project_id, ModelSpec("demo/detector"))
    app = open_screen("learn", project=project.project_id)
    assert app.selectbox(key=f"learn-mode-{project.project_id}").options == ["The whole network", "The last layers"]
    assert app.number_input(key=f"learn-batch-{project.project_id}").value == 4
    assert "all but the backbone learns" in texts(app)
    app.selectbox(key=f"learn-strategy-{project.project_id}").select("knowledge-distillation").run()
    assert "from the objects the old model is sure of" in texts(app)


def test_two_detectors_are_held_against_each_other_in_words(open_screen, workspace, tmp_path):
    give_role(workspace, LEAD, Role.LEAD)
    project = make_squares(workspace, tmp_path)
    run = learn(workspace, project, ONE_EPOCH)
    app = open_screen("learn", project=project.project_id)
    shown = texts(app)
    assert "mAP 50 to 95" in shown
    assert "Precision of objects" in shown
    assert run.model in shown
    assert "A detector has a map for each object" in shown
    assert "Validation images named rightly" not in shown


def test_a_project_without_a_model_leads_to_the_workspace(open_screen, workspace, tmp_path):
    give_role(workspace, LEAD, Role.LEAD)
    make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.CLASSIFICATION)
    app = open_screen("learn")
    assert "No model that can learn yet" in texts(app)
    assert [button.label for button in app.button] == ["Go to Workspace"]


def test_only_a_lead_lets_the_model_learn(open_screen, workspace, project):
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)
    app = open_screen("learn")
    assert "Only a lead may let the model" in texts(app)
    assert not app.button
