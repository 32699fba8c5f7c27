from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace

import pytest
from sqlalchemy import func, update

from domain.decision import Verdict
from domain.errors import Cancelled, InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.azure.labels import parse_labels
from formats.azure.validate import validate_labels
from services import exporting
from services.exporting import needs_url_prefix
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import fetch_project, set_url_prefix
from services.shown import as_shown
from services.turning import to_upright
from store.schema import source_lines
from tests.services.small_projects import (
    PREFIX,
    address,
    box,
    boxes_line,
    decide,
    draw_image,
    draw_images,
    label_line,
    make_project,
    ring,
    state_of,
    write_lines,
)

# Spellings that a program would not choose: they must come back as they are.
CAN = '{"label": "can", "topX": 0.1, "topY": 0.20, "bottomX": 5e-1, "bottomY": 0.6000, "isCrowd": 0, "by": "Eve"}'
BOXES = f'{{"image_url":"{address("a.png")}", "label": [{CAN}], "n": 12345678901234567890123, "é": "\\u00e9"}}'
RING = "[[0.10, 0.1, 0.4, 0.1, 0.4, 0.50]]"
RINGS = f'{{"image_url":"{address("a.png")}","label":[{{"label":"can","bbox":"null","isCrowd":0,"polygon":{RING}}}]}}'
CLASS = f'{{"label": "can", "image_url": "{address("a.png")}", "image_details": {{"width": "400px"}}}}'
CLASSES = f'{{"image_url": "{address("a.png")}", "label": ["carton",  "can"]}}'
SOURCES = {Task.DETECTION: BOXES, Task.SEGMENTATION: RINGS, Task.CLASSIFICATION: CLASS, Task.MULTILABEL: CLASSES}

tasks = pytest.mark.parametrize("task", list(Task))


class Exported:
    """An export with the texts of its files."""

    def __init__(self, export):
        self._export = export
        self.text = export.path.read_text()
        self.refused = export.refused.read_text() if export.refused else ""

    def __getattr__(self, name):
        return getattr(self._export, name)


def export_project(workspace, project_id, *, url_prefix=""):
    folder = workspace.folder("out") / str(len(list(workspace.folder("out").iterdir())))
    return Exported(exporting.export_project(workspace, project_id, folder / "labels.jsonl", url_prefix=url_prefix))


def shown(workspace, project, image_id="a.png"):
    return as_shown(state_of(workspace, project, image_id), fetch_project(workspace, project.project_id)).content


def items_of(workspace, project, image_id="a.png"):
    content = shown(workspace, project, image_id)
    assert isinstance(content, Instances)
    return content.items


def exported(workspace, project):
    """The lines that come out, parsed; also holds each export against the checks of a label file."""
    export = export_project(workspace, project.project_id)
    assert export.differences == 0
    parsed = parse_labels(export.text.encode().splitlines(keepends=True), file="out", task=project.task)
    sizes = dict.fromkeys(("a.png", "b.png", "sub/c.png"), (40, 30))
    errors = [finding for finding in validate_labels(parsed, known_images=sizes) if finding.severity == "error"]
    assert [finding for finding in errors if finding.code != "JL012"] == []
    return [json.loads(line) for line in export.text.splitlines()]


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
        *("labels.jsonl", "labels.refused.jsonl", "labels.images.csv", "labels.report.json")
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
    with pytest.raises(InputError, match="1 reviewed image has no address"):
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


@tasks
def test_the_file_reads_back_as_the_same_project(workspace, photos, tmp_path, task):
    drawn = Instance("new", "milk", Box(0.5, 0.5, 0.9, 0.9), polygons=((0.5, 0.5, 0.9, 0.5, 0.9, 0.9),))
    new = {
        Task.CLASSIFICATION: Labels({"milk": 1.0}),
        Task.MULTILABEL: Labels({"milk": 1.0, "<b>=1+1": 1.0}),
        Task.DETECTION: Instances((replace(drawn, polygons=()),)),
        Task.SEGMENTATION: Instances((drawn,)),
    }[task]
    project = make_project(workspace, photos, task, lines=[SOURCES[task], SOURCES[task].replace("a.png", "sub/c.png")])
    decide(workspace, project, "b.png", Verdict.ACCEPT, new)
    decide(workspace, project, "sub/c.png", Verdict.CORRECT, new)
    export = export_project(workspace, project.project_id, url_prefix=PREFIX)
    assert export.differences == 0

    again = make_project(workspace, photos, task, lines=export.text.splitlines())

    for name in ("a.png", "b.png", "sub/c.png"):
        expected, found = shown(workspace, project, name), shown(workspace, again, name)
        if isinstance(expected, Instances) and isinstance(found, Instances):
            assert [(i.label, i.box, i.polygons) for i in found.items] == [
                (i.label, i.box, i.polygons) for i in expected.items
            ]
        else:
            assert found == expected
    assert export_project(workspace, again.project_id).text == export.text


