import numpy as np
from lime.wrappers.scikit_image import SegmentationAlgorithm

from explainers.picture.superpixels import cut_superpixels


def test_quickshift_is_that_of_the_lime_library(photo):
    expected = SegmentationAlgorithm("quickshift", kernel_size=4, max_dist=200, ratio=0.2, random_seed=7)(photo)

    np.testing.assert_array_equal(cut_superpixels(photo, "quickshift", 60), expected)


def test_slic_makes_about_as_many_as_asked_numbered_without_gaps(photo):
    numbers = cut_superpixels(photo, "slic", 12)

    assert 6 <= numbers.max() + 1 <= 24
    assert set(np.unique(numbers)) == set(range(numbers.max() + 1))


def test_superpixels_of_a_picture_are_kept_and_a_caller_cannot_spoil_them(photo, monkeypatch):
    kept = cut_superpixels(photo, "slic", 20)
    expected = kept.copy()
    monkeypatch.setattr("explainers.picture.superpixels.slic_superpixels", None)

    for _ in range(2):
        kept[:] = 0
        kept = cut_superpixels(photo, "slic", 20)
        np.testing.assert_array_equal(kept, expected)
