import numpy as np

from domain.explanation import Region
from explainers.picture import segments
from explainers.picture.region_view import LONGEST_SIDE, view_regions


def draw_square(height, width, top, left, side):
    image = np.random.default_rng(0).integers(100, 112, (height, width, 3), dtype=np.uint8)
    image[top : top + side, left : left + side] = (230, 30, 30)
    return image


def test_coarse_evidence_takes_the_shape_of_the_object_under_it():
    image = draw_square(96, 128, 32, 64, 32)
    evidence = np.zeros((6, 8), np.float32)
    evidence[2:4, 4:6] = 1

    heatmap, region = view_regions(evidence, Region(), image)

    assert heatmap.shape == (96, 128)
    assert region == Region()
    inside = heatmap[34:62, 66:94]
    assert inside.min() > 0.5
    assert heatmap[:20].max() < 0.1


def test_evidence_that_hangs_over_the_edge_is_laid_where_it_belongs():
    image = draw_square(96, 96, 48, 64, 32)
    evidence = np.zeros((8, 8), np.float32)
    evidence[3:5, 4:6] = 1  # cells of 16 pixels, on a grid that reaches 128

    heatmap, _ = view_regions(evidence, Region(x_max=128 / 96, y_max=128 / 96), image)

    assert heatmap[52:76, 68:92].min() > 0.6
    assert heatmap[:, :40].max() < 0.1


def test_large_pictures_are_cut_at_a_bounded_size(monkeypatch):
    seen = []
    monkeypatch.setattr(segments, "felzenszwalb", lambda small, **_: seen.append(small) or np.ones((224, 224), int))
    image = np.zeros((300, 20000, 3), np.uint8)
    image[:, 10000:] = 200

    heatmap, _ = view_regions(np.array([[0.0, 1.0]], np.float32), Region(), image)

    assert heatmap.shape == (8, LONGEST_SIDE)
    assert len(seen) == len(segments.SCALES)


def test_one_pixel_of_evidence_is_the_same_everywhere():
    heatmap, _ = view_regions(np.array([[2.0]], np.float32), Region(), draw_square(40, 40, 8, 8, 16))

    assert (heatmap == 2).all()
