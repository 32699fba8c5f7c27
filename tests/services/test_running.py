from __future__ import annotations

import threading

from domain.prediction import Task
from executors.local import JobState
from services.browsing import load_states
from services.overview import fetch_overview
from services.projects import create_project, fetch_project
from services.running import GivenFile, find_job, folder_key, forget_job, is_active, start_import, start_relink
from tests.services.small_projects import label_line, write_lines


def finished(job):
    assert job.ended.wait(60)
    return job


def test_a_folder_and_its_files_are_read_in_the_background(workspace, photos, tmp_path):
    labels = write_lines(tmp_path / "labels.jsonl", [label_line("a.png", "can")])
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))

    job = finished(start_import(workspace, project.project_id, (GivenFile(labels),)))

    assert (job.state, job.message, job.done, job.total) == (JobState.DONE, "", 3, 3)
    assert not is_active(job)
    assert fetch_overview(workspace, project).labelled == 1
    assert find_job(workspace, folder_key(project.project_id)) is job
    forget_job(workspace, folder_key(project.project_id))
    assert find_job(workspace, folder_key(project.project_id)) is None


def test_a_file_that_cannot_be_read_does_not_keep_the_others_out(workspace, photos, tmp_path):
    labels = write_lines(tmp_path / "labels.jsonl", [label_line("a.png", "can")])
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))

    job = finished(
        start_import(
            workspace, project.project_id, [GivenFile(file) for file in (tmp_path / "nothing.jsonl", labels, photos)]
        )
    )

    assert job.state is JobState.FAILED
    assert "nothing.jsonl" in job.message
    assert "This folder is in no format" in job.message
    assert fetch_overview(workspace, project).labelled == 1


def test_what_goes_wrong_is_a_sentence_the_screen_can_show(workspace, photos):
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))
    for file in photos.rglob("*.png"):
        file.unlink()

    job = finished(start_import(workspace, project.project_id))

    assert job.state is JobState.FAILED
    assert "There is no image in" in job.message


def test_a_moved_folder_is_relinked_in_the_background(workspace, photos, tmp_path):
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))
    finished(start_import(workspace, project.project_id))
    moved = photos.rename(tmp_path / "elsewhere")

    assert finished(start_relink(workspace, project.project_id, str(moved))).state is JobState.DONE

    assert fetch_project(workspace, project.project_id).image_folder == str(moved)
    assert len(load_states(workspace, project)) == 3


def test_a_cancelled_import_is_told_as_such(workspace, photos):
    project = create_project(workspace, "Fridge", Task.CLASSIFICATION, str(photos))
    gate = threading.Event()
    running = workspace.jobs.submit("before", lambda report: gate.wait(30), title="Before")
    other = workspace.jobs.submit("beside", lambda report: gate.wait(30), title="Beside")

    job = start_import(workspace, project.project_id)
    assert start_import(workspace, project.project_id) is job
    job.cancel()
    gate.set()

    assert finished(job).state is JobState.CANCELLED
    assert "Cancelled at" in job.message
    assert finished(running).state is finished(other).state is JobState.DONE
