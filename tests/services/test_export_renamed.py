"""Exports after classes were renamed or merged: the file says what the screen says, and nothing else of it changes."""

from __future__ import annotations

import json

import pytest

from domain.decision import Verdict
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from domain.role import Role
from services.class_list import list_changes as changes_of
from services.class_list import merge_classes, rename_class, undo_edit
from services.export_jobs import find_export, start_export
from services.identity import give_role
from services.shown import as_shown
from tests.services.small_exports import BOXES, CLASSES, SOURCES, export_project, exported, tasks
from tests.services.small_projects import address, box, decide, label_line, make_project, state_of


@pytest.fixture(autouse=True)
def a_lead(workspace):
    give_role(workspace, "Lea", Role.LEAD)


def rename(workspace, project, name, to):
    rename_class(workspace, project.project_id, name, to, reviewer="Lea")


@tasks
def test_a_renamed_class_changes_its_name_on_untouched_lines_and_nothing_else(workspace, photos, task):
    other = json.dumps(label_line("b.png", {Task.CLASSIFICATION: "carton", Task.MULTILABEL: ["carton"]}.get(task, [])))
    project = make_project(workspace, photos, task, lines=[SOURCES[task], other])
    rename(workspace, project, "can", "tin")

    export = export_project(workspace, project.project_id)

    first, second = export.text.splitlines()
    assert json.loads(first) == json.loads(SOURCES[task].replace('"can"', '"tin"'))
    assert second == other
    assert (export.counts, export.differences) == ({"renamed": 1, "untouched": 1}, 0)


def test_after_the_rename_is_undone_the_file_comes_out_character_for_character(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    rename(workspace, project, "can", "tin")
    [change] = changes_of(workspace, project.project_id)
    undo_edit(workspace, project.project_id, change.edit.edit_id, reviewer="Lea")

    assert export_project(workspace, project.project_id).text == f"{BOXES}\n"


def test_decisions_from_before_a_rename_come_out_with_the_new_name(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    state = state_of(workspace, project, "a.png")
    shown = as_shown(state, project).content
    assert isinstance(shown, Instances)
    added = Instance("n1", "can", Box(0.6, 0.6, 0.9, 0.9))
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((*shown.items, added)))
    rename(workspace, project, "can", "tin")

    (line,) = exported(workspace, project)

    assert [item["label"] for item in line["label"]] == ["tin", "tin"]
    assert line["label"][0] == {**json.loads(BOXES)["label"][0], "label": "tin"}
    assert export_project(workspace, project.project_id).counts == {"corrected": 1}


def test_an_image_that_was_accepted_counts_as_renamed_not_as_corrected(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    decide(
        workspace, project, "a.png", Verdict.ACCEPT, as_shown(state_of(workspace, project, "a.png"), project).content
    )
    rename(workspace, project, "can", "tin")

    assert export_project(workspace, project.project_id).counts == {"renamed": 1}


def test_merged_classes_of_one_image_are_written_once(workspace, photos):
    project = make_project(workspace, photos, Task.MULTILABEL, lines=[CLASSES])
    merge_classes(workspace, project.project_id, "can", "carton", reviewer="Lea")

    (line,) = exported(workspace, project)

    assert line["label"] == ["carton"]


def test_lines_about_images_the_project_does_not_have_are_renamed_too(workspace, photos):
    strange = json.dumps(label_line("elsewhere.png", [box("can", 0.1, 0.2, 0.3, 0.4, by="Eve")]))
    project = make_project(workspace, photos, Task.DETECTION, lines=[strange])
    rename(workspace, project, "can", "tin")

    (line,) = exported(workspace, project)

    assert line["label"] == [box("tin", 0.1, 0.2, 0.3, 0.4, by="Eve")]


def test_several_lines_of_one_image_are_renamed_each_in_its_place(workspace, photos):
    lines = [label_line("a.png", [box(name, 0.1, 0.2, 0.3, 0.4, n=n)]) for n, name in enumerate(("can", "jar", "can"))]
    project = make_project(workspace, photos, Task.DETECTION, lines=lines)
    rename(workspace, project, "can", "tin")

    export = export_project(workspace, project.project_id)

    written = [json.loads(line)["label"][0] for line in export.text.splitlines()]
    assert [(each["label"], each["n"]) for each in written] == [("tin", 0), ("jar", 1), ("tin", 2)]
    assert export.text.splitlines()[1] == json.dumps(lines[1])


def test_a_new_line_bears_the_name_of_now(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("b.png", "can")])
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"can": 1.0}))
    rename(workspace, project, "can", "tin")

    export = export_project(workspace, project.project_id, url_prefix="https://x/y")

    assert [json.loads(line)["label"] for line in export.text.splitlines()] == ["tin", "tin"]


def test_the_file_that_was_written_before_a_rename_is_not_offered_any_more(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    assert start_export(workspace, project.project_id).ended.wait(30)
    assert find_export(workspace, project.project_id) is not None

    rename(workspace, project, "can", "tin")

    assert find_export(workspace, project.project_id) is None


@pytest.mark.parametrize("to", ['<b>x</b> & "y"', "עברית", "\U0001f96b tin", "a\\b"])
def test_any_name_comes_back_from_the_file(workspace, photos, to):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    rename(workspace, project, "can", to)

    (line,) = exported(workspace, project)

    assert line["label"][0]["label"] == to
    assert line["image_url"] == address("a.png")
