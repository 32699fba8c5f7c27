import math

import numpy as np
import pytest

from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels
from sampling import STRATEGIES, ClassSheet, order_of, strategies_for
from sampling.class_words import UNUSABLE
from sampling.object_words import Kind
from services.ranking_sheets import is_usable, make_class_sheet, make_object_sheet

HERE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.9, 0.9)


def thing(name, label, box, score=None, **more):
    return Instance(name, label, box, score, **more)


def test_a_class_no_prediction_lists_is_unknown_and_one_some_list_is_zero_elsewhere():
    sheet = make_class_sheet(
        [Labels({"kiwi": 1.0}), None], [Labels({"can": 1.0}), Labels({"can": 0.4, "jar": 0.6})], is_multilabel=False
    )
    assert sheet.classes == ("can", "jar", "kiwi")
    assert sheet.scores[:, :2].tolist() == [[1.0, 0.0], [0.4, 0.6]]
    assert np.isnan(sheet.scores[:, 2]).all()
    assert sheet.given.tolist() == [[False, False, True], [False, False, False]]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -0.1, 1.5])
@pytest.mark.parametrize("name", [each for each, facts in STRATEGIES.items() if not facts.tasks[0].has_objects])
def test_a_score_that_is_none_puts_the_image_last_and_says_so(odd, name):
    strategy = STRATEGIES[name]
    if not strategy.needs.has_predictions:
        return
    labels = [Labels({"can": 1.0})] * 3
    said = [Labels({"can": odd, "jar": 0.5}), Labels({"can": 0.9, "jar": 0.1}), Labels({"can": 0.2, "jar": 0.8})]
    sheet = make_class_sheet(labels, said, is_multilabel=False)
    made = strategy.rank(sheet)
    assert np.isnan(made.scores).tolist() == [True, False, False]
    assert order_of(made.scores)[-1] == 0
    assert strategy.reason(sheet, made, 0) == UNUSABLE


def test_boxes_become_pixels_and_keep_their_ids():
    sheet = make_object_sheet([Instances((thing("g", "can", HERE),))], [Instances()], [(200, 100)])
    assert sheet.given[0].corners[0] == pytest.approx([20, 10, 60, 30])
    assert (sheet.given[0].names, len(sheet.predicted[0])) == (("g",), 0)


def test_a_crowd_is_no_label_and_hides_what_is_predicted_in_it():
    label = Instances((thing("c", "can", HERE, is_crowd=True),))
    said = Instances((thing("p", "can", HERE, 0.99), thing("q", "can", THERE, 0.9)))
    sheet = make_object_sheet([label], [said], [(0, 0)])
    assert (len(sheet.given[0]), sheet.predicted[0].names) == (0, ("q",))
    suspect = strategies_for("image_object_detection")["object-agreement"].rank(sheet).suspects[0]
    assert (suspect.kind, suspect.predicted) == (Kind.OVERLOOKED, 0)


def test_an_object_without_a_number_makes_a_prediction_unusable():
    assert is_usable(Instances((thing("p", "can", HERE, 0.5),)))
    assert not is_usable(Instances((thing("p", "can", HERE, math.nan),)))
    assert not is_usable(Instances((thing("p", "can", Box(math.nan, 0, 1, 1), 0.5),)))
    assert is_usable(Labels({"can": math.nan}))


def test_no_image_at_all_is_an_empty_sheet():
    assert len(make_class_sheet([], [], is_multilabel=False)) == 0
    assert isinstance(make_class_sheet([], [], is_multilabel=True), ClassSheet)
    assert len(make_object_sheet([], [], [])) == 0
