"""Changing the class list while labels, predictions, decisions and open editors bear the names of before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from domain.class_edit import Example
from domain.decision import Verdict
from domain.errors import ConflictError, InputError, NotFoundError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task, class_names
from domain.role import Role
from services.access import RightsError
from services.browsing import Filters, find_images
from services.class_details import set_colour, set_examples, set_guideline
from services.class_facts import class_version
from services.class_list import (
    add_classes,
    fetch_class_list,
    list_changes,
    merge_classes,
    remove_class,
    rename_class,
    undo_edit,
)
from services.class_rules import LONGEST_NAME, NameTakenError
from services.identity import give_role
from services.projects import fetch_project
from services.review import Entry, record
from services.settling import settle
from services.shown import as_shown
from tests.services.small_projects import box, boxes_line, decide, label_line, make_project, state_of


@pytest.fixture(autouse=True)
def a_lead(workspace):
    give_role(workspace, "Lea", Role.LEAD)


@pytest.fixture
def project(workspace, photos):
    """Boxes of cans and cartons on two of three images."""
    lines = [
        label_line("a.png", [box("can", 0.1, 0.2, 0.5, 0.6)]),
        label_line("b.png", [box("carton", 0, 0, 0.5, 0.6)]),
    ]
    return make_project(workspace, photos, Task.DETECTION, lines=lines)


def classes(workspace, project):
    return fetch_project(workspace, project.project_id).classes


def labels_of(workspace, project, image_id):
    content = as_shown(state_of(workspace, project, image_id), fetch_project(workspace, project.project_id)).content
    return [item.label for item in content.items] if isinstance(content, Instances) else list(content.names)


def found(workspace, project, **filters):
    now = fetch_project(workspace, project.project_id)
    return find_images(workspace, now, Filters(**filters), "name").image_ids


def newest(workspace, project):
    return list_changes(workspace, project.project_id)[0]


def test_a_rename_is_seen_on_the_desk_in_the_filters_and_in_the_list(workspace, project):
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    assert classes(workspace, project) == ("tin", "carton")
    assert labels_of(workspace, project, "a.png") == ["tin"]
    settle(workspace, project.project_id)
    assert found(workspace, project, label="tin") == ["a.png"]
    assert found(workspace, project, label="can") == []


def test_an_open_editor_that_still_shows_the_old_name_accepts_as_shown(workspace, project):
    shown = as_shown(state_of(workspace, project, "a.png"), project).content
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    decide(workspace, project, "a.png", Verdict.ACCEPT, shown)

    decision = state_of(workspace, project, "a.png").decision
    assert decision is not None
    assert decision.verdict == "accept"
    assert labels_of(workspace, project, "a.png") == ["tin"]
    assert classes(workspace, project) == ("tin", "carton")


def test_an_open_editor_survives_a_merge_a_removal_and_an_undo(workspace, project):
    add_classes(workspace, project.project_id, ["jar"], "Lea")
    item = Instance("n", "carton", Box(0.1, 0.1, 0.2, 0.2))
    merge_classes(workspace, project.project_id, "carton", "can", reviewer="Lea")
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((item,)))
    assert labels_of(workspace, project, "a.png") == ["can"]

    remove_class(workspace, project.project_id, "jar", reviewer="Lea")
    assert classes(workspace, project) == ("can",)
    jar = Instance("n", "jar", Box(0.1, 0.1, 0.2, 0.2))
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((jar,)))
    assert classes(workspace, project) == ("can", "jar")  # something bears it again

    rename_class(workspace, project.project_id, "jar", "pot", reviewer="Lea")
    undo_edit(workspace, project.project_id, newest(workspace, project).edit.edit_id, reviewer="Lea")
    pot = Instance("n", "pot", Box(0.1, 0.1, 0.2, 0.2))
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((pot,)))
    assert labels_of(workspace, project, "a.png") == ["jar"]


def test_a_rename_onto_another_class_offers_to_merge(workspace, project):
    with pytest.raises(NameTakenError) as refused:
        rename_class(workspace, project.project_id, "can", " carton ", reviewer="Lea")

    assert (refused.value.name, refused.value.into) == ("can", "carton")
    assert str(refused.value) == ("There is a class 'carton' already. Merge 'can' into it, or choose another name.")
    merge_classes(workspace, project.project_id, refused.value.name, refused.value.into, reviewer="Lea")
    assert classes(workspace, project) == ("carton",)
    assert labels_of(workspace, project, "a.png") == ["carton"]


def test_merges_cannot_go_round_in_a_circle(workspace, project):
    merge_classes(workspace, project.project_id, "can", "carton", reviewer="Lea")

    with pytest.raises(InputError, match="is that class already"):
        merge_classes(workspace, project.project_id, "carton", "can", reviewer="Lea")
    with pytest.raises(InputError, match="is that class already"):
        merge_classes(workspace, project.project_id, "carton", "carton", reviewer="Lea")


def test_a_merge_is_undone_with_everything_that_was_said_before_it(workspace, project):
    merge_classes(workspace, project.project_id, "can", "carton", reviewer="Lea")
    undo_edit(workspace, project.project_id, newest(workspace, project).edit.edit_id, reviewer="Lea")

    assert classes(workspace, project) == ("can", "carton")
    assert labels_of(workspace, project, "a.png") == ["can"]
    [entry] = list_changes(workspace, project.project_id)
    assert (entry.edit.reviewer, entry.is_undone) == ("Lea", True)

    undo_edit(workspace, project.project_id, entry.undo_id, reviewer="Lea")
    assert classes(workspace, project) == ("carton",)
    with pytest.raises(ConflictError, match="done that already"):
        undo_edit(workspace, project.project_id, entry.undo_id, reviewer="Lea")


def test_a_name_that_labels_may_bear_is_not_given_to_another_class(workspace, project):
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")

    with pytest.raises(ConflictError, match="'can' is a name of the class 'tin'"):
        rename_class(workspace, project.project_id, "carton", "can", reviewer="Lea")
    with pytest.raises(ConflictError, match="'can' is a name of the class 'tin'"):
        add_classes(workspace, project.project_id, ["can"], "Lea")
    rename_class(workspace, project.project_id, "tin", "can", reviewer="Lea")  # back to its own
    assert classes(workspace, project) == ("can", "carton")


def test_a_name_given_by_mistake_is_free_again_after_the_undo(workspace, project):
    rename_class(workspace, project.project_id, "can", "box", reviewer="Lea")
    undone = newest(workspace, project).edit.edit_id
    undo_edit(workspace, project.project_id, undone, reviewer="Lea")

    rename_class(workspace, project.project_id, "carton", "box", reviewer="Lea")

    assert classes(workspace, project) == ("can", "box")
    with pytest.raises(ConflictError):  # the mistake cannot come back now
        undo_edit(workspace, project.project_id, _undo_id(workspace, project, undone), reviewer="Lea")
    assert classes(workspace, project) == ("can", "box")


def test_a_name_on_its_way_means_the_class_that_bore_it_on_the_screen(workspace, project):
    rename_class(workspace, project.project_id, "can", "box", reviewer="Lea")
    shown = class_version(fetch_project(workspace, project.project_id))
    undo_edit(workspace, project.project_id, newest(workspace, project).edit.edit_id, reviewer="Lea")
    rename_class(workspace, project.project_id, "carton", "box", reviewer="Lea")
    drawn = Instances((Instance("n", "box", Box(0, 0, 0.5, 0.5)),))

    def label_after(number, version):
        entry = Entry(number, f"d{number}", "a.png", Verdict.CORRECT, drawn, classes_version=version)
        assert record(workspace, project.project_id, "Ana", "tab", [entry])[1] == []
        decision = state_of(workspace, project, "a.png").decision
        assert decision is not None
        return list(class_names(decision.content))

    assert label_after(1, shown) == ["can"]
    now = class_version(fetch_project(workspace, project.project_id))
    assert [label_after(2, now), label_after(3, None), label_after(4, "unknown:9")] == [["box"]] * 3


def _undo_id(workspace, project, edit_id):
    return next(e.undo_id for e in list_changes(workspace, project.project_id) if e.edit.edit_id == edit_id)


def test_a_class_that_labels_bear_is_not_removed(workspace, project):
    with pytest.raises(ConflictError, match="Labels bear the class 'can'"):
        remove_class(workspace, project.project_id, "can", reviewer="Lea")
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances(()))
    remove_class(workspace, project.project_id, "can", reviewer="Lea")
    assert classes(workspace, project) == ("carton",)
    with pytest.raises(NotFoundError, match="no class 'can' in the list any more"):
        rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")


def test_an_added_class_is_gone_when_that_is_undone_unless_something_bears_it(workspace, project):
    assert add_classes(workspace, project.project_id, ["jar", "can", "pot", "jar"], "Lea") == ["jar", "pot"]
    decide(workspace, project, "a.png", Verdict.CORRECT, Instances((Instance("n", "jar", Box(0, 0, 0.5, 0.5)),)))
    by_name = {entry.edit.name: entry.edit.edit_id for entry in list_changes(workspace, project.project_id)}

    undo_edit(workspace, project.project_id, by_name["pot"], reviewer="Lea")
    with pytest.raises(ConflictError, match="Labels bear the class 'jar'"):
        undo_edit(workspace, project.project_id, by_name["jar"], reviewer="Lea")

    assert classes(workspace, project) == ("can", "carton", "jar")


def test_what_is_told_about_a_class_follows_it_through_renames(workspace, project):
    project_id = project.project_id
    set_guideline(workspace, project_id, "can", "  Metal.\nWith a lid.  ", reviewer="Lea")
    set_colour(workspace, project_id, "can", "#a1b2c3", reviewer="Lea")
    set_examples(workspace, project_id, "can", [Example("a.png", "i1"), Example("b.png")], reviewer="Lea")
    rename_class(workspace, project_id, "can", "tin", reviewer="Lea")

    known = fetch_class_list(workspace, project_id).find("tin")

    assert known is not None
    assert (known.guideline, known.colour) == ("Metal.\nWith a lid.", "#A1B2C3")
    assert known.examples == (Example("a.png", "i1"), Example("b.png"))
    assert fetch_project(workspace, project_id).colour_of("tin") == "#A1B2C3"
    set_colour(workspace, project_id, "tin", "", reviewer="Lea")
    assert fetch_project(workspace, project_id).colour_of("tin") == project.colour_of("can")


@pytest.mark.parametrize("colour", ["red", "#12345", "#12345g", "#1234567", "</style>"])
def test_a_colour_is_written_as_six_digits(workspace, project, colour):
    with pytest.raises(InputError, match="is no colour"):
        set_colour(workspace, project.project_id, "can", colour, reviewer="Lea")


def test_examples_are_images_of_the_project(workspace, project):
    with pytest.raises(NotFoundError, match=r"no image 'x\.png'"):
        set_examples(workspace, project.project_id, "can", [Example("x.png")], reviewer="Lea")


ODD = {
    "html": "<script>alert(1)</script>",
    "right to left": "קופסת שימורים",
    "emoji": "\U0001f9d1‍\U0001f33e tin",
    "markdown": "**a** $x$ [b](c)",
    "quotes": "O'Brien's \"can\"",
    "sql": "'; DROP TABLE projects; --",
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_any_text_can_be_a_name(workspace, project, name):
    rename_class(workspace, project.project_id, "can", name, reviewer="Lea")

    assert labels_of(workspace, project, "a.png") == [name]
    decide(workspace, project, "b.png", Verdict.CORRECT, Instances((Instance("n", name, Box(0, 0, 0.5, 0.5)),)))
    assert labels_of(workspace, project, "b.png") == [name]
    assert classes(workspace, project) == (name, "carton")


def test_a_name_of_10000_characters_is_refused_in_a_sentence(workspace, project):
    with pytest.raises(InputError) as refused:
        rename_class(workspace, project.project_id, "can", "x" * 10_000, reviewer="Lea")

    assert str(refused.value).startswith("The name has 10,000 characters; at most 200 fit: xxxx")
    assert len(str(refused.value)) < 300
    rename_class(workspace, project.project_id, "can", "x" * LONGEST_NAME, reviewer="Lea")


@pytest.mark.parametrize("name", ["", "  \n ", "a\0b", "a\x1b[31m", "\ud800"])
def test_what_cannot_be_shown_is_no_name(workspace, project, name):
    with pytest.raises(InputError):
        add_classes(workspace, project.project_id, [name], "Lea")


def test_two_spellings_of_the_same_letters_are_one_name(workspace, project):
    add_classes(workspace, project.project_id, ["caf\u0065\u0301"], "Lea")

    assert add_classes(workspace, project.project_id, ["caf\u00e9"], "Lea") == []


def test_two_leads_who_give_one_name_to_two_classes_at_once_are_told(workspace, project):
    def rename(name):
        try:
            rename_class(workspace, project.project_id, name, "box", reviewer="Lea")
        except ConflictError as error:
            return error
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(rename, ["can", "carton"]))

    assert [type(outcome) for outcome in outcomes].count(NameTakenError) == 1
    assert "box" in classes(workspace, project)


def test_5000_classes_are_added_renamed_and_read_without_waiting(workspace, project):
    names = [f"class {n:04}" for n in range(5000)]
    add_classes(workspace, project.project_id, names, "Lea")
    for n in range(20):
        rename_class(workspace, project.project_id, f"class {n:04}", f"kind {n}", reviewer="Lea")

    assert len(classes(workspace, project)) == 5002
    assert fetch_project(workspace, project.project_id).class_list is fetch_class_list(workspace, project.project_id)


def test_predictions_and_labels_differ_by_the_names_of_now(workspace, photos):
    project = make_project(
        workspace,
        photos,
        Task.DETECTION,
        lines=[label_line("a.png", [box("tin", 0.1, 0.2, 0.5, 0.6)])],
        predictions=[boxes_line("a.png", (0.9, box("can", 0.1, 0.2, 0.5, 0.6)))],
    )
    settle(workspace, project.project_id)
    assert found(workspace, project, disagreement="differs") == ["a.png"]

    merge_classes(workspace, project.project_id, "can", "tin", reviewer="Lea")
    settle(workspace, project.project_id)

    assert found(workspace, project, disagreement="differs") == []


def test_decisions_of_whole_images_follow_a_rename(workspace, photos):
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    decide(workspace, project, "a.png", Verdict.CORRECT, Labels({"can": 1.0}))
    rename_class(workspace, project.project_id, "can", "tin", reviewer="Lea")
    decide(workspace, project, "b.png", Verdict.CORRECT, Labels({"tin": 1.0}))
    undo_edit(workspace, project.project_id, newest(workspace, project).edit.edit_id, reviewer="Lea")

    assert [labels_of(workspace, project, name) for name in ("a.png", "b.png")] == [["can"], ["can"]]
    assert classes(workspace, project) == ("can",)


def test_only_leads_change_the_class_list(workspace, project):
    for change in (
        lambda: rename_class(workspace, project.project_id, "can", "tin", reviewer="Ana"),
        lambda: merge_classes(workspace, project.project_id, "can", "carton", reviewer="Ana"),
        lambda: add_classes(workspace, project.project_id, ["jar"], "Ana"),
        lambda: remove_class(workspace, project.project_id, "can", reviewer="Ana"),
        lambda: set_guideline(workspace, project.project_id, "can", "x", reviewer="Ana"),
        lambda: undo_edit(workspace, project.project_id, "x", reviewer="Ana"),
    ):
        with pytest.raises(RightsError, match="Only a lead may change the class list; Ana is none"):
            change()
    assert list_changes(workspace, project.project_id) == []
