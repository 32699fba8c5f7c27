"""Figures of two models equal scikit-learn's, and the interval of their difference is that of paired draws."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from domain.trust import Estimate
from metrics.flipped import compare_answers, compare_means


def marks(places: np.ndarray, classes: int = 4) -> np.ndarray:
    return np.eye(classes, dtype=bool)[places]


def known(estimate: Estimate | None) -> Estimate:
    assert estimate is not None
    return estimate


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_one_class_an_image_equal_scikit_learn(seed) -> None:
    rng = np.random.default_rng(seed)
    given, before, after = rng.integers(0, 3, (3, 60))  # the fourth class is never labelled and never said
    found = compare_answers(marks(given), marks(before), marks(after), is_multilabel=False)
    assert set(found) == {"accuracy", "f1"}
    for side, said in (("before", before), ("after", after)):
        assert known(getattr(found["accuracy"], side)).value == pytest.approx(accuracy_score(given, said))
        assert known(getattr(found["f1"], side)).value == pytest.approx(f1_score(given, said, average="macro"))
    assert known(found["f1"].change).value == pytest.approx(
        known(found["f1"].after).value - known(found["f1"].before).value
    )


def test_figures_of_several_classes_an_image_equal_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    given, before, after = rng.random((3, 50, 4)) < 0.4
    found = compare_answers(given, before, after, is_multilabel=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert known(found["accuracy"].after).value == pytest.approx(accuracy_score(given, after))
        assert known(found["f1"].after).value == pytest.approx(f1_score(given, after, average="macro"))
        assert known(found["f1_micro"].before).value == pytest.approx(f1_score(given, before, average="micro"))


def test_the_interval_of_a_change_is_that_of_the_same_draws_for_both() -> None:
    """Models that differ on few images differ surely, however unsure each figure alone is."""
    rng = np.random.default_rng(0)
    given = rng.integers(0, 4, 200)
    before = np.where(rng.random(200) < 0.5, given, (given + 1) % 4)
    wrong = np.flatnonzero(before != given)
    after = before.copy()
    after[wrong[:20]] = given[wrong[:20]]
    found = compare_answers(marks(given), marks(before), marks(after), is_multilabel=False)["accuracy"]
    assert known(found.change).value == pytest.approx(0.1)
    assert 0.05 < known(found.change).low < known(found.change).high < 0.15
    assert known(found.after).low < known(found.before).high  # alone they overlap


def test_equal_models_do_not_differ_and_few_images_say_so() -> None:
    same = marks(np.array([0, 1, 2, 3]))
    found = compare_answers(same, same, same, is_multilabel=False)["accuracy"]
    change = known(found.change)
    assert (change.value, change.low, change.high) == (0, 0, 0)
    none = np.zeros((3, 2), bool)
    assert compare_answers(none, none, none, is_multilabel=True)["f1"].before is None


def test_means_leave_out_what_only_one_side_has() -> None:
    found = compare_means(np.array([0.2, np.nan, 0.4]), np.array([0.5, 0.9, 0.5]))
    assert known(found.before).value == pytest.approx(0.3)
    assert known(found.change).value == pytest.approx(0.2)
    assert known(found.change).n == 2
    assert compare_means(np.array([np.nan]), np.array([1.0])).change is None
