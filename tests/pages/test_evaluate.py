"""The Evaluate page: figures with intervals, the images behind a number, and honest gaps."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.role import Role
from services import evaluate_project as module
from services.evaluate_project import evaluation_key
from services.evaluate_report import render_report
from services.identity import give_role
from services.import_labels import import_file
from services.projects import set_model
from services.splits import count_splits, division_key
from services.withholding import set_withheld_share
from tests.services.small_projects import decide, draw_images, label_line, make_project, write_lines

LEAD = "test@example.com"
NAMES = [f"{number:02}.png" for number in range(8)]
EVIL = '<img src=x onerror="window.ran=1">'


@pytest.fixture
def project(home, workspace, tmp_path):
    """Eight cans, three of them taken for something whose name would run."""
    give_role(workspace, LEAD, Role.LEAD)
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "can") for name in NAMES]
    said = [EVIL] * 3 + ["can"] * 5
    predictions = [{"filename": n, "labels": [s, "jar"], "probs": [0.9, 0.1]} for n, s in zip(NAMES, said, strict=True)]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def texts(app: AppTest) -> str:
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*html, *(each.value for each in (*app.markdown, *app.caption, *app.error))])


def test_figures_stand_beside_those_before_review_and_their_interval(open_screen, workspace, project):
    decide(workspace, project, NAMES[0], Verdict.CORRECT, Labels({EVIL: 1.0}))
    app = open_screen("evaluate")

    shown = texts(app)
    assert "<b>0.750</b>" in shown
    assert "from 0.625" in shown
    assert "of 1 reviewed" in shown
    assert "Label changed by review" in shown
    assert NAMES[0] in shown
    assert EVIL not in shown


def test_a_cell_leads_to_exactly_its_images_on_browse(open_screen, workspace, project):
    app = open_screen("evaluate")
    app.session_state[f"evaluate-{project.project_id}"] = "class/0"
    app.run()
    assert "Wrong in class can" in texts(app)

    next(button for button in app.button if button.label == "Browse these 3").click().run()
    app.switch_page("browse.py").run()
    assert not app.exception
    assert "3 of 8 images" in texts(app)
    next(button for button in app.button if button.label == "Show all images").click().run()
    assert "8 of 8 images" in texts(app)


def test_without_a_prediction_the_page_says_what_is_missing(open_screen, workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", NAMES[:2])
    make_project(workspace, folder, Task.DETECTION)
    module.find_evaluation(workspace, module.fetch_project(workspace, 1))
    job = workspace.jobs.find(evaluation_key(1))
    assert job is None or job.ended.wait(60)
    app = open_screen("evaluate")
    assert "No image has both a label and a prediction" in texts(app)
    assert "Images without a label, left out: 2" in texts(app).replace("\\", "")


def test_who_must_not_see_predictions_opens_no_images(open_screen, workspace, project):
    set_withheld_share(workspace, project.project_id, 0.07, lead=LEAD)
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)
    app = open_screen("evaluate")
    assert "Only a lead may open images here" in texts(app)
    assert NAMES[0] not in texts(app)


def test_the_report_holds_the_figures_and_no_markup_of_names(workspace, project):
    report = render_report(module.evaluate_project(workspace, project))
    assert "0.625" in report
    assert EVIL not in report
    assert "&lt;img src=x" in report
    assert "http://" not in report
    assert "https://" not in report
    assert "<script" not in report


def test_another_model_takes_the_place_of_before_review(open_screen, workspace, project, tmp_path):
    said = [{"filename": name, "labels": ["can", "jar"], "probs": [0.3, 0.7]} for name in NAMES]
    import_file(workspace, project.project_id, str(write_lines(tmp_path / "worse.jsonl", said)))
    set_model(workspace, project.project_id, project.model_id)
    app = open_screen("evaluate")
    choice = app.selectbox(key=f"evaluate-against-{project.project_id}")
    choice.select_index(1).run()

    shown = texts(app)
    assert "against worse" in shown.replace("\\", "")
    assert "<b>0.625</b>" in shown
    assert "from 0.000" in shown
    assert "Right with predictions.jsonl, wrong with worse.jsonl" in shown
    assert any(button.label == "Browse these 5" for button in app.button)


def test_images_are_divided_and_one_split_evaluated_alone(open_screen, workspace, project):
    app = open_screen("evaluate")
    assert "No image belongs to a split" in texts(app)
    next(button for button in app.button if button.label == "Divide").click().run()
    job = workspace.jobs.find(division_key(project.project_id))
    assert job is None or job.ended.wait(60)
    app.run()
    assert "8 images got a split." in texts(app).replace("\\", "")

    counts = count_splits(workspace, project.project_id)
    choice = app.selectbox(key=f"evaluate-split-{project.project_id}")
    choice.set_value("train").run()
    assert f"train images only, {counts['train']} images compared" in texts(app)


def test_a_score_of_a_curve_and_a_bar_open_their_images_without_a_mouse(open_screen, workspace, project):
    app = open_screen("evaluate")
    app.selectbox(key=f"curve-score-{project.project_id}").set_value(0.95).run()
    assert "can from score 0.950 on: wrong or missed" in texts(app)
    app.selectbox(key=f"reliability-bar-{project.project_id}").set_value(8).run()
    assert "Score 0.8 to 0.9" in texts(app)
    assert any(button.label == "Browse these 8" for button in app.button)
