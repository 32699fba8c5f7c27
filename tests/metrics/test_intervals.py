import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.intervals import area_under, exact_share, largest_of, mean_of

SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (5, 10, 0.1871, 0.8129), (96, 100, 0.9007, 0.9890)],
)
def test_the_interval_of_a_share_is_that_of_clopper_and_pearson(hits, n, low, high):
    share = exact_share(hits, n)

    assert (share.value, share.n) == (hits / n, n)
    assert (share.low, share.high) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_is_refused(hits, n):
    with pytest.raises(ValueError, match="is no share"):
        exact_share(hits, n)


def test_the_interval_of_few_values_is_students():
    assert mean_of([1.0, 2.0, 3.0]).low == pytest.approx(2 - 4.3027 / 3**0.5, abs=1e-4)
    alone = mean_of([0.3])
    assert (alone.low, alone.high, alone.n) == (0.3, 0.3, 1)


@pytest.mark.parametrize("n", [5, 60])
def test_about_95_of_100_intervals_of_a_mean_hold_the_true_one(n):
    rng = np.random.default_rng(0)
    found = [mean_of(rng.normal(0.4, 0.2, n), seed=number) for number in range(300)]

    assert 0.9 <= np.mean([each.low <= 0.4 <= each.high for each in found]) <= 0.98


@given(SHARES, st.integers(0, 5))
def test_a_mean_lies_in_its_interval_and_comes_out_the_same_again(values, seed):
    found = mean_of(values, seed=seed)

    assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    assert found == mean_of(values, seed=seed)
    assert found.n == len(values)


def test_of_the_largest_value_only_the_lower_end_is_open():
    found = largest_of([0.1, 0.5, 0.2, 0.3])

    assert (found.value, found.high, found.n) == (0.5, 0.5, 4)
    assert found.low < 0.5
    assert largest_of([0.2, 0.2]).low == 0.2


@pytest.mark.parametrize("figure", [mean_of, largest_of])
def test_a_figure_of_nothing_is_refused(figure):
    with pytest.raises(ValueError, match="nothing"):
        figure([])


def test_a_straight_line_has_an_exact_area():
    places = np.linspace(0, 1, 21)
    found = area_under(places, 0.2 + 0.6 * places)

    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert found.n == 21


def test_the_area_is_a_mean_height_wherever_the_curve_ends():
    assert area_under(np.linspace(0, 0.05, 3), np.array([0.0, 0.5, 1.0])).value == pytest.approx(0.5)
    assert area_under(np.array([0.0, 1.0]), np.array([0.0, 1.0])).value == 0.5


def test_about_95_of_100_intervals_hold_the_area_under_the_true_line():
    rng, places = np.random.default_rng(1), np.linspace(0, 1, 21)
    found = [area_under(places, 0.3 + 0.4 * places + rng.normal(0, 0.05, 21)) for _ in range(300)]

    assert 0.9 <= np.mean([each.low <= 0.5 <= each.high for each in found]) <= 0.99
    assert np.mean([each.high - each.low for each in found]) < 0.1


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_of_an_area_of_shares_stays_between_0_and_1(values):
    found = area_under(np.linspace(0, 1, len(values)), np.array(values))

    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


def test_one_point_is_no_curve():
    with pytest.raises(ValueError, match="two points"):
        area_under(np.array([0.0]), np.array([1.0]))
