import numpy as np
import pytest

from domain.geometry import Box
from domain.prediction import Instance, Instances
from metrics.object_score import object_score, score_object

BOX = Box(0.2, 0.2, 0.6, 0.6)


def found(*things):
    return Instances(tuple(Instance(f"p{number}", *thing) for number, thing in enumerate(things)))


@pytest.mark.parametrize(
    ("things", "score"),
    [
        ([], 0.0),
        ([("can", BOX, 0.7)], 0.7),
        ([("can", Box(0.24, 0.2, 0.64, 0.6), 0.7)], 0.7),  # it moved a little
        ([("can", Box(0.4, 0.2, 0.8, 0.6), 0.7)], 0.0),  # half beside: IoU of a third
        ([("milk", BOX, 0.9), ("can", BOX, 0.3)], 0.3),  # another class does not count
        ([("can", BOX, 0.3), ("can", Box(0.2, 0.2, 0.6, 0.55), 0.5)], 0.5),
        ([("can", BOX, None)], 0.0),
    ],
)
def test_the_best_object_of_the_class_at_the_same_place_counts(things, score):
    assert object_score(found(*things), "can", BOX) == score


def test_an_overlap_of_exactly_a_half_is_not_enough():
    assert object_score(found(("can", Box(0.0, 0.0, 0.5, 1.0), 0.9)), "can", Box(0.0, 0.0, 1.0, 1.0)) == 0.0


def test_each_picture_gets_the_score_of_its_own_answer():
    answers = iter([found(("can", BOX, 0.8)), found()])
    score = score_object(lambda pictures: [next(answers) for _ in pictures], "can", BOX)

    np.testing.assert_array_equal(score([np.zeros((4, 4, 3), np.uint8)] * 2), [0.8, 0.0])
