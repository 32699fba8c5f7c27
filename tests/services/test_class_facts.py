"""What screens learn about the class list: counts, other names, examples, and its history in sentences."""

from __future__ import annotations

import pytest

from domain.class_edit import Example
from domain.errors import ConflictError
from domain.prediction import Task
from domain.role import Role
from services.access import RightsError
from services.class_details import set_examples, set_guideline
from services.class_facts import class_version, describe_classes, find_classes, list_class_facts
from services.class_history import MOST_UNDONE, list_class_changes, turn_round
from services.class_list import add_classes, fetch_class_list, merge_classes, rename_class
from services.identity import give_role
from services.projects import fetch_project
from tests.services.small_projects import box, boxes_line, label_line, make_project


@pytest.fixture
def project(workspace, photos):
    """Two cans and a carton on a.png, a can on b.png; the model sees a can on all three."""
    give_role(workspace, "Lea", Role.LEAD)
    can = box("can", 0.1, 0.2, 0.5, 0.6)
    lines = [label_line("a.png", [can, can, box("carton", 0, 0, 0.5, 0.6)]), label_line("b.png", [can])]
    predictions = [boxes_line(name, (0.9, can)) for name in ("a.png", "b.png", "sub/c.png")]
    return make_project(workspace, photos, Task.DETECTION, lines=lines, predictions=predictions)


def facts_of(workspace, project):
    facts, is_settled = list_class_facts(workspace, fetch_project(workspace, project.project_id))
    assert is_settled
    return facts


def test_classes_are_counted_in_labels_and_predictions(workspace, project):
    add_classes(workspace, project.project_id, ["tray"], "Lea")

    counted = {each.known.name: (each.images, each.objects, each.predicted) for each in facts_of(workspace, project)}

    assert counted == {"can": (2, 3, 3), "carton": (1, 1, 0), "tray": (0, 0, 0)}


def test_a_search_knows_earlier_names_and_every_order_holds(workspace, project):
    rename_class(workspace, project.project_id, "can", "Tin", reviewer="Lea")
    add_classes(workspace, project.project_id, ["apple", "zebra"], "Lea")
    facts = facts_of(workspace, project)

    def names(typed="", order="palette"):
        return [each.known.name for each in find_classes(facts, typed=typed, order=order)]

    assert names("CAN") == ["Tin"]
    assert names("t") == ["Tin", "carton"]
    assert names(order="name") == ["apple", "carton", "Tin", "zebra"]
    assert names(order="frequent") == ["Tin", "carton", "apple", "zebra"]
    assert names(order="rare") == ["apple", "zebra", "carton", "Tin"]


def test_the_desk_gets_guideline_and_examples_with_signed_addresses(workspace, project, photos):
    version = class_version(project)
    set_guideline(workspace, project.project_id, "can", "Metal only.", reviewer="Lea")
    chosen = [Example("b.png"), Example("a.png"), Example("a.png", "object 1")]
    set_examples(workspace, project.project_id, "can", chosen, reviewer="Lea")
    now = fetch_project(workspace, project.project_id)

    can, carton = describe_classes(workspace, now)

    assert can["guideline"] == "Metal only."
    assert [each["image_id"] for each in can["examples"]] == ["b.png", "a.png"]
    assert all(f"/api/projects/{project.project_id}/thumbnails?" in each["thumb"] for each in can["examples"])
    assert all("&s=" in each["thumb"] for each in can["examples"])
    assert (carton["guideline"], carton["examples"]) == ("", [])
    assert class_version(now) != version


def test_the_history_says_who_did_what_newest_first(workspace, project):
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")
    set_guideline(workspace, project.project_id, "tin", "Metal.", reviewer="Lea")
    merge_classes(workspace, project.project_id, "carton", "tin", reviewer="Lea")

    changes = list_class_changes(workspace, project.project_id)

    assert [change.sentence for change in changes] == [
        "“carton” merged into “tin”",
        "Guideline of “tin” written",
        "“can” renamed to “tin”",
    ]
    assert {change.reviewer for change in changes} == {"Lea"}


def test_classes_added_together_are_one_change_and_go_together(workspace, project):
    add_classes(workspace, project.project_id, ["tray", "lid", "bag", "cup"], "Lea")
    (change,) = list_class_changes(workspace, project.project_id)
    assert change.sentence == "4 classes added: “tray”, “lid”, “bag” and 1 more"

    turn_round(workspace, project.project_id, change, reviewer="Lea")
    assert fetch_class_list(workspace, project.project_id).names == ("can", "carton")
    (taken,) = list_class_changes(workspace, project.project_id)
    assert taken.is_undone

    turn_round(workspace, project.project_id, taken, reviewer="Lea")
    assert set(fetch_class_list(workspace, project.project_id).names) == {"can", "carton", "tray", "lid", "bag", "cup"}


def test_too_many_at_once_are_not_taken_back_at_once(workspace, project):
    add_classes(workspace, project.project_id, [f"class {number}" for number in range(MOST_UNDONE + 1)], "Lea")

    (change,) = list_class_changes(workspace, project.project_id)

    assert change.rows == ()


def test_only_a_lead_turns_a_change_round_and_nobody_twice(workspace, project):
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")
    (change,) = list_class_changes(workspace, project.project_id)
    with pytest.raises(RightsError):
        turn_round(workspace, project.project_id, change, reviewer="Ben")

    turn_round(workspace, project.project_id, change, reviewer="Lea")
    with pytest.raises(ConflictError, match="done that already"):
        turn_round(workspace, project.project_id, change, reviewer="Lea")
