import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.explanation import Region
from domain.geometry import Box
from domain.prediction import Instance
from metrics.localisation import (
    area_inside,
    cover,
    energy_in_others,
    energy_inside,
    energy_per_area,
    highest_point,
    points_at,
)

GRID = np.array([[1, 2], [3, 4]], np.float32)
WHOLE = Box(0, 0, 1, 1)
LEFT = Box(0, 0, 0.5, 1)


def thing(box, *rings):
    return Instance("a", "can", box, polygons=tuple(tuple(map(float, ring)) for ring in rings))


@pytest.mark.parametrize(
    ("box", "share"),
    [
        (WHOLE, 1.0),
        (LEFT, 0.4),  # 1 + 3 of 10
        (Box(0, 0, 1, 0.25), 0.15),  # half of 1 + 2
        (Box(0.25, 0.25, 0.75, 0.75), 0.25),  # a quarter of every cell
        (Box(0.5, 0.5, 0.5, 0.5), 0.0),
        (Box(2, 2, 3, 3), 0.0),
        (Box(-1, -1, 2, 2), 1.0),
    ],
)
def test_cells_count_by_the_part_of_them_that_is_inside(box, share):
    assert energy_inside(GRID, Region(), thing(box)) == pytest.approx(share)


def test_negative_evidence_does_not_count():
    assert energy_inside(np.array([[3, 1], [-5, -9]], np.float32), Region(), thing(LEFT)) == pytest.approx(0.75)
    for figure in (energy_inside, energy_per_area):
        assert figure(np.array([[-1, -1], [0, -2]], np.float32), Region(), thing(LEFT)) is None


@pytest.mark.parametrize(
    ("rings", "share"),
    [
        ([(0, 0, 0.5, 0, 0.5, 1, 0, 1)], 0.4),
        ([(0.5, 1, 0.5, 0, 0, 0, 0, 1)], 0.4),  # the other way round
        ([(0, 0, 1, 0, 0, 1)], (1 + 2 / 2 + 3 / 2) / 10),  # a triangle halves two cells
        ([(0, 0, 1, 0, 1, 1, 0, 1), (0, 0, 0.5, 0, 0.5, 0.5, 0, 0.5)], 0.9),  # a hole
        ([(0, 0, 1, 1)], 0.0),
    ],
)
def test_of_an_object_with_an_outline_only_what_is_inside_that_counts(rings, share):
    assert energy_inside(GRID, Region(), thing(WHOLE, *rings)) == pytest.approx(share, abs=0.01)


def test_an_even_map_is_as_dense_inside_as_anywhere():
    even, region = np.ones((5, 7), np.float32), Region(0.1, 0.0, 0.9, 1.0)

    assert energy_per_area(even, region, thing(Box(0.2, 0.3, 0.4, 0.6))) == pytest.approx(1, abs=0.01)
    assert energy_per_area(GRID, Region(), thing(Box(0.5, 0.5, 1, 1))) == pytest.approx(1.6)
    assert energy_per_area(GRID, Region(), thing(Box(2, 2, 3, 3))) is None


@given(st.tuples(*[st.floats(0, 1)] * 4))
def test_the_area_of_a_box_is_its_own(sides):
    box = Box(min(sides[:2]), min(sides[2:]), max(sides[:2]), max(sides[2:]))

    assert area_inside(Region(), thing(box)) == pytest.approx(box.area, abs=1e-9)


def test_a_box_and_the_same_outline_cover_the_same():
    outline = (0.1, 0.2, 0.7, 0.2, 0.7, 0.9, 0.1, 0.9)
    box = Box(0.1, 0.2, 0.7, 0.9)

    np.testing.assert_allclose(
        cover(thing(box), (6, 9), Region()), cover(thing(WHOLE, outline), (6, 9), Region()), atol=0.01
    )


def test_energy_in_others_is_the_share_of_what_is_on_objects():
    own, other, far = thing(LEFT), thing(Box(0.5, 0, 1, 0.5)), thing(Box(0.5, 0.5, 1, 1))

    assert energy_in_others(GRID, Region(), own, [other]) == pytest.approx(2 / 6)
    assert energy_in_others(GRID, Region(), own, [other, far]) == pytest.approx(6 / 10)
    assert energy_in_others(GRID, Region(), own, []) == 0
    assert energy_in_others(GRID, Region(), thing(Box(2, 2, 3, 3)), []) is None


def test_what_an_object_shares_with_others_is_its_own_and_others_count_once():
    own = thing(LEFT)

    assert energy_in_others(GRID, Region(), own, [own]) == 0
    assert energy_in_others(GRID, Region(), own, [thing(WHOLE)]) == pytest.approx(6 / 10)
    assert energy_in_others(GRID, Region(), own, [thing(WHOLE)] * 3) == pytest.approx(6 / 10)


def test_the_highest_point_lies_in_the_middle_of_its_cell():
    assert highest_point(GRID, Region()) == pytest.approx((0.75, 0.75))
    assert highest_point(-GRID, Region(0.5, 0, 1, 0.5)) == pytest.approx((0.625, 0.125))


def test_of_a_region_of_equal_values_the_point_is_its_middle_and_on_it():
    flat = np.zeros((9, 9), np.float32)
    flat[2:7, 2:7] = 1
    assert highest_point(flat, Region()) == pytest.approx((0.5, 0.5))
    flat[4, 4] = 0  # the middle is no part of it
    x, y = highest_point(flat, Region())
    assert flat[int(y * 9), int(x * 9)] == 1


@pytest.mark.parametrize(
    ("x", "y", "is_hit"),
    [
        (0.3, 0.3, True),
        (0.2 - 14 / 400, 0.3, True),
        (0.2 - 16 / 400, 0.3, False),
        (0.3, 0.6 + 14 / 200, True),
        (0.3, 0.6 + 16 / 200, False),
        (0.2 - 10 / 400, 0.2 - 10 / 200, True),  # 14.1 pixels from the corner
        (0.2 - 11 / 400, 0.2 - 11 / 200, False),
    ],
)
def test_pointing_may_miss_a_box_by_fifteen_pixels(x, y, is_hit):
    box = Box(0.2, 0.2, 0.4, 0.6)
    outline = (0.2, 0.2, 0.4, 0.2, 0.4, 0.6, 0.2, 0.6)

    assert points_at((x, y), [thing(box)], size=(400, 200)) is is_hit
    assert points_at((x, y), [thing(WHOLE, outline)], size=(400, 200)) is is_hit


def test_pointing_into_a_hole_misses_unless_its_edge_is_near():
    ring = (0, 0, 1, 0, 1, 1, 0, 1), (0.2, 0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.8)

    assert not points_at((0.5, 0.5), [thing(WHOLE, *ring)], size=(100, 100))
    assert points_at((0.5, 0.5), [thing(WHOLE, *ring)], size=(40, 40))
    assert points_at((0.1, 0.5), [thing(WHOLE, *ring)], size=(100, 100))


def test_any_object_of_the_class_may_be_pointed_at():
    far, near = thing(Box(0.8, 0.8, 0.9, 0.9)), thing(Box(0.1, 0.1, 0.2, 0.2))

    assert points_at((0.15, 0.15), [far, near], size=(1000, 1000))
    assert not points_at((0.15, 0.15), [far], size=(1000, 1000))
    assert not points_at((0.15, 0.15), [], size=(1000, 1000))
