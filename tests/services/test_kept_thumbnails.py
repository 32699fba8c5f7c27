from __future__ import annotations

import pytest

from domain.errors import ImageError
from domain.prediction import Task
from services.import_images import import_images, summarise_folder
from services.kept_thumbnails import make_thumbnail
from services.overview import fetch_overview
from services.picture_addresses import thumbnail_file
from store.images import set_problem
from tests.services.small_projects import draw_image, make_project, state_of


@pytest.mark.parametrize("content", [b"", None])
def test_an_image_that_changed_shows_its_old_thumbnail_no_more(workspace, photos, content):
    project = make_project(workspace, photos, Task.DETECTION)
    image = state_of(workspace, project, "a.png").image
    make_thumbnail(workspace, project.project_id, image, photos / "a.png")
    thumbnail = thumbnail_file(workspace, project.project_id, image)
    assert thumbnail.exists()
    import_images(workspace, project.project_id)
    assert thumbnail.exists()

    draw_image(photos / "a.png", size=(50, 50), seed=8)
    if content is not None:
        (photos / "a.png").write_bytes(content)
    import_images(workspace, project.project_id)

    assert not thumbnail.exists()


def test_damage_behind_the_header_is_told_when_somebody_looks_and_stays_told(workspace, photos):
    file = draw_image(photos / "b.png", size=(300, 300), seed=5)
    content = bytearray(file.read_bytes())
    content[100_000:100_200] = b"x" * 200
    file.write_bytes(content)
    project = make_project(workspace, photos, Task.DETECTION)
    image = state_of(workspace, project, "b.png").image
    assert image.is_readable

    for _ in range(2):
        with pytest.raises(ImageError, match="damaged or cut off"):
            make_thumbnail(workspace, project.project_id, image, file)

    assert "b.png cannot be read" in state_of(workspace, project, "b.png").image.problem
    assert summarise_folder(workspace, project.project_id).unreadable == 1
    assert len(fetch_overview(workspace, project).findings) == 1
    assert import_images(workspace, project.project_id).unreadable == 1


def test_damage_of_a_file_that_changed_since_is_left_to_the_next_import(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)
    image = state_of(workspace, project, "b.png").image
    (photos / "b.png").write_bytes(b"")

    with pytest.raises(ImageError):
        make_thumbnail(workspace, project.project_id, image, photos / "b.png")

    assert state_of(workspace, project, "b.png").image.is_readable
    assert import_images(workspace, project.project_id).unreadable == 1


def test_an_image_that_could_not_be_read_for_a_while_is_back_with_the_next_import(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)
    image = state_of(workspace, project, "b.png").image
    with workspace.write() as connection:  # as a right that was taken away and given back leaves it
        set_problem(connection, project.project_id, "b.png", "b.png cannot be read.", version=image.version)
    assert not state_of(workspace, project, "b.png").image.is_readable

    assert import_images(workspace, project.project_id).unreadable == 0
    assert state_of(workspace, project, "b.png").image.is_readable
    assert not fetch_overview(workspace, project).findings
