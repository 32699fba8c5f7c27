import numpy as np
import pytest

from explainers.picture.fills import hide_picture, hide_segments
from explainers.picture.superpixels import cut_superpixels


@pytest.mark.parametrize("fill", ["mean", "blur", "grey"])
def test_hidden_segments_lose_their_texture_in_the_way_chosen(two_spots, fill):
    numbers = cut_superpixels(two_spots, "slic", 20)

    hidden = hide_segments(two_spots, numbers, fill)

    assert hidden.dtype == np.uint8
    assert hidden[numbers == 3].std() < two_spots[numbers == 3].std()
    if fill == "mean":
        np.testing.assert_allclose(hidden[numbers == 3][0], two_spots[numbers == 3].mean(axis=0), atol=1)
    if fill == "grey":
        assert (hidden == 128).all()


def test_a_hidden_picture_has_its_mean_colour(two_spots):
    hidden = hide_picture(two_spots, "mean")

    assert (hidden == hidden[0, 0]).all()
    np.testing.assert_allclose(hidden[0, 0], two_spots.reshape(-1, 3).mean(axis=0), atol=1)


@pytest.mark.parametrize("fill", ["mean", "blur", "grey"])
def test_a_picture_of_one_pixel_can_be_hidden(fill):
    assert hide_picture(np.full((1, 1, 3), 200, np.uint8), fill).shape == (1, 1, 3)
