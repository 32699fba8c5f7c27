from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from domain.class_edit import ClassEdit, EditKind
from domain.class_list import fold_edits, take_names
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels

_numbers = count(1)
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def edit(kind, key, *, undoes=None, **payload):
    payload = {"known": 2, **payload} if kind == "rename" else payload
    return ClassEdit(f"e{next(_numbers)}", EditKind(kind), key, {"key": key, **payload}, "Ana", NOW, undoes)


def undo(of):
    return ClassEdit(f"e{next(_numbers)}", of.kind, of.name, of.payload, "Ana", NOW, of.edit_id)


def test_a_rename_holds_for_what_was_said_before_and_what_comes_later_under_the_old_name():
    known = fold_edits(["can", "carton"], [edit("rename", "can", to="tin")])

    assert known.names == ("tin", "carton")
    assert take_names(Labels({"can": 1.0, "carton": 0.5}), known.present) == Labels({"tin": 1.0, "carton": 0.5})
    assert known.keys == {"tin": "can"}
    assert known.find("can") == known.find("tin")


def test_a_class_keeps_its_place_in_the_palette_whatever_it_is_called():
    known = fold_edits(
        ["can", "carton", "jar"], [edit("rename", "carton", to="box"), edit("merge", "can", into="jar", into_key="jar")]
    )

    assert [(each.name, each.place) for each in known.classes] == [("box", 1), ("jar", 2)]


def test_renames_follow_each_other_and_back_to_the_first_name():
    first, second = edit("rename", "can", to="tin"), edit("rename", "can", to="pot")
    back = edit("rename", "can", to="can")

    assert fold_edits(["can"], [first, second]).present == {"can": "pot", "tin": "pot"}
    assert fold_edits(["can"], [first, second, back]).present == {"tin": "can", "pot": "can"}


def test_merged_classes_count_once_for_an_image_with_the_higher_score():
    known = fold_edits(["car", "auto"], [edit("merge", "auto", into="car", into_key="car")])

    assert known.names == ("car",)
    assert take_names(Labels({"car": 0.3, "auto": 0.4}), known.present) == Labels({"car": 0.4})


def test_merged_objects_stay_apart_and_keep_everything_but_their_class():
    a, b = Instance("a", "car", Box(0, 0, 1, 1), 0.5), Instance("b", "auto", Box(0, 0, 0.5, 1), 0.25)
    known = fold_edits(["car", "auto"], [edit("merge", "auto", into="car", into_key="car")])

    taken = take_names(Instances((a, b)), known.present)

    assert isinstance(taken, Instances)
    assert [(item.instance_id, item.label, item.score) for item in taken.items] == [
        ("a", "car", 0.5),
        ("b", "car", 0.25),
    ]


def test_what_no_edit_concerns_is_given_back_itself():
    content = Instances((Instance("a", "jar", Box(0, 0, 1, 1)),))

    assert take_names(content, {"can": "tin"}) is content
    assert take_names(None, {"can": "tin"}) is None


def test_an_undo_gives_the_name_back_and_an_undone_undo_takes_it_again():
    rename = edit("rename", "can", to="tin")
    taken_back = undo(rename)

    assert fold_edits(["can"], [rename, taken_back]).names == ("can",)
    assert fold_edits(["can"], [rename, taken_back, undo(taken_back)]).names == ("tin",)


def test_what_was_said_after_a_rename_stays_when_the_rename_is_undone():
    rename = edit("rename", "can", to="tin")
    told = edit("guideline", "can", text="Metal, with a lid.")

    (known,) = fold_edits(["can"], [rename, told, undo(rename)]).classes

    assert (known.name, known.guideline) == ("can", "Metal, with a lid.")


def test_an_editor_that_shows_an_undone_name_still_means_the_same_class():
    rename = edit("rename", "can", to="tin", known=1)

    known = fold_edits(["can"], [rename, undo(rename)])
    assert (known.present, known.find_owner("tin")) == ({"tin": "can"}, None)
    # Unless a class of that name came meanwhile.
    assert fold_edits(["can", "tin"], [rename, undo(rename)]).present == {}


def test_a_file_that_brings_a_given_name_means_the_renamed_class():
    known = fold_edits(["can", "tin"], [edit("rename", "can", to="tin", known=1)])

    assert [(each.key, each.name) for each in known.classes] == [("can", "tin")]
    assert known.present == {"can": "tin"}


def test_a_removed_class_is_out_of_the_list_until_it_is_added_again():
    removed = edit("remove", "jar")

    known = fold_edits(["can", "jar"], [removed])
    assert known.names == ("can",)
    assert (known.by_name["jar"].is_removed, known.find("jar")) == (True, known.by_name["jar"])
    assert fold_edits(["can", "jar"], [removed, undo(removed)]).names == ("can", "jar")
    assert fold_edits(["can", "jar"], [removed, edit("add", "jar")]).names == ("can", "jar")


def test_an_added_class_goes_when_its_adding_is_undone():
    added = edit("add", "jar")

    assert fold_edits(["can", "jar"], [added, undo(added)]).names == ("can",)
    assert fold_edits(["can", "jar"], [added, undo(added), edit("add", "jar")]).names == ("can", "jar")


def test_edits_that_stand_against_others_are_named():
    first = edit("rename", "can", to="tin")
    second = edit("rename", "carton", to="tin")

    assert fold_edits(["can", "carton"], [first, second]).idle == {second.edit_id}
    assert fold_edits(["can"], [edit("colour", "nothing", colour="#112233")]).names == ("can",)


def test_edits_that_lack_what_they_need_change_nothing():
    spoiled = [edit("rename", "can"), edit("merge", "can", into="x"), edit("example", "can", images=[{"image_id": 3}])]

    assert fold_edits(["can"], [*spoiled, *map(undo, spoiled)]).by_name == fold_edits(["can"], []).by_name


def test_a_model_s_classes_are_found_by_what_they_are_called_here():
    known = fold_edits(
        ["car", "auto"], [edit("merge", "auto", into="car", into_key="car"), edit("rename", "car", to="vehicle")]
    )

    assert known.in_model("vehicle", ["auto", "bus", "car"]) == ["auto", "car"]
    assert known.in_model("bus", ["auto", "bus", "car"]) == ["bus"]


NAMES = ["a", "b", "c", "d"]
CHANGES = st.one_of(
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from([*NAMES, "x", "y"])),
    st.tuples(st.just("merge"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("add"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("undo"), st.integers(0, 30), st.just("")),
)


@given(st.lists(CHANGES, max_size=25))
def test_whatever_is_done_in_whatever_order_every_name_leads_to_one_class(changes):
    log: list[ClassEdit] = []
    for kind, key, other in changes:
        if kind == "undo":
            log += [undo(log[key])] if key < len(log) else []
        else:
            more = {"to": other, "known": len(NAMES)} if kind == "rename" else {"into_key": other, "into": other}
            log.append(edit(kind, key, **more))

    known = fold_edits(NAMES, log)

    called = [each.name for each in known.by_name.values()]
    assert len(set(called)) == len(called)
    for name in [*NAMES, *known.present]:
        now = known.present.get(name, name)
        assert now in known.by_name, f"{name} leads to {now}, which is no class"
        assert now not in known.present, f"{name} leads to {now}, which leads on"
        assert known.by_name[now].key in NAMES
    assert {known.keys.get(name, name) for name in called} <= set(NAMES)
