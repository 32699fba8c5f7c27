"""Requests that no page of Relook makes, and faults of the server: each gets a sentence."""

from __future__ import annotations

import json

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from domain.errors import StoreError
from domain.prediction import Task
from endpoint import answers
from endpoint.lifespan import lifespan
from endpoint.routes import list_routes
from services.access import issue_token
from services.projects import delete_project
from services.workspace import get_workspace
from tests.endpoint.conftest import assert_refused
from tests.services.small_projects import log_of, make_project


@pytest.mark.parametrize("seq", [None, "7", 1.5, True, -1, 0, 2**63, 2**70, [1]])
def test_an_entry_without_a_usable_number_is_refused_and_the_rest_is_written(desk, workspace, project, seq):
    strange, good = desk.entry("a.png", "reject"), desk.entry("b.png", "reject")

    answer = desk.decide({**strange, "seq": seq}, "nonsense", good)

    assert answer["acknowledged"] == good["seq"]
    assert len(answer["refused"]) == 2
    assert [row.image_id for row in log_of(workspace, project)] == ["b.png"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"client_id": "tab", "entries": [NaN]}', "not JSON"),
        (b'{"client_id": "tab", "entries": [1e400]}', "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "no client_id"),
        (b'{"client_id": "", "entries": []}', "no client_id"),
        (b'{"client_id": 3, "entries": []}', "no client_id"),
        (b'{"client_id": "tab", "entries": {}}', "no entries"),
        (json.dumps({"client_id": "tab", "entries": [0] * 501}).encode(), "501 decisions at once"),
    ],
)
def test_bodies_of_another_shape_are_refused(desk, body, said):
    assert_refused(desk.post("decisions", body), 400, said)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_coordinates_that_are_not_finite_never_get_in(desk, workspace, project, number):
    drawn = f'{{"id": "x", "label": "can", "box": [0, 0, 1, {number}], "polygons": []}}'
    entry = json.dumps(desk.entry("a.png", "correct", objects=[])).replace('"objects": []', f'"objects": [{drawn}]')

    assert_refused(desk.post("decisions", f'{{"client_id": "tab", "entries": [{entry}]}}'.encode()), 400, "not JSON")
    assert log_of(workspace, project) == []


def test_a_body_that_is_too_large_is_refused(desk, monkeypatch):
    monkeypatch.setattr(answers, "LARGEST_BODY", 2 * 1024**2)

    assert_refused(desk.post("decisions", b" " * (2 * 1024**2 + 1)), 413, "larger than 2 MB")


def test_only_pages_of_relook_with_a_valid_token_get_in(client, workspace, project, desk):
    path = f"{desk.api}/queue"
    other = make_project(workspace, workspace.settings.home.parent / "photos", Task.DETECTION)
    expired = issue_token(workspace.secret, project.project_id, "Ana", now=0)
    foreign = issue_token(b"another secret", project.project_id, "Ana")
    good = desk.headers["X-Relook-Token"]
    cases = [
        ({}, "does not come from a Relook page"),
        ({"X-Relook-Token": good}, "does not come from a Relook page"),
        ({"X-Relook-Client": "1"}, "not signed in"),
        ({"X-Relook-Client": "1", "X-Relook-Token": good[:-2]}, "not signed in"),
        ({"X-Relook-Client": "1", "X-Relook-Token": "."}, "not signed in"),
        ({"X-Relook-Client": "1", "X-Relook-Token": foreign}, "not signed in"),
        ({"X-Relook-Client": "1", "X-Relook-Token": expired}, "more than"),
        ({"X-Relook-Client": "1", "X-Relook-Token": "é".encode("latin-1")}, "not signed in"),
    ]
    for headers, said in cases:
        assert_refused(client.get(path, headers=headers), 401, said)
        assert_refused(client.post(f"{desk.api}/decisions", headers=headers, json={}), 401, said)
    for method, path in [("GET", "items"), ("GET", "history"), ("POST", "maps"), ("POST", "cells")]:
        url = f"/api/projects/{other.project_id}/{path}"
        assert_refused(client.request(method, url, headers=desk.headers, json={}), 401, "another project")


def test_a_project_that_was_deleted_is_told(desk, workspace, project):
    delete_project(workspace, project.project_id)

    for answer in (desk.get("queue"), desk.post("decisions", {"client_id": "tab", "entries": []})):
        assert_refused(answer, 404, f"no project {project.project_id}")


@pytest.mark.parametrize(
    "image_id", ["../secret.key", "/etc/passwd", "sub/../a.png", "a.png\x00", "", "nowhere.png", "..%2f..%2fetc"]
)
def test_only_images_of_the_project_are_known(desk, image_id):
    assert_refused(desk.get("items", image_id=image_id), 404, "no image")
    assert_refused(desk.post("maps", {"image_id": image_id, "label": "can"}), 404, "no image")


def test_odd_questions_get_plain_answers(desk):
    assert_refused(desk.get("queue", order="size"), 400, "no order named 'size'")
    assert_refused(desk.get("queue", start="nowhere.png"), 404, "no image 'nowhere.png'")
    assert len(desk.get("queue", count="many").json()["items"]) == 3
    assert len(desk.get("queue", count="999999999999999999999999").json()["items"]) == 3
    assert desk.get("queue", after="nowhere.png").json()["items"][0]["image_id"] == "a.png"


def test_trouble_with_the_database_is_passing(desk, monkeypatch):
    # The desk keeps decisions and tries again after a 5xx; after a 4xx it would give them up.
    def break_down() -> None:
        raise StoreError("The database cannot be opened.")

    monkeypatch.setattr(answers, "get_workspace", break_down)

    assert_refused(desk.get("queue"), 503, "The database cannot be opened")


def test_an_unexpected_fault_is_a_sentence_too(desk, monkeypatch, caplog):
    def stumble() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(answers, "get_workspace", stumble)

    answer = desk.get("queue")

    assert_refused(answer, 500, "The server stopped on this request")
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


def test_the_server_starts_although_the_workspace_cannot_be_opened(monkeypatch, caplog):
    # The pages then say what is wrong; a server that does not start says it to nobody.
    monkeypatch.setenv("RELOOK_DATABASE_URL", "nonsense")
    get_workspace.cache_clear()

    with TestClient(Starlette(routes=list_routes(), lifespan=lifespan)) as client:
        answer = client.get("/api/projects/1/queue", headers={"X-Relook-Client": "1"})

    assert_refused(answer, 503, "The database URL cannot be used")
    assert "The database URL cannot be used" in caplog.text
    assert "Traceback" not in caplog.text
