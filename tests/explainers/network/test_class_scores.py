import numpy as np
import pytest
import torch

from domain.prediction import ModelInfo, Task
from explainers.network.class_scores import NetworkScores, OutsideScores, class_scores, log_odds
from explainers.network.precision import can_be_fast, gradient_network_in


def score(model, crop, **options):
    scores = class_scores(model, (2, 0), **options)
    return scores.score(torch.stack([scores.to_input(crop)] * 2))


def test_logits_are_the_networks_own_for_the_classes_asked(cnn, photo):
    crop, _ = cnn.crop(photo)
    with torch.no_grad():
        expected = cnn.module(cnn.normalise([crop]))[0, [2, 0]]

    found = score(cnn, crop)

    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [expected.tolist()] * 2, rtol=1e-5)


@pytest.mark.parametrize(("task", "activation"), [(Task.CLASSIFICATION, "softmax"), (Task.MULTILABEL, "sigmoid")])
def test_the_probability_is_that_of_the_models_task(cnn, photo, task, activation):
    crop, _ = cnn.crop(photo)
    cnn.info = ModelInfo("tiny", "tiny", "", task, cnn.info.classes, (32, 32), "torchvision", "")
    with torch.no_grad():
        logits = cnn.module(cnn.normalise([crop]))
    expected = logits.softmax(dim=1) if activation == "softmax" else logits.sigmoid()

    found = score(cnn, crop, scale="probability")

    np.testing.assert_allclose(found[0], expected[0, [2, 0]].tolist(), rtol=1e-5)


def test_from_outside_log_odds_stand_for_logits(black_box, two_spots):
    expected = black_box.scores([two_spots])[0, [2, 0]]

    np.testing.assert_allclose(score(black_box, two_spots, scale="probability")[0], expected, rtol=1e-6)
    np.testing.assert_allclose(score(black_box, two_spots)[0], np.log(expected / (1 - expected)), rtol=1e-3)


def test_log_odds_end_where_probabilities_do():
    assert log_odds(np.array([0.0, 0.5, 1.0])).round(2).tolist() == [-13.82, 0.0, 13.82]


def test_the_inside_is_used_where_it_can_be_reached(cnn, black_box):
    assert isinstance(class_scores(cnn, (0,)), NetworkScores)
    assert isinstance(class_scores(black_box, (0,)), OutsideScores)


def test_the_fast_precision_is_close_and_the_network_stays_exact(cnn, photo):
    if not can_be_fast(torch.device("cpu")):
        pytest.skip("this processor does not compute in bfloat16")
    crop, _ = cnn.crop(photo)

    fast, exact = score(cnn, crop, precision="fast"), score(cnn, crop)

    np.testing.assert_allclose(fast, exact, atol=0.05 * abs(exact).max())
    assert not np.array_equal(fast, exact)
    assert next(cnn.module.parameters()).dtype == torch.float32


def test_the_fast_network_can_still_be_differentiated(cnn, photo):
    """It is shared with methods that need gradients, and must not be made where they are off for good."""
    crop, _ = cnn.crop(photo)
    with torch.inference_mode():
        score(cnn, crop, precision="fast")
    leaf = cnn.normalise([crop]).requires_grad_()

    gradient_network_in("fast", cnn.module, leaf)(leaf).float().sum().backward()

    assert leaf.grad.abs().sum() > 0


def test_scoring_leaves_the_mode_of_the_network_alone(cnn, photo):
    cnn.module[6].train()  # a dropout layer
    crop, _ = cnn.crop(photo)

    first, second = score(cnn, crop)

    assert first.tolist() == second.tolist()
    assert cnn.module[6].training
