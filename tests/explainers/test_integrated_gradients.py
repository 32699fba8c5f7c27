from contextlib import suppress

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients as Captum
from scipy.stats import spearmanr
from torch import nn
from torchvision.models import resnet50

from domain.errors import ExplanationError
from domain.explanation import Target
from explainers.base import Subject
from explainers.integrated_gradients import Baseline, IntegratedGradients
from explainers.network import path_gradients
from explainers.network.precision import can_be_fast


def positive_share(heatmap, rows, columns):
    positive = np.clip(heatmap, 0, None)
    return positive[rows, columns].sum() / positive.sum()


def test_the_evidence_lies_where_it_was_planted(spots_colours, two_spots):
    saliency = IntegratedGradients(n_steps=12, baseline="black").explain(spots_colours, two_spots, Target("red"))

    spot = slice(16, 40)
    assert saliency.heatmap.shape == (96, 96)
    assert positive_share(saliency.heatmap, spot, spot) > 0.9


def test_another_class_has_its_evidence_elsewhere(spots_colours, two_spots):
    saliency = IntegratedGradients(n_steps=12, baseline="black").explain(spots_colours, two_spots, Target("green"))

    spot = slice(56, 80)
    assert positive_share(saliency.heatmap, spot, spot) > 0.9


def test_random_weights_lose_the_planted_evidence(spots_colours, two_spots):
    spot = slice(16, 40)
    shares = []
    for seed in range(8):
        randomise(spots_colours.module, seed)
        with suppress(ExplanationError):
            saliency = IntegratedGradients(n_steps=12, baseline="black").explain(
                spots_colours, two_spots, Target("red")
            )
            shares.append(positive_share(saliency.heatmap, spot, spot))

    assert len(shares) > 3
    assert np.mean(shares) < 0.6


def randomise(network, seed):
    torch.manual_seed(seed)
    for layer in network:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()


def test_by_default_the_map_is_captums_with_azures_rule(cnn, photo):
    crop, _ = cnn.crop(photo)
    inputs = cnn.normalise([crop])
    expected = Captum(cnn.module).attribute(inputs, target=0, n_steps=50, method="riemann_middle")

    saliency = IntegratedGradients().explain(cnn, photo, Target("red"))

    np.testing.assert_allclose(
        saliency.heatmap, expected[0].sum(dim=0), rtol=1e-4, atol=1e-4 * abs(saliency.heatmap).max()
    )


@pytest.mark.parametrize("baseline", [*Baseline])
def test_the_map_adds_up_to_the_change_of_the_logit(cnn, photo, baseline):
    crop, _ = cnn.crop(photo)
    method = IntegratedGradients(n_steps=200, baseline=baseline)
    inputs = cnn.normalise([crop])
    with torch.no_grad():
        changes = cnn.module(inputs)[0, 0] - cnn.module(method.make_baselines(cnn, crop))[:, 0]

    saliency = method.explain(cnn, photo, Target("red"))

    assert saliency.completeness_gap < 0.05
    allowed = 0.05 * float(changes.abs().mean())
    assert saliency.heatmap.sum() == pytest.approx(float(changes.mean()), abs=allowed)
    assert not saliency.warnings


def test_the_mean_colour_is_zero_for_the_network(wrap_classifier, photo):
    network = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Flatten(), nn.Linear(3 * 36, 3)).eval()
    model = wrap_classifier(network, 8, mean=(0.4, 0.5, 0.6), std=(0.2, 0.2, 0.2))
    crop, _ = model.crop(photo)

    assert not IntegratedGradients().make_baselines(model, crop).any()
    black = IntegratedGradients(baseline="black").make_baselines(model, crop)
    assert black[0, :, 0, 0].tolist() == pytest.approx([-2, -2.5, -3])
    both = IntegratedGradients(baseline="black_and_white").make_baselines(model, crop)
    assert both[:, 0, 0, 0].tolist() == pytest.approx([-2, 3])


def test_two_baselines_give_the_average(cnn, photo):
    black, white, both = (
        IntegratedGradients(n_steps=8, baseline=baseline).explain(cnn, photo, Target("red")).heatmap
        for baseline in ("black", "white", "black_and_white")
    )

    np.testing.assert_allclose(both, (black + white) / 2, atol=1e-5 * abs(both).max())


def test_a_large_gap_is_told_with_the_way_out(spots_colours, two_spots):
    method = IntegratedGradients(n_steps=3, approximation_method="riemann_left", baseline="black")

    saliency = method.explain(spots_colours, two_spots, Target("red"))

    assert saliency.completeness_gap > 0.05
    assert "More than 3 steps make the map more exact." in saliency.warnings[0]


