"""Several people over HTTP: roles, leases, decisions that meet, tokens that end."""

from __future__ import annotations

import time

import pytest

from domain.prediction import Task
from domain.role import Role
from endpoint.routes import list_routes
from services import access, leases
from services.access import TOKEN_SECONDS, issue_token
from services.class_list import add_classes
from services.identity import give_role
from store.decisions import iterate_log, list_decisions
from store.projects import update_project
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, label_line, make_project

CAN, MILK = box("can", 0.1, 0.1, 0.3, 0.3), box("milk", 0.5, 0.5, 0.7, 0.7)


@pytest.fixture
def project(workspace, photos):
    """a.png is labelled with a can and a milk."""
    return make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [CAN, MILK])])


@pytest.fixture
def sit_down(client, workspace, project):
    """A function that opens the desk for somebody; `client_id` names their page."""

    def open_desk(name, *, role=Role.REVIEWER, now=None):
        desk = Desk(client, workspace, project.project_id, name)
        desk.headers["X-Relook-Token"] = issue_token(workspace.secret, project.project_id, name, role=role, now=now)
        desk.client_id = f"tab of {name}"
        return desk

    return open_desk


def images_of(answer):
    return [item["image_id"] for item in answer.json()["items"]]


def send(desk, entry):
    return desk.post("decisions", {"client_id": desk.client_id, "entries": [entry]})


def edit(desk, name, image="a.png", *, index=None, parent="", **change):
    """A decision named `name` on the objects as shown, one of them changed."""
    items = [dict(item) for item in desk.item(image)["objects"]] if index is not None else []
    if index is not None:
        items[index] |= change
    return {**desk.entry(image, "correct", objects=items, parent=parent), "decision_id": name}


def log_of(workspace, project):
    with workspace.read() as connection:
        return list_decisions(connection, project.project_id)


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
