"""The search for files over HTTP."""

from __future__ import annotations

import pytest

from domain.prediction import Task
from services import image_search
from tests.endpoint.conftest import Desk
from tests.services.small_projects import draw_images, make_project


@pytest.fixture
def desk(client, workspace, tmp_path) -> Desk:
    names = ["a.png", "b.png", "sub/a2.png", "sub/deep/ß <b>.png"]
    project = make_project(workspace, draw_images(tmp_path / "photos", names), Task.DETECTION)
    return Desk(client, workspace, project.project_id)


def test_files_are_found_with_their_folders(desk):
    answer = desk.get("search", text="A")
    assert answer.status_code == 200
    assert answer.json() == {
        "found": [
            {"image_id": "a.png", "name": "a.png", "folder": ""},
            {"image_id": "sub/a2.png", "name": "a2.png", "folder": "sub"},
        ],
        "next": None,
    }
    assert desk.get("search", text="<b>").json()["found"][0]["folder"] == "sub/deep"
    assert len(desk.get("search").json()["found"]) == 4


def test_a_page_says_where_the_next_one_begins(desk, monkeypatch):
    monkeypatch.setattr(image_search, "MOST_FOUND", 2)
    first = desk.get("search", text="png").json()
    second = desk.get("search", text="png", after=first["next"]).json()
    paths = [image["image_id"] for page in (first, second) for image in page["found"]]
    assert paths == ["a.png", "b.png", "sub/a2.png", "sub/deep/ß <b>.png"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "after", ["", "x", "0", "0:1", "0:x:a.png", "2:1:a.png", "0:-1:a.png", "0:99999999999:a.png", "0:²:a"]
)
def test_a_place_that_no_page_named_is_refused_with_a_sentence(desk, after):
    answer = desk.get("search", text="a", after=after)
    assert answer.status_code == 400
    assert "is not a place in a list of hits" in answer.json()["error"]
    assert answer.json()["remedy"] == "Search again from the beginning."


def test_odd_texts_are_no_trouble(desk):
    assert [image["name"] for image in desk.get("search", text="a\0.").json()["found"]] == ["a.png"]
    assert desk.get("search", text="%").json()["found"] == []
    assert desk.get("search", text="x" * 20_000).json() == {"found": [], "next": None}


def test_only_pages_with_a_token_of_this_project_get_in(desk, workspace, client):
    desk.headers["X-Relook-Token"] = "no token"
    assert desk.get("search", text="a").status_code == 401
    del desk.headers["X-Relook-Client"]
    assert desk.get("search", text="a").status_code == 401
