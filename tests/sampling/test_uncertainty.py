import numpy as np
import pytest

from sampling import Boxes, ClassSheet, ObjectSheet
from sampling.uncertainty import entropy, least_confidence, margin, unsure_object

NAMES = ("can", "carton", "jar")
SCORES = np.array([[1.0, 0.0, 0.0], [0.5, 0.3, 0.2], [1 / 3, 1 / 3, 1 / 3]])


def test_least_confidence_is_one_minus_the_best_score():
    assert least_confidence(ClassSheet(NAMES, SCORES)).scores == pytest.approx([0, 0.5, 2 / 3])


def test_margin_is_one_minus_the_distance_of_the_best_two():
    assert margin(ClassSheet(NAMES, SCORES)).scores == pytest.approx([0, 0.8, 1])


def test_entropy_is_shannons_over_its_largest_value():
    middle = -(0.5 * np.log(0.5) + 0.3 * np.log(0.3) + 0.2 * np.log(0.2)) / np.log(3)
    assert entropy(ClassSheet(NAMES, SCORES)).scores == pytest.approx([0, middle, 1])


def test_with_several_classes_an_image_each_is_unsure_for_itself():
    sheet = ClassSheet(NAMES, np.array([[1.0, 0.0, 1.0], [0.5, 0.0, 1.0]]), is_multilabel=True)
    assert least_confidence(sheet).scores == pytest.approx([0, 1])
    assert entropy(sheet).scores == pytest.approx([0, 1 / 3])


def test_a_class_the_model_does_not_have_counts_for_nothing():
    wider = ClassSheet((*NAMES, "kiwi"), np.column_stack([SCORES, np.full(3, np.nan)]))
    for strategy in (least_confidence, margin, entropy):
        assert strategy(wider).scores == pytest.approx(strategy(ClassSheet(NAMES, SCORES)).scores)


@pytest.mark.parametrize("strategy", [least_confidence, margin, entropy])
def test_one_class_only_is_defined(strategy):
    assert strategy(ClassSheet(("can",), np.array([[1.0]]))).scores == pytest.approx([0])


@pytest.mark.parametrize("strategy", [least_confidence, margin, entropy])
def test_scores_that_are_not_numbers_give_none(strategy):
    made = strategy(ClassSheet(NAMES, np.stack([SCORES[1], np.full(3, np.nan)]))).scores
    assert np.isnan(made).tolist() == [False, True]


def test_the_object_with_the_least_sure_score_counts():
    boxes = Boxes(np.zeros((3, 4)), np.array([0, 1, 0]), np.array([0.99, 0.6, 0.1]))
    made = unsure_object(ObjectSheet(NAMES, (boxes, Boxes())))
    assert made.scores == pytest.approx([0.8, 0])
    assert (made.suspects[0].predicted, made.suspects[1]) == (1, None)
