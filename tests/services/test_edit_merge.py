from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.decision import Verdict
from domain.geometry import Box
from domain.image import ImageRef
from domain.prediction import Instance, Instances, Labels
from domain.project import CurrentDecision, ImageState
from services.edit_merge import EditConflict, describe_changes, merge_contents, settle

A, B, C, D = (Box(n / 10, 0, (n + 1) / 10, 1) for n in (0, 2, 4, 6))
FAR = Box(0.8, 0.5, 0.9, 0.9)
RING = ((0.1, 0.1, 0.2, 0.1, 0.2, 0.2),)


def objects(**drawn):
    """Objects by id: a box, or (class, box)."""
    named = {name: what if isinstance(what, tuple) else ("can", what) for name, what in drawn.items()}
    return Instances(tuple(Instance(name, label, box) for name, (label, box) in named.items()))


def as_dict(content):
    return {item.instance_id: (item.label, item.box) for item in content.items}


def meeting(verdict, content=None, *, note=""):
    """An image on which Ben decided meanwhile."""
    made = CurrentDecision("ben-1", verdict, content, "Ben", note, datetime(2026, 11, 20, 10, 41, 52, tzinfo=UTC))
    return ImageState(ImageRef("a.png", "/a.png", 40, 30), None, None, made, None)


BASE = objects(a=A, b=B, c=C)


def test_each_keeps_what_only_they_touched():
    mine = objects(a=FAR, b=B, c=C, new=D)
    theirs = objects(a=A, b=("milk", B))

    merge = merge_contents(BASE, mine, theirs)

    assert merge.clashes == ()
    assert as_dict(merge.content) == {"a": ("can", FAR), "b": ("milk", B), "new": ("can", D)}


def test_merging_does_not_depend_on_who_came_first():
    mine, theirs = objects(a=FAR, b=B, c=C, mine=D), objects(b=("milk", B), a=A, theirs=Box(0.9, 0.9, 1, 1))

    one, other = merge_contents(BASE, mine, theirs), merge_contents(BASE, theirs, mine)

    assert as_dict(one.content) == as_dict(other.content)
    assert set(as_dict(one.content)) == {"a", "b", "mine", "theirs"}


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (objects(a=FAR, b=B, c=C), objects(a=D, b=B, c=C)),
        (objects(a=FAR, b=B, c=C), objects(a=("milk", A), b=B, c=C)),
        (objects(a=FAR, b=B, c=C), objects(b=B, c=C)),
        (objects(b=B, c=C), objects(a=("milk", A), b=B, c=C)),
    ],
    ids=["moved to two places", "moved and renamed", "moved and deleted", "deleted and renamed"],
)
def test_one_object_changed_by_both_is_a_choice(mine, theirs):
    assert merge_contents(BASE, mine, theirs).clashes == ("a",)


@pytest.mark.parametrize(
    "both", [objects(a=FAR, b=B, c=C), objects(b=B, c=C), objects(a=A, b=B, c=C, new=D), objects()]
)
def test_the_same_change_by_both_is_no_clash(both):
    merge = merge_contents(BASE, both, both)

    assert (as_dict(merge.content), merge.clashes) == (as_dict(both), ())


def test_one_thing_drawn_by_both_is_a_choice_and_two_things_are_not():
    almost = Box(D.x_min + 0.01, D.y_min, D.x_max, D.y_max)

    assert merge_contents(BASE, objects(a=A, b=B, c=C, m=D), objects(a=A, b=B, c=C, t=almost)).clashes == ("m",)
    assert merge_contents(BASE, objects(a=A, b=B, c=C, m=D), objects(a=A, b=B, c=C, t=FAR)).clashes == ()


def test_a_polygon_is_one_shape():
    base, moved = (Instances((Instance("p", "can", A, polygons=rings),)) for rings in (RING, ((0.3, *RING[0][1:]),)))
    other = Instances((Instance("p", "can", A, polygons=((*RING[0][:-1], 0.9),)),))

    assert merge_contents(base, moved, base).content == moved
    assert merge_contents(base, moved, other).clashes == ("p",)


