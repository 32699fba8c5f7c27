"""What holds for every strategy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import UnknownNameError
from domain.prediction import Task
from sampling import DEFAULTS, STRATEGIES, Boxes, ClassSheet, ObjectSheet, find_strategy, order_of, strategies_for

CASES = [(task, name) for task in Task for name in strategies_for(task)]


def draw_sheet(task, images, *, seed=0, classes=3):
    rng = np.random.default_rng([seed, images, classes])
    names = tuple(f"c{place}" for place in range(classes))
    seen = rng.normal(size=(images, 5)).astype(np.float32)
    if task.has_objects:
        boxes = (tuple(draw_boxes(rng, classes) for _ in range(images)) for _ in range(2))
        return ObjectSheet(names, *boxes, embeddings=seen)
    if task is Task.MULTILABEL:
        labels = rng.random((images, classes)) < 0.5
        return ClassSheet(names, rng.random((images, classes)), labels, True, embeddings=seen)
    labels = np.eye(classes, dtype=bool)[rng.integers(classes, size=images)]
    return ClassSheet(names, rng.dirichlet(np.ones(classes), images), labels, embeddings=seen)


def draw_boxes(rng, classes):
    count = int(rng.integers(0, 5))
    low = rng.random((count, 2)) * 100
    corners = np.concatenate([low, low + rng.random((count, 2)) * 100], axis=1)
    return Boxes(corners, rng.integers(classes, size=count), rng.random(count))


@pytest.mark.parametrize(("task", "name"), CASES)
@given(images=st.integers(0, 12), seed=st.integers(0, 5), classes=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_every_image_has_a_score_from_0_to_1_and_a_reason(task, name, images, seed, classes):
    sheet, strategy = draw_sheet(task, images, seed=seed, classes=classes), STRATEGIES[name]
    made = strategy.rank(sheet)
    assert made.scores.shape == (images,)
    assert ((made.scores >= 0) & (made.scores <= 1)).all()
    assert all(strategy.reason(sheet, made, place) for place in range(images))


@pytest.mark.parametrize(("task", "name"), CASES)
def test_the_same_sheet_gives_the_same_scores(task, name):
    first, second = (STRATEGIES[name].rank(draw_sheet(task, 20)) for _ in range(2))
    assert first.scores.tolist() == second.scores.tolist()


@pytest.mark.parametrize(("task", "name"), CASES)
def test_the_facts_are_complete(task, name):
    strategy = STRATEGIES[name]
    assert (strategy.name, strategy.summary[-1]) == (name, ".")
    assert strategy.title
    assert strategy.source
    assert strategy.rank.__doc__


@pytest.mark.parametrize("task", Task)
def test_every_task_has_a_default_and_a_strategy_that_needs_no_labels(task):
    assert DEFAULTS[task] in strategies_for(task)
    assert {"predictions", "nothing"} <= {each.needs.value for each in strategies_for(task).values()}


def test_a_strategy_of_another_task_is_refused_with_those_there_are():
    with pytest.raises(UnknownNameError, match=r"no strategy for object detection named 'margin'. Known: object-agree"):
        find_strategy("margin", Task.DETECTION)


def test_equal_scores_keep_their_order_and_undefined_ones_come_last():
    assert order_of(np.array([0.5, np.nan, 0.9, 0.5])).tolist() == [2, 0, 3, 1]


def test_another_seed_draws_another_audit():
    rank = STRATEGIES["random"].rank
    sheets = [ClassSheet(("can",), np.ones((30, 1)), seed=seed) for seed in (0, 1)]
    assert order_of(rank(sheets[0]).scores).tolist() != order_of(rank(sheets[1]).scores).tolist()
