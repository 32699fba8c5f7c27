import sys
import warnings

import numpy as np
import pytest

from bench.explainers.peers import find_peer
from bench.ranking_peers import list_peers
from domain.prediction import Task
from sampling import ClassSheet
from sampling.label_quality import (
    confident_learning,
    flag_labels,
    label_surprise,
    normalised_margin,
    self_confidence,
)

NAMES = ("can", "carton", "jar")
SCORES = np.array([[0.9, 0.06, 0.04], [0.2, 0.7, 0.1], [0.4, 0.35, 0.25]])


def mark(*rows, classes=3):
    return np.array([[place in row for place in range(classes)] for row in rows])


def sheet_of(scores, labels, **more):
    scores = np.asarray(scores, float)
    return ClassSheet(tuple(f"c{place}" for place in range(scores.shape[1])), scores, labels, **more)


@pytest.fixture
def random_sheet():
    rng = np.random.default_rng(3)
    labels = np.eye(4, dtype=bool)[rng.integers(4, size=80)]
    return sheet_of(rng.dirichlet(np.ones(4), 80), labels)


@pytest.fixture
def random_sheet_of_several():
    rng = np.random.default_rng(4)
    return sheet_of(rng.random((80, 4)), rng.random((80, 4)) < 0.5, is_multilabel=True)


@pytest.fixture
def cleanlab():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if find_peer("cleanlab") is None:
            pytest.skip("cleanlab is not installed: make peers")
        yield
    sys.modules.pop("cleanlab.datalab", None)


def test_self_confidence_is_one_minus_the_score_of_the_label():
    scores = self_confidence(ClassSheet(NAMES, SCORES, mark([0], [0], [2]))).scores
    assert scores == pytest.approx([0.1, 0.8, 0.75])


def test_normalised_margin_holds_the_label_against_the_best_other_class():
    scores = normalised_margin(ClassSheet(NAMES, SCORES, mark([0], [0], [2]))).scores
    assert scores == pytest.approx([(0.06 - 0.9 + 1) / 2, (0.7 - 0.2 + 1) / 2, (0.4 - 0.25 + 1) / 2])


def test_the_worst_classes_weigh_most_where_an_image_has_several():
    sheet = sheet_of([[0.9, 0.2, 0.4]], mark([0, 1]), is_multilabel=True)  # agreement 0.9, 0.2, 0.6
    assert self_confidence(sheet).scores == pytest.approx([1 - (0.8 * 0.2 + 0.2 * (0.8 * 0.6 + 0.2 * 0.9))])


def test_confident_learning_puts_first_what_is_confidently_of_another_class():
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1]])
    labels = np.eye(2, dtype=bool)[[0, 0, 1, 0, 1]]
    # thresholds: class 0 (0.9 + 0.8 + 0.6) / 3 = 0.767, class 1 (0.7 + 0.1) / 2 = 0.4
    assert flag_labels(scores, labels).tolist() == [False, False, False, True, True]
    ranked = confident_learning(sheet_of(scores, labels)).scores
    assert ranked == pytest.approx([0.05, 0.1, 0.15, 0.7, 0.95])


def test_a_label_the_model_has_no_class_for_is_undefined():
    scores = np.array([[0.9, 0.1, np.nan], [0.2, 0.8, np.nan]])
    sheet = ClassSheet(NAMES, scores, mark([2], [0]))
    for strategy in (self_confidence, normalised_margin, confident_learning):
        made = strategy(sheet).scores
        assert np.isnan(made[0])
        assert made[1] > 0.3


def test_a_class_the_model_does_not_have_changes_nothing_for_images_without_it():
    known = sheet_of([[0.9, 0.1], [0.2, 0.8]], mark([0], [0], classes=2), is_multilabel=True)
    wider = ClassSheet(
        NAMES, np.array([[0.9, 0.1, np.nan], [0.2, 0.8, np.nan], [0.5, 0.5, np.nan]]), mark([0], [0], [2]), True
    )
    assert self_confidence(wider).scores[:2] == pytest.approx(self_confidence(known).scores)
    assert np.isnan(self_confidence(wider).scores[2])


def test_an_image_without_a_label_is_undefined_where_each_should_have_one():
    assert np.isnan(self_confidence(ClassSheet(NAMES, SCORES, mark([], [0], [1]))).scores).tolist() == [
        True,
        False,
        False,
    ]


def test_no_labels_at_all_are_refused():
    with pytest.raises(ValueError, match="needs labels"):
        self_confidence(ClassSheet(NAMES, SCORES))


@pytest.mark.parametrize(
    ("rank", "peer"), [(self_confidence, "self-confidence"), (normalised_margin, "normalised margin")]
)
def test_scores_equal_cleanlab(cleanlab, random_sheet, rank, peer):
    expected = list_peers(Task.CLASSIFICATION)[peer](random_sheet)
    assert rank(random_sheet).scores == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("peer", ["self-confidence", "normalised margin"])
def test_scores_of_several_classes_equal_cleanlab(cleanlab, random_sheet_of_several, peer):
    expected = list_peers(Task.MULTILABEL)[peer](random_sheet_of_several)
    assert self_confidence(random_sheet_of_several).scores == pytest.approx(expected, abs=1e-9)


def test_what_is_flagged_equals_cleanlab(cleanlab):
    from cleanlab.count import compute_confident_joint

    rng = np.random.default_rng(5)
    labels = rng.integers(2, size=200)
    first = np.clip(rng.normal(0.75 - 0.5 * labels, 0.25), 0.01, 0.99)
    scores = np.stack([first, 1 - first], axis=1)
    _, [flagged] = [
        None,
        compute_confident_joint(labels, scores, calibrate=False, return_indices_of_off_diagonals=True)[1:],
    ]
    assert np.flatnonzero(flag_labels(scores, np.eye(2, dtype=bool)[labels])).tolist() == sorted(flagged)


def test_labels_surprise_less_where_the_model_doubts():
    """The same label, as unlikely, on an image the model is sure about and on one it is not."""
    scores = np.array([[0.95, 0.2], [0.95, 0.02], [0.5, 0.2], [0.95, 0.02]])
    labels = np.array([[True, True], [True, True], [True, True], [True, False]])
    doubted, sure, unsure, right = label_surprise(ClassSheet(("can", "carton"), scores, labels, True)).scores
    assert 1 > sure > doubted > right > 0
    x = -np.log(0.95 * 0.2) + (_plogp(0.95) + _plogp(0.2)) / 2
    assert doubted == pytest.approx((1 + x / (1 + x)) / 2)
    assert unsure > right


def test_certain_scores_and_unusable_ones_do_not_break_the_surprise():
    scores = np.array([[1.0, 0.0], [1.0, 0.0], [np.nan, np.nan]])
    labels = np.array([[True, False], [False, True], [True, False]])
    right, wrong, unusable = label_surprise(ClassSheet(("can", "carton"), scores, labels, True)).scores
    assert right < 0.51
    assert wrong > 0.95
    assert np.isnan(unusable)


def _plogp(p: float) -> float:
    return p * np.log(p) + (1 - p) * np.log(1 - p)
