"""Several people over HTTP: roles, leases, decisions that meet, tokens that end."""

from __future__ import annotations

import pytest

from domain.prediction import Task
from domain.role import Role
from services.class_list import add_classes
from services.identity import give_role
from store.decisions import iterate_log
from store.projects import update_project
from tests.endpoint.conftest import Desk, images_of, send
from tests.services.small_projects import label_line, log_of, make_project


def edit(desk, name, image="a.png", *, index=None, parent="", **change):
    """A decision named `name` on the objects as shown, one of them changed."""
    items = [dict(item) for item in desk.item(image)["objects"]] if index is not None else []
    if index is not None:
        items[index] |= change
    return {**desk.entry(image, "correct", objects=items, parent=parent), "decision_id": name}


def test_changes_of_two_objects_are_merged_and_the_desk_is_told(workspace, project, sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")
    mine, theirs = edit(ana, "mine", index=0, label="carton"), edit(ben, "theirs", index=1, box=[0, 0, 0.1, 0.1])
    assert send(ben, theirs).json()["merged"] == []

    answer = send(ana, mine).json()

    assert answer["refused"] == []
    (merged,) = answer["merged"]
    assert {key: merged[key] for key in ("seq", "decision_id", "image_id", "with")} == {
        "seq": mine["seq"],
        "decision_id": "mine",
        "image_id": "a.png",
        "with": "theirs",
    }
    item = merged["item"]
    assert (item["decision_id"], item["decided_by"], item["status"]) == ("mine", "Ana", "correct")
    assert [(each["label"], each["box"][0]) for each in item["objects"]] == [("carton", 0.1), ("milk", 0.0)]
    assert send(ana, mine).json()["merged"] == answer["merged"]  # the answer was lost on the way: it comes again


def test_a_change_of_the_same_object_is_answered_with_409_and_what_the_other_made(workspace, project, sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")
    mine, theirs = edit(ana, "mine", index=0, label="carton"), edit(ben, "theirs", index=0, label="jar")
    send(ben, theirs)

    answer = send(ana, mine)

    assert answer.status_code == 409
    body = answer.json()
    assert body["error"].startswith("Ben changed a.png at ")
    assert body["seq"] == mine["seq"]
    conflict = body["conflict"]
    assert (conflict["decision_id"], conflict["reviewer"], conflict["merged"]) == ("theirs", "Ben", None)
    assert conflict["decided_at"].endswith("+00:00")
    assert [each["label"] for each in conflict["objects"]] == ["jar", "milk"]
    assert conflict["clashes"] == [conflict["objects"][0]["id"]]
    assert (conflict["mine"], conflict["theirs"]) == ("1 class changed", "1 class changed")
    assert [row.decision_id for row in log_of(workspace, project)] == ["theirs"]
    kept = {**edit(ana, "kept", index=0, label="carton", parent="theirs")}
    assert send(ana, kept).json()["refused"] == []


def test_among_several_entries_a_conflict_holds_up_no_other(workspace, project, sit_down):
    ana, ben = sit_down("Ana"), sit_down("Ben")
    mine = edit(ana, "mine", index=0, label="carton")
    send(ben, edit(ben, "theirs", index=0, label="jar"))
    other = {**ana.entry("b.png", "reject", parent=""), "decision_id": "other"}

    answer = ana.post("decisions", {"client_id": ana.client_id, "entries": [mine, other]})

    assert answer.status_code == 200
    (refused,) = answer.json()["refused"]
    assert (refused["seq"], refused["conflict"]["reviewer"]) == (mine["seq"], "Ben")
    assert [row.decision_id for row in log_of(workspace, project)] == ["theirs", "other"]


def test_the_class_of_an_image_is_told_as_labels(client, workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    ana, ben = (Desk(client, workspace, project.project_id, name) for name in ("Ana", "Ben"))
    theirs = {**ben.entry("a.png", "correct", labels=["jar"], parent=""), "decision_id": "theirs"}
    ben.post("decisions", {"client_id": "b", "entries": [theirs]})

    entry = ana.entry("a.png", "correct", labels=["milk"], parent="")
    conflict = ana.post("decisions", {"client_id": "a", "entries": [entry]}).json()["conflict"]

    assert (conflict["labels"], "objects" in conflict) == (["jar"], False)
    assert (conflict["mine"], conflict["theirs"]) == ("can to milk", "can to jar")


def test_what_was_on_screen_is_kept_and_what_only_the_server_may_say_is_not_taken(workspace, project, sit_down):
    ana = sit_down("Ana")
    told = {"explanation": {"key": "k"}, "merged": ["x", "y"], "met": {"with": "x"}, "consensus": ["x"]}
    region = {"box": [0.1, 0.2, 0.3, 0.4]}

    answer = send(ana, ana.entry("a.png", "flag", provenance=told, region=region, parent="", note="?")).json()

    assert (answer["refused"], answer["merged"]) == ([], [])
    with workspace.read() as connection:
        (row,) = iterate_log(connection, project.project_id)
    assert row.receipt.provenance == {"explanation": {"key": "k"}, "merged": ["x", "y"]}
    item = ana.item("a.png")
    assert (item["region"], item["note"], item["decided_by"]) == (region, "?", "Ana")
    assert item["decided_at"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"parent": 3}, "parent is missing or has another type"),
        ({"parent": "x" * 65}, "parent has 65 characters"),
        ({"region": {"box": [1, 2]}}, "marked place cannot be read: expected 4 numbers"),
        ({"region": {"width": 2, "height": 2, "runs": [1]}}, "marked place cannot be read: 1 pixels"),
        ({"region": "here"}, "region is missing or has another type"),
        ({"provenance": "here"}, "provenance is missing or has another type"),
    ],
)
def test_fields_of_another_shape_are_refused_with_a_sentence(workspace, project, sit_down, sent, said):
    ana = sit_down("Ana")

    (refused,) = send(ana, ana.entry("a.png", "reject", **sent)).json()["refused"]

    assert said in refused["error"]
    assert log_of(workspace, project) == []


