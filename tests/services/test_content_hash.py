from __future__ import annotations

import os
from dataclasses import replace
from hashlib import sha256

import pytest
from sqlalchemy import event

from domain.errors import ImageError
from domain.explanation import Target
from domain.model_spec import ModelSpec
from domain.prediction import Task
from services.content_hash import content_hash, keep_hash
from services.explaining import Request
from services.import_images import import_images
from services.map_cache import explain, find_cached
from tests.explainers.conftest import Classifier, SpotsColours
from tests.services.small_projects import draw_image, make_project, state_of

SPEC = ModelSpec("torchvision/tiny", "tiny.pth")


@pytest.fixture
def project(workspace, photos):
    return make_project(workspace, photos, Task.CLASSIFICATION)


@pytest.fixture
def spots():
    return Classifier(SpotsColours().eval(), 96)


def image_of(workspace, project, name="a.png"):
    return state_of(workspace, project, name).image


def test_the_hash_is_that_of_the_file_as_it_is(workspace, project, photos):
    image = image_of(workspace, project)
    before = content_hash(image)
    assert before == sha256((photos / "a.png").read_bytes()).hexdigest()

    draw_image(photos / "a.png", seed=44)
    assert content_hash(image) == sha256((photos / "a.png").read_bytes()).hexdigest() != before


def test_a_stored_hash_counts_until_the_file_changes(workspace, project, photos):
    keep_hash(workspace, project.project_id, image_of(workspace, project), "a" * 64)
    image = image_of(workspace, project)
    assert content_hash(image) == "a" * 64

    os.utime(photos / "a.png", ns=(1, 1))
    assert content_hash(image) == sha256((photos / "a.png").read_bytes()).hexdigest()

    (photos / "a.png").unlink()
    assert content_hash(image) == "a" * 64


def test_a_database_that_takes_nothing_keeps_nobody_from_the_hash(workspace, project):
    image = image_of(workspace, project)
    with workspace.read() as connection:
        engine = connection.engine
    event.listen(engine, "checkout", refuse_writes)
    keep_hash(workspace, project.project_id, image, content_hash(image))
    assert image_of(workspace, project).sha256 == ""


def refuse_writes(connection, _record, _proxy):
    connection.execute("PRAGMA query_only = ON")


def test_the_hash_of_a_file_that_changed_since_the_import_is_not_stored(workspace, project, photos):
    image = image_of(workspace, project)
    draw_image(photos / "a.png", size=(50, 50), seed=44)
    keep_hash(workspace, project.project_id, image, content_hash(image))
    assert image_of(workspace, project).sha256 == ""

    import_images(workspace, project.project_id)
    keep_hash(workspace, project.project_id, image, "b" * 64)  # somebody who still has the old one
    assert image_of(workspace, project).sha256 == ""


def test_a_map_stores_the_hash_and_is_found_again_by_the_content(workspace, spots, project, photos):
    request = Request(image_of(workspace, project), Target("red"), "gradcam")
    made = explain(workspace, spots, SPEC, request, project_id=project.project_id)

    image = image_of(workspace, project)
    assert image.sha256 == sha256((photos / "a.png").read_bytes()).hexdigest()
    os.utime(photos / "a.png", ns=(1, 1))
    import_images(workspace, project.project_id)
    for same in (image, image_of(workspace, project), replace(image, image_id="copy.png")):
        found = find_cached(workspace, spots, SPEC, replace(request, image=same), project_id=project.project_id)
        assert found is not None
        assert found.heatmap.tobytes() == made.heatmap.tobytes()


def test_a_map_of_a_file_that_changed_is_not_shown_for_the_new_one(workspace, spots, project, photos):
    explain(
        workspace,
        spots,
        SPEC,
        Request(image_of(workspace, project), Target("red"), "gradcam"),
        project_id=project.project_id,
    )
    request = Request(image_of(workspace, project), Target("red"), "gradcam")  # with its hash

    draw_image(photos / "a.png", seed=44)
    assert find_cached(workspace, spots, SPEC, request, project_id=project.project_id) is None

    (photos / "a.png").write_bytes(b"")
    with pytest.raises(ImageError, match="0 bytes"):
        explain(workspace, spots, SPEC, request, project_id=project.project_id)
