import math

import pytest

from domain.geometry import Box
from domain.prediction import Instance
from metrics.detection import MOST_PREDICTIONS, ObjectPair, Shape, score_objects

SQUARE = (0.2, 0.2, 0.6, 0.2, 0.6, 0.6, 0.2, 0.6)


def thing(label, *sides, score=None, polygons=(), is_crowd=None):
    return Instance("i", label, Box(*sides), score, polygons, is_crowd)


def pair(labels, predictions, width=100, height=80):
    return ObjectPair(labels, predictions, width, height)


def score(*pairs, shape=Shape.BOX):
    return score_objects(pairs, shape)


def test_a_perfect_answer_scores_one():
    labels = [thing("can", 0.1, 0.1, 0.4, 0.5), thing("jar", 0.5, 0.5, 0.9, 0.9)]
    predictions = [thing("jar", 0.5, 0.5, 0.9, 0.9, score=0.6), thing("can", 0.1, 0.1, 0.4, 0.5, score=0.9)]
    scores = score(pair(labels, predictions))

    assert (scores.mean_ap, scores.mean_ap_50, scores.mean_ap_75) == pytest.approx((1, 1, 1))
    assert [(each.label, each.labelled, each.predicted) for each in scores.classes] == [("can", 1, 1), ("jar", 1, 1)]


def test_an_overlap_of_two_thirds_counts_at_four_of_the_ten_thresholds():
    # Width 0.4 shifted by 0.08: 0.32 in common of 0.48 in all, IoU 2/3: right at 0.50, 0.55, 0.60 and 0.65.
    scores = score(pair([thing("can", 0.1, 0.1, 0.5, 0.5)], [thing("can", 0.18, 0.1, 0.58, 0.5, score=0.8)]))

    assert scores.mean_ap == pytest.approx(0.4)
    assert (scores.mean_ap_50, scores.mean_ap_75) == pytest.approx((1.0, 0.0))


def test_a_wrong_answer_with_a_higher_score_costs_precision_and_one_with_a_lower_score_does_not():
    label, right = thing("can", 0.1, 0.1, 0.5, 0.5), thing("can", 0.1, 0.1, 0.5, 0.5, score=0.5)

    before = score(pair([label], [thing("can", 0.6, 0.6, 0.9, 0.9, score=0.9), right]))
    after = score(pair([label], [right, thing("can", 0.6, 0.6, 0.9, 0.9, score=0.1)]))
    assert (before.mean_ap_50, after.mean_ap_50) == pytest.approx((0.5, 1.0))


def test_half_of_the_objects_found_gives_the_recalls_up_to_a_half():
    labels = [thing("can", 0.1, 0.1, 0.3, 0.3), thing("can", 0.5, 0.5, 0.9, 0.9)]
    scores = score(pair(labels, [thing("can", 0.1, 0.1, 0.3, 0.3, score=0.9)]))

    assert scores.mean_ap_50 == pytest.approx(51 / 101)  # COCO reads precision at 101 recalls


def test_a_class_that_is_not_labelled_has_no_figure_and_is_left_out_of_the_mean():
    label = thing("can", 0.1, 0.1, 0.4, 0.4)
    scores = score(pair([label], [thing("can", 0.1, 0.1, 0.4, 0.4, score=1.0), thing("ghost", 0, 0, 1, 1, score=0.9)]))

    assert [each.ap for each in scores.classes] == [pytest.approx(1.0), None]
    assert scores.mean_ap == pytest.approx(1.0)


@pytest.mark.parametrize("pairs", [[], [pair([], [])], [pair([], [thing("can", 0, 0, 1, 1, score=0.5)])]])
def test_without_a_labelled_object_every_mean_is_undefined(pairs):
    for shape in Shape:
        scores = score_objects(pairs, shape)
        assert (scores.mean_ap, scores.mean_ap_50, scores.mean_ap_75) == (None, None, None)


def test_images_without_any_answer_count_as_missed():
    label = thing("can", 0.1, 0.1, 0.4, 0.4)
    assert score(pair([label], [])).mean_ap == 0.0


