import numpy as np
import pytest
import torch
from lime.lime_image import LimeImageExplainer

from domain.errors import Cancelled, ExplanationError
from domain.explanation import Target
from explainers import EXPLAINERS
from explainers.base import Subject
from explainers.lime import LEADERS, LIME, is_settled
from explainers.linear_model import LinearModel
from explainers.parameters import build_explainer
from explainers.picture.superpixels import cut_superpixels

AS_IN_LIME = {
    "segmentation": "quickshift",
    "sampling": "independent",
    "fill": "mean",
    "scale": "probability",
    "stop_early": False,
}


def count_pictures(network):
    """Return a list that takes the number of pictures of every forward pass from now on."""
    counted = []
    network.register_forward_pre_hook(lambda _network, inputs: counted.append(len(inputs[0])))
    return counted


@pytest.fixture
def mottled():
    """(96, 96, 3): patches of many colours, red among them, for quickshift to find."""
    coarse = np.random.default_rng(3).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    coarse[2, 2] = (250, 10, 10)
    return coarse.repeat(12, axis=0).repeat(12, axis=1)


def weights_of_lime(crop, scores, *, label, samples, seed):
    """Return the map of the lime library, called as its own tutorial calls it."""
    found = LimeImageExplainer(random_state=seed).explain_instance(
        crop, scores, labels=(label,), top_labels=None, num_samples=samples
    )
    weights = np.zeros(found.segments.max() + 1)
    for number, weight in found.local_exp[label]:
        weights[number] = weight
    return weights[found.segments], found.segments


def test_the_evidence_lies_where_it_was_planted(black_box, spots_colours, two_spots, red_spot):
    for model in (black_box, spots_colours):
        saliency = LIME(samples=300, segments=20).explain(model, two_spots, Target("red"))

        side = slice(round(red_spot.x_min * 96) - 2, round(red_spot.x_max * 96) + 2)
        positive = np.clip(saliency.heatmap, 0, None)
        assert positive[side, side].sum() / positive.sum() > 0.9


@pytest.mark.parametrize("seed", [0, 5])
def test_the_lime_library_is_reproduced_from_within_a_network_and_from_outside(black_box, spots_colours, mottled, seed):
    crop, _ = black_box.crop(mottled)
    expected, segments = weights_of_lime(crop, black_box.scores, label=0, samples=200, seed=seed)

    for model in (black_box, spots_colours):
        saliency = LIME(samples=200, **AS_IN_LIME).explain(model, mottled, Target("red"), seed=seed)

        np.testing.assert_allclose(saliency.heatmap, expected, atol=1e-5)
        assert saliency.forward_passes == 200
    np.testing.assert_array_equal(cut_superpixels(crop, "quickshift", 0), segments)
    assert abs(expected).max() > 1e-3


def test_it_goes_by_the_name_eazyml_gives_it():
    assert EXPLAINERS["image-lime"] is LIME
    assert EXPLAINERS.own_name("image-lime") == "lime"
    assert build_explainer("image-lime", {"samples": 20}) == LIME(samples=20)


def test_another_seed_draws_other_samples(black_box, two_spots):
    method = LIME(samples=30, segments=20)

    first, second = (method.explain(black_box, two_spots, Target("red"), seed=seed).heatmap for seed in (0, 1))

    assert not np.array_equal(first, second)


def test_balanced_samples_hide_every_superpixel_equally_often():
    shown = LIME(samples=100).draw(30, seed=0)

    assert (shown[0] == 1).all()
    assert (np.abs(shown[2:].sum(axis=0) - 49) <= 0).all()


def test_classes_of_one_picture_share_every_forward_pass(spots_colours, two_spots):
    method = LIME(samples=40, segments=20)
    subjects = [Subject(two_spots, Target(label)) for label in ("red", "green")]
    alone = [method.explain(spots_colours, two_spots, subject.target, seed=3) for subject in subjects]

    counted = count_pictures(spots_colours.module)

    together = method.explain_each(spots_colours, subjects, seed=3)

    assert sum(counted) == 40
    assert sum(each.forward_passes for each in together) == 40
    for one, other in zip(alone, together, strict=True):
        assert one.heatmap.tobytes() == other.heatmap.tobytes()


def test_sampling_stops_early_when_the_leaders_are_settled(spots_colours, two_spots):
    method = LIME(samples=2000, segments=20)
    reports = []

    saliency = method.explain(
        spots_colours, two_spots, Target("red"), report=lambda done, total: reports.append((done, total))
    )

    assert 100 <= saliency.forward_passes < 1000
    assert reports[-1][0] == reports[-1][1]


