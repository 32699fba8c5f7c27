from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.geometry import Box
from domain.image import ImageRef
from domain.prediction import Content, Instance, Instances, Labels, Task
from domain.project import CurrentDecision, ImageState, Project
from services.shown import Shown, above_threshold, as_label, as_shown, describe_difference

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CAN = Instance("a", "can", Box(0.1, 0.1, 0.5, 0.5))
SURE = replace(CAN, instance_id="p", score=0.9)
UNSURE = Instance("q", "carton", Box(0.6, 0.6, 0.9, 0.9), 0.2)
NOTHING = Instances()


def project(task: Task, threshold: float = 0.5) -> Project:
    return Project(1, "Fridge", task, "/photos", ("can",), threshold, "m", "", NOW, None)


BOXES, ONE, SEVERAL = project(Task.DETECTION), project(Task.CLASSIFICATION), project(Task.MULTILABEL)


def state(
    *, label: Content | None = None, prediction: Content | None = None, decision: CurrentDecision | None = None
) -> ImageState:
    return ImageState(ImageRef("a.png", "/photos/a.png", 40, 30), label, prediction, decision, None)


def decided(content: Content | None) -> CurrentDecision:
    return CurrentDecision("d1", "correct", content, "Ana", "", NOW)


def test_a_decision_is_shown_before_the_label_and_the_label_before_the_prediction():
    label, prediction, corrected = Instances((CAN,)), Instances((SURE,)), Instances((replace(CAN, label="milk"),))

    assert as_shown(state(), BOXES) == Shown(NOTHING, "none")
    assert as_shown(state(), ONE) == Shown(Labels({}), "none")
    assert as_shown(state(prediction=prediction), BOXES) == Shown(prediction, "prediction")
    assert as_shown(state(label=label, prediction=prediction), BOXES) == Shown(label, "label")
    everything = state(label=label, prediction=prediction, decision=decided(corrected))
    assert as_shown(everything, BOXES) == Shown(corrected, "correction")


def test_a_decision_without_content_leaves_the_label_shown():
    rejected = state(label=Labels({"can": 1.0}), decision=decided(None))

    assert as_shown(rejected, ONE) == Shown(Labels({"can": 1.0}), "label")


def test_an_empty_label_is_a_label_and_an_empty_prediction_an_answer():
    assert as_shown(state(label=NOTHING, prediction=Instances((SURE,))), BOXES) == Shown(NOTHING, "label")
    assert as_shown(state(prediction=NOTHING), BOXES) == Shown(NOTHING, "prediction")


def test_only_what_reaches_the_threshold_is_predicted():
    prediction = Instances((SURE, UNSURE))
    assert above_threshold(prediction, BOXES) == Instances((SURE,))
    assert above_threshold(prediction, project(Task.DETECTION, 0.2)) == prediction

    scores = Labels({"milk": 0.5, "can": 0.9, "carton": 0.49})
    assert above_threshold(scores, SEVERAL) == Labels({"milk": 0.5, "can": 0.9})
    assert above_threshold(None, BOXES) is None


def test_of_one_class_per_image_the_top_one_is_the_answer_however_unsure():
    assert above_threshold(Labels({"milk": 0.2, "can": 0.3}), ONE) == Labels({"can": 0.3})


def test_what_a_person_says_has_no_score():
    assert as_label(Instances((SURE,))) == Instances((replace(SURE, score=None),))
    assert as_label(Labels({"can": 0.3})) == Labels({"can": 1.0})


@pytest.mark.parametrize(
    ("label", "prediction", "words"),
    [
        ({"can": 1.0}, {"can": 0.9, "milk": 0.1}, ""),
        ({"can": 1.0}, {"milk": 0.9, "can": 0.6}, "Prediction with milk"),
        ({"can": 1.0, "milk": 1.0}, {"milk": 0.9}, "Prediction without can"),
        ({"can": 1.0}, {"milk": 0.9}, "Label can, prediction milk"),
        ({"can": 1.0, "jar": 1.0}, {"milk": 0.9}, "Prediction without can, without jar, with milk"),
        ({}, {"milk": 0.1}, ""),
    ],
)
def test_differing_classes_are_named(label, prediction, words):
    assert describe_difference(Labels(label), Labels(prediction), SEVERAL) == words


def test_differing_objects_are_named():
    label = Instances((CAN,))
    swapped = Instances((replace(SURE, label="milk"),))
    shifted = Instances((replace(SURE, box=Box(0.6, 0.6, 0.9, 0.9)),))
    more = Instances((SURE, replace(UNSURE, score=0.8)))

    assert describe_difference(label, Instances((SURE,)), BOXES) == ""
    assert describe_difference(label, Instances((SURE, UNSURE)), BOXES) == ""
    assert describe_difference(label, swapped, BOXES) == "Label can, prediction milk"
    assert describe_difference(label, more, BOXES) == "carton predicted, not labelled"
    assert describe_difference(label, NOTHING, BOXES) == "can labelled, not predicted"
    assert describe_difference(label, shifted, BOXES) == "can predicted, not labelled"


def test_two_objects_on_one_place_are_paired_with_one_each():
    twice = Instances((CAN, replace(CAN, instance_id="b")))

    assert describe_difference(twice, Instances((SURE,)), BOXES) == "can labelled, not predicted"


def test_without_label_or_prediction_nothing_differs():
    assert describe_difference(None, Instances((SURE,)), BOXES) == ""
    assert describe_difference(Instances((CAN,)), None, BOXES) == ""