def test_a_prediction_on_another_image_does_not_count():
    label, answer = thing("can", 0.1, 0.1, 0.4, 0.4), thing("can", 0.1, 0.1, 0.4, 0.4, score=1.0)
    assert score(pair([label], []), pair([], [answer])).mean_ap == 0.0


def test_a_crowd_is_neither_missed_nor_wrongly_found():
    crowd = thing("can", 0.0, 0.0, 0.5, 1.0, is_crowd=True)
    single = thing("can", 0.6, 0.1, 0.9, 0.4)
    in_crowd, right = thing("can", 0.1, 0.1, 0.2, 0.2, score=0.99), thing("can", 0.6, 0.1, 0.9, 0.4, score=0.5)

    scores = score(pair([crowd, single], [in_crowd, right]))
    assert (scores.mean_ap, scores.labelled) == (pytest.approx(1.0), 1)


def test_masks_are_compared_by_their_area_not_by_their_box():
    triangle = (0.2, 0.2, 0.6, 0.6, 0.2, 0.6)
    label = thing("can", 0.2, 0.2, 0.6, 0.6, polygons=(SQUARE,))
    answer = thing("can", 0.2, 0.2, 0.6, 0.6, score=0.9, polygons=(triangle,))

    assert score(pair([label], [answer])).mean_ap == pytest.approx(1.0)
    halves = score(pair([label], [answer], width=400, height=400), shape=Shape.MASK)
    assert (halves.mean_ap_50, halves.mean_ap_75) == pytest.approx((1.0, 0.0))


def test_an_object_without_outline_is_wrong_as_a_mask_and_a_label_without_one_is_left_out():
    everywhere = thing("can", 0, 0, 1, 1, polygons=((0, 0, 1, 0, 1, 1, 0, 1),))
    assert score(pair([everywhere], [thing("can", 0, 0, 1, 1, score=0.9)]), shape=Shape.MASK).mean_ap == 0.0

    whole = thing("can", 0.2, 0.2, 0.6, 0.6, polygons=(SQUARE,))
    only_box = thing("can", 0.7, 0.7, 0.9, 0.9)
    right = thing("can", 0.2, 0.2, 0.6, 0.6, score=0.9, polygons=(SQUARE,))
    scores = score(pair([whole, only_box], [right]), shape=Shape.MASK)
    assert (scores.mean_ap, scores.labelled) == (pytest.approx(1.0), 1)


def test_hostile_shapes_are_cut_to_the_image_or_left_out():
    wild = (-1e12, -1e12, 1e12, -1e12, 1e12, 1e12, -1e12, 1e12)
    labels = [
        thing("can", 0.0, 0.0, 1.0, 1.0, polygons=(wild,)),
        thing("can", 0.5, 0.5, 0.4, 0.4, polygons=((0.1, 0.1, 0.2),)),
    ]
    answer = thing("can", 0.0, 0.0, 1.0, 1.0, score=0.9, polygons=((0, 0, 1, 0, 1, 1, 0, 1),))
    for shape in Shape:
        scores = score(pair(labels, [answer]), shape=shape)
        assert (scores.mean_ap, scores.labelled) == (pytest.approx(1.0), 1)


def test_only_the_best_hundred_answers_of_a_class_on_an_image_count():
    label = thing("can", 0.1, 0.1, 0.4, 0.4)
    wrong = [thing("can", 0.6, 0.6, 0.9, 0.9, score=0.9)] * MOST_PREDICTIONS
    right = thing("can", 0.1, 0.1, 0.4, 0.4, score=0.1)

    assert score(pair([label], [*wrong[1:], right])).mean_ap_50 == pytest.approx(1 / MOST_PREDICTIONS)
    assert score(pair([label], [*wrong, right])).mean_ap_50 == 0.0


def test_the_figures_do_not_depend_on_the_size_of_the_grid_for_boxes():
    labels = [thing("can", 0.1, 0.1, 0.5, 0.5), thing("can", 0.6, 0.6, 0.9, 0.9)]
    answers = [thing("can", 0.15, 0.1, 0.5, 0.55, score=0.9), thing("can", 0.6, 0.65, 0.9, 0.9, score=0.4)]
    small, large = (score(pair(labels, answers, width=w, height=h)).mean_ap for w, h in [(10, 10), (4000, 3000)])
    assert small is not None
    assert math.isclose(small, large)