def test_the_report_counts_what_went_in_and_what_came_out(workspace, photos):
    project = make_project(
        workspace,
        photos,
        Task.DETECTION,
        lines=[BOXES, label_line("b.png", [box("carton", 0.1, 0.1, 0.2, 0.2), box("can", 0.3, 0.3, 0.4, 0.4)]), "{"],
    )
    decide(workspace, project, "b.png", Verdict.CORRECT, Instances(items_of(workspace, project, "b.png")[1:]))

    export = export_project(workspace, project.project_id)

    rows = {row.checked: (row.in_project, row.in_file, row.note, row.is_fine) for row in export.parity}
    assert rows["Lines"] == (3, 2, "1 refused", True)
    assert rows["Images with a label"][:2] == (2, 2)
    assert rows["Objects"][:2] == (3, 2)
    assert rows["Classes"] == (2, 1, "no longer used: carton", True)
    assert rows["Untouched lines, value for value"][:2] == (1, 1)
    assert rows["Corrected lines"][:2] == (1, 1)
    assert rows["Refused lines"] == (1, 0, "in a file of their own", False)
    assert rows["Images without a label"][0] == 1
    assert rows["Read back and compared"][:2] == (2, 2)


def test_an_export_is_written_whole_with_its_refused_lines_beside_it(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS, "{broken"])
    out = tmp_path / "out" / "labels.jsonl"
    out.parent.mkdir()
    out.write_text("older")

    written = exporting.export_project(workspace, project.project_id, out).files

    names = ("labels.jsonl", "labels.refused.jsonl", "labels.images.csv", "labels.report.json")
    assert written == [out.with_name(name) for name in names]
    assert out.read_text() == f"{CLASS}\n"
    assert written[1].read_text() == "{broken\n"
    assert sorted(out.parent.iterdir()) == sorted(written)
    (tmp_path / "probe").touch()
    assert out.stat().st_mode == (tmp_path / "probe").stat().st_mode


def test_an_export_that_cannot_be_written_says_where(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS])

    with pytest.raises(InputError, match="photos: Found: a folder"):
        exporting.export_project(workspace, project.project_id, photos)
    assert sorted(photos.parent.glob("**/*.part")) == []


def test_a_cancelled_export_leaves_nothing_behind_and_the_older_file_alone(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[CLASS, "{broken"])
    out = tmp_path / "labels.jsonl"
    out.write_text("older")

    def stop(_done, _total):
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        exporting.export_project(workspace, project.project_id, out, report=stop)
    assert out.read_text() == "older"
    assert [file.name for file in tmp_path.glob("labels*")] == ["labels.jsonl"]
    assert list(tmp_path.glob(".*.part")) == []


def test_the_files_beside_tell_classes_images_and_decisions(workspace, photos):
    lines = [label_line("a.png", [box("can", 0.1, 0.1, 0.2, 0.2)]), label_line("b.png", [box("jar", 0, 0, 1, 1)])]
    project = make_project(workspace, photos, Task.DETECTION, lines=[*lines, lines[0], "{"])
    (item,) = items_of(workspace, project, "b.png")
    made, _ = decide(
        workspace, project, "b.png", Verdict.CORRECT, Instances((replace(item, label="can"),)), reviewer="=1+1"
    )
    decide(workspace, project, "sub/c.png", Verdict.REJECT)

    export = export_project(workspace, project.project_id)

    told = json.loads(export.report.read_text())
    assert told["classes"] == {"can": {"in": 2, "out": 3}, "jar": {"in": 1, "out": 0}}
    assert told["changed_by_decision"] == {"correct": 1, "reject": 1}
    assert told["sha256"] == export.sha256 == hashlib.sha256(export.path.read_bytes()).hexdigest()
    assert (told["read_back_and_compared"], told["differences"]) == (True, 0)
    rows = {row["image"]: row for row in csv.DictReader(export.images.read_text().splitlines())}
    assert rows["a.png"] == {
        "image": "a.png",
        "lines in": "2",
        "objects in": "2",
        "objects out": "2",
        "what became of it": "untouched",
        "decision": "",
        "reviewer": "",
        "verdict": "",
    }
    assert rows["b.png"] == {
        "image": "b.png",
        "lines in": "1",
        "objects in": "1",
        "objects out": "1",
        "what became of it": "corrected",
        "decision": made,
        "reviewer": "'=1+1",
        "verdict": "correct",
    }
    assert rows["sub/c.png"]["what became of it"] == "left out"


def test_what_reads_back_other_than_it_was_meant_is_counted(workspace, photos, tmp_path, monkeypatch):
    project = make_project(workspace, photos, Task.DETECTION, lines=[BOXES, BOXES.replace("a.png", "b.png")])
    with workspace.write() as connection:
        wrong = source_lines.c.image_id == "b.png"
        changed = func.replace(source_lines.c.content, "can", "jar")
        connection.execute(update(source_lines).where(wrong).values(content=changed))

    export = export_project(workspace, project.project_id)

    assert export.differences == 1
    assert export.parity[-1].note == "1 differences"


def test_an_empty_project_exports_nothing(workspace, tmp_path):
    project = make_project(workspace, draw_images(tmp_path / "photos", ["a.png"]), Task.DETECTION)

    export = export_project(workspace, project.project_id)

    assert (export.text, export.refused, export.counts, export.differences) == ("", "", {}, 0)
    assert export.mltable.count(export.name) == 1
