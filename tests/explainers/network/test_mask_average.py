import numpy as np
import torch

from explainers.network.mask_average import MaskAverage


def average(masks, scores, sizes):
    found = MaskAverage()
    first = 0
    for size in sizes:
        part = slice(first, first + size)
        found.add(part, torch.from_numpy(masks[part]), scores[part])
        first += size
    return found


def test_the_map_is_the_mean_score_where_a_pixel_is_shown_above_the_mean():
    rng = np.random.default_rng(0)
    masks, scores = rng.random((30, 5, 6), dtype=np.float32), 100 + rng.random((30, 2))
    expected = np.einsum("nc,nhw->chw", scores - scores.mean(axis=0), masks) / masks.sum(axis=0)

    found = average(masks, scores, [7, 13, 10]).maps()

    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_halves_agree_on_what_is_there_and_not_on_chance():
    rng = np.random.default_rng(0)
    masks = rng.random((4000, 8, 8), dtype=np.float32)
    scores = np.stack([masks[:, 2, 3] + masks[:, 5, 5], rng.random(4000), np.ones(4000)], axis=1)

    real, chance, constant = average(masks, scores, [4000]).agreement()

    assert real > 0.9
    assert abs(chance) < 0.4
    assert constant == 0


def test_a_pixel_that_was_never_shown_is_no_division_by_zero():
    masks = np.ones((4, 2, 2), np.float32)
    masks[:, 0, 0] = 0

    assert np.isfinite(average(masks, np.arange(4.0)[:, None], [4]).maps()).all()
