import pytest

from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from services.evaluating import Pair, evaluate

RING = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)


def thing(score=None, label="can", polygons=(RING,), is_crowd=None):
    return Instances((Instance("i", label, Box(0.1, 0.1, 0.5, 0.5), score, polygons, is_crowd),))


def test_the_class_with_the_highest_score_is_the_answer():
    pairs = [
        Pair("a", Labels({"can": 1.0}), Labels({"jar": 0.3, "can": 0.4})),
        Pair("b", Labels({"can": 1.0}), Labels({"jar": 0.6, "can": 0.4})),
    ]
    scores = evaluate(pairs, Task.CLASSIFICATION)
    assert scores.multiclass.accuracy == 0.5
    assert (scores.multilabel, scores.boxes, scores.masks) == (None, None, None)


def test_images_without_a_class_are_left_out_and_counted():
    pairs = [Pair("a", Labels({"can": 1.0}), Labels({"can": 1.0})), Pair("b", Labels({"can": 1.0}), Labels({}))]
    scores = evaluate(pairs, Task.CLASSIFICATION)
    assert (scores.images, scores.notes) == (1, ("Images without a class, left out: 1.",))


def test_an_image_without_any_of_several_labels_counts():
    pairs = [Pair("a", Labels({}), Labels({"can": 0.2})), Pair("b", Labels({"can": 1.0}), Labels({"can": 0.4}))]
    assert evaluate(pairs, Task.MULTILABEL).multilabel.subset_accuracy == 0.5
    assert evaluate(pairs, Task.MULTILABEL, threshold=0.3).multilabel.subset_accuracy == 1.0


def test_masks_are_compared_for_instance_segmentation_only():
    pairs = [Pair("a", thing(), thing(0.9))]
    assert evaluate(pairs, Task.DETECTION).masks is None
    assert evaluate(pairs, Task.SEGMENTATION).masks.mean_ap == pytest.approx(1.0)


def test_what_cannot_be_compared_is_told():
    crowd, bare = thing(is_crowd=True), thing(polygons=())
    pairs = [Pair("a", crowd, thing(0.9)), Pair("b", bare, thing(0.9))]
    assert evaluate(pairs, Task.SEGMENTATION).notes == (
        "Labelled crowds, neither missed nor wrongly found: 1.",
        "Labels without a polygon, left out of the masks: 1.",
    )


def test_nothing_to_compare_gives_undefined_numbers():
    assert evaluate([], Task.CLASSIFICATION).multiclass.accuracy is None
    assert evaluate([], Task.MULTILABEL).multilabel.hamming_loss is None
    assert evaluate([], Task.SEGMENTATION).masks.mean_ap is None


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_outside_of_scores_is_refused(threshold):
    with pytest.raises(InputError, match="expected 0 to 1"):
        evaluate([], Task.MULTILABEL, threshold=threshold)
