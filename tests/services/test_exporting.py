from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from services.projects import set_url_prefix
from services.turning import to_upright
from tests.services.small_exports import (
    BOXES,
    CLASS,
    CLASSES,
    RINGS,
    SOURCES,
    export_project,
    exported,
    tasks,
)
from tests.services.small_projects import (
    PREFIX,
    box,
    decide,
    draw_image,
    items_of,
    label_line,
    make_project,
    ring,
    shown,
    state_of,
)


@tasks
def test_what_nobody_reviewed_comes_out_character_for_character(workspace, photos, task):
    project = make_project(workspace, photos, task, lines=[SOURCES[task], "", SOURCES[task].replace("a.png", "z.png")])

    export = export_project(workspace, project.project_id)

    assert export.text == f"{SOURCES[task]}\n{SOURCES[task].replace('a.png', 'z.png')}\n"
    assert (export.refused, export.left_out, export.counts) == ("", {}, {"untouched": 2})


@tasks
def test_what_was_accepted_as_shown_comes_out_character_for_character(workspace, photos, task):
    project = make_project(workspace, photos, task, lines=[SOURCES[task]])
    decide(workspace, project, "a.png", Verdict.ACCEPT, shown(workspace, project))

    assert export_project(workspace, project.project_id).text == f"{SOURCES[task]}\n"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("task", [Task.DETECTION, Task.SEGMENTATION])
def test_untouched_objects_come_back_exactly_from_a_turned_picture(workspace, tmp_path, task, orientation):
    draw_image(tmp_path / "photos" / "a.jpg", orientation=orientation)
    line = SOURCES[task].replace("a.png", "a.jpg")
    more = box("pin", 1 / 3, 0.1 + 0.2, 0.7, 2 / 3) if task is Task.DETECTION else ring("pin", [1 / 3, 0.3, 0.7] * 2)
    other = json.dumps(label_line("a.jpg", [more]))
    project = make_project(workspace, tmp_path / "photos", task, lines=[line, other])
    content = shown(workspace, project, "a.jpg")

    decide(workspace, project, "a.jpg", Verdict.ACCEPT, to_upright(content, orientation))
    decision = state_of(workspace, project, "a.jpg").decision
    assert decision is not None
    assert (decision.verdict, decision.content) == ("accept", content)
    assert export_project(workspace, project.project_id).text == f"{line}\n{other}\n"

    # One object is renamed: the other one keeps its numbers, on a line that is otherwise the same.
    upright = to_upright(content, orientation)
    assert isinstance(upright, Instances)
    first, second = upright.items
    changed = Instances((replace(first, label="carton"), second))
    decide(workspace, project, "a.jpg", Verdict.CORRECT, changed)
    (line,) = exported(workspace, project)
    assert line["label"][1] == more
    assert line["label"][0] == {**json.loads(SOURCES[task])["label"][0], "label": "carton"}


def test_a_moved_box_lands_on_the_stored_grid(workspace, tmp_path):
    draw_image(tmp_path / "photos" / "a.jpg", orientation=6)
    project = make_project(
        workspace, tmp_path / "photos", Task.DETECTION, lines=[label_line("a.jpg", [box("can", 0.1, 0.2, 0.5, 0.6)])]
    )
    (item,) = items_of(workspace, project, "a.jpg")

    # The picture is turned right by a quarter: what is up there is left here.
    decide(workspace, project, "a.jpg", Verdict.CORRECT, Instances((replace(item, box=Box(0.25, 0.125, 0.75, 0.375)),)))

    (line,) = exported(workspace, project)
    assert line["label"] == [box("can", 0.125, 0.25, 0.375, 0.75)]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_edge_or_corner_that_was_not_moved_keeps_its_exact_numbers(workspace, tmp_path, orientation):
    draw_image(tmp_path / "photos" / "a.jpg", orientation=orientation)
    source = box("can", 0.1, 0.1 + 0.2, 0.7, 2 / 3)
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION, lines=[label_line("a.jpg", [source])])
    (item,) = items_of(workspace, project, "a.jpg")
    upright = to_upright(Instances((item,)), orientation)
    assert isinstance(upright, Instances)
    x_min, y_min, x_max, _ = upright.items[0].box.as_tuple()

    resized = replace(upright.items[0], box=Box(x_min, y_min, x_max, 0.95))
    decide(workspace, project, "a.jpg", Verdict.CORRECT, Instances((resized,)))

    (line,) = exported(workspace, project)
    assert len([key for key in source if line["label"][0][key] != source[key]]) == 1

    points = [0.1, 0.1 + 0.2, 0.7, 0.1, 2 / 3, 0.9]
    project = make_project(
        workspace, tmp_path / "photos", Task.SEGMENTATION, lines=[label_line("a.jpg", [ring("can", points)])]
    )
    upright = to_upright(Instances(items_of(workspace, project, "a.jpg")), orientation)
    assert isinstance(upright, Instances)
    (outline,) = upright.items[0].polygons
    decide(
        workspace,
        project,
        "a.jpg",
        Verdict.CORRECT,
        Instances((replace(upright.items[0], polygons=((*outline[:4], 0.625, 0.625),)),)),
    )
    (line,) = exported(workspace, project)
    assert line["label"][0]["polygon"][0][:4] == points[:4]
    assert line["label"][0]["polygon"][0][4:] != points[4:]


