"""An image shown without what the model says, over the routes of the desk."""

from __future__ import annotations

import pytest

from domain.prediction import Task
from domain.role import Role
from services.identity import give_role
from services.withholding import is_withheld, set_withheld_share
from store.decisions import iterate_log
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, boxes_line, draw_images, make_project, state_of

NAMES = [f"{n:02}.png" for n in range(12)]


@pytest.fixture
def project(workspace, tmp_path):
    """Predictions for twelve images, half of them withheld."""
    give_role(workspace, "Lea", Role.LEAD)
    folder = draw_images(tmp_path / "photos", NAMES)
    predictions = [boxes_line(name, (0.55, box("can", 0.1, 0.2, 0.5, 0.6))) for name in NAMES]
    made = make_project(workspace, folder, Task.DETECTION, predictions=predictions)
    set_withheld_share(workspace, made.project_id, 0.5, lead="Lea")
    return made


@pytest.fixture
def desk(workspace, client, project):
    return Desk(client, workspace, project.project_id)


def test_the_queue_tells_nothing_of_the_prediction_of_a_withheld_image(desk):
    items = desk.get("queue", count=12).json()["items"]
    blind, open_ = ([item for item in items if item["withheld"] is kind] for kind in (True, False))

    assert len(blind) + len(open_) == 12
    assert blind
    assert open_
    for item in blind:
        assert (item["objects"], item["predictions"], item["predicted"], item["source"]) == ([], [], [], "none")
        assert "0.55" not in str(item)
        assert "can" not in item["reason"]
    assert all(item["predictions"] and item["source"] == "prediction" for item in open_)


def test_its_map_is_refused_in_a_sentence(desk, workspace, project):
    name = next(item["image_id"] for item in desk.get("queue", count=12).json()["items"] if item["withheld"])

    answer = desk.post("maps", {"image_id": name, "label": "can"})

    assert answer.status_code == 409
    assert answer.json()["error"].startswith("This image is shown without prediction and map")


def test_the_decision_is_held_against_what_was_on_the_screen_and_says_so(desk, workspace, project):
    name = next(item["image_id"] for item in desk.get("queue", count=12).json()["items"] if item["withheld"])
    provenance = {"withheld": True}

    desk.decide(desk.entry(name, "accept", objects=[], provenance=provenance))

    with workspace.read() as connection:
        [row] = iterate_log(connection, project.project_id)
    assert row.decision.verdict == "accept"  # an empty photo was on the screen
    assert row.receipt.provenance == provenance
    assert not is_withheld(project, state_of(workspace, project, name))
    assert desk.item(name)["predictions"]
