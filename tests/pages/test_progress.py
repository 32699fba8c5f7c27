"""The Progress page: figures with intervals or an honest gap, and the measurement of automation bias."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.project import Project
from domain.role import Role
from services import progress_report
from services.bias_meter import bias_key
from services.identity import give_role
from services.progress_report import counting_key
from services.projects import fetch_project
from services.review import Entry, record
from services.withholding import set_withheld_share
from services.workspace import Workspace
from tests.services.small_projects import draw_images, label_line, make_project

LEAD = "test@example.com"
"""Whom Streamlit signs in while a page is tested without a browser."""

NAMES = [f"{number:02}.png" for number in range(24)]
EVIL = '<img src=x onerror="window.ran=1">'


@pytest.fixture
def project(home, workspace: Workspace, tmp_path) -> Project:
    """Pictures of jars of which the model says that they are cans."""
    give_role(workspace, LEAD, Role.LEAD)
    folder = draw_images(tmp_path / "photos", NAMES)
    lines = [label_line(name, "jar") for name in NAMES]
    predictions = [{"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.1]} for name in NAMES]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def texts(app: AppTest) -> str:
    html = [element.proto.body for element in app.get("html")]
    return "\n".join([*html, *(each.value for each in (*app.markdown, *app.caption, *app.error))])


def say(workspace: Workspace, project: Project, number: int, label: str, *, reviewer: str, withheld: bool) -> None:
    content = Labels({label: 1.0})
    provenance = {"withheld": withheld}
    entry = Entry(number, f"d{number}", NAMES[number], Verdict.CORRECT, content, seconds=4.0, provenance=provenance)
    assert record(workspace, project.project_id, reviewer, f"tab of {reviewer}", [entry])[1] == []


def test_before_the_first_decision_nothing_is_claimed(open_screen, project):
    app = open_screen("progress")

    shown = texts(app)
    assert "of 24 images done, 24 left" in shown
    for sentence in ("Nothing decided yet.", "Nobody decided yet.", "Too few to say", "Not measured yet."):
        assert sentence in shown
    assert app.get("plotly_chart") == []


def test_reviewers_classes_and_the_chart_show_what_was_decided(open_screen, workspace, project):
    for number in range(8):
        say(workspace, project, number, "jar", reviewer="Ana" if number < 5 else EVIL, withheld=False)

    app = open_screen("progress")

    shown = texts(app)
    assert "<td>Ana</td>" in shown
    assert '<td class="rl-number">5</td>' in shown
    assert EVIL not in shown  # as markup
    assert "&lt;img src=x" in shown
    assert "4 s, median of 8" in shown
    assert len(app.get("plotly_chart")) == 1
    assert "8 decisions in all" in app.get("plotly_chart")[0].proto.alt


def test_how_often_wrong_predictions_are_followed_is_measured_by_a_job(open_screen, workspace, project):
    for number in range(24):
        say(workspace, project, number, "can" if number < 9 else "jar", reviewer="Ana", withheld=number >= 12)
    app = open_screen("progress")

    app.button(key="measure-bias").click().run()
    job = workspace.jobs.find(bias_key(project.project_id))
    assert job is None or job.ended.wait(30)  # one that ended before the page was drawn is gone already
    app.run()

    shown = texts(app)
    assert "0.750 (0.428 to 0.945)" in shown
    assert "Shown, they are followed more often" in shown
    assert app.button(key="measure-bias").label == "Measure again"


def test_a_lead_chooses_how_many_images_are_shown_without_prediction(open_screen, workspace, project):
    app = open_screen("progress")
    (share,) = [each for each in app.selectbox if each.label == "Shown without prediction"]

    share.set_value(0.1).run()

    assert fetch_project(workspace, project.project_id).withheld_share == 0.1
    (share,) = [each for each in app.selectbox if each.label == "Shown without prediction"]
    assert share.value == 0.1


def test_who_is_no_lead_sees_the_share_and_leaves_it(open_screen, workspace, project):
    set_withheld_share(workspace, project.project_id, 0.07, lead=LEAD)
    give_role(workspace, "Lea", Role.LEAD)
    give_role(workspace, LEAD, Role.REVIEWER)

    app = open_screen("progress")

    assert [each.label for each in app.selectbox] == []
    assert "0.07 of the images" in texts(app)
    assert "A lead chooses how many images are shown without prediction." in texts(app)


def test_a_large_project_opens_before_anything_is_counted(open_screen, workspace, project, monkeypatch):
    monkeypatch.setattr(progress_report, "LARGE", 0)

    app = open_screen("progress")
    assert "of 24 images done, 24 left" in texts(app)

    job = workspace.jobs.find(counting_key(project.project_id))
    assert job is None or job.ended.wait(30)
    app.run()
    assert "Nobody decided yet." in texts(app)
