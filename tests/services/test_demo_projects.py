from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.prediction import Task
from domain.settings import Settings
from executors.local import JobState
from services.demo_projects import TITLES, prepare_demo
from services.overview import fetch_overview
from services.projects import create_project, delete_project, list_projects, rename_project
from services.workspace import open_workspace
from tests.services.small_projects import draw_images


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A workspace whose first start was cut off, and whose second one made demo projects of one image each."""
    home = tmp_path_factory.mktemp("demo") / "home"
    # A project of the reader's own that happens to bear the name of a demo project.
    workspace = open_workspace(settings_of(home))
    photos = draw_images(home.parent / "photos", ["mine.png"])
    create_project(workspace, TITLES[Task.MULTILABEL], Task.MULTILABEL, str(photos))

    first = prepare_demo(workspace)
    first.cancel()
    assert first.ended.wait(60)
    assert first.state is JobState.CANCELLED
    second = prepare_demo(workspace)
    assert second.ended.wait(300)
    assert (second.state, second.message) == (JobState.DONE, "")
    yield workspace
    workspace.close()


def settings_of(home):
    return Settings(home, f"sqlite:///{home / 'relook.sqlite'}", demo_images=1)


def test_there_is_a_project_per_task_ready_for_review(demo):
    made = [project for project in list_projects(demo) if "photos" not in project.image_folder]

    assert {project.task for project in made} == set(Task)
    for project in made:
        overview = fetch_overview(demo, project)
        assert (overview.folder.images, overview.labelled, overview.predicted) == (1, 1, 1)
        assert overview.is_scored
        assert overview.findings == ()
        assert set(project.classes) == {"can", "carton", "milk_bottle", "water_bottle"}
        assert overview.model is not None
        assert overview.model.info.runtime == "demo"


def test_a_project_of_the_readers_own_is_left_alone(demo):
    (own,) = [project for project in list_projects(demo) if project.image_folder.endswith("photos")]

    assert own.name == TITLES[Task.MULTILABEL]
    assert fetch_overview(demo, own).folder.images == 0
    assert own.model_id is None


def test_nothing_is_left_to_do(demo):
    assert prepare_demo(demo) is None
    record = json.loads((demo.settings.home / "demo" / "made.json").read_text())
    assert set(record) == {task.value for task in Task}


def test_a_demo_project_that_was_deleted_or_renamed_does_not_come_back(demo):
    projects = {project.name: project.project_id for project in list_projects(demo)}
    delete_project(demo, projects[TITLES[Task.DETECTION]])
    rename_project(demo, projects[TITLES[Task.SEGMENTATION]], "Mine now")

    assert prepare_demo(demo) is None


def test_whoever_wants_no_demo_gets_none(workspace):
    assert prepare_demo(workspace) is None
    assert prepare_demo(replace(workspace, settings=replace(workspace.settings, has_demo=False))) is None
    assert list_projects(workspace) == []
