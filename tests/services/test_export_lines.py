"""Which lines an export writes, leaves out or refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instances, Labels, Task
from services.exporting import needs_url_prefix
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import set_url_prefix
from tests.services.small_exports import (
    BOXES,
    CLASS,
    export_project,
    exported,
)
from tests.services.small_projects import (
    PREFIX,
    address,
    box,
    boxes_line,
    decide,
    items_of,
    label_line,
    make_project,
    shown,
    write_lines,
)


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
