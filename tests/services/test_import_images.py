from __future__ import annotations

import os
import shutil

import pytest

from domain.decision import Verdict
from domain.errors import Cancelled, InputError
from domain.finding import Severity
from domain.prediction import Labels, Task
from services.browsing import load_states
from services.import_images import FolderSummary, import_images
from services.projects import create_project
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


def spoil(path):
    """Replace a file by garbage of its size and time: only somebody who reads it again notices."""
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_folder_is_counted(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["img10.png", "img2.png", "deep/er/x.png"])
    draw_image(folder / "turned.jpg", orientation=6)
    shutil.copy(folder / "img2.png", folder / "twin.png")
    (folder / "broken.png").write_bytes(b"")
    (folder / "raw.nef").write_bytes(b"camera")
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.png").write_text("hidden")
    project = create_project(workspace, "Fridge", Task.DETECTION, str(folder))

    summary = import_images(workspace, project.project_id)

    assert summary == FolderSummary(images=6, unreadable=1, rotated=1, missing=0, duplicates=1, left_out=1)
    names = [state.image.image_id for state in load_states(workspace, project)]
    assert names == ["broken.png", "deep/er/x.png", "img2.png", "img10.png", "turned.jpg", "twin.png"]


def test_the_facts_of_every_image_are_kept_and_nothing_is_hashed_or_drawn_yet(workspace, tmp_path):
    draw_image(tmp_path / "photos" / "turned.jpg", size=(40, 30), orientation=6)
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION)

    image = state_of(workspace, project, "turned.jpg").image

    assert (image.width, image.height, image.orientation, image.problem) == (40, 30, 6, "")
    assert image.sha256 == ""
    assert list((workspace.settings.home / "thumbnails").rglob("*.jpg")) == []


def test_an_unreadable_image_is_listed_with_its_reason_and_blocks_nothing(workspace, photos):
    (photos / "b.png").write_bytes((photos / "b.png").read_bytes()[:200])

    project = make_project(workspace, photos, Task.DETECTION)

    files, finding = files_of(workspace, project), findings_of(workspace, project)["b.png"]
    assert [file.image.is_readable for file in files.values()] == [True, False, True]
    assert (finding.code, finding.severity) == ("UNREADABLE", Severity.ERROR)
    assert "b.png cannot be read" in finding.message
    assert "damaged or cut off" in finding.message


def test_an_image_that_was_repaired_is_read_again(workspace, photos):
    (photos / "b.png").write_bytes(b"")
    project = make_project(workspace, photos, Task.DETECTION)

    draw_image(photos / "b.png")
    summary = import_images(workspace, project.project_id)

    assert summary.unreadable == 0
    assert findings_of(workspace, project) == {}


def test_importing_again_adds_updates_and_keeps_decisions(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"can": 1.0}))
    before = files_of(workspace, project)

    draw_image(photos / "a.png", size=(90, 60), seed=9)
    draw_image(photos / "aa.png", seed=10)
    summary = import_images(workspace, project.project_id)

    after = files_of(workspace, project)
    assert summary.images == 4
    assert list(after) == ["a.png", "aa.png", "b.png", "sub/c.png"]
    assert (after["a.png"].image.width, after["a.png"].image.height) == (90, 60)
    assert after["a.png"].image.version != before["a.png"].image.version
    assert after["a.png"].fingerprint != before["a.png"].fingerprint
    assert after["b.png"].image == before["b.png"].image
    decision = state_of(workspace, project, "a.png").decision
    assert decision is not None
    assert decision.content == Labels({"can": 1.0})


def test_unchanged_files_are_not_read_again(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)
    spoil(photos / "a.png")

    assert import_images(workspace, project.project_id).unreadable == 0

    (photos / "a.png").touch()
    assert import_images(workspace, project.project_id).unreadable == 1


def test_an_image_that_is_gone_is_marked_and_comes_back(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    decide(workspace, project, "a.png", Verdict.ACCEPT, Labels({"carton": 1.0}))
    away = (photos / "a.png").rename(tmp_path / "a.png")

    summary = import_images(workspace, project.project_id)

    assert (summary.images, summary.missing) == (2, 1)
    assert [state.image.image_id for state in load_states(workspace, project)] == ["b.png", "sub/c.png"]
    finding = findings_of(workspace, project)["a.png"]
    assert (finding.code, finding.remedy) == ("MISSING", "Put it back, or relink the folder.")

    away.rename(photos / "a.png")
    assert import_images(workspace, project.project_id).missing == 0
    state = state_of(workspace, project, "a.png")
    assert state.label == Labels({"can": 1.0})
    assert state.decision is not None
    assert state.decision.content == Labels({"carton": 1.0})
    assert "a.png" not in findings_of(workspace, project)


def test_a_folder_without_images_is_told_in_a_sentence(workspace, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    project = create_project(workspace, "Fridge", Task.DETECTION, str(folder))
    with pytest.raises(InputError, match=r"There is no image in .* no other files"):
        import_images(workspace, project.project_id)

    (folder / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match=r"There is no image in .* 1 other file"):
        import_images(workspace, project.project_id)


def test_a_folder_that_vanished_is_told_and_changes_nothing(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION)
    shutil.rmtree(photos)

    with pytest.raises(InputError, match=r"cannot be opened. Found: nothing of that name"):
        import_images(workspace, project.project_id)
    assert len(load_states(workspace, project)) == 3


def test_progress_goes_up_to_the_number_of_images(workspace, photos):
    project = create_project(workspace, "Fridge", Task.DETECTION, str(photos))
    told: list[tuple[int, int]] = []

    import_images(workspace, project.project_id, report=lambda done, total: told.append((done, total)))

    assert told[-1] == (3, 3)
    assert {total for _, total in told} == {3}


def test_cancelling_keeps_what_is_finished_and_a_second_run_resumes(workspace, tmp_path):
    names = [f"{number}.png" for number in range(300)]
    folder = draw_images(tmp_path / "photos", names)
    project = create_project(workspace, "Fridge", Task.DETECTION, str(folder))

    def stop_soon(done: int, total: int) -> None:
        if done:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        import_images(workspace, project.project_id, report=stop_soon)
    finished = [state.image.image_id for state in load_states(workspace, project)]
    assert 0 < len(finished) < 300
    assert finished == names[: len(finished)]

    for name in finished:
        spoil(folder / name)
    summary = import_images(workspace, project.project_id)
    assert (summary.images, summary.unreadable, summary.missing) == (300, 0, 0)
