"""Images laid out on a plane by what the model sees in them."""

from __future__ import annotations

import numpy as np
import pytest

from domain.prediction import Task
from services import embedding_map
from services.embedding_map import draw_images, find_map, lay_out, start_map
from services.import_images import import_images
from services.projects import fetch_project
from services.scoring import attach_model
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import draw_image, make_project


def two_groups(count):
    rng = np.random.default_rng(1)
    middles = np.repeat([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]], count, axis=0)
    return (middles + rng.normal(scale=0.05, size=middles.shape)).astype(np.float32)


def test_images_seen_alike_lie_close_together():
    places = lay_out(two_groups(20))
    assert places.shape == (40, 2)
    assert places.min() == 0
    assert places.max() == 1
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert ((distances.argmin(axis=1) < 20) == (np.arange(40) < 20)).all()


def test_the_same_images_lie_in_the_same_places():
    assert lay_out(two_groups(10)).tolist() == lay_out(two_groups(10)).tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("kind", ["different", "equal", "nothing"])
def test_few_or_equal_images_have_places_too(count, kind):
    rows = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    rows = {"different": rows, "equal": np.ones_like(rows), "nothing": np.zeros_like(rows)}[kind]
    places = lay_out(rows)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_of_many_images_some_are_drawn_the_same_again(monkeypatch):
    monkeypatch.setattr(embedding_map, "MOST_PLACED", 10)
    seen = {f"{number:02}.png": np.zeros(4, np.float16) for number in range(30)}
    assert len(draw_images(seen)) == 10
    assert draw_images(seen) == draw_images(dict(reversed(seen.items())))


def test_a_project_is_laid_out_once_and_told_when_its_images_changed(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, name_model(save_weights(tmp_path / "shuffle.pth")))
    project = fetch_project(workspace, project.project_id)
    assert find_map(workspace, project) is None

    job = start_map(workspace, project)
    assert job.ended.wait(120)
    assert job.message == ""
    found = find_map(workspace, project)
    assert found is not None
    assert (set(found.image_ids), found.total, found.is_current) == ({"a.png", "b.png", "sub/c.png"}, 3, True)

    draw_image(photos / "b.png", size=(64, 64), seed=77)
    import_images(workspace, project.project_id)
    assert not find_map(workspace, project).is_current
