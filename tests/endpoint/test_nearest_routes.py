"""The route that gives the desk decided images like the one on screen."""

from __future__ import annotations

import numpy as np
import pytest

from domain.role import Role
from services.embeddings import embeddings_folder, stamp_of
from services.projects import fetch_project
from services.workspace import Workspace
from store.projects import update_project
from tests.endpoint.conftest import assert_refused
from tests.services.small_projects import files_of


@pytest.fixture
def seen(workspace: Workspace, project):
    """What a model sees in the three images: a.png and b.png alike, sub/c.png otherwise."""
    with workspace.write() as connection:
        update_project(connection, project.project_id, model_id="shelf-model")
    present = fetch_project(workspace, project.project_id)
    files = files_of(workspace, present)
    folder = embeddings_folder(workspace, present)
    folder.mkdir(parents=True)
    rows = np.array([[1, 0.1], [1, 0.2], [0, 1]], np.float16)
    np.savez(
        folder / "000001.npz",
        names=np.array(list(files)),
        stamps=np.array([stamp_of(file) for file in files.values()]),
        rows=rows,
    )
    return present


def accept(desk, image_id):
    desk.decide(desk.entry(image_id, "accept", objects=desk.item(image_id)["objects"]), client_id=desk.client_id)


def test_the_desk_gets_a_picture_a_label_and_how_alike_each_is(client, sit_down, seen):
    ana = sit_down("Ana")
    accept(ana, "a.png")
    accept(ana, "sub/c.png")

    told = ana.get("nearest", image_id="b.png").json()

    assert [each["image_id"] for each in told["examples"]] == ["a.png", "sub/c.png"]
    first, last = told["examples"]
    assert (first["name"], first["label"], first["names"]) == ("a.png", "can, milk", ["can", "milk"])
    assert (first["verdict"], first["words"]) == ("accept", "nearly the same")
    assert first["likeness"] == pytest.approx(0.995, abs=2e-3)
    assert (last["label"], last["names"]) == ("nothing", [])
    assert (told["missing"], told["needs_computing"]) == ("", False)
    assert client.get(first["thumb"]).headers["content-type"] == "image/jpeg"


def test_a_colleagues_decision_is_told_to_a_lead_alone_where_two_decide_on_each_image(workspace, sit_down, seen):
    with workspace.write() as connection:
        update_project(connection, seen.project_id, overlap=2)
    ana, ben, lea = sit_down("Ana"), sit_down("Ben"), sit_down("Lea", role=Role.LEAD)
    accept(ana, "a.png")

    assert ben.get("nearest", image_id="b.png").json()["examples"] == []
    assert ben.get("nearest", image_id="a.png").json()["examples"] == []
    # her page says lead, and nobody made her one: what counts is what she is now
    assert lea.get("nearest", image_id="b.png").json()["examples"] == []
    with_own = ana.get("nearest", image_id="b.png").json()["examples"]
    assert [each["image_id"] for each in with_own] == ["a.png"]


def test_without_embeddings_and_for_no_image_a_sentence_comes(desk):
    told = desk.get("nearest", image_id="a.png").json()
    assert told["examples"] == []
    assert told["missing"].startswith("Which images are alike is told by a model.")
    assert_refused(desk.get("nearest", image_id="none.png"), 404, "no image 'none.png'")
    desk.headers["X-Relook-Token"] = "other"
    assert_refused(desk.get("nearest", image_id="a.png"), 401, "not signed in")
