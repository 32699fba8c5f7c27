from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decision import Verdict
from domain.errors import ConflictError, InputError, NotFoundError
from domain.prediction import Labels, Task
from services.import_images import import_images
from services.kept_thumbnails import make_thumbnail
from services.projects import (
    archive_project,
    create_project,
    delete_project,
    fetch_progress,
    fetch_project,
    list_projects,
    measure_disk_use,
    rename_project,
    set_model,
    set_threshold,
    set_url_prefix,
)
from store.decisions import list_decisions
from tests.services.small_projects import decide, make_project, state_of


def test_a_project_keeps_what_it_was_made_with(workspace, photos):
    made = create_project(workspace, "  Fridge \n one ", Task.DETECTION, f" {photos} ", classes=("can", "apple"))

    project = fetch_project(workspace, made.project_id)
    assert project == made
    assert (project.name, project.task, project.image_folder) == ("Fridge one", Task.DETECTION, str(photos))
    assert project.classes == ("can", "apple")
    assert (project.threshold, project.model_id, project.archived_at) == (0.5, None, None)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_of_no_or_too_many_characters_is_refused(workspace, photos, name):
    with pytest.raises(InputError, match="expected 1 to 80"):
        create_project(workspace, name, Task.DETECTION, str(photos))


def test_a_folder_that_cannot_be_used_is_refused_in_a_sentence(workspace, photos):
    for folder, said in [("", "No folder was given"), ("/nowhere/at/all", "There is no folder /nowhere/at/all")]:
        with pytest.raises(InputError, match=said):
            create_project(workspace, "Fridge", Task.DETECTION, folder)
    with pytest.raises(InputError, match=r"a\.png is a file; expected a folder") as refusal:
        create_project(workspace, "Fridge", Task.DETECTION, str(photos / "a.png"))
    assert str(photos) in refusal.value.remedy
    assert list_projects(workspace) == []


def test_two_projects_cannot_bear_one_name(workspace, photos):
    create_project(workspace, "Fridge", Task.DETECTION, str(photos))
    other = create_project(workspace, "Larder", Task.DETECTION, str(photos))

    with pytest.raises(ConflictError, match="named 'Fridge' already"):
        create_project(workspace, " Fridge ", Task.DETECTION, str(photos))
    with pytest.raises(ConflictError, match="named 'Fridge' already"):
        rename_project(workspace, other.project_id, "Fridge")
    assert [project.name for project in list_projects(workspace)] == ["Fridge", "Larder"]


def test_a_project_is_renamed_and_archived_and_comes_back(workspace, photos):
    project_id = create_project(workspace, "Fridge", Task.DETECTION, str(photos)).project_id

    rename_project(workspace, project_id, "Larder")
    archive_project(workspace, project_id, now=datetime.now(UTC).isoformat())
    assert list_projects(workspace) == []
    assert [project.name for project in list_projects(workspace, with_archived=True)] == ["Larder"]

    archive_project(workspace, project_id, now=None)
    assert [project.name for project in list_projects(workspace)] == ["Larder"]


def test_settings_of_a_project_are_kept(workspace, photos):
    project_id = create_project(workspace, "Fridge", Task.DETECTION, str(photos)).project_id

    set_threshold(workspace, project_id, 0.3)
    set_url_prefix(workspace, project_id, " azureml://x ")
    set_model(workspace, project_id, "demo/detector@1")

    project = fetch_project(workspace, project_id)
    assert (project.threshold, project.url_prefix, project.model_id) == (0.3, "azureml://x", "demo/detector@1")


def test_a_project_that_does_not_exist_is_told(workspace):
    with pytest.raises(NotFoundError, match="There is no project 7"):
        fetch_project(workspace, 7)
    with pytest.raises(NotFoundError, match="There is no project 7"):
        rename_project(workspace, 7, "Fridge")


def test_deleting_takes_everything_but_the_images(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    other = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    thumbnails = workspace.settings.home / "thumbnails"
    for each in (project, other):
        make_thumbnail(workspace, each.project_id, state_of(workspace, each, "a.png").image, photos / "a.png")
    used = sum(file.stat().st_size for file in (thumbnails / str(project.project_id)).rglob("*.jpg"))
    assert 0 < used == measure_disk_use(workspace, project.project_id)
    taught = [workspace.folder("learning") / str(each.project_id) for each in (project, other)]
    for folder in taught:
        folder.mkdir()

    delete_project(workspace, project.project_id)

    assert [left.project_id for left in list_projects(workspace)] == [other.project_id]
    with workspace.read() as connection:
        assert list_decisions(connection, project.project_id) == []
    assert [folder.name for folder in thumbnails.iterdir()] == [str(other.project_id)]
    assert [folder.exists() for folder in taught] == [False, True]
    assert sorted(file.name for file in photos.rglob("*.png")) == ["a.png", "b.png", "c.png"]


def test_the_number_of_a_deleted_project_is_not_given_again(workspace, photos):
    # A browser tab that was open on the deleted project holds a token for its number.
    first = create_project(workspace, "Fridge", Task.DETECTION, str(photos)).project_id
    delete_project(workspace, first)

    assert create_project(workspace, "Fridge", Task.DETECTION, str(photos)).project_id != first


def test_progress_counts_verdicts_and_lets_skipped_images_come_again(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    decide(workspace, project, "b.png", Verdict.SKIP)

    progress = fetch_progress(workspace, project.project_id)

    assert (progress.total, progress.decided, progress.skipped) == (3, 1, 1)
    assert progress.verdicts == {"correct": 1, "skip": 1}


def test_progress_leaves_out_images_that_are_gone(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    decide(workspace, project, "b.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    (photos / "a.png").unlink()
    import_images(workspace, project.project_id)

    progress = fetch_progress(workspace, project.project_id)

    assert (progress.total, progress.decided) == (2, 1)
