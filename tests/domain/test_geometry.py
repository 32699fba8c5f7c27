from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.geometry import Box, bounding_box, intersection_over_union

edges = st.floats(-5, 5)
boxes = st.builds(Box, edges, edges, edges, edges)


def test_a_box_has_width_height_and_area():
    box = Box(0.25, 0.5, 0.75, 0.625)

    assert (box.width, box.height, box.area) == (0.5, 0.125, 0.0625)
    assert box.as_tuple() == (0.25, 0.5, 0.75, 0.625)
    assert Box(0.75, 0.5, 0.25, 0.625).area == Box(0.25, 0.625, 0.75, 0.5).area == 0


@pytest.mark.parametrize(
    ("box", "is_valid"),
    [
        (Box(0, 0, 1, 1), True),
        (Box(0.1, 0.1, 0.1, 0.2), False),
        (Box(0.1, 0.2, 0.2, 0.2), False),
        (Box(0.2, 0.1, 0.1, 0.2), False),
        (Box(-0.01, 0, 1, 1), False),
        (Box(0, 0, 1.01, 1), False),
        (Box(0, 0, 1, float("nan")), False),
        (Box(10, 20, 200, 300), False),
    ],
)
def test_a_box_is_valid_inside_the_image_and_with_an_area(box, is_valid):
    assert box.is_valid is is_valid


def test_overlap_is_shared_area_over_joint_area():
    left, right = Box(0, 0, 0.5, 1), Box(0.25, 0, 0.75, 1)

    assert intersection_over_union(left, right) == pytest.approx(1 / 3)
    assert intersection_over_union(left, left) == 1
    assert intersection_over_union(left, Box(0.5, 0, 1, 1)) == 0  # they only touch
    assert intersection_over_union(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0


@settings(deadline=None)
@given(boxes, boxes)
def test_overlap_goes_both_ways_and_stays_between_zero_and_one(a, b):
    overlap = intersection_over_union(a, b)

    assert 0 <= overlap <= 1 + 1e-9
    assert overlap == intersection_over_union(b, a)


def test_the_smallest_box_around_all_rings():
    assert bounding_box([(0.1, 0.9, 0.4, 0.2, 0.3, 0.5), (0.0, 0.3, 0.2, 0.3)]) == Box(0.0, 0.2, 0.4, 0.9)
    assert bounding_box([(0.1, 0.9)]) == Box(0.1, 0.9, 0.1, 0.9)
    assert bounding_box([]) is None
    assert bounding_box([()]) is None
