"""The history of an image: who did what to it, from the log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.decision import Verdict
from domain.errors import NotFoundError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from domain.role import Role
from services.class_list import rename_class
from services.history import fetch_history_of, fetch_label_after
from services.identity import give_role
from services.leading import set_overlap
from services.projects import fetch_project
from services.shown import as_shown
from tests.services.small_projects import box, boxes_line, decide, label_line, make_project, state_of


@pytest.fixture
def project(workspace, photos):
    """An image with a can and a carton."""
    give_role(workspace, "Lea", Role.LEAD)
    given = [box("can", 0.1, 0.2, 0.5, 0.6), box("carton", 0.5, 0.5, 0.9, 0.9)]
    return make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", given)])


def history(workspace, project, **options):
    now = fetch_project(workspace, project.project_id)
    return fetch_history_of(workspace, now, "a.png", **options)[1]


def items(workspace, project):
    content = as_shown(state_of(workspace, project, "a.png"), project).content
    assert isinstance(content, Instances)
    return content.items


def test_each_row_tells_what_it_did_to_each_object(workspace, project):
    can, carton = items(workspace, project)
    moved = replace(can, box=Box(0.2, 0.2, 0.6, 0.6))
    jar = Instance("n1", "jar", Box(0, 0, 0.1, 0.1))
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((moved, replace(carton, label="box"), jar)))
    decide(
        workspace, project, "a.png", Verdict.CORRECT, Instances((replace(moved, label="tin", box=can.box),)), note="2"
    )

    second, first = history(workspace, project)

    assert [(each.instance_id, each.what) for each in first.changes] == [
        (can.instance_id, "shape"),
        (carton.instance_id, "class"),
        ("n1", "added"),
    ]
    assert [(each.instance_id, each.what) for each in second.changes] == [
        (can.instance_id, "class and shape"),
        (carton.instance_id, "removed"),
        ("n1", "removed"),
    ]
    assert (first.decision.reviewer, second.decision.note) == ("Ana", "2")
    assert (first.is_in_force, second.is_in_force) == (False, True)
    assert second.before == first.after


def test_undo_and_redo_are_rows_that_say_what_holds_behind_them(workspace, project):
    can, carton = items(workspace, project)
    made, _ = decide(workspace, project, "a.png", Verdict.CORRECT, Instances((can,)))
    undo, _ = decide(workspace, project, "a.png", Verdict.CORRECT, undoes=made)
    undone = history(workspace, project)
    decide(workspace, project, "a.png", Verdict.CORRECT, undoes=undo)
    redone = history(workspace, project)

    assert [(row.kind, row.is_undone, row.is_in_force) for row in undone] == [
        ("undo", False, False),
        ("decision", True, False),
    ]
    assert undone[0].after == undone[1].before
    assert [(row.kind, row.is_undone, row.is_in_force) for row in redone] == [
        ("redo", False, False),
        ("undo", True, False),
        ("decision", False, True),
    ]
    assert [change.what for change in redone[0].changes] == ["removed"]
    assert redone[0].changes[0].before == carton


def test_a_correction_of_a_prediction_tells_what_was_corrected(workspace, photos):
    predicted = boxes_line("a.png", (0.9, box("can", 0.1, 0.2, 0.5, 0.6)), (0.3, box("jar", 0, 0, 0.2, 0.2)))
    project = make_project(workspace, photos, Task.DETECTION, predictions=[predicted])
    [can] = items(workspace, project)

    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((replace(can, label="tin"),)))

    [row] = history(workspace, project)
    assert [(change.what, change.before.label, change.after.label) for change in row.changes] == [
        ("class", "can", "tin")
    ]


def test_what_a_row_left_behind_comes_back_by_a_new_decision(workspace, project):
    can, _ = items(workspace, project)
    first, _ = decide(workspace, project, "a.png", Verdict.CORRECT, Instances((can,)))
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances(()))

    _, content = fetch_label_after(workspace, project, "a.png", first)
    decide(workspace, project, "a.png", Verdict.CORRECT, content, reviewer="Ben")

    assert items(workspace, project) == (can,)
    assert [row.decision.reviewer for row in history(workspace, project)] == ["Ben", "Ana", "Ana"]


def test_verdicts_without_a_label_are_told_with_their_note(workspace, project):
    decide(workspace, project, "a.png", Verdict.FLAG, note="Is this a can?")
    decide(workspace, project, "a.png", Verdict.RESOLVE, note="It is.", reviewer="Lea")

    resolved, flagged = history(workspace, project)

    assert (flagged.decision.verdict, flagged.decision.note, flagged.changes) == ("flag", "Is this a can?", ())
    assert (resolved.decision.verdict, resolved.decision.reviewer) == ("resolve", "Lea")


def test_classes_are_called_as_they_are_now(workspace, photos):
    give_role(workspace, "Lea", Role.LEAD)
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "can")])
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"jar": 1.0}))
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    [row] = history(workspace, project)

    assert (row.before, row.after) == (Labels({"tin": 1.0}), Labels({"jar": 1.0}))


def test_others_are_not_seen_before_all_have_decided(workspace, project):
    set_overlap(workspace, project.project_id, "Lea", 2)
    content = Instances(items(workspace, project))
    decide(workspace, project, "a.png", Verdict.ACCEPT, content)

    assert history(workspace, project, reviewer="Ben") == []
    assert len(history(workspace, project, reviewer="Ana")) == 1
    decide(workspace, project, "a.png", Verdict.ACCEPT, content, reviewer="Ben")
    assert len(history(workspace, project, reviewer="Ben")) == 2


def test_a_row_or_an_image_that_is_not_there_is_told(workspace, project):
    with pytest.raises(NotFoundError, match=r"no such decision on a\.png"):
        fetch_label_after(workspace, project, "a.png", "x")
    with pytest.raises(NotFoundError, match=r"no image 'x\.png'"):
        fetch_history_of(workspace, project, "x.png")
