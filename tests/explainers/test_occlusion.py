import numpy as np
import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Subject
from explainers.occlusion import Occlusion


def count_pictures(network):
    """Return a list that takes the number of pictures of every forward pass from now on."""
    counted = []
    network.register_forward_pre_hook(lambda _network, inputs: counted.append(len(inputs[0])))
    return counted


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots, red_spot):
    saliency = Occlusion(window=8, stride=4).explain(spots_colours, two_spots, Target("red"))

    side = slice(round(red_spot.x_min * 96) - 4, round(red_spot.x_max * 96) + 4)
    positive = np.clip(saliency.heatmap, 0, None)
    assert positive[side, side].sum() / positive.sum() > 0.9


@pytest.mark.parametrize(("window", "stride"), [(24, 12), (24, 24), (30, 13), (10, 7)])
def test_the_map_is_that_of_captum(spots_colours, two_spots, window, stride):
    """Windows that do not end at the edge are cut there by both."""
    crop, _ = spots_colours.crop(two_spots)
    grey = spots_colours.normalise([np.full_like(crop, 128)])
    with torch.no_grad():
        expected = CaptumOcclusion(spots_colours.module).attribute(
            spots_colours.normalise([crop]),
            sliding_window_shapes=(3, window, window),
            strides=(3, stride, stride),
            baselines=grey,
            target=0,
        )[0, 0]

    saliency = Occlusion(window=window, stride=stride).explain(spots_colours, two_spots, Target("red"))

    np.testing.assert_allclose(saliency.heatmap, expected.numpy(), atol=1e-4 * abs(expected).max().item())


def test_a_pixel_holds_the_mean_fall_of_the_windows_that_cover_it(black_box, two_spots):
    method = Occlusion(window=60, stride=36, scale="probability", fill="mean")
    crop, _ = black_box.crop(two_spots)
    mean = crop.reshape(-1, 3).mean(axis=0).astype(np.uint8)

    def fall(rows, columns):
        covered = crop.copy()
        covered[rows, columns] = mean
        whole, hidden = black_box.scores([crop, covered])[:, 0]
        return whole - hidden

    first, last = slice(0, 60), slice(36, 96)
    falls = [[fall(rows, columns) for columns in (first, last)] for rows in (first, last)]

    saliency = method.explain(black_box, two_spots, Target("red"))

    assert saliency.forward_passes == 5
    assert saliency.heatmap[0, 0] == pytest.approx(falls[0][0], abs=1e-5)
    assert saliency.heatmap[50, 0] == pytest.approx((falls[0][0] + falls[1][0]) / 2, abs=1e-5)
    assert saliency.heatmap[50, 50] == pytest.approx(np.mean(falls), abs=1e-5)
    assert saliency.heatmap[95, 95] == pytest.approx(falls[1][1], abs=1e-5)


def test_classes_of_one_picture_share_every_forward_pass(spots_colours, two_spots):
    method = Occlusion()
    subjects = [Subject(two_spots, Target(label)) for label in ("red", "green")]

    counted = count_pictures(spots_colours.module)

    found = method.explain_each(spots_colours, subjects)

    assert sum(counted) == method.passes(spots_colours)[0] == sum(each.forward_passes for each in found)


def test_a_class_without_evidence_is_answered_with_the_reason_beside_the_others(spots_colours, two_spots):
    found = Occlusion().explain_each(spots_colours, [Subject(two_spots, Target(label)) for label in ("red", "blue")])

    assert found[0].heatmap.max() > 0
    assert found[0].forward_passes == Occlusion().passes(spots_colours)[0]
    assert isinstance(found[1], ExplanationError)


def test_windows_too_many_to_score_are_refused(spots_colours):
    with pytest.raises(ExplanationError, match="expected at most 100000"):
        Occlusion(window=1, stride=1).windows(400, 400)


def test_a_window_wider_than_the_picture_gives_the_reason(black_box, two_spots):
    with pytest.raises(ExplanationError, match="is the same everywhere"):
        Occlusion(window=500).explain(black_box, two_spots, Target("red"))
