import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from explainers.network.mask_average import MaskAverage
from explainers.network.random_masks import draw_masks
from explainers.objects.mask_regression import MaskRegression, rank_correlation

CELLS, SIDE = 8, 24


def draw(count, *, seed=0, keep=0.5):
    masks = draw_masks(count, (SIDE, SIDE), cells=CELLS, keep=keep, seed=seed, device=torch.device("cpu"))
    return masks.make(slice(0, count)).double().numpy()


def regress(masks, scores, *, sizes=(64,)):
    found = MaskRegression(cells=CELLS)
    first = 0
    while first < len(masks):
        part = slice(first, first + sizes[first % len(sizes)])
        found.add(masks[part], scores[part])
        first = part.stop
    return found


@pytest.fixture
def truth():
    """What adds to a score: a square of 6 x 6 points; what takes away from it: another."""
    values = np.zeros((SIDE, SIDE))
    values[4:10, 3:9] = 1 / 36
    values[15:21, 12:18] = -0.5 / 36
    return values


def score(masks, truth, noise):
    scores = np.einsum("nhw,hw->n", masks, truth)
    return (scores + noise * np.random.default_rng(0).normal(size=len(masks)))[:, None]


def positive_share(values, truth):
    positive = np.maximum(values, 0)
    return positive[truth > 0].sum() / positive.sum()


def test_evidence_is_where_it_was_planted_and_keeps_its_sign(truth):
    masks = draw(500)
    scores = score(masks, truth, noise=0.05)
    average = MaskAverage()
    average.add(slice(0, 500), torch.from_numpy(masks), scores)

    found = regress(masks, scores).fit().certain[0]

    assert positive_share(found, truth) > 0.9
    assert positive_share(-found, -truth) > 0.8
    assert positive_share(average.maps()[0], truth) < 0.5, "the mean of the masks smears it"


def test_values_add_up_to_the_change_from_all_hidden_to_all_shown(truth):
    masks = draw(2000)

    likely = regress(masks, score(masks, truth, noise=0.01)).fit().likely[0]

    assert likely.sum() == pytest.approx(truth.sum(), abs=0.05)


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.8])
def test_chance_is_drawn_to_nothing(keep):
    blank = []
    for seed in range(10):
        masks = draw(300, seed=seed, keep=keep)
        fit = regress(masks, np.random.default_rng(seed).normal(size=(300, 1))).fit()
        assert fit.likely.any()
        blank.append((fit.certain == 0).mean())

    assert np.mean(blank) > 0.98


def test_scores_that_never_change_give_a_blank_map():
    fit = regress(draw(100), np.full((100, 2), 0.7)).fit()

    assert not fit.likely.any()
    assert fit.likely.shape == (2, SIDE, SIDE)


def test_a_box_has_the_same_map_alone_and_with_others_however_the_masks_come(truth):
    masks = draw(256)
    scores = np.concatenate([score(masks, truth, 0.1), score(masks, truth.T, 0.2)], axis=1)

    together = regress(masks, scores).fit().certain
    alone = regress(masks, scores[:, 1:], sizes=(128,)).fit().certain

    np.testing.assert_allclose(together[1], alone[0], atol=1e-9)


def test_halves_agree_on_what_is_there_and_not_on_chance(truth):
    masks = draw(800)
    chance = np.random.default_rng(3).normal(size=(800, 1))
    scores = np.concatenate([score(masks, truth, noise=0.02), chance, np.ones((800, 1))], axis=1)

    real, noise, constant = regress(masks, scores).agreement()

    assert real > 0.8
    assert abs(noise) < 0.2
    assert constant == 0


def test_agreement_goes_by_ranks_so_that_the_scale_of_scores_does_not_matter(truth):
    masks = draw(400)
    scores = score(masks, truth, noise=0.05)

    [one], [other] = regress(masks, scores).agreement(), regress(masks, 1000 * scores).agreement()

    assert one == pytest.approx(other)
    rising = np.random.default_rng(0).normal(size=100)
    assert rank_correlation(rising, np.exp(3 * rising)) == pytest.approx(1)


def test_equal_values_share_their_rank():
    generator = np.random.default_rng(0)
    one, other = (np.maximum(generator.normal(size=200), 0) for _ in range(2))

    assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert rank_correlation(one, np.zeros(200)) == 0


def test_few_masks_are_no_error():
    for count in (1, 2, 3, 5):
        fit = regress(draw(count), np.arange(count, dtype=float)[:, None]).fit()
        assert np.isfinite(fit.certain).all()
        assert np.isfinite(fit.likely).all()
