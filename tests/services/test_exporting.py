from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from services.exporting import needs_url_prefix
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import fetch_project, set_url_prefix
from services.shown import as_shown
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
    address,
    box,
    boxes_line,
    decide,
    draw_image,
    label_line,
    make_project,
    ring,
    state_of,
    write_lines,
)


def shown(workspace, project, image_id="a.png"):
    return as_shown(state_of(workspace, project, image_id), fetch_project(workspace, project.project_id)).content


def items_of(workspace, project, image_id="a.png"):
    content = shown(workspace, project, image_id)
    assert isinstance(content, Instances)
    return content.items


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


def test_rejected_and_flagged_images_are_left_out_and_listed(workspace, photos):
    project = make_project(
        workspace,
        photos,
        Task.CLASSIFICATION,
        lines=[label_line(name, "can") for name in ("a.png", "b.png", "sub/c.png")],
    )
    decide(workspace, project, "a.png", Verdict.REJECT, note="blurred")
    decide(workspace, project, "b.png", Verdict.FLAG, reviewer="Ben")
    decide(workspace, project, "sub/c.png", Verdict.SKIP)

    export = export_project(workspace, project.project_id)

    assert [json.loads(line)["image_url"] for line in export.text.splitlines()] == [address("sub/c.png")]
    assert export.left_out == {"a.png": "rejected by Ana: blurred", "b.png": "flagged by Ben"}
    assert (export.refused, export.counts) == ("", {"untouched": 1, "left out": 2})


def test_an_undone_decision_is_not_exported(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS])
    made, _ = decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"milk": 1.0}))
    decide(workspace, project, "a.png", Verdict.CORRECT, undoes=made)

    assert export_project(workspace, project.project_id).text == f"{CLASS}\n"


def test_lines_the_platform_would_refuse_go_to_their_own_file(workspace, photos):
    bad = json.dumps(label_line("b.png", [box("can", 40, 20, 200, 300)]))
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES, bad, "{broken"])

    export = export_project(workspace, project.project_id)

    assert export.text == f"{BOXES}\n"
    assert export.refused == f"{bad}\n{{broken\n"
    assert export.refusals["b.png"].startswith("JL006")
    assert export.refusals["{broken"].startswith("JL001")
    assert [file.name for file in export.files] == [
        *("labels.jsonl", "labels.refused.jsonl", "labels.images.csv", "labels.log.jsonl", "labels.report.json")
    ]


def test_a_refused_line_that_was_repaired_is_exported(workspace, photos):
    bad = label_line("b.png", [box("can", 40, 20, 200, 300, by="Eve")])
    project = make_project(workspace, photos, Task.DETECTION, lines=[bad])
    (item,) = items_of(workspace, project, "b.png")

    decide(workspace, project, "b.png", Verdict.CORRECT, Instances((replace(item, box=Box(0.1, 0.2, 0.3, 0.4)),)))

    assert exported(workspace, project) == [{**bad, "label": [box("can", 0.1, 0.2, 0.3, 0.4, by="Eve")]}]


def test_several_lines_of_an_image_stay_until_one_is_corrected(workspace, photos):
    first = json.dumps(label_line("a.png", [box("can", 0.1, 0.1, 0.2, 0.2)]))
    second = json.dumps(label_line("a.png", [box("carton", 0.5, 0.5, 0.6, 0.6)]))
    between = json.dumps(label_line("b.png", []))
    project = make_project(workspace, photos, Task.DETECTION, lines=[first, between, second])
    items = items_of(workspace, project)

    decide(workspace, project, "a.png", Verdict.ACCEPT, Instances(items))
    assert export_project(workspace, project.project_id).text == f"{first}\n{between}\n{second}\n"

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((items[0], replace(items[1], label="milk"))))
    export = export_project(workspace, project.project_id)
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert lines == [
        label_line("a.png", [box("can", 0.1, 0.1, 0.2, 0.2), box("milk", 0.5, 0.5, 0.6, 0.6)]),
        label_line("b.png", []),
    ]
    assert "1 merged" in next(row.note for row in export.parity if row.checked == "Lines")


def test_of_two_files_about_an_image_the_newest_is_exported(workspace, photos, tmp_path):
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can"), label_line("b.png", "can")]
    )
    newer = write_lines(tmp_path / "newer.jsonl", [label_line("a.png", "milk")])
    import_file(workspace, project.project_id, str(newer))

    export = export_project(workspace, project.project_id)

    assert [(line["image_url"], line["label"]) for line in map(json.loads, export.text.splitlines())] == [
        (address("b.png"), "can"),
        (address("a.png"), "milk"),
    ]
    assert export.left_out == {"a.png": "labels.jsonl: a newer file has this image"}


def test_a_newer_line_that_says_nothing_does_not_push_out_a_good_one(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS])
    empty = json.dumps(label_line("a.png", None))
    import_file(
        workspace, project.project_id, str(write_lines(tmp_path / "newer.jsonl", [empty, label_line("b.png", "can")]))
    )
    assert shown(workspace, project) == Labels({"can": 1.0})

    export = export_project(workspace, project.project_id)

    assert export.text.splitlines()[0] == CLASS
    assert export.refused == f"{empty}\n"


def test_an_undecided_prediction_is_no_label(workspace, photos):
    project = make_project(
        workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png", (0.9, box("can", 0.1, 0.1, 0.5, 0.5)))]
    )

    export = export_project(workspace, project.project_id)

    assert (export.text, export.counts) == ("", {})
    assert needs_url_prefix(workspace, project.project_id) == 0


def test_an_image_without_source_needs_the_address_of_its_folder(workspace, photos):
    project = make_project(
        workspace, photos, Task.DETECTION, predictions=[boxes_line("sub/c.png", (0.9, box("can", 0.1, 0.1, 0.5, 0.5)))]
    )
    decide(workspace, project, "sub/c.png", Verdict.ACCEPT, shown(workspace, project, "sub/c.png"))
    decide(workspace, project, "a.png", Verdict.REJECT)

    assert needs_url_prefix(workspace, project.project_id) == 1
    with pytest.raises(InputError, match="1 image has no address"):
        export_project(workspace, project.project_id)

    for prefix in (PREFIX, f"{PREFIX}/"):
        export = export_project(workspace, project.project_id, url_prefix=prefix)
        assert json.loads(export.text) == {
            "image_url": address("sub/c.png"),
            "image_details": {"format": "png", "width": 40, "height": 30},
            "label": [box("can", 0.1, 0.1, 0.5, 0.5)],
        }
    set_url_prefix(workspace, project.project_id, PREFIX)
    assert len(exported(workspace, project)) == 1


def test_rejected_images_without_source_need_no_address(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS])
    decide(workspace, project, "b.png", Verdict.REJECT)

    assert needs_url_prefix(workspace, project.project_id) == 0
    assert export_project(workspace, project.project_id).left_out == {"b.png": "rejected by Ana"}


def test_decisions_on_images_that_are_gone_are_exported(workspace, photos):
    project = make_project(
        workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can"), label_line("b.png", "can")]
    )
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"milk": 1.0}))
    decide(workspace, project, "b.png", Verdict.REJECT)
    for name in ("a.png", "b.png"):
        (photos / name).unlink()
    import_images(workspace, project.project_id)

    export = export_project(workspace, project.project_id)

    assert [json.loads(line)["label"] for line in export.text.splitlines()] == ["milk"]
    assert export.left_out == {"b.png": "rejected by Ana"}
