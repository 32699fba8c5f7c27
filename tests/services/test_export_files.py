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
from services import exporting
from services.projects import fetch_project
from services.shown import as_shown
from store.schema import source_lines
from tests.services.small_exports import (
    BOXES,
    CLASS,
    SOURCES,
    export_project,
    tasks,
)
from tests.services.small_projects import (
    PREFIX,
    box,
    decide,
    draw_images,
    label_line,
    make_project,
    state_of,
)


def shown(workspace, project, image_id="a.png"):
    return as_shown(state_of(workspace, project, image_id), fetch_project(workspace, project.project_id)).content


def items_of(workspace, project, image_id="a.png"):
    content = shown(workspace, project, image_id)
    assert isinstance(content, Instances)
    return content.items


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

    names = ("labels.jsonl", "labels.refused.jsonl", "labels.images.csv", "labels.log.jsonl", "labels.report.json")
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