def test_a_score_is_no_change():
    with_score = Instances(tuple(Instance(item.instance_id, item.label, item.box, 0.9) for item in BASE.items))

    assert merge_contents(with_score, BASE, objects(a=FAR, b=B, c=C)).content == objects(a=FAR, b=B, c=C)


def test_the_class_of_an_image_is_one_choice():
    can, milk, both = Labels({"can": 1.0}), Labels({"milk": 1.0}), Labels({"can": 1.0, "milk": 1.0})

    assert merge_contents(can, can, milk).content == milk
    assert merge_contents(can, milk, can).content == milk
    assert merge_contents(can, milk, milk).clashes == ()
    assert merge_contents(can, milk, both).clashes == ("",)


def test_a_decision_that_touches_other_objects_is_settled_with_both():
    theirs = meeting("correct", objects(a=A, b=("milk", B), c=C))

    merged = settle(Verdict.CORRECT, objects(a=FAR, b=B, c=C), base=BASE, shown=theirs.decision.content, theirs=theirs)

    assert as_dict(merged) == {"a": ("can", FAR), "b": ("milk", B), "c": ("can", C)}


def test_an_object_both_changed_is_told_with_both_changes_in_words():
    theirs = meeting("correct", objects(a=D, b=B, c=C))

    with pytest.raises(EditConflict, match=r"Ben changed a\.png at ") as conflict:
        settle(Verdict.CORRECT, objects(a=("milk", A)), base=BASE, shown=theirs.decision.content, theirs=theirs)

    assert (conflict.value.mine, conflict.value.other) == ("1 class changed, 2 boxes deleted", "1 box moved")
    assert conflict.value.clashes == ("a",)
    assert conflict.value.theirs is theirs
    assert "nothing was written" in conflict.value.remedy


@pytest.mark.parametrize(
    ("mine", "theirs", "can_stand"),
    [
        ("accept", "accept", True),
        ("accept", "skip", True),
        ("correct", "resolve", True),
        ("reject", "reject", True),
        ("reject", "skip", True),
        ("skip", "skip", True),
        ("accept", "reject", False),
        ("accept", "flag", False),
        ("accept", "send_back", False),
        ("reject", "accept", False),
        ("skip", "correct", False),
        ("flag", "reject", False),
        ("send_back", "accept", False),
    ],
)
def test_verdicts_that_say_different_things_are_a_choice(mine, theirs, can_stand):
    content = BASE if mine in {"accept", "correct"} else None
    arguments = {"base": BASE, "shown": BASE, "theirs": meeting(theirs, BASE, note="see left")}

    if can_stand:
        assert settle(Verdict(mine), content, **arguments) == content
    else:
        with pytest.raises(EditConflict) as conflict:
            settle(Verdict(mine), content, **arguments)
        assert conflict.value.clashes == ()
        assert conflict.value.mine
        assert conflict.value.other


def test_a_decision_that_was_taken_back_stands_in_nobodys_way():
    undone = ImageState(ImageRef("a.png", "/a.png", 40, 30), BASE, None, None, None)

    assert settle(Verdict.REJECT, None, base=BASE, shown=BASE, theirs=undone) is None
    assert settle(Verdict.ACCEPT, objects(a=A, b=B), base=objects(a=A, b=B), shown=BASE, theirs=undone) == BASE


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BASE, "nothing changed"),
        (objects(a=FAR, b=FAR, c=C), "2 boxes moved"),
        (objects(a=("milk", FAR), b=B, c=C), "1 class changed, 1 box moved"),
        (objects(a=A, b=B, c=C, d=D), "1 box added"),
        (objects(), "3 boxes deleted"),
    ],
)
def test_changes_are_told_in_words(after, words):
    assert describe_changes(BASE, after) == words


def test_changes_of_classes_are_told_by_name():
    can, milk, none = Labels({"can": 1.0}), Labels({"milk": 1.0}), Labels({})

    assert describe_changes(can, milk) == "can to milk"
    assert describe_changes(none, milk) == "with milk"
    assert describe_changes(can, none) == "without can"
    assert describe_changes(can, can) == "nothing changed"
