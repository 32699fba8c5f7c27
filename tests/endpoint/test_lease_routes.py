"""Over HTTP: images lent to one desk at a time."""

from __future__ import annotations

import pytest

from domain.role import Role
from services import leases
from services.class_list import add_classes
from services.identity import give_role
from tests.endpoint.conftest import images_of, send


def test_two_people_get_different_images_and_are_told_who_holds_the_rest(sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")

    assert images_of(ana.get("queue", client_id="a", count=3)) == ["a.png", "b.png", "sub/c.png"]
    waiting = ben.get("queue", client_id="b").json()

    assert waiting["items"] == []
    assert (waiting["held"]["images"], waiting["held"]["reviewers"]) == (3, ["Ana"])
    assert 590 < waiting["held"]["free_in"] <= 600
    assert ana.post("leases/release", {"client_id": "a"}).json() == {"released": True}
    assert images_of(ben.get("queue", client_id="b")) == ["a.png", "b.png", "sub/c.png"]


def test_an_image_somebody_else_holds_is_shown_with_their_name(sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")
    ana.get("queue", client_id="a", count=1)

    held = ben.get("queue", client_id="b", start="a.png").json()["items"][0]["held"]
    assert held["reviewer"] == ben.item("a.png")["held"]["reviewer"] == "Ana"
    assert 590 < held["free_in"] <= 600
    assert ana.item("a.png")["held"] is ben.item("b.png")["held"] is None


def test_a_desk_says_what_it_still_shows_and_learns_what_it_lost(sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")
    ana.get("queue", client_id="a", count=1)

    answer = ben.post("leases", {"client_id": "b", "image_ids": ["a.png", "b.png", "gone.png"]}).json()

    assert answer["expires_in"] == leases.LEASE_SECONDS
    assert {name: each["reviewer"] for name, each in answer["held"].items()} == {"a.png": "Ana"}
    assert images_of(ana.get("queue", client_id="a")) == ["a.png", "sub/c.png"]


def test_a_desk_that_only_says_what_it_shows_learns_what_was_sent_back_and_of_another_class_list(
    workspace, project, sit_down
):
    give_role(workspace, "Lea", Role.LEAD, project_id=project.project_id)
    ana, lea = sit_down("Ana"), sit_down("Lea", role=Role.LEAD)
    body = {"client_id": "a", "image_ids": ["a.png"]}
    assert send(ana, ana.entry("b.png", "reject")).status_code == 200
    before = ana.post("leases", body).json()

    assert (
        send(lea, {**lea.entry("b.png", "send_back", note="Look again."), "decision_id": "back"}).json()["refused"]
        == []
    )
    add_classes(workspace, project.project_id, ["crate"], "Lea")
    after = ana.post("leases", body).json()

    assert (before["sent_back"], after["sent_back"]) == (0, 1)
    assert before["classes_version"] != after["classes_version"] == ana.get("classes").json()["classes_version"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ([], 400, "no client_id"),
        ({"image_ids": []}, 400, "no client_id"),
        ({"client_id": "x" * 65}, 400, "no client_id"),
        ({"client_id": "tab", "image_ids": "a.png"}, 400, "no list of images"),
        ({"client_id": "tab", "image_ids": [1]}, 400, "no list of images"),
        ({"client_id": "tab", "image_ids": ["a.png"] * 201}, 413, "201 images at once"),
    ],
)
def test_odd_questions_about_leases_get_plain_answers(sit_down, body, status, said):
    answer = sit_down("Ana").post("leases", body)

    assert answer.status_code == status
    assert said in answer.json()["error"]
