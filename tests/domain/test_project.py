from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from domain.prediction import Task
from domain.project import CLASS_COLOURS, Project

PROJECT = Project(
    1, "Fridge", Task.DETECTION, "/photos", ("can", "carton"), 0.5, None, "", datetime(2026, 1, 1, tzinfo=UTC), None
)


def test_a_class_has_the_colour_of_its_place():
    assert PROJECT.colour_of("can") == CLASS_COLOURS[0]
    assert PROJECT.colour_of("carton") == CLASS_COLOURS[1]


def test_more_classes_change_no_colour():
    grown = replace(PROJECT, classes=(*PROJECT.classes, "apple"))

    assert [grown.colour_of(name) for name in PROJECT.classes] == [PROJECT.colour_of(name) for name in PROJECT.classes]


def test_the_palette_repeats_and_an_unknown_class_has_a_colour_too():
    many = replace(PROJECT, classes=tuple(f"class {number}" for number in range(30)))

    assert many.colour_of("class 12") == many.colour_of("class 0") == CLASS_COLOURS[0]
    assert PROJECT.colour_of("unknown") in CLASS_COLOURS
    assert many.colour_of("unknown") in CLASS_COLOURS


def test_colours_are_all_different():
    assert len(set(CLASS_COLOURS)) == len(CLASS_COLOURS) == 12
