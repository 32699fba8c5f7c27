import numpy as np
import pytest
from sklearn import metrics as reference

from metrics.classification import average_precision, score_multiclass, score_multilabel


@pytest.fixture
def guesses():
    """300 labels of five classes and predictions that are right about two times in three."""
    rng = np.random.default_rng(3)
    labels = rng.choice(list("abcde"), 300)
    predictions = np.where(rng.random(300) < 0.6, labels, rng.choice(list("abcde"), 300))
    return labels.tolist(), predictions.tolist()


def test_multiclass_figures_equal_scikit_learn(guesses):
    labels, predictions = guesses
    scores = score_multiclass(labels, predictions)

    precision, recall, f1, support = reference.precision_recall_fscore_support(labels, predictions)
    assert scores.accuracy == pytest.approx(reference.accuracy_score(labels, predictions))
    assert [each.precision for each in scores.classes] == pytest.approx(precision)
    assert [each.recall for each in scores.classes] == pytest.approx(recall)
    assert [each.f1 for each in scores.classes] == pytest.approx(f1)
    assert [each.labelled for each in scores.classes] == support.tolist()
    assert scores.macro_f1.value == pytest.approx(f1.mean())
    assert np.array_equal(scores.confusion, reference.confusion_matrix(labels, predictions))


def test_the_eight_rates_of_a_class_follow_from_its_counts():
    # can: 3 right, 1 said wrongly, 2 missed, 9 rightly not said
    labels = ["can"] * 5 + ["jar"] * 10
    predictions = ["can"] * 3 + ["jar"] * 2 + ["can"] + ["jar"] * 9
    can = score_multiclass(labels, predictions).classes[0]

    counts = (can.true_positives, can.false_positives, can.false_negatives, can.true_negatives)
    assert counts == (3, 1, 2, 9)
    assert can.accuracy == pytest.approx(0.8)
    assert can.precision == pytest.approx(0.75)
    assert can.recall == pytest.approx(0.6)
    assert can.specificity == pytest.approx(0.9)
    assert can.false_positive_rate == pytest.approx(0.1)
    assert can.false_negative_rate == pytest.approx(0.4)
    assert can.f1 == pytest.approx(2 / 3)


def test_a_class_nobody_predicted_has_no_precision_and_is_left_out_of_its_average():
    scores = score_multiclass(["can", "can", "jar"], ["can", "can", "can"])

    can, jar = scores.classes
    assert (jar.precision, jar.recall, jar.f1) == (None, 0.0, 0.0)
    assert scores.macro_precision.value == can.precision
    assert (scores.macro_precision.classes, scores.macro_recall.classes) == (1, 2)


def test_a_class_only_predicted_stands_in_the_table_without_recall():
    ghost = score_multiclass(["can"], ["ghost"]).classes[1]

    assert (ghost.label, ghost.labelled, ghost.precision, ghost.recall) == ("ghost", 0, 0.0, None)


def test_nothing_to_compare_gives_undefined_figures():
    scores = score_multiclass([], [])
    assert (scores.images, scores.accuracy, scores.classes, scores.macro_f1.value) == (0, None, (), None)

    several = score_multilabel([], [])
    assert (several.subset_accuracy, several.hamming_loss, several.mean_average_precision.value) == (None, None, None)


def test_multilabel_figures_equal_scikit_learn():
    rng = np.random.default_rng(5)
    names = np.array(["can", "carton", "jar"])
    given = rng.random((80, 3)) < 0.4
    found = np.round(np.clip(0.3 * given + 0.7 * rng.random((80, 3)), 0, 1), 1)  # rounding makes ties
    labels = [set(names[row].tolist()) for row in given]
    scores = [dict(zip(names.tolist(), row.tolist(), strict=True)) for row in found]

    result = score_multilabel(labels, scores, threshold=0.6)

    said = found >= 0.6
    assert result.subset_accuracy == pytest.approx(reference.accuracy_score(given, said))
    assert result.hamming_loss == pytest.approx(reference.hamming_loss(given, said))
    assert result.mean_average_precision.value == pytest.approx(reference.average_precision_score(given, found))
    assert result.macro_f1.value == pytest.approx(reference.f1_score(given, said, average="macro"))
    assert result.macro_recall.value == pytest.approx(reference.recall_score(given, said, average="macro"))


def test_a_score_at_the_threshold_counts_as_predicted():
    result = score_multilabel([{"can"}], [{"can": 0.5, "jar": 0.49}], threshold=0.5)
    assert result.subset_accuracy == 1.0


def test_a_class_never_labelled_has_no_average_precision_and_is_left_out_of_the_mean():
    result = score_multilabel([{"can"}, set()], [{"can": 0.9, "jar": 0.8}, {"can": 0.2, "jar": 0.1}])

    assert [each.average_precision for each in result.classes] == [1.0, None]
    assert (result.mean_average_precision.value, result.mean_average_precision.classes) == (1.0, 1)


def test_a_class_without_a_score_counts_as_score_zero():
    result = score_multilabel([{"can"}, {"can"}], [{"can": 0.9}, {}])
    assert result.classes[0].recall == 0.5


def test_equal_scores_are_taken_together_whatever_their_order():
    scores = np.full(4, 0.7)
    for labelled in ([True, False, False, True], [False, True, True, False]):
        assert average_precision(np.array(labelled), scores) == pytest.approx(0.5)


def test_labels_and_predictions_of_different_length_are_refused():
    with pytest.raises(ValueError, match="zip"):
        score_multiclass(["can"], [])
    with pytest.raises(ValueError, match="1 labels and 0 predictions"):
        score_multilabel([{"can"}], [])
