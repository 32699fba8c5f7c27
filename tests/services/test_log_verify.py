"""The log of an export: it replays to the same labels, and whatever is done to it shows, in sentences."""

from __future__ import annotations

import json
from hashlib import sha256
from random import Random

import orjson
import pytest

from domain.decision import Verdict
from domain.errors import FormatError, InputError, RelookError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from domain.role import Role
from services import exporting
from services.class_list import merge_classes, rename_class
from services.identity import give_role
from services.importing import GivenFile, import_given
from services.log_verify import verify_log
from services.shown import as_label, as_shown
from tests.services.small_exports import SOURCES, tasks
from tests.services.small_projects import (
    PREFIX,
    box,
    decide,
    draw_images,
    label_line,
    make_project,
    state_of,
    write_lines,
)


@pytest.fixture(autouse=True)
def a_lead(workspace):
    give_role(workspace, "Lea", Role.LEAD)


def export(workspace, project, tmp_path):
    return exporting.export_project(workspace, project.project_id, tmp_path / "out" / "l.jsonl", url_prefix=PREFIX)


def corrected(workspace, project, image_id, *, label="pin"):
    shown = as_label(as_shown(state_of(workspace, project, image_id), project).content)
    if isinstance(shown, Labels):
        return Labels({**shown.scores, label: 1.0} if project.task is Task.MULTILABEL else {label: 1.0})
    ring = ((0.1, 0.1, 0.3, 0.1, 0.3, 0.3),) if project.task is Task.SEGMENTATION else ()
    return Instances((*shown.items, Instance(f"n-{image_id}", label, Box(0.1, 0.1, 0.3, 0.3), polygons=ring)))


def give(task, name, label):
    if task is Task.DETECTION:
        return label_line(name, [box(label, 0.1, 0.2, 0.5, 0.6)])
    if task is Task.SEGMENTATION:
        return json.loads(SOURCES[task].replace("a.png", name).replace('"can"', f'"{label}"'))
    return label_line(name, [label] if task is Task.MULTILABEL else label)


NAMES = ["a.png", "b.png", "c.png", "d.png", "e.png", "f.png", "g.png"]


@pytest.fixture
def many(workspace, tmp_path):
    """A function that makes a project in which everything was done that changes a line, and returns it."""

    def make(task):
        folder = draw_images(tmp_path / "photos", NAMES)
        given = {"b.png": "jar", "c.png": "can", "d.png": "cup", "f.png": "can", "zz.png": "can"}
        lines = [SOURCES[task], *(give(task, name, label) for name, label in given.items())]
        project = make_project(workspace, folder, task, lines=[*lines, "no JSON", give(task, "b.png", "jar")])
        decide(workspace, project, "a.png", Verdict.CORRECT, corrected(workspace, project, "a.png"))
        first, _ = decide(workspace, project, "b.png", Verdict.CORRECT, corrected(workspace, project, "b.png"))
        undo, _ = decide(workspace, project, "b.png", Verdict.CORRECT, undoes=first)
        decide(workspace, project, "b.png", Verdict.CORRECT, undoes=undo)
        gone, _ = decide(workspace, project, "c.png", Verdict.CORRECT, corrected(workspace, project, "c.png"))
        decide(workspace, project, "c.png", Verdict.CORRECT, undoes=gone)
        decide(workspace, project, "d.png", Verdict.REJECT, note="blurred")
        decide(workspace, project, "e.png", Verdict.CORRECT, corrected(workspace, project, "e.png"))
        decide(workspace, project, "g.png", Verdict.SKIP, reviewer="Ben")
        as_it_is = as_shown(state_of(workspace, project, "f.png"), project).content
        decide(workspace, project, "f.png", Verdict.ACCEPT, as_it_is)
        rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")
        merge_classes(workspace, project.project_id, "jar", "pin", reviewer="Lea")
        return project

    return make


def rows_of(made):
    return [orjson.loads(line) for line in made.log.read_bytes().splitlines()]


def chained(file, rows):
    """Write rows with a chain that fits them, as somebody who knows the format would."""
    previous, lines = "", []
    for row in rows:
        lines.append(json.dumps({**row, "previous": previous}, ensure_ascii=False).encode())
        previous = sha256(lines[-1]).hexdigest()
    file.write_bytes(b"\n".join(lines) + b"\n")
    return file


@tasks
def test_the_log_replays_to_the_labels_byte_for_byte(workspace, tmp_path, many, task):
    made = export(workspace, many(task), tmp_path)

    found = verify_log(made.log, made.path, seal=made.seal)

    assert (found.problems, found.differences, found.found) == ([], [], 0)
    assert dict(found.lines) == dict(made.counts)
    assert {"corrected", "new", "renamed", "left out", "refused"} <= found.lines.keys()
    assert (found.rows["decision"], found.undone, found.decided) == (10, 2, 6)
    assert found.reviewers == {"Ana": 9, "Ben": 1}
    assert (found.rows["class"], found.is_compared) == (2, True)