def test_whether_leaders_are_settled_is_judged_by_the_share_of_samples_left(monkeypatch, spots_colours, two_spots):
    left_over = []
    monkeypatch.setattr("explainers.lime.is_settled", lambda _model, *, left: left_over.append(left))

    LIME(samples=240, segments=20).explain(spots_colours, two_spots, Target("red"))

    assert left_over == [pytest.approx(1 - stop / 240) for stop in (126, 168, 210, 240)]


def test_every_sample_is_taken_when_stopping_early_is_off(spots_colours, two_spots):
    saliency = LIME(samples=300, segments=20, stop_early=False).explain(spots_colours, two_spots, Target("red"))

    assert saliency.forward_passes == 300


def test_leaders_are_settled_when_the_samples_left_cannot_swap_them():
    weights = np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.0])
    sure, unsure = (LinearModel(weights, error**2 * np.eye(7), fit=0.9) for error in (0.01, 0.1))

    assert is_settled(sure, left=0.9)
    assert not is_settled(unsure, left=0.9)
    assert is_settled(unsure, left=0.05)
    assert not is_settled(LinearModel(weights, np.full((7, 7), np.inf), fit=0.9), left=0.9)
    assert is_settled(LinearModel(weights[:LEADERS], np.eye(LEADERS), fit=0.9), left=0.9)


class Noisy:
    """Gives scores that have nothing to do with the picture."""

    def __init__(self, model):
        self.info, self.crop = model.info, model.crop
        self._generator = np.random.default_rng(0)

    def scores(self, crops):
        return self._generator.random((len(crops), 3))


def test_a_poor_fit_is_told_with_the_interval_of_the_strongest_superpixel(two_spots, black_box):
    warnings = LIME(samples=200, segments=20).explain(Noisy(black_box), two_spots, Target("red")).warnings

    assert any("explains only" in warning and "R² = " in warning for warning in warnings)
    assert any("after 200 samples" in warning and "95 % interval -" in warning for warning in warnings)


def test_hardly_more_samples_than_superpixels_are_told(two_spots, black_box):
    warnings = LIME(samples=20, segments=40).explain(black_box, two_spots, Target("red")).warnings

    assert any("hardly more samples than superpixels" in warning for warning in warnings)


def test_a_good_fit_is_not_commented_on(black_box, two_spots):
    assert not LIME(samples=120, segments=20).explain(black_box, two_spots, Target("red")).warnings


def test_scores_that_do_not_change_give_the_reason(black_box, two_spots):
    class Constant(Noisy):
        def scores(self, crops):
            return np.full((len(crops), 3), 1 / 3, np.float32)

    with pytest.raises(ExplanationError, match="is the same whatever is hidden"):
        LIME(samples=20).explain(Constant(black_box), two_spots, Target("red"))


def test_scores_that_are_no_numbers_give_the_reason(black_box, spots_colours, two_spots):
    class Broken(Noisy):
        def scores(self, crops):
            return np.full((len(crops), 3), np.nan, np.float32)

    with torch.no_grad():
        spots_colours.module[5].bias.fill_(np.nan)
    for model in (Broken(black_box), spots_colours):
        with pytest.raises(ExplanationError, match="not finite"):
            LIME(samples=20).explain(model, two_spots, Target("red"))


@pytest.mark.parametrize("segmentation", ["slic", "quickshift"])
@pytest.mark.parametrize("shape", [(96, 96, 3), (1, 1, 3)])
def test_a_constant_picture_gives_the_reason(black_box, segmentation, shape):
    with pytest.raises(ExplanationError, match="changes nothing"):
        LIME(samples=20, segmentation=segmentation).explain(black_box, np.full(shape, 90, np.uint8), Target("red"))


def test_a_picture_of_one_superpixel_gives_the_reason(wrap_classifier, spots_colours, two_spots):
    with pytest.raises(ExplanationError, match="one superpixel"):
        LIME(samples=20, segmentation="quickshift").explain(
            wrap_classifier(spots_colours.module, 8), two_spots // 16 + 100, Target("red")
        )


def test_a_picture_of_20000_pixels_is_explained(black_box):
    strip = np.random.default_rng(0).integers(0, 256, (24, 20000, 3), dtype=np.uint8)

    saliency = LIME(samples=40, segments=12).explain(black_box, strip, Target("red"))

    assert saliency.heatmap.shape == (96, 96)
    assert saliency.region.x_max - saliency.region.x_min == pytest.approx(24 / 20000)


def test_a_cancelled_run_scores_no_further(spots_colours, two_spots):
    def cancel_after_the_first(done, total):
        if done:
            raise Cancelled("Stopped.")

    counted = count_pictures(spots_colours.module)
    with pytest.raises(Cancelled):
        LIME(samples=400).explain(spots_colours, two_spots, Target("red"), report=cancel_after_the_first)

    assert len(counted) == 1