def test_remarks_that_are_too_large_are_left_out_and_the_decision_is_stored(workspace, project, sit_down):
    ana = sit_down("Ana")
    told = {"model": "demo/detector", "prediction": {"objects": ["x" * 10_000] * 30}}

    answer = send(ana, ana.entry("a.png", "reject", provenance=told)).json()

    assert answer["refused"] == []
    with workspace.read() as connection:
        (row,) = iterate_log(connection, project.project_id)
    assert row.receipt.provenance == {"model": "demo/detector", "left_out": ["prediction"]}


def test_a_decision_names_the_model_that_was_on_screen(workspace, project, sit_down):
    ana = sit_down("Ana")
    with workspace.write() as connection:
        update_project(connection, project.project_id, model_id="demo/first")
    seen = ana.item("a.png")["model_id"]
    with workspace.write() as connection:
        update_project(connection, project.project_id, model_id="demo/second")

    send(ana, ana.entry("a.png", "reject", provenance={"model": seen}))

    with workspace.read() as connection:
        (row,) = iterate_log(connection, project.project_id)
    assert row.receipt.model_id == "demo/first"


def test_with_overlap_the_desk_does_not_show_what_others_said(workspace, project, sit_down):
    with workspace.write() as connection:
        update_project(connection, project.project_id, overlap=2)
    ana, ben = sit_down("Ana"), sit_down("Ben")
    send(ana, edit(ana, "ana", index=0, label="jar"))

    assert ben.item("a.png")["status"] == "new"
    assert ben.item("a.png")["objects"][0]["label"] == "can"
    assert images_of(ben.get("queue", client_id="b"))[0] == "a.png"
    answer = send(ben, edit(ben, "ben", index=0, label="milk")).json()
    assert (answer["refused"], answer["merged"], answer["decided"], answer["left"]) == ([], [], 1, 2)


def test_with_overlap_the_gallery_does_not_show_what_others_said_but_to_leads(workspace, project, sit_down):
    with workspace.write() as connection:
        update_project(connection, project.project_id, overlap=2)
    give_role(workspace, "Lea", Role.LEAD)
    ana, ben, lea = sit_down("Ana"), sit_down("Ben"), sit_down("Lea", role=Role.LEAD)
    send(ana, ana.entry("a.png", "reject"))

    def status_for(desk):
        (cell,) = desk.post("cells", {"image_ids": ["a.png"]}).json()["cells"]
        return cell["status"]

    assert [status_for(desk) for desk in (ana, ben, lea)] == ["reject", "new", "reject"]


def test_an_open_desk_learns_that_the_class_list_is_another_one(workspace, project, sit_down):
    give_role(workspace, "Lea", Role.LEAD)
    ana = sit_down("Ana")
    before = ana.get("queue").json()["classes_version"]
    assert ana.get("queue").json()["classes_version"] == before

    add_classes(workspace, project.project_id, ["jar"], "Lea")

    after = send(ana, ana.entry("a.png", "reject")).json()["classes_version"]
    assert after != before
    told = ana.get("classes").json()
    assert told["classes_version"] == after
    assert [each["name"] for each in told["classes"]] == ["can", "milk", "jar"]
    assert set(told["classes"][0]) == {"name", "colour", "guideline", "examples", "names"}
