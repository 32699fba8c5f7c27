import numpy as np
import pytest
from lime.lime_image import LimeImageExplainer

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.lime import LIME, fit_weights, hide_all
from explainers.picture.segments import superpixels


def test_the_evidence_lies_where_it_was_planted(black_box, two_spots, red_spot):
    saliency = LIME(samples=300, segments=20).explain(black_box, two_spots, Target("red"))

    side = slice(round(red_spot.x_min * 96) - 2, round(red_spot.x_max * 96) + 2)
    positive = np.clip(saliency.heatmap, 0, None)
    assert positive[side, side].sum() / positive.sum() > 0.9


def test_weights_equal_those_of_the_lime_library(black_box, two_spots):
    """Same superpixels, same draws, its own masking and regression."""
    crop, _ = black_box.crop(two_spots)
    numbers = superpixels(crop, 20)
    expected = LimeImageExplainer(random_state=5).explain_instance(
        crop,
        black_box.scores,
        labels=(0,),
        top_labels=None,
        num_samples=80,
        segmentation_fn=lambda _image: numbers,
        random_seed=0,  # the library would draw one from the generator of the samples
    )

    saliency = LIME(samples=80, segments=20, sampling="independent").explain(
        black_box, two_spots, Target("red"), seed=5
    )

    weights = np.zeros(numbers.max() + 1)
    for number, weight in expected.local_exp[0]:
        weights[number] = weight
    np.testing.assert_allclose(saliency.heatmap, weights[numbers], atol=1e-5)


def test_another_seed_draws_other_samples(black_box, two_spots):
    method = LIME(samples=30, segments=20)

    first, second = (method.explain(black_box, two_spots, Target("red"), seed=seed).heatmap for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_balanced_samples_hide_every_superpixel_equally_often():
    shown = LIME(samples=100)._draw(30, seed=0)

    assert (shown[0] == 1).all()
    assert (np.abs(shown[2:].sum(axis=0) - 49) <= 0).all()


def test_a_linear_score_is_recovered():
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 2, (4000, 5))
    shown[0] = 1
    truth = np.array([0.5, -0.25, 0.0, 0.125, 0.0])

    weights, fit = fit_weights(shown, shown @ truth + 0.1, seed=0)

    np.testing.assert_allclose(weights, truth, atol=2e-3)
    assert fit > 0.999


def test_a_poor_fit_is_told(two_spots, spots_colours):
    generator = np.random.default_rng(0)

    class Noisy(type(spots_colours)):
        def scores(self, crops):
            return generator.random((len(crops), 3))

    saliency = LIME(samples=400, segments=20).explain(Noisy(spots_colours.module, 96), two_spots, Target("red"))

    assert "explains only" in saliency.warnings[0]
    assert "More samples" in saliency.warnings[0]


def test_a_good_fit_is_not_commented_on(black_box, two_spots):
    assert not LIME(samples=120, segments=20).explain(black_box, two_spots, Target("red")).warnings


@pytest.mark.parametrize("fill", ["mean", "blur", "grey"])
def test_hidden_superpixels_lose_their_texture_in_the_way_chosen(two_spots, fill):
    numbers = superpixels(two_spots, 20)

    hidden = hide_all(two_spots, numbers, fill)

    assert hidden.dtype == np.uint8
    assert hidden[numbers == 3].std() < two_spots[numbers == 3].std()
    if fill == "mean":
        np.testing.assert_allclose(hidden[numbers == 3][0], two_spots[numbers == 3].mean(axis=0), atol=1)
    if fill == "grey":
        assert (hidden == 128).all()


def test_scores_that_do_not_change_give_the_reason(spots_colours, two_spots):
    class Constant(type(spots_colours)):
        def scores(self, crops):
            return np.full((len(crops), 3), 1 / 3, np.float32)

    with pytest.raises(ExplanationError, match="is the same everywhere"):
        LIME(samples=20).explain(Constant(spots_colours.module, 96), two_spots, Target("red"))


def test_scores_that_are_no_numbers_give_the_reason(spots_colours, two_spots):
    class Broken(type(spots_colours)):
        def scores(self, crops):
            return np.full((len(crops), 3), np.nan, np.float32)

    with pytest.raises(ExplanationError, match="not finite"):
        LIME(samples=20).explain(Broken(spots_colours.module, 96), two_spots, Target("red"))


def test_a_picture_that_slic_would_merge_into_one_still_has_superpixels(photo):
    numbers = superpixels(photo, 12)

    assert 6 <= numbers.max() + 1 <= 24
    assert set(np.unique(numbers)) == set(range(numbers.max() + 1))
