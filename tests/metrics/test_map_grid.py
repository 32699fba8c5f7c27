import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from domain.explanation import Region
from metrics.map_grid import lay_on_pixels, rank_pixels

GRID = np.array([[0.0, 1.0], [2.0, -3.0]], np.float32)
MAPS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(-4, 4).map(float))


def test_a_layers_grid_becomes_smooth_and_keeps_the_value_at_the_middle_of_each_cell():
    laid = lay_on_pixels(GRID, Region(), size=(6, 6))

    assert laid[1, 1] == pytest.approx(0.0)
    assert laid[1, 4] == pytest.approx(1.0)
    assert laid[1, 2] == pytest.approx(1 / 3)
    assert laid[4, 4] == pytest.approx(-3.0)
    assert laid[0, 5] == pytest.approx(1.0)  # beyond the middle of the last cell


def test_regions_keep_their_sharp_edges():
    laid = lay_on_pixels(GRID, Region(), size=(6, 6), is_regional=True)

    np.testing.assert_array_equal(laid, np.kron(GRID, np.ones((3, 3))))


def test_a_map_of_as_many_cells_as_pixels_stays_as_it_is():
    grid = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)

    for is_regional in (False, True):
        np.testing.assert_allclose(lay_on_pixels(grid, Region(), size=(7, 5), is_regional=is_regional), grid)


def test_the_pixels_may_show_a_part_of_the_picture_and_the_map_another():
    window = Region(0.5, 0.0, 1.0, 1.0)  # the right half is seen, the map covers the lower half of all
    laid = lay_on_pixels(GRID, Region(0.0, 0.5, 1.0, 1.0), size=(4, 2), window=window, is_regional=True)

    np.testing.assert_array_equal(laid, [[0, 0], [0, 0], [1, 1], [-3, -3]])


def test_a_grid_that_hangs_over_the_edge_is_cut_there():
    laid = lay_on_pixels(GRID, Region(0, 0, 4 / 3, 1), size=(2, 3), is_regional=True)

    np.testing.assert_array_equal(laid, [[0, 0, 1], [2, 2, -3]])


def test_evidence_against_comes_after_no_evidence():
    ranks = rank_pixels(np.array([[-9.0, 0.0], [1.0, 5.0]]), ties=np.zeros((2, 2)))

    np.testing.assert_allclose(ranks, [[0.75, 0.5], [0.25, 0.0]])


def test_of_pixels_of_equal_value_the_tie_decides():
    ties = np.array([[1.0, 3.0, 2.0]])

    np.testing.assert_allclose(rank_pixels(np.array([[4.0, 4.0, 4.0]]), ties=ties), [[2 / 3, 0, 1 / 3]])
    np.testing.assert_allclose(rank_pixels(np.array([[9.0, 4.0, 4.0]]), ties=ties), [[0, 1 / 3, 2 / 3]])


@given(MAPS, st.randoms(use_true_random=False))
def test_every_place_is_given_once_and_only_the_order_of_the_values_counts(values, random):
    ties = np.array([random.random() for _ in range(values.size)]).reshape(values.shape)
    ranks = rank_pixels(values, ties=ties)

    assert sorted(np.rint(ranks.ravel() * values.size).astype(int).tolist()) == list(range(values.size))
    np.testing.assert_array_equal(ranks, rank_pixels(np.exp(values) * 7 - 2, ties=ties))
    ordered = values.ravel()[np.argsort(ranks.ravel())]
    assert (np.diff(ordered) <= 0).all()
