from __future__ import annotations

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from domain.decision import Verdict
from domain.errors import InputError
from domain.model_spec import ModelSpec
from domain.prediction import Labels, ModelInfo, Task
from services.content_hash import content_hash, hash_file, keep_hash
from services.import_images import import_images, relink_folder
from services.overview import fetch_overview
from services.projects import fetch_project
from store.images import list_files, save_images
from store.predictions import StoredPrediction, predicted_image_ids, save_model, save_predictions
from tests.services.small_projects import (
    decide,
    draw_image,
    draw_images,
    files_of,
    findings_of,
    label_line,
    make_project,
    state_of,
)


def test_a_moved_folder_is_relinked_by_relative_path(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"carton": 1.0}))
    moved = photos.rename(tmp_path / "elsewhere")

    summary = relink_folder(workspace, project.project_id, str(moved))

    assert (summary.images, summary.missing) == (3, 0)
    state = state_of(workspace, project, "sub/c.png")
    assert state.image.uri == str(moved / "sub" / "c.png")
    assert state_of(workspace, project, "a.png").decision is not None
    assert fetch_project(workspace, project.project_id).image_folder == str(moved)


def test_renamed_files_are_relinked_by_content(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name, other in (("a.png", "2026/first.png"), ("b.png", "b.png"), ("sub/c.png", "c.png")):
        (moved / other).parent.mkdir(exist_ok=True)
        shutil.move(photos / name, moved / other)
    draw_image(moved / "new.png", seed=20)

    summary = relink_folder(workspace, project.project_id, str(moved))

    assert (summary.images, summary.missing) == (4, 0)
    assert state_of(workspace, project, "a.png").image.uri == str(moved / "2026" / "first.png")
    assert state_of(workspace, project, "a.png").label == Labels({"can": 1.0})
    assert state_of(workspace, project, "sub/c.png").image.uri == str(moved / "c.png")
    assert import_images(workspace, project.project_id).missing == 0


def test_a_file_renamed_in_the_folder_stays_the_image_it_was(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    (photos / "deep").mkdir()
    (photos / "a.png").rename(photos / "deep" / "other.png")

    summary = import_images(workspace, project.project_id)

    assert (summary.images, summary.missing) == (3, 0)
    state = state_of(workspace, project, "a.png")
    assert (state.image.uri, state.label) == (str(photos / "deep" / "other.png"), Labels({"can": 1.0}))


def test_two_equal_files_are_both_relinked(workspace, photos, tmp_path):
    shutil.copy(photos / "a.png", photos / "twin.png")
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    moved = photos.rename(tmp_path / "elsewhere")
    (moved / "a.png").rename(moved / "x.png")
    (moved / "twin.png").rename(moved / "y.png")

    summary = relink_folder(workspace, project.project_id, str(moved))

    assert (summary.images, summary.missing) == (4, 0)
    assert set(files_of(workspace, project)) == {"a.png", "b.png", "sub/c.png", "twin.png"}


def test_a_new_file_never_takes_the_place_of_a_relinked_image(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    moved = photos.rename(tmp_path / "elsewhere")
    (moved / "a.png").rename(moved / "0.png")
    relink_folder(workspace, project.project_id, str(moved))

    draw_image(moved / "a.png", size=(99, 99), seed=30)
    import_images(workspace, project.project_id)

    labelled = state_of(workspace, project, "a.png").image
    assert (labelled.uri, labelled.width) == (str(moved / "0.png"), 40)
    assert findings_of(workspace, project)["a.png"].message == "a.png is left out: the project knows 0.png as a.png."


def test_relinking_to_a_folder_that_is_not_there_changes_nothing(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)

    with pytest.raises(InputError, match="There is no folder"):
        relink_folder(workspace, project.project_id, str(photos / "nowhere"))

    assert fetch_project(workspace, project.project_id).image_folder == str(photos)


def test_relinking_to_a_wrong_folder_keeps_everything(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    wrong = draw_images(tmp_path / "wrong", ["other.png"])
    draw_image(wrong / "other.png", seed=99)

    assert relink_folder(workspace, project.project_id, str(wrong)).missing == 3
    assert relink_folder(workspace, project.project_id, str(photos)).missing == 1

    assert state_of(workspace, project, "a.png").label == Labels({"can": 1.0})
    overview = fetch_overview(workspace, project)
    assert (overview.folder.images, overview.folder.missing) == (3, 1)


def draw_frame(path, seed, *, changed=1_700_000_000):
    """A frame of 90 kB as a camera writes it: every one of the same size, here also of the same time."""
    draw_image(path, size=(200, 150), seed=seed)
    os.utime(path, (changed, changed))


def test_a_new_file_of_the_size_and_time_of_a_lost_one_is_not_taken_for_it(workspace, tmp_path):
    folder = tmp_path / "photos"
    for number in range(3):
        draw_frame(folder / f"{number}.bmp", number)
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=[label_line("0.bmp", "can")])

    (folder / "0.bmp").unlink()
    (folder / "2.bmp").rename(folder / "moved.bmp")
    draw_frame(folder / "9.bmp", 9)
    summary = import_images(workspace, project.project_id)

    assert (summary.images, summary.missing) == (3, 1)
    assert state_of(workspace, project, "9.bmp").label is None
    assert state_of(workspace, project, "2.bmp").image.uri == str(folder / "moved.bmp")


@pytest.mark.parametrize("suffix", ["bmp", "tif"])
def test_an_uncompressed_picture_with_dark_corners_is_not_taken_for_another(workspace, tmp_path, suffix):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, row in (("0", 60), ("1", 70)):
        pixels = np.zeros((200, 300, 3), dtype=np.uint8)
        pixels[row, 140:160] = 255
        Image.fromarray(pixels).save(folder / f"{name}.{suffix}")
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=[label_line(f"0.{suffix}", "can")])

    (folder / f"0.{suffix}").unlink()
    (folder / f"1.{suffix}").rename(folder / f"moved.{suffix}")
    summary = import_images(workspace, project.project_id)

    assert (summary.images, summary.missing, summary.duplicates) == (1, 1, 0)
    assert state_of(workspace, project, f"1.{suffix}").image.uri == str(folder / f"moved.{suffix}")


def test_a_change_that_only_the_hash_tells_is_noticed_where_it_is_known(workspace, tmp_path):
    folder = tmp_path / "photos"
    for number in range(2):
        draw_frame(folder / f"{number}.bmp", number)
    project = make_project(workspace, folder, Task.CLASSIFICATION)
    first = state_of(workspace, project, "0.bmp").image
    keep_hash(workspace, project.project_id, first, content_hash(first))
    known = state_of(workspace, project, "0.bmp").image.sha256
    model = save_answers(workspace, project)

    os.utime(folder / "0.bmp", (1_800_000_000, 1_800_000_000))
    import_images(workspace, project.project_id)
    assert state_of(workspace, project, "0.bmp").image.sha256 == known
    assert answered(workspace, project, model) == {"0.bmp", "1.bmp"}  # a copy gets another time

    content = bytearray((folder / "0.bmp").read_bytes())
    content[20_000:22_000] = bytes(2000)
    (folder / "0.bmp").write_bytes(content)
    import_images(workspace, project.project_id)
    assert state_of(workspace, project, "0.bmp").image.sha256 not in ("", known)
    assert answered(workspace, project, model) == {"1.bmp"}


def save_answers(workspace, project):
    """A loaded model that said something about every image."""
    info = ModelInfo("tiny@1", "tiny", "1", project.task, ("can",), None, "torchvision", "")
    with workspace.write() as connection:
        save_model(connection, project.project_id, info, ModelSpec("torchvision/tiny"))
        answers = [StoredPrediction(name, Labels({"can": 1.0})) for name in files_of(workspace, project)]
        save_predictions(connection, project.project_id, info.model_id, answers)
    return info.model_id


def answered(workspace, project, model_id):
    with workspace.read() as connection:
        return predicted_image_ids(connection, project.project_id, model_id)


def test_images_of_an_earlier_relook_keep_their_hash_and_are_recognised_by_it(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    with workspace.write() as connection:  # as they were stored
        for file in list_files(connection, project.project_id):
            image = replace(file.image, sha256=hash_file(photos / file.image.image_id))
            save_images(connection, project.project_id, [replace(file, image=image, fingerprint="")])
    model = save_answers(workspace, project)

    (photos / "a.png").rename(photos / "z.png")
    summary = import_images(workspace, project.project_id)

    assert (summary.images, summary.missing) == (3, 0)
    files = files_of(workspace, project)
    assert files["a.png"].image.uri == str(photos / "z.png")
    assert all(file.fingerprint and len(file.image.sha256) == 64 for file in files.values())
    assert answered(workspace, project, model) == set(files)
