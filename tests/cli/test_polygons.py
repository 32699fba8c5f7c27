import json

import numpy as np
import pytest
from PIL import Image

from domain.prediction import Task
from domain.settings import read_settings
from services.importing import GivenFile, import_given
from services.projects import fetch_project
from services.workspace import open_workspace
from tests.semantic_models import CLASSES, draw_things, save_names, save_things
from tests.services.small_projects import make_project, state_of


@pytest.fixture
def folder(tmp_path):
    """Two pictures, one with probabilities and one with a mask of class numbers."""
    picture = draw_things().astype(int)
    best = np.where(picture[..., 0] > 200, 1, np.where(picture[..., 1] > 200, 2, 0))
    best[20:23, 60:62] = 1  # a speck
    for name in ("a", "b"):
        save_things(tmp_path / "photos" / f"{name}.png")
    masks = tmp_path / "masks"
    masks.mkdir()
    np.savez(masks / "a.npz", np.where(best[..., None] == np.arange(3), 0.9, 0.05))
    Image.fromarray(np.where(best == 2, 0, best).astype(np.uint8)).save(masks / "b.png")
    save_names(tmp_path / "names.txt")
    return tmp_path


def polygons(run_cli, folder, *more):
    given = ("--images", folder / "photos", "--masks", folder / "masks", "--classes", folder / "names.txt")
    return run_cli("polygons", *given, "--out", folder / "objects.jsonl", *more)


def test_masks_become_objects_that_a_project_takes_in(run_cli, folder):
    Image.fromarray(np.eye(64, dtype=np.uint8) * 255).save(folder / "photos" / "c.png")
    result = polygons(run_cli, folder)
    assert result.code == 0
    assert result.out.startswith("2 images, 5 objects, 1 without: ")
    assert "c.png: " in result.err
    assert "There is no mask of c.png" in result.err
    lines = [json.loads(line) for line in (folder / "objects.jsonl").read_text().splitlines()]
    assert [line["filename"] for line in lines] == ["a.png", "b.png"]
    assert [sorted(box["label"] for box in line["boxes"]) for line in lines] == [
        ["green", "red", "red"],
        ["red", "red"],
    ]


def test_the_objects_stand_in_a_project(run_cli, folder):
    polygons(run_cli, folder)
    workspace = open_workspace(read_settings())
    try:
        project = make_project(workspace, folder / "photos", Task.SEGMENTATION)
        import_given(workspace, project.project_id, GivenFile(folder / "objects.jsonl"))
        state = state_of(workspace, fetch_project(workspace, project.project_id), "a.png")
        assert {item.label for item in state.prediction.items} == set(CLASSES)
        assert all(item.polygons for item in state.prediction.items)
    finally:
        workspace.close()


def test_what_cannot_be_used_is_told(run_cli, folder):
    (folder / "names.txt").write_text("only")
    result = polygons(run_cli, folder)
    assert result.code == 1
    assert "1 class names, but the network has 3 outputs" in result.err
    result = polygons(run_cli, folder, "--masks", folder / "nowhere")
    assert "There is no such folder of masks" in result.err
