import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from metrics.bootstrap import resample
from metrics.classification_calibration import coarse_answers, error_of_draws, measure_reliability


@pytest.fixture
def answers():
    rng = np.random.default_rng(6)
    scores = rng.random(2000)
    return scores, rng.random(2000) < scores**1.5


def test_bins_equal_scikit_learn(answers):
    scores, right = answers
    found = measure_reliability(scores, right)
    accuracies, means = calibration_curve(right, scores, n_bins=10)

    assert found.accuracies == pytest.approx(accuracies)
    assert found.scores == pytest.approx(means)
    assert found.counts.sum() == 2000


def test_the_error_is_the_mean_distance_weighted_by_answers(answers):
    scores, right = answers
    found = measure_reliability(scores, right)
    by_hand = 0.0
    for low in np.arange(10) / 10:
        inside = (scores > low) & (scores <= low + 0.1)
        by_hand += inside.mean() * abs(scores[inside].mean() - right[inside].mean())
    assert found.error == pytest.approx(by_hand)


def test_a_sure_and_right_model_has_no_error_and_a_sure_and_wrong_one_has_all():
    sure = np.ones(5)
    assert measure_reliability(sure, np.ones(5, bool)).error == 0.0
    assert measure_reliability(sure, np.zeros(5, bool)).error == 1.0
    assert measure_reliability(np.zeros(1), np.zeros(1, bool)).counts[0] == 1


def test_without_an_answer_it_is_undefined_and_what_is_no_score_is_left_out():
    nothing = measure_reliability(np.array([np.nan, 1.5]), np.array([True, True]))
    assert (nothing.error, nothing.left_out) == (None, 2)
    assert np.isnan(nothing.accuracies).all()


def test_draws_scatter_about_the_error(answers):
    scores, right = answers
    counts, gaps, bins = coarse_answers(np.stack([scores, scores]), np.array([right, ~right]))
    as_they_are = error_of_draws(counts[None, :], gaps[0], bins[0])[0]
    drawn = np.concatenate([error_of_draws(block, gaps[0], bins[0]) for block in resample(counts, draws=300)])

    assert as_they_are == pytest.approx(measure_reliability(scores, right).error, abs=5e-4)
    other_way = error_of_draws(counts[None, :], gaps[1], bins[1])[0]
    assert other_way == pytest.approx(measure_reliability(scores, ~right).error, abs=5e-4)
    assert np.percentile(drawn, 1) < as_they_are < np.percentile(drawn, 99)


def test_two_models_are_drawn_by_the_same_images(answers):
    scores, right = answers
    other = np.clip(scores + 0.2, 0, 1)
    counts, gaps, bins = coarse_answers(np.stack([scores, other]), np.stack([right, right]))
    for row, level in enumerate((scores, other)):
        made = error_of_draws(counts[None, :], gaps[row], bins[row])[0]
        assert made == pytest.approx(measure_reliability(level, right).error, abs=1e-3)
    assert counts.sum() == 2000
