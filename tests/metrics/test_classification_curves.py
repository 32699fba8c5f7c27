import numpy as np
import pytest
from sklearn import metrics as reference

from metrics.classification_curves import area_under_roc, precision_recall, roc, top_k_accuracy


@pytest.fixture
def scored():
    rng = np.random.default_rng(2)
    given = rng.random(500) < 0.3
    return given, np.round(np.clip(0.3 * given + rng.random(500) * 0.7, 0, 1), 2)


def test_areas_equal_scikit_learn(scored):
    given, scores = scored
    assert roc(given, scores).area == pytest.approx(reference.roc_auc_score(given, scores))
    assert area_under_roc(given, scores) == pytest.approx(reference.roc_auc_score(given, scores))
    assert precision_recall(given, scores).area == pytest.approx(reference.average_precision_score(given, scores))


def test_curves_run_from_left_to_right_with_their_thresholds(scored):
    given, scores = scored
    for curve in (roc(given, scores), precision_recall(given, scores)):
        assert (np.diff(curve.x) >= 0).all()
        assert (np.diff(curve.thresholds[1:]) <= 0).all()
        assert len(curve.x) == len(curve.y) == len(curve.thresholds) <= 200
        assert (curve.x[0], curve.x[-1]) == (0.0, 1.0)
    curve = precision_recall(given, scores)
    middle = len(curve.x) // 2
    said = scores >= curve.thresholds[middle]
    assert curve.y[middle] == pytest.approx(given[said].mean())


@pytest.mark.parametrize("given", [[], [True, True], [False, False]])
def test_one_kind_only_has_no_roc_curve(given):
    given = np.array(given, dtype=bool)
    scores = np.linspace(0, 1, len(given))
    assert roc(given, scores) is None
    assert area_under_roc(given, scores) is None
    assert (precision_recall(given, scores) is None) == (not given.any())


def test_images_whose_score_is_no_number_are_left_out(scored):
    given, scores = scored
    with_gaps = np.append(scores, [np.nan, np.nan])
    assert roc(np.append(given, [True, False]), with_gaps).area == pytest.approx(roc(given, scores).area)
    assert precision_recall(np.array([True]), np.array([np.nan])) is None


def test_top_k_equals_scikit_learn():
    rng = np.random.default_rng(4)
    scores, labels = rng.random((100, 6)), rng.integers(6, size=100)
    for k in (1, 3, 5):
        wanted = reference.top_k_accuracy_score(labels, scores, k=k, labels=range(6))
        assert top_k_accuracy(labels, scores, k) == pytest.approx(wanted)


def test_a_label_the_model_does_not_know_is_never_among_the_first():
    scores = np.array([[0.9, 0.1], [0.9, 0.1]])
    assert top_k_accuracy(np.array([-1, 0]), scores, 2) == 0.5
    assert top_k_accuracy(np.array([1]), np.array([[np.nan, np.nan]]), 2) == 0.0
    assert top_k_accuracy(np.array([], dtype=int), np.empty((0, 2)), 1) is None
    with pytest.raises(ValueError, match="at least 1"):
        top_k_accuracy(np.array([0]), scores[:1], 0)


def test_of_equal_scores_the_first_class_counts_as_higher():
    scores = np.full((2, 3), 0.2)
    assert top_k_accuracy(np.array([0, 2]), scores, 1) == 0.5
