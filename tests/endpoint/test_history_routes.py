"""The history of an image as the desk asks for it."""

from __future__ import annotations

import pytest

from domain.decision import Verdict
from domain.prediction import Instances, Labels, Task
from domain.role import Role
from services.identity import give_role
from services.leading import set_overlap
from services.shown import as_shown
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, decide, draw_image, label_line, make_project, state_of


@pytest.fixture
def turned(workspace, client, tmp_path):
    """A project with one photo that is turned by its EXIF data, and its desk."""
    draw_image(tmp_path / "photos" / "a.jpg", orientation=6)
    given = [box("can", 0.1, 0.2, 0.5, 0.6)]
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION, lines=[label_line("a.jpg", given)])
    return project, Desk(client, workspace, project.project_id)


def test_rows_are_told_on_the_upright_photo(turned):
    _, desk = turned
    item = desk.item("a.jpg")
    moved = {**item["objects"][0], "box": [0.5, 0.5, 0.75, 0.75]}
    region = {"box": [0.5, 0.5, 0.75, 0.75]}
    desk.decide(desk.entry("a.jpg", "correct", objects=[moved], note="moved", overlays=["labels"]))
    desk.decide(desk.entry("a.jpg", "flag", note="why?", region=region))

    answer = desk.get("history", image_id="a.jpg").json()

    assert (answer["image_id"], answer["more"]) == ("a.jpg", 0)
    flag, moving = answer["entries"]
    assert (flag["verdict"], flag["note"], flag["region"]) == ("flag", "why?", region)
    assert (moving["kind"], moving["verdict"], moving["by"], moving["note"]) == ("decision", "correct", "Ana", "moved")
    assert (moving["overlays"], moving["seconds"], moving["is_undone"]) == (["labels"], 1.5, False)
    assert moving["at"].endswith("+00:00")
    [change] = moving["objects"]
    assert (change["id"], change["change"]) == (moved["id"], "shape")
    assert change["before"]["box"] == item["objects"][0]["box"]
    assert change["after"]["box"] == moved["box"]


def test_a_label_of_before_is_restored_by_sending_it_as_a_decision(turned, workspace):
    project, desk = turned
    before = desk.item("a.jpg")["objects"]
    desk.decide(desk.entry("a.jpg", "accept", objects=before))
    desk.decide(desk.entry("a.jpg", "correct", objects=[]))
    *_, first = desk.get("history", image_id="a.jpg").json()["entries"]

    kept = desk.get("history", image_id="a.jpg", decision_id=first["decision_id"]).json()
    answer = desk.decide(desk.entry("a.jpg", "correct", objects=kept["objects"], labels=kept["labels"]))

    assert answer["refused"] == []
    assert as_shown(state_of(workspace, project, "a.jpg"), project).content == Instances(
        tuple(state_of(workspace, project, "a.jpg").label.items)
    )


def test_the_history_of_one_object_leaves_out_what_did_not_touch_it(turned):
    _, desk = turned
    [can] = desk.item("a.jpg")["objects"]
    jar = {**can, "id": "n1", "label": "jar"}
    desk.decide(desk.entry("a.jpg", "correct", objects=[can, jar]))
    desk.decide(desk.entry("a.jpg", "correct", objects=[{**can, "label": "tin"}, jar]))

    [row] = desk.get("history", image_id="a.jpg", instance_id="n1").json()["entries"]

    assert [(change["id"], change["change"]) for change in row["objects"]] == [("n1", "added")]


def test_images_with_classes_tell_them_before_and_after(workspace, client, photos):
    project = make_project(workspace, photos, Task.MULTILABEL, lines=[label_line("a.png", ["can"])])
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"can": 1.0, "jar": 1.0}))

    [row] = Desk(client, workspace, project.project_id).get("history", image_id="a.png").json()["entries"]

    assert row["labels"] == {"before": ["can"], "after": ["can", "jar"]}


def test_without_an_image_it_is_what_can_be_undone(turned):
    _, desk = turned
    desk.decide(desk.entry("a.jpg", "skip"))

    assert desk.get("history").json() == {"undo": [{"decision_id": "d1", "image_id": "a.jpg"}], "redo": []}


def test_reviewers_of_the_same_image_see_each_other_only_when_all_are_done(turned, workspace, client):
    project, _ = turned
    give_role(workspace, "Lea", Role.LEAD)
    set_overlap(workspace, project.project_id, "Lea", 2)
    ana, ben = Desk(client, workspace, project.project_id), Desk(client, workspace, project.project_id, "Ben")
    objects = ana.item("a.jpg")["objects"]
    ana.decide(ana.entry("a.jpg", "accept", objects=objects))

    assert ben.get("history", image_id="a.jpg").json()["entries"] == []
    ben.seq = 100
    ben.decide(ben.entry("a.jpg", "accept", objects=objects), client_id="tab of Ben")
    assert len(ben.get("history", image_id="a.jpg").json()["entries"]) == 2


def test_what_is_not_there_is_404_and_without_a_token_there_is_nothing(turned, client):
    _, desk = turned

    assert desk.get("history", image_id="x.jpg").status_code == 404
    assert desk.get("history", image_id="a.jpg", decision_id="x").status_code == 404
    assert client.get(f"{desk.api}/history", params={"image_id": "a.jpg"}).status_code == 401
