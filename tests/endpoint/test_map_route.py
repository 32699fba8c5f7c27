from __future__ import annotations

import base64

import numpy as np
import pytest

from domain.orientation import array_to_stored
from domain.prediction import Task
from services.projects import fetch_project
from services.scoring import attach_model, load_active_model
from tests.endpoint.conftest import Desk
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import draw_image, make_project


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_weights(tmp_path_factory.mktemp("models") / "shuffle.pth")


@pytest.fixture
def project(workspace, photos, weights):
    """One class per image, with a loaded model; turned.jpg stands on its side."""
    draw_image(photos / "turned.jpg", size=(80, 48), orientation=6)
    (photos / "broken.png").write_bytes(b"")
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, name_model(weights, side=96))
    return fetch_project(workspace, project.project_id)


@pytest.fixture
def desk(client, workspace, project):
    return Desk(client, workspace, project.project_id)


def grid_of(body):
    return np.frombuffer(base64.b64decode(body["values"]), "<f4").reshape(body["grid"])


def test_a_map_is_raw_signed_and_upright(desk, workspace, project):
    answer = desk.post("maps", {"image_id": "turned.jpg", "label": "can", "method": "gradcam", "object": None})

    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"key", "grid", "values", "region", "regional", "seconds", "method", "warnings", "inside"}
    assert (body["method"], body["regional"], body["inside"]) == ("GradCAM", False, None)
    # The stored picture is 80 x 48 and the model sees its middle square: upright that lies in the middle of the height.
    assert body["region"] == pytest.approx([0, 0.2, 1, 0.8])
    grid = grid_of(body)
    assert grid.shape == (3, 3)
    (file,) = (workspace.settings.home / "explanations" / str(project.project_id)).rglob("*.npz")
    with np.load(file) as stored:
        assert stored["heatmap"].tobytes() == array_to_stored(grid, 6).tobytes()


def test_asking_again_gives_the_same_bytes(desk):
    wish = {"image_id": "a.png", "label": "milk", "method": "gradcam", "object": None}

    assert desk.post("maps", wish).content == desk.post("maps", wish).content


def test_the_evidence_inside_a_drawn_object_is_counted(desk):
    everything = {"id": "x", "label": "can", "box": [0, 0, 1, 1], "polygons": []}

    body = desk.post("maps", {"image_id": "a.png", "label": "can", "object": everything}).json()

    assert body["inside"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"method": "magic"}, 400, "no explanation method named 'magic'"),
        ({"label": "purple"}, 400, "purple"),
        ({"label": None}, 400, "names no class"),
        ({"object": "all"}, 400, "an object is missing or has another type"),
        ({"object": {"id": "x", "label": "can", "box": [0, 0, 1]}}, 400, "3 numbers; expected 4"),
        ({"image_id": "broken.png"}, 422, "broken.png cannot be read"),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(desk, change, status, said):
    answer = desk.post("maps", {"image_id": "a.png", "label": "can", "method": "gradcam", "object": None, **change})

    assert answer.status_code == status, answer.text
    assert said in answer.json()["error"]


def test_a_checkpoint_that_is_gone_is_told(desk, workspace, project, weights):
    _, spec = load_active_model(workspace, project)
    hidden = weights.rename(weights.with_suffix(".hidden"))
    try:
        answer = desk.post("maps", {"image_id": "a.png", "label": "can"})
    finally:
        hidden.rename(weights)

    assert spec.weights == str(weights)
    assert answer.status_code == 400
    assert "shuffle.pth" in answer.json()["error"]
