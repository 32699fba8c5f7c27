import warnings

import numpy as np
import pytest

from bench.explainers.peers import find_peer
from bench.ranking_peers import list_peers
from domain.prediction import Task
from sampling import Boxes, ObjectSheet
from sampling.box_overlap import overlaps
from sampling.object_agreement import object_agreement
from sampling.object_words import Kind, say_suspect
from sampling.objectlab import objectlab

NAMES = ("can", "carton")
HERE, MOVED, ELSEWHERE = (100, 100, 200, 200), (140, 100, 240, 200), (400, 300, 500, 420)


def boxes(*rows):
    """Rows of sides, class and score."""
    return Boxes(
        np.array([row[0] for row in rows], float).reshape(-1, 4),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], float),
    )


GIVEN = {
    Kind.OVERLOOKED: boxes((HERE, 0, 1)),
    Kind.BADLY_LOCATED: boxes((MOVED, 0, 1), (ELSEWHERE, 1, 1)),
    Kind.SWAPPED: boxes((HERE, 1, 1), (ELSEWHERE, 1, 1)),
    Kind.UNSUPPORTED: boxes((HERE, 0, 1), (ELSEWHERE, 1, 1), ((10, 300, 110, 420), 1, 1)),
    "right": boxes((HERE, 0, 1), (ELSEWHERE, 1, 1)),
}
FOUND = boxes((HERE, 0, 0.98), (ELSEWHERE, 1, 0.97))
SHEET = ObjectSheet(NAMES, (FOUND,) * len(GIVEN), tuple(GIVEN.values()))
WORDS = {
    Kind.OVERLOOKED: "carton with a score of 0.97 is not labelled",
    Kind.BADLY_LOCATED: "The box of can overlaps by 43% with that of can with a score of 0.98",
    Kind.SWAPPED: "carton is labelled where can with a score of 0.98 is predicted",
    Kind.UNSUPPORTED: "carton is labelled and not predicted",
}


@pytest.mark.parametrize("place", range(4))
def test_each_kind_of_error_is_told_with_its_object(place):
    kind = list(GIVEN)[place]
    made = object_agreement(SHEET)
    assert made.suspects[place].kind == kind
    assert made.scores[place] > 0.8
    assert made.scores[4] < 0.05
    assert say_suspect(SHEET, made, place) == WORDS[kind]


@pytest.mark.parametrize("place", range(3))
def test_objectlab_tells_its_three_kinds(place):
    made = objectlab(SHEET)
    assert made.suspects[place].kind == list(GIVEN)[place]
    assert made.scores[place] > made.scores[4]
    assert say_suspect(SHEET, made, place) == WORDS[list(GIVEN)[place]]


def test_objectlab_does_not_see_a_label_without_a_prediction():
    made = objectlab(SHEET)
    assert made.scores[3] == pytest.approx(made.scores[4], abs=0.05)


def test_an_object_the_model_rarely_finds_at_that_size_is_less_suspicious_without_a_prediction():
    small, large = (10, 10, 20, 20), (100, 100, 300, 300)
    given = [boxes((small, 0, 1))] * 20 + [boxes((large, 0, 1))] * 60
    found = [boxes((small, 0, 0.9))] * 6 + [Boxes()] * 14 + [boxes((large, 0, 0.9))] * 59 + [Boxes()]
    made = object_agreement(ObjectSheet(NAMES, tuple(found), tuple(given))).scores
    assert made[10] < 0.7 < made[79]


def test_two_labels_of_different_classes_in_one_place_are_swapped_to_objectlab():
    sheet = ObjectSheet(NAMES, (boxes((HERE, 0, 0.7), (ELSEWHERE, 1, 0.2)),), (boxes((HERE, 0, 1), (HERE, 1, 1)),))
    made = objectlab(sheet)
    assert made.suspects[0].kind == Kind.SWAPPED
    assert say_suspect(sheet, made, 0) == "can is labelled on a label of another class"


@pytest.mark.parametrize("strategy", [object_agreement, objectlab])
def test_images_without_labels_or_predictions_are_defined(strategy):
    sheet = ObjectSheet(NAMES, (Boxes(), FOUND, Boxes()), (Boxes(), Boxes(), boxes((HERE, 0, 1))))
    made = strategy(sheet)
    assert ((made.scores >= 0) & (made.scores <= 1)).all()
    assert made.suspects[0] is None
    assert say_suspect(sheet, made, 0) == "Nothing is labelled and nothing is predicted"
    assert made.suspects[1].kind == Kind.OVERLOOKED


@pytest.mark.parametrize("strategy", [object_agreement, objectlab])
def test_no_image_at_all_is_no_error(strategy):
    assert strategy(ObjectSheet(NAMES, (), ())).scores.shape == (0,)


def test_boxes_that_are_empty_or_upside_down_overlap_nothing():
    odd = np.array([[5, 5, 5, 9], [9, 9, 5, 5], [0, 0, 10, 10]], float)
    assert overlaps(odd, odd).tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]


def random_boxes(rng, count, *, is_label):
    low = rng.random((count, 2)) * 400
    corners = np.concatenate([low, low + 20 + rng.random((count, 2)) * 200], axis=1)
    scores = np.ones(count) if is_label else rng.choice([0.3, 0.6, 0.96, 0.99], count)
    return Boxes(corners, rng.integers(2, size=count), scores)


@pytest.mark.filterwarnings("ignore")
def test_objectlab_equals_cleanlab():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if find_peer("cleanlab") is None:
            pytest.skip("cleanlab is not installed: make peers")
        rng = np.random.default_rng(2)
        given = tuple(random_boxes(rng, count, is_label=True) for count in rng.integers(0, 6, 60))
        found = tuple(random_boxes(rng, count, is_label=False) for count in rng.integers(0, 6, 60))
        sheet = ObjectSheet(NAMES, found, given)
        expected = list_peers(Task.DETECTION)["ObjectLab"](sheet)
    assert objectlab(sheet).scores == pytest.approx(expected, abs=1e-5)
