import numpy as np
from skimage.morphology import dilation, disk
from skimage.segmentation import felzenszwalb

from explainers.picture import segments
from explainers.picture.segments import grow_segments, multiscale_regions


def test_segments_grow_like_a_dilation_of_the_whole_picture(photo):
    labels = felzenszwalb(photo, scale=30, sigma=0.5, min_size=20)

    grown = grow_segments(labels)

    assert len(grown) == labels.max() + 1 > 5
    for number, pixels in enumerate(grown):
        expected = dilation(labels == number, disk(5))
        np.testing.assert_array_equal(pixels, np.flatnonzero(expected))


def test_missing_numbers_are_no_segments():
    labels = np.array([[0, 0, 3, 3]])

    assert len(grow_segments(labels)) == 2


def test_regions_of_six_scales_cover_the_picture_again_and_again(photo):
    regions = multiscale_regions(photo)

    assert regions.shape == photo.shape[:2]
    assert np.bincount(regions.pixels, minlength=90 * 120).min() >= 6


def test_regions_are_kept_for_the_same_picture_only(photo):
    first = multiscale_regions(photo)

    assert multiscale_regions(photo.copy()) is first
    assert multiscale_regions(photo[::-1].copy()) is not first


def test_only_the_last_pictures_are_kept(photo, monkeypatch):
    monkeypatch.setattr(segments, "KEPT", 2)
    pictures = [photo[:40, :40], photo[:40, 40:80], photo[40:80, :40]]

    regions = [multiscale_regions(picture) for picture in pictures]

    assert multiscale_regions(pictures[2]) is regions[2]
    assert multiscale_regions(pictures[0]) is not regions[0]
