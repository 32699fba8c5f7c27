"""The log of the class list, and names that labels, predictions and decisions are read with."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from domain.class_edit import EditKind
from domain.decision import Decision, Verdict
from domain.model_spec import ModelSpec
from domain.prediction import Labels, ModelInfo, Task
from store.class_edits import (
    append_edits,
    bring_back,
    fetch_class_list,
    last_edit,
    list_edits,
    make_edit,
    present_names,
    read_names,
)
from store.decisions import Receipt, append_decision, find_decision, list_current, list_decisions
from store.labels import read_labels
from store.predictions import StoredPrediction, save_model, save_predictions
from store.projects import add_classes, fetch_project, update_project
from store.schema import decisions
from store.sources import add_lines, replace_source
from store.states import list_states


@pytest.fixture
def known(connection, project_id):
    """A project with two classes; the first one is called otherwise by now."""
    add_classes(connection, project_id, ["can", "carton"])
    renamed = make_edit(EditKind.RENAME, "can", {"key": "can", "to": "tin", "known": 2}, "Lea")
    append_edits(connection, project_id, [renamed])
    return renamed


def decision(content, *, number=1):
    made = datetime(2026, 11, 21, tzinfo=UTC)
    return Decision(f"d{number}", "0.jpg", None, Verdict.CORRECT, content, "Ana", "", (), made)


def test_what_was_appended_comes_back_as_it_was(connection, project_id, known):
    assert list_edits(connection, project_id) == [known]
    assert last_edit(connection, project_id) == known.edit_id


@pytest.mark.parametrize("statement", ["UPDATE class_edits SET name = 'x'", "DELETE FROM class_edits"])
def test_the_log_only_grows(connection, project_id, known, statement):
    with pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text(statement))


def test_a_label_bears_the_name_of_now(connection, project_id, known):
    source = replace_source(connection, project_id, kind="labels", file="a", path="a", format_name="azure-jsonl")
    add_lines(connection, source, [(1, "0.jpg", "", json.dumps({"labels": {"can": 1.0}}), False, None)])

    assert read_labels(connection, project_id)["0.jpg"] == Labels({"tin": 1.0})


def test_a_prediction_bears_the_name_of_now(connection, project_id, known):
    info = ModelInfo("m", "m", "", Task.CLASSIFICATION, ("can",), None, "demo", "")
    save_model(connection, project_id, info, ModelSpec("demo/m"))
    save_predictions(connection, project_id, "m", [StoredPrediction("0.jpg", Labels({"can": 0.7}))])
    update_project(connection, project_id, model_id="m")

    [state, *_] = list_states(connection, fetch_project(connection, project_id))

    assert state.prediction == Labels({"tin": 0.7})


def test_a_decision_is_stored_by_the_lasting_name_and_read_by_that_of_now(connection, project_id, known):
    append_decision(connection, project_id, decision(Labels({"tin": 1.0})), Receipt("tab", 1))

    assert json.loads(connection.scalar(select(decisions.c.content))) == {"labels": {"can": 1.0}}
    assert list_decisions(connection, project_id)[0].content == Labels({"can": 1.0})
    assert list_current(connection, project_id)["0.jpg"].content == Labels({"tin": 1.0})
    found = find_decision(connection, project_id, "d1")
    assert found is not None
    assert found.content == Labels({"tin": 1.0})


def test_an_undone_rename_leaves_nothing_behind(connection, project_id, known):
    append_decision(connection, project_id, decision(Labels({"tin": 1.0})), Receipt("tab", 1))
    append_edits(
        connection, project_id, [make_edit(known.kind, known.name, known.payload, "Ben", undoes=known.edit_id)]
    )

    assert list_current(connection, project_id)["0.jpg"].content == Labels({"can": 1.0})
    assert present_names(connection, project_id) == {"tin": "can"}  # for an editor that is still open
    assert fetch_class_list(connection, project_id).names == ("can", "carton")


def test_names_that_come_are_those_of_now_and_add_nothing(connection, project_id, known):
    assert add_classes(connection, project_id, ["tin", "can", "carton", "jar"])[-1] == "jar"

    assert read_names(connection, project_id) == ("can", "carton", "jar")
    assert fetch_project(connection, project_id).classes == ("tin", "carton", "jar")


def test_a_removed_class_is_back_when_something_bears_it(connection, project_id, known):
    append_edits(connection, project_id, [make_edit(EditKind.REMOVE, "carton", {"key": "carton"}, "Lea")])
    assert fetch_project(connection, project_id).classes == ("tin",)

    add_classes(connection, project_id, ["carton"])

    assert fetch_project(connection, project_id).classes == ("tin", "carton")
    assert [edit.kind for edit in list_edits(connection, project_id)] == ["rename", "remove", "add"]


def test_nothing_is_brought_back_that_was_not_removed(connection, project_id, known):
    bring_back(connection, project_id, ["tin", "carton", "jar"])

    assert list_edits(connection, project_id) == [known]


def test_a_colour_stays_with_its_class(connection, project_id, known):
    before = fetch_project(connection, project_id)
    change = make_edit(EditKind.COLOUR, "carton", {"key": "carton", "colour": "#112233"}, "Lea")
    append_edits(connection, project_id, [change])

    project = fetch_project(connection, project_id)

    assert (before.colour_of("tin"), before.colour_of("can")) == ("#41BDFE", "#41BDFE")
    assert (before.colour_of("carton"), project.colour_of("carton")) == ("#FAA500", "#112233")
    assert project.colour_of("nothing") == "#0FA184"
