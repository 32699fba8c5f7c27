"""Over HTTP: who may do what, and tokens that end."""

from __future__ import annotations

import time

import pytest

from domain.role import Role
from endpoint.routes import list_routes
from services import access, leases
from services.access import TOKEN_SECONDS
from services.identity import give_role
from tests.endpoint.conftest import images_of, send
from tests.services.small_projects import log_of


def test_a_viewer_looks_and_every_route_that_writes_says_no(workspace, project, sit_down):
    vera = sit_down("Vera", role=Role.VIEWER)
    give_role(workspace, "Vera", Role.VIEWER, project_id=project.project_id)

    assert images_of(vera.get("queue")) == ["a.png", "b.png", "sub/c.png"]
    assert vera.item("a.png")["status"] == "new"
    assert vera.get("history").status_code == vera.get("classes").status_code == 200
    for path in ("decisions", "leases", "leases/release"):
        answer = vera.post(path, {"client_id": "tab", "entries": [vera.entry("a.png", "reject")], "image_ids": []})
        assert answer.status_code == 403, path
        assert "Vera may look at this project and not change it" in answer.json()["error"]
        assert answer.json()["remedy"]
    assert log_of(workspace, project) == []
    assert leases.list_holders(workspace, project.project_id) == []


def test_every_route_that_takes_a_body_is_known_to_these_tests():
    posts = {route.path.rpartition("}/")[2] for route in list_routes() if "POST" in (route.methods or ())}

    assert posts == {"cells", "decisions", "maps", "leases", "leases/release"}  # cells and maps only look


def test_a_role_that_is_taken_back_counts_no_more_though_the_token_is_fresh(workspace, project, sit_down):
    ana = sit_down("Ana")
    assert send(ana, ana.entry("a.png", "reject")).status_code == 200

    give_role(workspace, "Ana", Role.VIEWER, project_id=project.project_id)

    assert send(ana, ana.entry("b.png", "reject")).status_code == 403
    assert len(log_of(workspace, project)) == 1


def test_a_token_cannot_say_more_than_the_person_may(workspace, project, sit_down):
    ana = sit_down("Ana", role=Role.LEAD)

    (refused,) = send(ana, ana.entry("a.png", "send_back", note="no")).json()["refused"]

    assert "Only a lead may send work back" in refused["error"]


def test_a_role_given_meanwhile_comes_with_the_next_token(workspace, project, sit_down):
    give_role(workspace, "Ana", Role.LEAD, project_id=project.project_id)
    before, after = sit_down("Ana"), sit_down("Ana", role=Role.LEAD)

    assert send(before, before.entry("a.png", "send_back", note="no")).json()["refused"]
    after.seq = before.seq
    assert send(after, after.entry("a.png", "send_back", note="no")).json()["refused"] == []


@pytest.mark.parametrize("path", ["queue", "decisions", "leases", "leases/release"])
def test_an_old_token_writes_nothing_and_a_new_one_does(workspace, project, sit_down, path):
    # The page was left open over lunch; the desk keeps what it has and sends it with the next token.
    old, new = sit_down("Ana", now=time.time() - TOKEN_SECONDS - 1), sit_down("Ana")
    entry = old.entry("a.png", "reject")
    body = {"client_id": "tab", "entries": [entry], "image_ids": ["a.png"]}

    refused = old.get("queue") if path == "queue" else old.post(path, body)

    assert refused.status_code == 401
    assert "minutes ago" in refused.json()["error"]
    assert log_of(workspace, project) == []
    assert leases.list_holders(workspace, project.project_id) == []
    assert (new.get("queue") if path == "queue" else new.post(path, body)).status_code == 200
    assert old.item("a.png")["image_id"] == "a.png"  # looking goes on


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_jumps_an_hour_costs_one_new_token_and_no_decision(
    workspace, project, sit_down, monkeypatch, jump
):
    ana = sit_down("Ana")
    ana.get("queue", client_id="tab")
    entry = ana.entry("a.png", "reject")
    then = time.time() + jump
    monkeypatch.setattr(access.time, "time", lambda: then)

    assert send(ana, entry).status_code == 401
    ana.headers = sit_down("Ana").headers
    assert send(ana, entry).json()["acknowledged"] == 1
    assert images_of(ana.get("queue", client_id="tab")) == ["b.png", "sub/c.png"]
