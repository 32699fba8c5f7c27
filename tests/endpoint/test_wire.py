from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.decision import Verdict
from domain.errors import InputError
from domain.geometry import Box
from domain.orientation import box_to_upright
from domain.prediction import Instance, Instances, Labels
from endpoint.entries import parse_entry, parse_object, parse_seq
from services.turning import to_stored, to_upright

ENTRY = {"seq": 1, "decision_id": "d1", "image_id": "a.png", "verdict": "accept"}
OBJECT = {"id": "o1", "label": "can", "score": 0.5, "box": [0, 0.25, 1, 0.75], "polygons": [[0, 0, 1, 0, 1, 1]]}

FIELDS = ("seq", "decision_id", "image_id", "verdict", "labels", "objects", "note", "overlays", "seconds", "undoes")

coordinates = st.floats(-10, 10)
points = st.tuples(coordinates, coordinates)
rings = st.lists(points, min_size=3, max_size=5).map(lambda ring: tuple(value for point in ring for value in point))
objects = st.builds(
    Instance,
    instance_id=st.just("o1"),
    label=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    box=st.builds(Box, coordinates, coordinates, coordinates, coordinates),
    polygons=st.lists(rings, max_size=2).map(tuple),
    is_crowd=st.sampled_from([None, True, False]),
)


def test_an_entry_is_read():
    entry = parse_entry(
        {
            **ENTRY,
            "verdict": "correct",
            "labels": ["can", "can", "milk"],
            "objects": None,
            "note": "why",
            "overlays": ["labels", "map"],
            "seconds": 4,
        }
    )

    assert (entry.seq, entry.decision_id, entry.image_id, entry.verdict) == (1, "d1", "a.png", Verdict.CORRECT)
    assert entry.content == Labels({"can": 1.0, "milk": 1.0})
    assert (entry.note, entry.overlays, entry.seconds, entry.undoes) == ("why", ("labels", "map"), 4.0, None)


def test_no_label_and_an_empty_label_are_two_things():
    assert parse_entry(ENTRY).content is None
    assert parse_entry({**ENTRY, "labels": []}).content == Labels({})
    assert parse_entry({**ENTRY, "objects": []}).content == Instances()


def test_an_object_is_read():
    item = parse_object({**OBJECT, "is_crowd": True})

    assert item == Instance("o1", "can", Box(0, 0.25, 1, 0.75), 0.5, ((0, 0, 1, 0, 1, 1),), True)
    assert parse_object({**OBJECT, "score": None, "polygons": None}).score is None


def test_long_words_are_cut_and_odd_extras_left_out():
    entry = parse_entry({**ENTRY, "note": "x" * 5000, "overlays": ["y" * 99] * 50, "seconds": "long"})

    assert (len(entry.note), len(entry.overlays), len(entry.overlays[0]), entry.seconds) == (2000, 20, 40, None)


@pytest.mark.parametrize("seq", [None, "1", 1.0, True, 0, -3, 2**31])
def test_only_whole_numbers_count(seq):
    assert parse_seq({"seq": seq}) == 0
    with pytest.raises(InputError, match="seq is missing"):
        parse_entry({**ENTRY, "seq": seq})


@pytest.mark.parametrize(
    "change",
    [
        {"decision_id": ""},
        {"decision_id": None},
        {"image_id": ""},
        {"image_id": 3},
        {"image_id": "x" * 2001},
        {"verdict": None},
        {"verdict": "ACCEPT"},
        {"undoes": 7},
        {"labels": "can"},
        {"labels": [None]},
        {"labels": [["can"]]},
        {"objects": "none"},
        {"overlays": {"labels": True}},
    ],
)
def test_entries_of_another_shape_are_refused_in_a_sentence(change):
    with pytest.raises(InputError) as refusal:
        parse_entry({**ENTRY, **change})
    assert refusal.value.remedy


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 201},
        {"label": None},
        {"box": None},
        {"box": [0, 0, 1]},
        {"box": [0, 0, 1, 1, 1]},
        {"box": [0, 0, 1, "1"]},
        {"box": [0, 0, 1, None]},
        {"box": [0, 0, 1, float("nan")]},
        {"box": [0, 0, float("inf"), 1]},
        {"polygons": 5},
        {"polygons": [0, 0, 1, 1]},
        {"polygons": [[0, 0, 1]]},
        {"polygons": [[0, 0, float("-inf"), 1]]},
    ],
)
def test_objects_of_another_shape_are_refused_in_a_sentence(change):
    with pytest.raises(InputError) as refusal:
        parse_object({**OBJECT, **change})
    assert refusal.value.remedy


@settings(deadline=None)
@given(st.sampled_from([*FIELDS, *OBJECT]), st.none() | st.booleans() | st.floats() | st.integers() | st.text())
def test_nothing_but_an_input_error_comes_of_nonsense(name, value):
    for strange in (value, [value], {name: value}, [[value]]):
        for entry in (strange, {**ENTRY, name: strange}, {**ENTRY, "objects": [{**OBJECT, name: strange}]}):
            with suppress(InputError):
                parse_entry(entry)


@settings(deadline=None)
@given(objects, st.integers(1, 8))
def test_objects_survive_the_way_to_the_browser_and_back(stored, orientation):
    """Exactly, for any finite numbers, whichever way the picture is turned."""
    upright = to_upright(Instances((stored,)), orientation)
    assert isinstance(upright, Instances)
    (seen,) = upright.items
    sent = {
        "id": seen.instance_id,
        "label": seen.label,
        "score": None,
        "box": seen.box.as_tuple(),
        "polygons": seen.polygons,
        "is_crowd": seen.is_crowd,
    }

    back = parse_object(json.loads(orjson.dumps(sent)))

    assert to_stored(back, stored, orientation) == stored


@settings(deadline=None)
@given(objects, st.integers(1, 8), st.floats(0, 1))
def test_an_edge_that_moves_leaves_the_others_alone(stored, orientation, place):
    seen = box_to_upright(stored.box, orientation)
    moved = to_stored(
        replace(stored, box=replace(seen, x_min=place), polygons=()), replace(stored, polygons=()), orientation
    )

    same = [a == b for a, b in zip(moved.box.as_tuple(), stored.box.as_tuple(), strict=True)]
    assert same.count(False) <= 1