def test_a_corrected_line_differs_only_in_what_was_corrected(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    (item,) = items_of(workspace, project)
    source = json.loads(BOXES)

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((replace(item, label="carton"),)))
    assert exported(workspace, project) == [{**source, "label": [{**source["label"][0], "label": "carton"}]}]

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((replace(item, box=Box(0.1, 0.2, 0.5, 0.7)),)))
    assert exported(workspace, project) == [{**source, "label": [{**source["label"][0], "bottomY": 0.7}]}]


def test_deleted_and_added_objects(workspace, photos):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES])
    drawn = Instance("new", "milk", Box(0.5, 0.5, 0.9, 0.9))

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((*items_of(workspace, project), drawn)))
    source = json.loads(BOXES)["label"]
    assert exported(workspace, project)[0]["label"] == [*source, box("milk", 0.5, 0.5, 0.9, 0.9)]

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances())
    assert exported(workspace, project)[0]["label"] == []


def test_moved_added_and_deleted_polygons(workspace, photos):
    project = make_project(workspace, photos, Task.SEGMENTATION, lines=[RINGS])
    (item,) = items_of(workspace, project)
    moved = replace(item, polygons=((0.2, 0.1, 0.4, 0.1, 0.4, 0.5),), box=Box(0.2, 0.1, 0.4, 0.5))
    drawn = Instance("new", "milk", Box(0.5, 0.5, 0.9, 0.9), polygons=((0.5, 0.5, 0.9, 0.5, 0.9, 0.9),))

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((moved, drawn)))

    assert exported(workspace, project)[0]["label"] == [
        {"label": "can", "bbox": "null", "isCrowd": 0, "polygon": [[0.2, 0.1, 0.4, 0.1, 0.4, 0.5]]},
        {"label": "milk", "polygon": [[0.5, 0.5, 0.9, 0.5, 0.9, 0.9]]},
    ]


def test_corrected_classes(workspace, photos):
    one = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS])
    decide(workspace, one, "a.png", Verdict.CORRECT, Labels({"milk": 1.0}))
    assert exported(workspace, one) == [{**json.loads(CLASS), "label": "milk"}]

    several = make_project(workspace, photos, Task.MULTILABEL, lines=[CLASSES])
    decide(workspace, several, "a.png", Verdict.CORRECT, Labels({"can": 1.0, "milk": 1.0}))
    assert exported(workspace, several) == [{**json.loads(CLASSES), "label": ["can", "milk"]}]


def test_whole_numbers_as_classes_stay_numbers(workspace, photos):
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", 3), label_line("b.png", 4)]
    )
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"4": 1.0}))
    decide(workspace, project, "sub/c.png", Verdict.ACCEPT, Labels({"3": 1.0}))
    set_url_prefix(workspace, project.project_id, PREFIX)

    assert [line["label"] for line in exported(workspace, project)] == [4, 4, 3]
