import numpy as np
import pytest
from scipy.stats import spearmanr

from domain.explanation import Region
from domain.trust import Estimate
from metrics.similarity import random_logit, rank_correlation, sensitivity_max, similarity, similarity_estimate

RNG = np.random.default_rng(2)
MAP = RNG.normal(size=(7, 9)).astype(np.float32)
PICTURE = RNG.integers(0, 256, (12, 12, 3), dtype=np.uint8)


def test_it_is_spearmans_correlation():
    other = np.rint(MAP + RNG.normal(size=MAP.shape)).astype(np.float32)  # with ties

    assert rank_correlation(MAP, other) == pytest.approx(spearmanr(MAP.ravel(), other.ravel()).statistic)
    assert rank_correlation(MAP, np.exp(3 * MAP)) == pytest.approx(1)
    assert rank_correlation(MAP, -MAP) == pytest.approx(-1)
    assert rank_correlation(MAP, np.zeros_like(MAP)) == 0


def test_maps_of_different_grids_are_laid_on_one():
    smooth = np.outer(np.linspace(0, 1, 6), np.linspace(0, 2, 8)).astype(np.float32)
    finer = smooth.repeat(4, axis=0).repeat(4, axis=1)

    assert similarity((smooth, Region()), (finer, Region())) > 0.97
    right = finer[:, 16:]
    assert similarity((right, Region(0.5, 0, 1, 1)), (smooth, Region())) > 0.95
    assert similarity((right, Region(0.5, 0, 1, 1)), (finer[:, ::-1], Region())) < 0.5


def test_maps_of_one_shape_that_lie_elsewhere_are_not_the_same():
    spot = np.zeros((8, 8), np.float32)
    spot[:4, :4] = np.arange(16).reshape(4, 4)

    assert similarity((spot, Region()), (spot, Region(0.5, 0.5, 1, 1))) < 0.5


def test_one_pair_has_the_interval_of_its_parts():
    rng = np.random.default_rng(0)
    noise = [rng.normal(size=(14, 14)).astype(np.float32) for _ in range(2)]

    unrelated = similarity_estimate((noise[0], Region()), (noise[1], Region()))
    same = similarity_estimate((noise[0], Region()), (noise[0], Region()))
    assert unrelated.low < 0 < unrelated.high
    assert unrelated.high - unrelated.low > 0.3
    assert (same.value, same.low, same.high, same.n) == pytest.approx((1, 1, 1, 1))
    assert unrelated == similarity_estimate((noise[0], Region()), (noise[1], Region()))
    finer = noise[0].repeat(16, axis=0).repeat(16, axis=1)
    assert similarity_estimate((finer, Region()), (noise[0], Region()), is_regional=True).value > 0.9


def test_random_logit_is_the_mean_over_the_other_classes():
    found = random_logit([Estimate(value, -0.1, 0.95, 1) for value in (0.2, 0.4, 0.9)])

    assert (found.value, found.n) == (pytest.approx(0.5), 3)
    assert found.low < 0.2
    assert found.high == 1  # no correlation lies beyond
    alone = Estimate(0.3, 0.1, 0.5, 1)
    assert random_logit([alone]) == alone


def test_a_map_that_ignores_the_picture_is_not_sensitive():
    found = sensitivity_max(lambda _: MAP, PICTURE)

    assert (found.value, found.low, found.high, found.n) == (0, 0, 0, 10)


def test_a_map_of_the_pixels_moves_as_much_as_they_do():
    found = sensitivity_max(lambda picture: picture.astype(float), PICTURE, n=40)

    assert 0.5 * 5 / 140 < found.value < 5 / 140  # even noise of up to 5 in values of about 140
    assert found.low < found.value == found.high


def test_the_change_is_relative_to_the_map_and_the_largest_one_counts():
    moved = iter([0.0, 0.5, 0.1])

    def explain(picture):
        return np.array([[3.0, 4.0 + next(moved)]])

    found = sensitivity_max(explain, PICTURE, heatmap=np.array([[3.0, 4.0]]), n=3)
    assert found.value == pytest.approx(0.1)


def test_noise_is_small_known_by_its_seed_and_different_each_time():
    seen = []

    def explain(picture):
        seen.append(picture)
        return MAP

    for _ in range(2):
        sensitivity_max(explain, PICTURE, heatmap=MAP, n=3, seed=4, radius=0.02)
    assert all(np.abs(each.astype(int) - PICTURE).max() == 5 for each in seen)
    assert seen[0].dtype == np.uint8
    assert (seen[0] != seen[1]).any()
    np.testing.assert_array_equal(seen[0], seen[3])


def test_a_map_of_zeros_is_refused():
    with pytest.raises(ValueError, match="zeros"):
        sensitivity_max(lambda _: np.zeros((3, 3)), PICTURE)
