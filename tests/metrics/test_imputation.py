import numpy as np
import pytest

from metrics.imputation import impute, solve

RNG = np.random.default_rng(5)
PHOTO = RNG.integers(0, 256, (24, 31, 3), dtype=np.uint8)
WEIGHTS = {(y, x): (1 / 12 if x and y else 1 / 6) for y in (-1, 0, 1) for x in (-1, 0, 1) if x or y}


def rng():
    return np.random.default_rng(0)


def test_pixels_that_are_not_hidden_keep_their_value():
    hidden = RNG.random((24, 31)) < 0.6
    filled = impute(PHOTO, hidden, rng=rng())

    assert (filled.dtype, filled.shape) == (np.uint8, PHOTO.shape)
    np.testing.assert_array_equal(filled[~hidden], PHOTO[~hidden])
    assert (filled[hidden] != PHOTO[hidden]).mean() > 0.9
    np.testing.assert_array_equal(impute(PHOTO, np.zeros((24, 31), bool), rng=rng()), PHOTO)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_each_hidden_pixel_is_the_weighted_mean_of_its_eight_neighbours(share):
    hidden = RNG.random((24, 31)) < share
    solved = solve(PHOTO.astype(float), hidden)

    for row, column in zip(*np.nonzero(hidden), strict=True):
        near = [(row + y, column + x, weight) for (y, x), weight in WEIGHTS.items()]
        inside = [(y, x, weight) for y, x, weight in near if 0 <= y < 24 and 0 <= x < 31]
        mean = sum(weight * solved[y, x] for y, x, weight in inside) / sum(weight for *_, weight in inside)
        np.testing.assert_allclose(solved[row, column], mean, atol=1e-6)


def test_a_hole_in_a_slope_is_filled_by_the_slope():
    slope = np.repeat(np.arange(20.0)[:, None, None] * 5, 20, axis=1).repeat(3, axis=2)
    hidden = np.zeros((20, 20), bool)
    hidden[5:15, 4:16] = True

    np.testing.assert_allclose(solve(np.where(hidden[..., None], 0, slope), hidden), slope, atol=1e-6)


def test_the_noise_has_one_per_cent_of_the_range_and_the_given_seed():
    grey = np.full((60, 60, 3), 128, np.uint8)
    hidden = np.zeros((60, 60), bool)
    hidden[5:55, 5:55] = True

    filled = impute(grey, hidden, rng=rng())
    assert filled[hidden].std() == pytest.approx(2.55, rel=0.05)
    assert filled[hidden].mean() == pytest.approx(128, abs=0.2)
    np.testing.assert_array_equal(filled, impute(grey, hidden, rng=rng()))


def test_a_picture_without_a_known_pixel_becomes_its_mean_colour():
    filled = impute(PHOTO, np.ones((24, 31), bool), rng=rng())

    np.testing.assert_allclose(filled.mean(axis=(0, 1)), PHOTO.mean(axis=(0, 1)), atol=0.5)


def test_a_large_picture_is_filled_on_a_coarser_grid_almost_as_on_its_own():
    down, across = np.mgrid[:520, :300] / 60
    smooth = np.stack([np.sin(down) + across / 5, np.cos(across), np.sin(down * across / 5)], axis=-1)
    photo = np.rint(127 + 50 * smooth).clip(0, 255).astype(np.uint8)
    hidden = np.zeros((520, 300), bool)
    hidden[100:300, 50:250] = True

    filled = impute(photo, hidden, rng=rng()).astype(float)
    difference = np.abs(filled - solve(photo.astype(float), hidden))[hidden]
    assert difference.mean() < 3  # 2 of which are the noise
    assert np.percentile(difference, 99) < 10


def test_single_known_pixels_of_a_large_picture_are_not_overlooked():
    photo = np.full((300, 600, 3), 40, np.uint8)
    photo[:, 300:] = 200
    hidden = np.ones((300, 600), bool)
    hidden[::9, ::9] = False

    filled = impute(photo, hidden, rng=rng()).astype(float)
    assert np.abs(filled - photo)[:, :280].mean() < 4
    assert np.abs(filled - photo)[:, 320:].mean() < 4
