import numpy as np
import pytest

from metrics.reference_maps import COARSENESS, centre_map, coarseness_of, random_map


@pytest.mark.parametrize(
    ("grid", "is_regional", "cells"),
    [((7, 7), False, 7), ((1, 10), False, 7), ((14, 14), False, 14), ((38, 25), False, 14), ((224, 224), False, 56)],
)
def test_random_maps_are_as_coarse_as_the_map(grid, is_regional, cells):
    assert coarseness_of(grid, is_regional=is_regional) == cells


def test_regions_are_compared_with_patches_of_some_size():
    assert coarseness_of((224, 224), is_regional=True) == 14


@pytest.mark.parametrize("cells", COARSENESS)
def test_a_random_map_is_smooth_signed_and_known_by_its_seed(cells):
    made = random_map((112, 224), cells, np.random.default_rng(3))

    assert made.shape == (112, 224)
    assert made.min() < 0 < made.max()
    steps = np.abs(np.diff(made, axis=1)).mean()
    assert steps < 2.5 * cells / 224
    np.testing.assert_array_equal(made, random_map((112, 224), cells, np.random.default_rng(3)))
    assert (made != random_map((112, 224), cells, np.random.default_rng(4))).any()


def test_pixels_fewer_than_cells_are_no_problem():
    assert random_map((3, 2), 56, np.random.default_rng(0)).shape == (3, 2)


def test_the_centre_map_falls_off_to_all_sides_alike():
    made = centre_map((5, 9))

    assert np.unravel_index(made.argmax(), made.shape) == (2, 4)
    np.testing.assert_allclose(made, made[::-1, ::-1])
    assert made[2, 4] == pytest.approx(1.0)
    assert made[0, 0] < made[0, 4] < made[1, 4]