def test_classes_of_one_picture_share_its_forward_passes(cnn, photo):
    method = IntegratedGradients(n_steps=10)
    labels = ("red", "green", "red")

    found = method.explain_each(cnn, [Subject(photo, Target(label)) for label in labels])

    maps = [each for each in found if not isinstance(each, ExplanationError)]
    assert len(maps) >= 2
    assert sum(each.forward_passes for each in maps) in (0, 12)
    for each, label in zip(found, labels, strict=True):
        if not isinstance(each, ExplanationError):
            alone = method.explain(cnn, photo, Target(label))
            np.testing.assert_allclose(each.heatmap, alone.heatmap, atol=1e-6 * abs(alone.heatmap).max())


def test_the_picture_that_is_the_baseline_has_no_map(cnn):
    black = np.zeros((50, 60, 3), np.uint8)

    with pytest.raises(ExplanationError, match="is the same everywhere: every value in the integrated gradients is 0"):
        IntegratedGradients(baseline="black").explain(cnn, black, Target("red"))


def test_weights_that_are_no_numbers_are_told(spots_colours, two_spots):
    with torch.no_grad():
        spots_colours.module[0].weight.fill_(np.nan)

    with pytest.raises(ExplanationError, match="are not finite numbers"):
        IntegratedGradients(n_steps=4).explain(spots_colours, two_spots, Target("red"))


def test_a_picture_too_large_for_memory_is_told(wrap_classifier, photo):
    class Greedy(nn.Module):
        def forward(self, _pictures):
            raise torch.OutOfMemoryError("out of memory")

    with pytest.raises(ExplanationError, match="Memory ran out with a single picture of 8 x 8 pixels"):
        IntegratedGradients().explain(wrap_classifier(Greedy(), 8), photo, Target("red"))


def test_fast_is_nearly_exact_or_says_why_not(cnn, photo):
    exact, fast = (
        IntegratedGradients(n_steps=10, precision=precision).explain(cnn, photo, Target("red"))
        for precision in ("exact", "fast")
    )

    assert spearmanr(exact.heatmap.ravel(), fast.heatmap.ravel()).statistic > 0.95
    told = any("does not compute in bfloat16" in warning for warning in fast.warnings)
    assert told == np.array_equal(exact.heatmap, fast.heatmap)


def test_fast_makes_good_what_rounding_does_alike_at_every_point(wrap_classifier, photo, monkeypatch):
    """Without biases all gradients along the path are the same, and so are their errors."""
    if not can_be_fast(torch.device("cpu")):
        pytest.skip("This processor does not compute in bfloat16.")
    torch.manual_seed(0)
    model = wrap_classifier(resnet50(weights=None, num_classes=3).eval(), 64, mean=0.5, std=0.2)
    exact, fast = (
        IntegratedGradients(n_steps=10, precision=precision).explain(model, photo, Target("red"))
        for precision in ("exact", "fast")
    )

    monkeypatch.setattr(path_gradients, "shared_error", lambda first, _second: torch.zeros_like(first))
    left_alone = IntegratedGradients(n_steps=10, precision="fast").explain(model, photo, Target("red"))

    good, alone = (spearmanr(exact.heatmap.ravel(), each.heatmap.ravel()).statistic for each in (fast, left_alone))
    assert good > 0.98
    assert 1 - good < 0.5 * (1 - alone)


def test_classes_that_share_passes_are_each_made_good_for_itself(cnn, photo):
    method = IntegratedGradients(n_steps=10, precision="fast")
    subjects = [Subject(photo, Target(label)) for label in ("green", "red")]

    for each, subject in zip(method.explain_each(cnn, subjects), subjects, strict=True):
        if not isinstance(each, ExplanationError):
            alone = method.explain(cnn, photo, subject.target)
            np.testing.assert_allclose(each.heatmap, alone.heatmap, atol=1e-5 * abs(alone.heatmap).max())


def test_the_passes_of_fast_are_those_announced(cnn, photo):
    method = IntegratedGradients(n_steps=10, precision="fast")
    told = []

    saliency = method.explain(cnn, photo, Target("red"), report=lambda done, total: told.append(done / total))

    assert method.passes(cnn) == (saliency.forward_passes, saliency.backward_passes)
    assert told == sorted(told)
    assert told[-1] == 1
    extra = 2 if can_be_fast(torch.device("cpu")) else 0
    assert saliency.backward_passes == 10 + extra


def test_a_network_that_does_not_compute_in_bfloat16_is_told(wrap_classifier, photo):
    class Single(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(3, 3, bias=False)

        def forward(self, x):
            return x.mean(dim=(2, 3)) @ self.head.weight.T.float()

    torch.manual_seed(0)
    saliency = IntegratedGradients(n_steps=4, precision="fast").explain(
        wrap_classifier(Single(), 8), photo, Target("red")
    )

    assert len(saliency.warnings) == 1
    assert "does not compute in bfloat16: the map is the exact one." in saliency.warnings[0]
