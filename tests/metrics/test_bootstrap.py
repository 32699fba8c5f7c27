import numpy as np
import pytest

from metrics.bootstrap import estimate, resample
from metrics.intervals import exact_share


def drawn_shares(counts, draws=4000):
    return np.concatenate([block[:, 0] / block.sum(axis=1) for block in resample(np.array(counts), draws=draws)])


def test_every_draw_holds_as_many_images_as_there_are():
    for block in resample(np.array([3, 0, 40]), draws=7):
        assert block.sum(axis=1).tolist() == [43] * 7
        assert block[:, 1].tolist() == [0] * 7


def test_the_interval_of_a_share_is_about_the_exact_one():
    exact = exact_share(80, 200)
    made = estimate(0.4, drawn_shares([80, 120]), 200)
    assert (made.low, made.high) == pytest.approx((exact.low, exact.high), abs=0.012)


def test_many_cells_are_drawn_like_few():
    few = drawn_shares([400, 2600])
    many = np.concatenate([block[:, :400].sum(axis=1) / 3000 for block in resample(np.ones(3000, int), draws=1000)])
    assert (many.mean(), many.std()) == (pytest.approx(few.mean(), abs=0.002), pytest.approx(few.std(), rel=0.1))


def test_an_undefined_figure_has_no_interval_and_one_image_gives_none():
    assert estimate(None, np.array([0.1]), 5) is None
    assert estimate(float("nan"), np.array([0.1]), 5) is None
    alone = estimate(1.0, np.array([1.0, 1.0]), 1)
    assert (alone.low, alone.high, alone.n) == (1.0, 1.0, 1)


def test_draws_for_which_it_is_undefined_are_left_out():
    made = estimate(0.5, np.array([0.4, np.nan, 0.6]), 3)
    assert made.low >= 0.4
    assert not list(resample(np.array([0, 0])))
