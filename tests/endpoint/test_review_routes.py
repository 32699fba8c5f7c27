from __future__ import annotations

import json
import threading

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
from store.decisions import list_decisions
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, boxes_line, draw_image, label_line, make_project

CAN = box("can", 0.1, 0.2, 1 / 3, 0.6)


@pytest.fixture
def project(workspace, photos):
    """Boxes: a.png has a label, b.png a prediction of two objects of which one is unsure."""
    unsure = box("carton", 0.6, 0.6, 0.9, 0.9)
    return make_project(
        workspace,
        photos,
        Task.DETECTION,
        lines=[label_line("a.png", [CAN])],
        predictions=[boxes_line("b.png", (0.9, CAN), (0.2, unsure))],
    )


@pytest.fixture
def desk(client, workspace, project):
    return Desk(client, workspace, project.project_id)


def log_of(workspace, project):
    with workspace.read() as connection:
        return list_decisions(connection, project.project_id)


def assert_refused(answer, status, said):
    """An error is JSON with a sentence and a remedy, whatever went wrong."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "remedy"}
    assert said in body["error"]
    assert "Traceback" not in answer.text


def test_the_queue_and_items_hold_what_the_desk_shows(desk):
    answer = desk.get("queue", order="name", count=2, after="", start="")

    assert answer.headers["cache-control"] == "no-store"
    page = answer.json()
    totals = {"total": 3, "decided": 0, "skipped": 0, "left": 3, "held": None}
    assert {key: page[key] for key in page if key not in {"items", "classes_version"}} == totals
    first, second = page["items"]
    assert desk.item("a.png") == first
    assert (first["image_id"], first["name"], first["status"], first["source"]) == ("a.png", "a.png", "new", "label")
    assert (first["width"], first["height"], first["readable"], first["problem"]) == (40, 30, True, "")
    assert (first["again"], first["decision_id"], first["decided_by"]) == (False, "", "")
    (shown,) = first["objects"]
    assert (shown["box"], shown["score"], shown["source"]) == ([0.1, 0.2, 1 / 3, 0.6], None, "label")
    assert first["predictions"] == first["predicted"] == first["labels"] == []
    assert [(item["label"], item["score"], item["source"]) for item in second["objects"]] == [
        ("can", 0.9, "prediction")
    ]
    assert second["predictions"] == second["objects"]
    assert [item["image_id"] for item in desk.get("queue", after="b.png").json()["items"]] == ["sub/c.png"]


def test_a_classification_item_names_what_is_shown_and_what_was_predicted(client, workspace, photos):
    scored = {"filename": "a.png", "probs": [0.6, 0.3, 0.1], "labels": ["can", "milk", "carton"]}
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "milk")], predictions=[scored]
    )

    item = Desk(client, workspace, project.project_id).item("a.png")

    assert (item["labels"], item["source"], item["objects"]) == (["milk"], "label", [])
    assert item["predicted"] == [
        {"label": "can", "score": 0.6},
        {"label": "milk", "score": 0.3},
        {"label": "carton", "score": 0.1},
    ]
    assert item["reason"] == "Label milk, prediction can"


def test_an_unreadable_image_says_why(client, workspace, photos):
    (photos / "b.png").write_bytes(b"")
    project = make_project(workspace, photos, Task.DETECTION)

    item = Desk(client, workspace, project.project_id).item("b.png")

    assert item["readable"] is False
    assert "b.png cannot be read. Found: 0 bytes" in item["problem"]


def test_accepting_and_correcting_is_saved_and_counted(desk, workspace, project):
    shown = desk.item("a.png")["objects"]
    drawn = {"id": "new", "label": "milk", "score": None, "source": "correction", "box": [0.5, 0.5, 0.9, 0.9]}

    answer = desk.decide(
        desk.entry("a.png", "accept", objects=shown),
        desk.entry("b.png", "accept", objects=[{**drawn, "polygons": [], "is_crowd": None}]),
        desk.entry("sub/c.png", "skip"),
    )

    assert {key: answer[key] for key in ("acknowledged", "decided", "skipped", "left", "refused")} == {
        "acknowledged": 3,
        "decided": 2,
        "skipped": 1,
        "left": 1,
        "refused": [],
    }
    assert len(answer["saved_at"].split(":")) == 3
    assert [row.verdict for row in log_of(workspace, project)] == ["accept", "correct", "skip"]
    after = desk.item("b.png")
    assert (after["status"], after["decision_id"], after["decided_by"]) == ("correct", "d2", "Ana")
    assert (after["source"], after["objects"][0]["source"]) == ("correction", "correction")
    assert desk.get("queue").json()["items"][0]["again"] is True


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_is_sent_back_as_received_is_untouched(client, workspace, tmp_path, orientation):
    draw_image(tmp_path / "turned" / "a.jpg", size=(40, 30), orientation=orientation)
    awkward = [box("can", 0.1, 0.1 + 0.2, 0.7, 2 / 3), box("can", 1e-17, 0.3, 1.0, 1 / 3)]
    project = make_project(workspace, tmp_path / "turned", Task.DETECTION, lines=[label_line("a.jpg", awkward)])
    desk = Desk(client, workspace, project.project_id)
    item = json.loads(json.dumps(desk.item("a.jpg")))
    assert (item["width"], item["height"]) == ((40, 30) if orientation < 5 else (30, 40))

    desk.decide(desk.entry("a.jpg", "accept", objects=item["objects"]))

    (row,) = log_of(workspace, project)
    assert row.verdict == "accept"
    assert [each.box.as_tuple() for each in row.content.items] == [
        (given["topX"], given["topY"], given["bottomX"], given["bottomY"]) for given in awkward
    ]
    assert [each["source"] for each in desk.item("a.jpg")["objects"]] == ["label", "label"]


def test_undo_and_redo_go_by_the_history_the_server_tells(desk):
    desk.decide(desk.entry("a.png", "reject"), desk.entry("b.png", "flag"))
    history = desk.get("history").json()
    assert history == {
        "undo": [{"decision_id": "d1", "image_id": "a.png"}, {"decision_id": "d2", "image_id": "b.png"}],
        "redo": [],
    }

    desk.decide(desk.entry("b.png", "flag", undoes="d2"))
    assert desk.item("b.png")["status"] == "new"
    assert desk.get("history").json() == {
        "undo": [{"decision_id": "d1", "image_id": "a.png"}],
        "redo": [{"decision_id": "d3", "image_id": "b.png"}],
    }

    desk.decide(desk.entry("b.png", "flag", undoes="d3"))
    assert (desk.item("b.png")["status"], desk.get("history").json()) == ("flag", history)


def test_sending_a_batch_twice_writes_it_once(desk, workspace, project):
    entries = [desk.entry("a.png", "reject"), desk.entry("b.png", "reject")]

    assert desk.decide(*entries)["acknowledged"] == desk.decide(*entries)["acknowledged"] == 2

    assert len(log_of(workspace, project)) == 2


def test_a_refused_entry_is_told_and_holds_up_no_other(desk, workspace, project):
    drawn = {"id": "x", "label": "can", "box": [0, 0, 1, 1], "polygons": []}
    good = desk.entry("a.png", "reject")
    bad = [
        (desk.entry("nowhere.png", "reject"), "no image 'nowhere.png'"),
        (desk.entry("a.png", "approve"), "no verdict 'approve'"),
        (desk.entry("a.png", "accept", labels=["can"]), "does not fit object detection"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "box": [0, 0, 1]}]), "3 numbers; expected 4"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "box": [0, 0, True, 1]}]), "not a finite number"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "box": "0 0 1 1"}]), "box is missing or has another type"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "polygons": [[0, 0, 1]]}]), "odd number"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "label": ""}]), "A class has no name"),
        (desk.entry("a.png", "accept", objects=[{**drawn, "label": "x" * 100_001}]), "label has 100001 characters"),
        (desk.entry("a.png", "accept", objects=["can"]), "an object is missing or has another type"),
        (desk.entry("a.png", "accept", objects={"0": drawn}), "objects is missing or has another type"),
        (desk.entry("a.png", "reject", overlays=5), "overlays is missing or has another type"),
        (desk.entry("a.png", "reject", decision_id="x" * 65), "decision_id has 65 characters"),
        (desk.entry("a.png", "reject", undoes="nothing"), "no decision on a.png that could be taken back"),
    ]

    answer = desk.decide(*(entry for entry, _ in bad), good)

    assert answer["acknowledged"] == desk.seq
    assert [row.decision_id for row in log_of(workspace, project)] == [good["decision_id"]]
    told = {refusal["seq"]: refusal for refusal in answer["refused"]}
    for entry, said in bad:
        assert said in told[entry["seq"]]["error"]
        assert told[entry["seq"]]["remedy"]
    assert len(told) == len(bad)


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


def test_a_map_needs_a_model(desk, client, workspace, photos):
    assert_refused(desk.post("maps", {"image_id": "a.png", "label": "can"}), 400, "come from a file")
    bare = make_project(workspace, photos, Task.DETECTION)
    other = Desk(client, workspace, bare.project_id)
    assert_refused(other.post("maps", {"image_id": "a.png", "label": "can"}), 400, "has no model")
    for body in ([], {}, {"image_id": 3}):
        assert_refused(desk.post("maps", body), 400, "names no image")


def test_labels_that_look_like_programs_are_text_on_the_wire(client, workspace, photos):
    nasty = '<img src=x onerror=alert(1)>"\u2028=1+1'
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [{**CAN, "label": nasty}])])
    desk = Desk(client, workspace, project.project_id)

    answer = desk.get("items", image_id="a.png")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["objects"][0]["label"] == nasty
    desk.decide(desk.entry("a.png", "accept", objects=answer.json()["objects"], note=nasty))
    (row,) = log_of(workspace, project)
    assert (row.verdict, row.note, row.content.items[0].label) == ("accept", nasty, nasty)


def test_many_browsers_at_once_lose_nothing(client, workspace, project):
    desks = [Desk(client, workspace, project.project_id, reviewer=f"Reviewer {number}") for number in range(8)]
    answered: list[dict] = []

    def review(number: int) -> None:
        desk = desks[number]
        for _ in range(4):
            entry = desk.entry("a.png", "reject")
            entry["decision_id"] = f"{number}-{entry['seq']}"
            answered.append(desk.decide(entry, client_id=f"tab{number}"))

    threads = [threading.Thread(target=review, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answered) == 32
    assert all(answer["refused"] == [] for answer in answered)
    expected = {f"{number}-{seq}" for number in range(8) for seq in range(1, 5)}
    assert {row.decision_id for row in log_of(workspace, project)} == expected


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
