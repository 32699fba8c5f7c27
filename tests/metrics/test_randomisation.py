import numpy as np
import pytest

from domain.explanation import Region
from domain.trust import Estimate
from metrics.randomisation import complexity, complexity_rise, is_passed, marked_alike, mean_over_images

RNG = np.random.default_rng(3)
SPOT = np.zeros((14, 14), np.float32)
SPOT[3:6, 4:7] = RNG.random((3, 3)) + 1
NOISE = RNG.random((14, 14)).astype(np.float32)


def test_a_map_with_few_high_cells_is_simple_and_an_even_spread_is_complex():
    assert complexity(SPOT) < 0.4
    assert 3 < complexity(NOISE) <= np.log(39)
    assert complexity(np.zeros((9, 9), np.float32)) == 0


def test_complexity_does_not_depend_on_the_unit_or_the_place():
    assert complexity(1000 * SPOT) == complexity(SPOT) == complexity(np.roll(SPOT, 5, axis=1))


def test_noise_instead_of_a_spot_is_a_rise():
    assert complexity_rise(SPOT, NOISE) == pytest.approx(complexity(NOISE) / complexity(SPOT) - 1)
    assert complexity_rise(NOISE, SPOT) < 0
    assert complexity_rise(SPOT, SPOT) == 0
    assert complexity_rise(np.zeros((9, 9), np.float32), SPOT) is None


def test_the_same_edges_in_other_signs_are_marked_alike():
    strength = np.abs(RNG.normal(size=(14, 14))).repeat(8, axis=0).repeat(8, axis=1)
    one, other = (strength * RNG.choice([-1, 1], strength.shape) for _ in range(2))

    assert marked_alike((one.astype(np.float32), Region()), (other.astype(np.float32), Region())) > 0.99
    assert marked_alike((SPOT, Region()), (-SPOT, Region())) == pytest.approx(1)


def test_unrelated_maps_are_not():
    pairs = [(RNG.normal(size=(224, 224)), RNG.normal(size=(224, 224))) for _ in range(5)]

    alike = [marked_alike((a.astype(np.float32), Region()), (b.astype(np.float32), Region())) for a, b in pairs]
    assert np.abs(np.mean(alike)) < 0.1


def test_grids_of_any_shape_can_be_compared():
    for shape in [(1, 1), (3, 40), (100, 9)]:
        grid = RNG.random(shape).astype(np.float32)
        assert marked_alike((grid, Region()), (NOISE, Region(0, 0, 0.5, 1))) <= 1


def test_seeds_of_one_image_count_as_one_value():
    found = mean_over_images([[0.0, 0.2], [0.4, 0.4, 0.4], []])

    assert found is not None
    assert (found.value, found.n) == (pytest.approx(0.25), 2)
    assert mean_over_images([[], []]) is None


def test_the_interval_of_a_correlation_stays_within_its_bounds():
    narrow = mean_over_images([[-0.9], [0.9]])
    wide = mean_over_images([[-0.9], [3.9]], highest=np.inf)

    assert narrow is not None
    assert wide is not None
    assert (narrow.low, narrow.high) == (-1, 1)
    assert wide.low == -1
    assert wide.high > 4


@pytest.mark.parametrize(
    ("alike", "vanished", "verdict"),
    [
        (Estimate(0.1, 0.0, 0.2, 5), 0, True),
        (Estimate(0.1, -0.2, 0.4, 5), 0, None),  # not shown to be below
        (Estimate(0.3, 0.29, 0.31, 5), 0, False),
        (Estimate(0.5, 0.4, 0.6, 5), 0, False),
        (Estimate(-0.6, -0.7, -0.5, 5), 0, True),
        (Estimate(0.1, 0.1, 0.1, 1), 0, None),
        (None, 6, True),
        (None, 1, None),
        (None, 0, None),
    ],
)
def test_passed_is_what_is_surely_below_the_limit_or_gives_no_map_at_all(alike, vanished, verdict):
    assert is_passed(alike, vanished=vanished) is verdict
