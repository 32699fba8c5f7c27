"""What a project's model sees in its images: computed once, kept, and used to order them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from domain.errors import Cancelled, InputError
from domain.prediction import Task
from services.embeddings import embed_project, read_embeddings
from services.import_images import import_images
from services.pictures import load_picture
from services.projects import delete_project, fetch_project
from services.ranking import rank_project
from services.scoring import attach_model, load_active_model
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import draw_image, draw_images, label_line, make_project


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_weights(tmp_path_factory.mktemp("models") / "shuffle.pth")


@pytest.fixture
def project(workspace, photos, weights):
    """Three photos, of which a.png has a label, and a model that was not asked about any."""
    made = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "jar")])
    attach_model(workspace, made.project_id, name_model(weights))
    return fetch_project(workspace, made.project_id)


def told_by(workspace, project):
    told = []
    kept = embed_project(workspace, project.project_id, report=lambda *count: told.append(count))
    return kept, told


def test_each_image_gets_what_the_model_sees_and_is_asked_once(workspace, project):
    assert told_by(workspace, project) == (3, [(0, 3), (3, 3)])

    rows = read_embeddings(workspace, project)
    predictor, _ = load_active_model(workspace, project)
    picture = load_picture(Path(project.image_folder) / "b.png", max_pixels=10_000)
    [seen] = predictor.embed([picture])
    assert set(rows) == {"a.png", "b.png", "sub/c.png"}
    assert rows["b.png"].astype(np.float32) == pytest.approx(seen / np.abs(seen).max(), abs=1e-3)
    assert told_by(workspace, project) == (3, [(3, 3)])


def test_a_changed_image_is_seen_again(workspace, project, photos):
    embed_project(workspace, project.project_id)
    before = read_embeddings(workspace, project)["b.png"]
    draw_image(photos / "b.png", size=(60, 60), seed=99)
    import_images(workspace, project.project_id)

    assert set(read_embeddings(workspace, project)) == {"a.png", "sub/c.png"}
    assert told_by(workspace, project) == (3, [(2, 3), (3, 3)])
    assert read_embeddings(workspace, project)["b.png"].tolist() != before.tolist()


def test_what_is_finished_when_a_person_cancels_is_kept(workspace, tmp_path, weights):
    folder = draw_images(tmp_path / "many", [f"{number}.png" for number in range(20)])
    made = make_project(workspace, folder, Task.CLASSIFICATION)
    attach_model(workspace, made.project_id, name_model(weights))

    def cancel(done, _total):
        if done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        embed_project(workspace, made.project_id, report=cancel)
    project = fetch_project(workspace, made.project_id)
    assert len(read_embeddings(workspace, project)) == 8
    assert told_by(workspace, project)[1][0] == (8, 20)


def test_an_image_that_cannot_be_read_and_a_damaged_file_hold_up_no_other(workspace, photos, weights):
    (photos / "b.png").write_bytes((photos / "b.png").read_bytes()[:60])
    made = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, made.project_id, name_model(weights))
    project = fetch_project(workspace, made.project_id)
    assert embed_project(workspace, project.project_id) == 2
    [file] = workspace.folder("embeddings").rglob("*.npz")
    file.write_bytes(b"PK nothing")
    assert read_embeddings(workspace, project) == {}
    assert embed_project(workspace, project.project_id) == 2


def test_an_order_that_needs_embeddings_asks_for_them_and_then_orders(workspace, project):
    with pytest.raises(InputError, match="no embeddings of the images") as told:
        rank_project(workspace, project.project_id, strategy="k-centre")
    assert "python -m cli embed" in told.value.remedy

    embed_project(workspace, project.project_id)
    queue = rank_project(workspace, project.project_id, strategy="k-centre")
    assert {image.image_id for image in queue.images} == {"a.png", "b.png", "sub/c.png"}
    assert queue.images[0].reason == "Number 1 of images that are most unlike those before them"

    queue = rank_project(workspace, project.project_id, strategy="neighbours")
    assert [image.reason for image in queue.images] == ["No other image has a label", *["The image has no label"] * 2]
    assert "Images without a label or an embedding, which come last: 2." in queue.notes


def test_embeddings_go_with_the_project(workspace, project):
    embed_project(workspace, project.project_id)
    delete_project(workspace, project.project_id)
    assert list(workspace.folder("embeddings").rglob("*.npz")) == []


def test_without_a_model_it_is_said(workspace, photos):
    made = make_project(workspace, photos, Task.CLASSIFICATION)
    with pytest.raises(InputError, match="no model"):
        embed_project(workspace, made.project_id)


def test_images_that_cannot_be_opened_at_all_are_told(workspace, project, photos):
    for file in photos.rglob("*.png"):
        file.unlink()
    with pytest.raises(InputError, match="nothing of any of the 3 images"):
        embed_project(workspace, project.project_id)
