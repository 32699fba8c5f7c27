"""The map of a box that is edited at the desk: the backbone sees the picture once, every shape has its own map."""

from __future__ import annotations

import pytest

from domain.model_spec import ModelSpec
from domain.prediction import Task
from services.model_shelf import _key
from services.projects import fetch_project
from services.scoring import attach_model
from tests.endpoint.conftest import Desk
from tests.services.planted_models import save_spots, tiny_detector
from tests.services.small_projects import make_project


@pytest.fixture
def spec(workspace):
    """A detector on the shelf, as if it had been loaded."""
    spec = ModelSpec("torchvision/planted", "planted.pth")
    workspace.models._held[_key(spec)] = tiny_detector()
    return spec


@pytest.fixture
def desk(client, workspace, photos, spec):
    for number in range(6):
        save_spots(photos, f"{number}.png", seed=number, orientation=1 + number)
    project = make_project(workspace, photos, Task.DETECTION)
    attach_model(workspace, project.project_id, spec)
    return Desk(client, workspace, fetch_project(workspace, project.project_id).project_id)


@pytest.fixture
def passes(workspace, spec):
    """How often the backbone has run."""
    calls: list[int] = []
    workspace.models.take(spec).detector.backbone.register_forward_hook(lambda *_: calls.append(1))
    return calls


def map_of(desk, box, image_id="0.png", **options):
    drawn = {"id": "x", "label": "can", "box": box, "polygons": [], **options}
    answer = desk.post("maps", {"image_id": image_id, "label": "can", "object": drawn})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_edited_box_costs_no_further_pass_and_gets_a_map_and_a_key_of_its_own(desk, passes):
    first = map_of(desk, [0.1, 0.1, 0.6, 0.7])
    edited = map_of(desk, [0.3, 0.2, 0.9, 0.9])

    assert len(passes) == 1
    assert first["key"] != edited["key"]
    assert (len(first["key"]), first["inside"] == edited["inside"]) == (64, False)


def test_the_map_before_the_edit_is_found_again_by_its_key(desk, passes):
    before = map_of(desk, [0.1, 0.1, 0.6, 0.7])
    map_of(desk, [0.3, 0.2, 0.9, 0.9])

    assert map_of(desk, [0.1, 0.1, 0.6, 0.7]) == before


def test_the_map_of_an_edited_box_is_what_it_is_without_anything_kept(desk, workspace, passes):
    map_of(desk, [0.1, 0.1, 0.6, 0.7])
    edited = map_of(desk, [0.3, 0.2, 0.9, 0.9])
    for file in (workspace.settings.home / "explanations").rglob("*.npz"):
        file.unlink()
    workspace.pictures.__init__()

    again = map_of(desk, [0.3, 0.2, 0.9, 0.9])

    assert len(passes) == 2
    assert {**again, "seconds": 0} == {**edited, "seconds": 0}


def test_only_the_newest_pictures_are_kept(desk, passes):
    for number in (0, 1, 2, 3, 4):
        map_of(desk, [0.1, 0.1, 0.6, 0.7], f"{number}.png")
    assert len(passes) == 5
    map_of(desk, [0.1, 0.1, 0.6, 0.8], "4.png")
    assert len(passes) == 5
    map_of(desk, [0.1, 0.1, 0.6, 0.8], "0.png")
    assert len(passes) == 6


def test_a_file_that_changed_is_seen_anew(desk, passes, photos):
    before = map_of(desk, [0.1, 0.1, 0.6, 0.7])
    save_spots(photos, "0.png", seed=77)
    edited = map_of(desk, [0.1, 0.1, 0.6, 0.71])

    assert len(passes) == 2
    assert edited["values"] != before["values"]


def test_an_outline_is_counted_by_its_area(desk):
    box = [0.1, 0.1, 0.6, 0.7]
    whole = map_of(desk, box)
    half = map_of(desk, box, polygons=[[0.1, 0.1, 0.6, 0.1, 0.1, 0.7]])

    assert 0 < half["inside"] < whole["inside"]
