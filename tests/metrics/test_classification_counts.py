import numpy as np
import pytest
from sklearn import metrics as reference

from metrics.classification import score_multiclass
from metrics.classification_counts import average_classes, macro_rates


@pytest.fixture
def guesses():
    rng = np.random.default_rng(8)
    labels = rng.choice(list("abcd"), 200)
    return labels.tolist(), np.where(rng.random(200) < 0.7, labels, rng.choice(list("abcd"), 200)).tolist()


def test_averages_equal_scikit_learn(guesses):
    labels, predictions = guesses
    averages = average_classes(score_multiclass(labels, predictions).classes)

    for average, found in (("macro", averages.macro), ("micro", averages.micro)):
        precision, recall, f1, _ = reference.precision_recall_fscore_support(labels, predictions, average=average)
        got = [
            found[name].value if average == "macro" else getattr(found, name) for name in ("precision", "recall", "f1")
        ]
        assert got == pytest.approx([precision, recall, f1])
    each = reference.multilabel_confusion_matrix(labels, predictions)
    specificity = each[:, 0, 0] / (each[:, 0, 0] + each[:, 0, 1])
    assert averages.macro["specificity"].value == pytest.approx(specificity.mean())
    assert averages.macro["false_positive_rate"].value == pytest.approx(1 - specificity.mean())
    pooled = each.sum(axis=0)
    assert averages.micro.specificity == pytest.approx(pooled[0, 0] / (pooled[0, 0] + pooled[0, 1]))


def test_one_class_only_has_no_specificity_rather_than_zero():
    averages = average_classes(score_multiclass(["a", "a"], ["a", "a"]).classes)
    assert (averages.macro["specificity"].value, averages.micro.specificity) == (None, None)
    assert averages.micro.false_positive_rate is None
    assert averages.macro["recall"].value == 1.0


def test_all_wrong_is_zero_where_it_is_defined():
    averages = average_classes(score_multiclass(["a", "a", "b"], ["b", "c", "c"]).classes)
    assert (averages.micro.recall, averages.macro["precision"].value, averages.macro["f1"].value) == (0.0, 0.0, 0.0)
    assert (averages.macro["recall"].classes, averages.macro["precision"].classes) == (2, 2)


def test_rates_of_many_draws_equal_those_of_each(guesses):
    labels, predictions = guesses
    scores = score_multiclass(labels, predictions)
    hits = np.array([[each.true_positives for each in scores.classes]], dtype=float)
    said = hits + np.array([[each.false_positives for each in scores.classes]])
    given = np.array([[each.labelled for each in scores.classes]], dtype=float)
    rates = macro_rates(hits, said, given)

    wanted = (scores.macro_precision.value, scores.macro_recall.value, scores.macro_f1.value)
    assert [float(values[0]) for values in rates.values()] == pytest.approx(wanted)
    assert np.isnan(macro_rates(hits * 0, said * 0, given)["macro_precision"][0])