def test_everything_about_a_decision_is_in_its_row(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    decision_id, _ = decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"jar": 1.0}), note="a lid")

    made = export(workspace, project, tmp_path)

    [row] = [row for row in rows_of(made) if row["row"] == "decision"]
    assert row["decision_id"] == decision_id
    assert (row["verdict"], row["reviewer"], row["note"]) == ("correct", "Ana", "a lid")
    assert row["content"] == {"labels": {"jar": 1.0}}
    assert {"decided_at", "undoes", "client_id", "client_seq", "seconds"} <= row.keys()
    assert {"model_id", "parent", "provenance", "region"} <= row.keys()
    [source] = [row for row in rows_of(made) if row["row"] == "source"]
    assert source["sha256"] == sha256((photos.parent / "labels.jsonl").read_bytes()).hexdigest()
    assert rows_of(made)[-1]["labels_sha256"] == made.sha256
    assert json.loads(made.report.read_text())["log"] == {"file": made.log.name, "seal": made.seal}


def test_labels_of_another_format_and_of_several_files_replay_too(workspace, tmp_path):
    folder = draw_images(tmp_path / "photos", ["a.png", "b.png", "c.png"])
    project = make_project(workspace, folder, Task.DETECTION)
    names = enumerate(["a.png", "b.png", "x.png"], 1)
    images = [{"id": n, "file_name": name, "width": 40, "height": 30} for n, name in names]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [4, 6, 8, 12], "area": 96} for n in (1, 2, 3)]
    coco = tmp_path / "c.json"
    coco.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "can"}]}))
    import_given(workspace, project.project_id, GivenFile(coco))
    newer = write_lines(tmp_path / "newer.jsonl", [label_line("b.png", [box("jar", 0.1, 0.2, 0.3, 0.4)])])
    import_given(workspace, project.project_id, GivenFile(newer))
    decide(workspace, project, "a.png", Verdict.CORRECT, corrected(workspace, project, "a.png"))
    decide(workspace, project, "b.png", Verdict.CORRECT, corrected(workspace, project, "b.png"))
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    made = export(workspace, project, tmp_path)
    found = verify_log(made.log, made.path)

    assert (found.problems, found.differences) == ([], [])
    assert {"converted", "corrected", "left out"} <= found.lines.keys()


