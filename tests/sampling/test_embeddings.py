"""Strategies that look at what a model sees in the images."""

import numpy as np
import pytest

from sampling import STRATEGIES, ClassSheet, order_of
from sampling.neighbours import nearest

CLASSES = ("can", "jar")


def two_groups(*, labels, count=12, seed=0):
    """Two groups of images in different directions; `labels` are positions among the classes."""
    rng = np.random.default_rng(seed)
    middles = np.repeat([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], count, axis=0)
    seen = (middles + rng.normal(scale=0.05, size=middles.shape)).astype(np.float32)
    given = np.eye(2, dtype=bool)[labels]
    return ClassSheet(CLASSES, np.full((len(seen), 2), 0.5), given, embeddings=seen)


def test_the_image_labelled_otherwise_than_its_neighbours_comes_first_and_says_so():
    labels = np.repeat([0, 1], 12)
    labels[3] = 1
    sheet, strategy = two_groups(labels=labels), STRATEGIES["neighbours"]
    ranking = strategy.rank(sheet)
    assert order_of(ranking.scores)[0] == 3
    assert ranking.scores[3] == pytest.approx(1.0)
    assert strategy.reason(sheet, ranking, 3) == ("Labelled jar; of the 10 images most like it, 10 are labelled can")


def test_an_image_without_a_label_is_not_judged_and_counts_for_nobody():
    sheet = two_groups(labels=np.repeat([0, 1], 12))
    sheet.given[0] = False
    ranking = STRATEGIES["neighbours"].rank(sheet)
    assert np.isnan(ranking.scores[0])
    assert ranking.scores[1:].max() == pytest.approx(0.0)
    assert STRATEGIES["neighbours"].reason(sheet, ranking, 0) == "The image has no label"


def test_the_first_two_centres_and_the_first_two_typical_images_are_of_both_groups():
    sheet = two_groups(labels=np.repeat([0, 1], 20), count=20)
    for name in ("k-centre", "typicality"):
        first, second = order_of(STRATEGIES[name].rank(sheet).scores)[:2]
        assert {first // 20, second // 20} == {0, 1}, name


def test_a_far_image_is_an_early_centre_and_the_least_typical():
    sheet = two_groups(labels=np.repeat([0, 1], 12))
    sheet.seen[5] = [0.0, 0.0, 1.0]
    assert 5 in order_of(STRATEGIES["k-centre"].rank(sheet).scores)[:2]
    assert order_of(STRATEGIES["typicality"].rank(sheet).scores)[-1] == 5


def test_neighbours_equal_those_of_all_cosines_and_leave_the_image_itself_out():
    seen = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    rows = seen / np.linalg.norm(seen, axis=1, keepdims=True)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -2)
    places, alike = nearest(seen, 7)
    assert places.tolist() == np.argsort(-cosines, axis=1)[:, :7].tolist()
    assert alike == pytest.approx(np.sort(cosines, axis=1)[:, ::-1][:, :7])


def test_one_image_has_no_neighbours():
    sheet = ClassSheet(CLASSES, np.full((1, 2), 0.5), np.array([[True, False]]), embeddings=np.ones((1, 3), np.float32))
    ranking = STRATEGIES["neighbours"].rank(sheet)
    assert ranking.scores.tolist() == [0.0]
    assert STRATEGIES["neighbours"].reason(sheet, ranking, 0) == "No other image has a label"
