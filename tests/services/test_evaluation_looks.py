"""What the pictures of a project look like: measured once, and the slices of an evaluation made of it."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from domain.errors import Cancelled
from domain.prediction import Task
from services.evaluate_project import evaluate_project
from services.evaluation_looks import looks_key, measure_looks, read_looks, start_looks
from services.import_images import import_images
from services.projects import delete_project
from store.image_tags import set_tag
from tests.services.small_projects import label_line, make_project

NAMES = [f"{number}.png" for number in range(6)]


@pytest.fixture
def project(workspace, tmp_path):
    """Six grey images from dark to light; the model is wrong about the two lightest."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        Image.new("L", (40, 30 + number), 40 * number).save(folder / name)
    predictions = [
        {"filename": name, "labels": ["can", "jar"], "probs": [0.9, 0.1] if number < 4 else [0.2, 0.8]}
        for number, name in enumerate(NAMES)
    ]
    lines = [label_line(name, "can") for name in NAMES]
    return make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=predictions)


def slices(workspace, project):
    made = evaluate_project(workspace, project)
    return {(each.kind, each.name): (each.images, each.share.value, made.images_of(each.key)) for each in made.slices}


def test_brightness_is_measured_once_and_makes_slices_with_their_images(workspace, project):
    assert not [kind for kind, _ in slices(workspace, project) if kind == "brightness"]
    start_looks(workspace, project.project_id)
    job = workspace.jobs.find(looks_key(project.project_id))
    assert job is None or job.ended.wait(60)

    found = slices(workspace, project)
    assert found["brightness", "darkest third"] == (2, 1.0, [])
    assert found["brightness", "lightest third"] == (2, 0.0, NAMES[4:])
    assert read_looks(workspace, project.project_id)[NAMES[5]].brightness == pytest.approx(200 / 255, abs=1e-3)


def test_only_a_picture_that_changed_is_measured_again(workspace, project, tmp_path):
    before = measure_looks(workspace, project.project_id)
    Image.new("L", (40, 30), 250).save(tmp_path / "photos" / NAMES[0])
    os.utime(tmp_path / "photos" / NAMES[0], ns=(1, 1))
    import_images(workspace, project.project_id)
    counts = []
    after = measure_looks(workspace, project.project_id, report=lambda done, total: counts.append((done, total)))
    assert counts[-1] == (1, 1)
    assert after[NAMES[0]].brightness > 0.9
    assert after[NAMES[1]].brightness == before[NAMES[1]].brightness


def test_what_is_measured_is_kept_when_a_person_stops_it_and_goes_with_the_project(workspace, project, monkeypatch):
    monkeypatch.setattr("services.evaluation_looks._BATCH", 2)

    def stop(done, total):
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        measure_looks(workspace, project.project_id, report=stop)
    assert list(read_looks(workspace, project.project_id)) == NAMES[:2]
    delete_project(workspace, project.project_id)
    assert read_looks(workspace, project.project_id) == {}


def test_tags_are_slices_and_the_split_stands_first(workspace, project):
    with workspace.write() as connection:
        set_tag(connection, project.project_id, "camera", {NAMES[0]: "door", NAMES[5]: "shelf"})
        set_tag(connection, project.project_id, "split", dict.fromkeys(NAMES[3:], "test"))
    found = slices(workspace, project)
    assert found["split", "test"] == (3, pytest.approx(1 / 3), NAMES[4:])
    assert found["split", "no split"][0] == 3
    assert found["camera", "shelf"] == (1, 0.0, [NAMES[5]])
    kinds = list(dict.fromkeys(kind for kind, _ in found))
    assert kinds == ["class", "split", "camera", "image size"]