def test_another_spelling_of_a_line_is_a_difference_with_its_image(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    lines = made.path.read_text().splitlines(keepends=True)
    changed = next(place for place, line in enumerate(lines) if "pin" in line)
    lines[changed] = lines[changed].replace("pin", "pan")
    made.path.write_text("".join(lines))

    found = verify_log(made.log, made.path)

    assert found.problems == []
    [(image_id, reason)] = found.differences
    assert image_id == "a.png"
    assert reason == f"line {changed + 1} of the labels is not the corrected line that the log leads to"


@pytest.mark.parametrize("place", [0, 2, -1])
def test_a_missing_an_added_and_a_moved_line_are_told(workspace, tmp_path, many, place):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    lines = made.path.read_bytes().splitlines(keepends=True)

    made.path.write_bytes(b"".join(lines[:place] + lines[place:][1:]))
    [(_, reason)] = verify_log(made.log, made.path).differences
    assert reason == "its line is missing in the labels"

    made.path.write_bytes(b"".join([*lines[:place], b'{"image_url": "https://x/y.png"}\n', *lines[place:]]))
    [(name, reason)] = verify_log(made.log, made.path).differences
    assert (name, reason.split(" of ")[1]) == ("https://x/y.png", "the labels is not in the log")

    made.path.write_bytes(b"".join([*lines[1:], lines[0]]))
    assert len(verify_log(made.log, made.path).differences) == 2


def test_a_file_that_ends_otherwise_is_told(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    made.path.write_bytes(made.path.read_bytes()[:-1])

    [(name, reason)] = verify_log(made.log, made.path).differences

    assert (name, "other bytes than theirs" in reason) == ("(the file)", True)


def test_a_changed_a_missing_and_a_moved_row_break_the_chain(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    lines = made.log.read_bytes().splitlines(keepends=True)
    kinds = [orjson.loads(line)["row"] for line in lines]
    at = kinds.index("decision") + 3

    made.log.write_bytes(b"".join([*lines[:at], lines[at].replace(b"Ana", b"Eve"), *lines[at + 1 :]]))
    found = verify_log(made.log)
    assert found.problems[0].startswith(f"Row {at + 2}: it does not follow the row before it")

    made.log.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    found = verify_log(made.log)
    assert found.problems[0].startswith(f"Row {at + 1}: it does not follow the row before it")
    assert found.problems[-1] == f"The last row counts {len(lines)} rows; there are {len(lines) - 1}."

    made.log.write_bytes(b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]))
    assert any("stands behind" in problem for problem in verify_log(made.log).problems)

    made.log.write_bytes(b"".join(lines[:-1]))
    assert verify_log(made.log).problems == ["The log ends without its last row: rows are missing at the end."]


def test_a_log_that_was_written_anew_is_noticed_by_its_seal_and_by_the_labels(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    rows = rows_of(made)
    for row in rows:
        if row["row"] == "decision" and row["image_id"] == "d.png":
            row["verdict"] = "accept"
    chained(made.log, rows)

    assert verify_log(made.log).problems == []  # the chain alone cannot tell
    assert verify_log(made.log, seal=made.seal).problems[0].startswith("The seal is ")
    assert ("d.png", "it is not what 'accept' by Ana") in [
        (name, reason.partition(" (")[0]) for name, reason in verify_log(made.log).differences
    ]


def test_a_decision_taken_out_of_a_rewritten_log_is_missed_by_its_line_and_its_undo(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    rows = rows_of(made)
    first = next(row for row in rows if row["row"] == "decision" and row["image_id"] == "b.png")
    rows[-1]["rows"] -= 1

    found = verify_log(chained(made.log, [row for row in rows if row is not first]))

    assert any("which no row before it is" in problem for problem in found.problems)
    assert "b.png" in {name for name, _ in found.differences}


def test_an_invented_decision_has_no_line(workspace, tmp_path, many):
    made = export(workspace, many(Task.DETECTION), tmp_path)
    rows = rows_of(made)
    last = max(place for place, row in enumerate(rows) if row["row"] == "decision")
    other = {**rows[last], "decision_id": "x", "image_id": "h.png", "seq": rows[last]["seq"] + 1, "client_seq": 10**6}
    rows.insert(last + 1, other)
    rows[-1]["rows"] += 1

    found = verify_log(chained(made.log, rows), made.path)

    assert found.problems == []
    assert [name for name, reason in found.differences if "is in force" in reason] == ["h.png"]


def test_files_that_are_no_log_are_refused_in_a_sentence(tmp_path):
    for name, content in {"empty": b"", "labels": b'{"image_url": "x"}\n', "binary": bytes(range(256))}.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(FormatError):
            verify_log(file)
    with pytest.raises(InputError, match="cannot be read"):
        verify_log(tmp_path / "nothing")
    with pytest.raises(InputError, match="cannot be read"):
        verify_log(tmp_path)


def spoil(rows, random):
    """Do something to one row, or to one value somewhere in it."""
    place = random.randrange(len(rows))
    values = [None, 0, -1, 1.5, 10**30, "", "x" * 300, "\0", [], {}, [1], {"a": 1}, True]
    row = json.loads(json.dumps(rows[place]))
    spot, key = row, random.choice(list(row))
    while isinstance(spot[key], (dict, list)) and spot[key] and random.random() < 0.8:
        spot = spot[key]
        key = random.choice(list(spot)) if isinstance(spot, dict) else random.randrange(len(spot))
    action = random.randrange(4)
    if action == 0:
        spot[key] = random.choice(values)
    elif action == 1:
        del spot[key]
    elif action == 2:
        spot[key] = [spot[key]]
    else:
        return rows[:place] + rows[place + 1 :] if random.random() < 0.5 else [*rows, rows[place]]
    return [*rows[:place], row, *rows[place + 1 :]]


@tasks
def test_whatever_is_in_the_rows_is_answered_in_sentences(workspace, tmp_path, many, task):
    made = export(workspace, many(task), tmp_path)
    rows, random = rows_of(made), Random(7)
    noticed = 0
    for _ in range(150):
        spoiled = rows
        for _ in range(random.randint(1, 3)):
            spoiled = spoil(spoiled, random)
        file = chained(tmp_path / "spoiled.log.jsonl", spoiled)
        try:
            noticed += bool(verify_log(file, made.path, seal=made.seal).found)
        except RelookError:
            noticed += 1
    assert noticed == 150  # by the seal at the latest


def test_whatever_happens_to_its_bytes_is_noticed(workspace, tmp_path, many):
    made = export(workspace, many(Task.SEGMENTATION), tmp_path)
    whole, random = made.log.read_bytes(), Random(3)
    for _ in range(150):
        data = bytearray(whole)
        at = random.randrange(len(data))
        if random.random() < 0.5:
            data[at] ^= 1 << random.randrange(8)
        elif random.random() < 0.5:
            del data[at : at + random.randint(1, 400)]
        else:
            data[at:at] = random.randbytes(random.randint(1, 50))
        made.log.write_bytes(data)
        try:
            assert verify_log(made.log, made.path, seal=made.seal).found
        except RelookError:
            continue


def test_an_export_without_decisions_has_a_log_too(workspace, photos, tmp_path):
    project = make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [])])

    made = export(workspace, project, tmp_path)

    assert [row["row"] for row in rows_of(made)] == ["head", "source", "lines", "end"]
    assert verify_log(made.log, made.path).found == 0
