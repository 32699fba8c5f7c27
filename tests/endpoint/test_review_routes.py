from __future__ import annotations

import json
import threading

import pytest

from domain.prediction import Task
from tests.endpoint.conftest import Desk, assert_refused
from tests.services.small_projects import CAN, box, draw_image, label_line, log_of, make_boxes, make_project


@pytest.fixture
def project(workspace, photos):
    return make_boxes(workspace, photos)


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
