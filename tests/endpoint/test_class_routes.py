"""What open desks learn about the class list over HTTP."""

from __future__ import annotations

import pytest

from domain.class_edit import Example
from domain.prediction import Task
from domain.role import Role
from services.class_details import set_examples, set_guideline
from services.identity import give_role
from services.import_images import import_images
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, label_line, make_project

EVIL = '<script>alert("x")</script>'


@pytest.fixture
def desk(client, workspace, photos):
    give_role(workspace, "Lea", Role.LEAD)
    lines = [label_line("a.png", [box("can", 0.1, 0.2, 0.5, 0.6)])]
    project = make_project(workspace, photos, Task.DETECTION, lines=lines)
    return Desk(client, workspace, project.project_id)


def test_a_guideline_and_its_pictures_come_with_the_classes(desk, workspace):
    project_id = int(desk.api.rsplit("/", 1)[1])
    before = desk.get("classes").json()["classes_version"]
    set_guideline(workspace, project_id, "can", EVIL, reviewer="Lea")
    set_examples(workspace, project_id, "can", [Example("sub/c.png")], reviewer="Lea")

    answer = desk.get("classes").json()

    assert answer["classes_version"] != before
    (can,) = answer["classes"]
    assert can["guideline"] == EVIL
    (example,) = can["examples"]
    assert example["image_id"] == "sub/c.png"
    picture = desk.client.get(example["thumb"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert desk.client.get(example["thumb"].replace("c.png", "../a.png")).status_code == 404


def test_an_example_that_is_gone_is_left_out(desk, workspace, photos):
    project_id = int(desk.api.rsplit("/", 1)[1])
    set_examples(workspace, project_id, "can", [Example("a.png"), Example("b.png")], reviewer="Lea")
    (photos / "b.png").unlink()
    import_images(workspace, project_id)

    (can,) = desk.get("classes").json()["classes"]
    assert [each["image_id"] for each in can["examples"]] == ["a.png"]


def test_nobody_reads_the_classes_without_a_token(desk):
    assert desk.client.get(f"{desk.api}/classes").status_code == 401
    desk.headers["X-Relook-Token"] = "forged.token"
    assert desk.get("classes").status_code == 401
