import numpy as np
import pytest

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Subject
from explainers.rise import RISE


def count_pictures(network):
    """Return a list that takes the number of pictures of every forward pass from now on."""
    counted = []
    network.register_forward_pre_hook(lambda _network, inputs: counted.append(len(inputs[0])))
    return counted


@pytest.mark.parametrize("fill", ["grey", "mean", "blur"])
def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots, red_spot, fill):
    """A cell is as wide as the spot is far from its neighbours, so that half a cell is added on each side."""
    saliency = RISE(samples=2000, cells=12, fill=fill, stop_early=False).explain(
        spots_colours, two_spots, Target("red")
    )

    side = slice(round(red_spot.x_min * 96) - 4, round(red_spot.x_max * 96) + 4)
    positive = np.clip(saliency.heatmap, 0, None)
    positive[positive < 0.3 * positive.max()] = 0  # chance, all over the picture
    assert positive[side, side].sum() / positive.sum() > 0.9


def test_the_map_equals_the_definition(black_box, two_spots):
    """Masks, scores and average by the paper's words, one after the other."""
    from explainers.network.class_scores import log_odds
    from explainers.network.random_masks import draw_masks

    torch = pytest.importorskip("torch")
    method = RISE(samples=60, cells=5, keep=0.4, stop_early=False)
    masks = draw_masks(60, (96, 96), cells=5, keep=0.4, seed=2, device=torch.device("cpu")).make(slice(0, 60)).numpy()
    crop, _ = black_box.crop(two_spots)
    masked = [np.rint(crop * mask[..., None] + 128.0 * (1 - mask[..., None])).astype(np.uint8) for mask in masks]
    scores = log_odds(black_box.scores(masked)[:, 0].astype(np.float64))
    expected = np.einsum("n,nhw->hw", scores - scores.mean(), masks) / masks.sum(axis=0)

    saliency = method.explain(black_box, two_spots, Target("red"), seed=2)

    np.testing.assert_allclose(saliency.heatmap, expected, atol=1e-3 * abs(expected).max())


def test_classes_of_one_picture_share_every_forward_pass(spots_colours, two_spots):
    method = RISE(samples=60)
    subjects = [Subject(two_spots, Target(label)) for label in ("red", "green", "red")]

    counted = count_pictures(spots_colours.module)

    found = method.explain_each(spots_colours, subjects)

    assert sum(counted) == 60
    assert [each.forward_passes for each in found] == [20, 20, 20]
    assert found[0].heatmap.tobytes() == found[2].heatmap.tobytes() != found[1].heatmap.tobytes()


def test_sampling_stops_when_two_halves_agree(spots_colours, two_spots):
    early = RISE(samples=4000, cells=4).explain(spots_colours, two_spots, Target("red"))
    full = RISE(samples=4000, cells=4, stop_early=False).explain(spots_colours, two_spots, Target("red"))

    assert 200 <= early.forward_passes < 4000 == full.forward_passes
    assert np.corrcoef(early.heatmap.ravel(), full.heatmap.ravel())[0, 1] > 0.9


def test_halves_that_do_not_agree_are_told(black_box, two_spots):
    generator = np.random.default_rng(0)

    class Noisy:
        info, crop = black_box.info, staticmethod(black_box.crop)

        def scores(self, crops):
            return generator.random((len(crops), 3))

    [warning] = RISE(samples=60, cells=12).explain(Noisy(), two_spots, Target("red")).warnings

    assert "correlation of only" in warning
    assert "More samples" in warning


def test_a_picture_that_looks_hidden_already_gives_the_reason(black_box):
    with pytest.raises(ExplanationError, match="changes nothing"):
        RISE(samples=20).explain(black_box, np.full((40, 40, 3), 128, np.uint8), Target("red"))


def test_the_fast_precision_is_told_where_only_scores_are_given(black_box, two_spots):
    warnings = RISE(samples=200, cells=4, precision="fast").explain(black_box, two_spots, Target("red")).warnings

    assert any("precision cannot be chosen" in warning for warning in warnings)
