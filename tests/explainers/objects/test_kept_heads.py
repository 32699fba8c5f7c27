"""A picture that is remembered is seen by the backbone once, whatever is asked about it."""

from __future__ import annotations

import copy
import gc
from dataclasses import replace

import numpy as np
import pytest

from domain.geometry import Box
from domain.prediction import Instance
from explainers.objects import kept_heads
from explainers.objects.box_evidence import Question, explain_boxes
from explainers.objects.head import Part
from tests.explainers.conftest import Detector


@pytest.fixture
def passes(detector):
    calls: list[int] = []
    detector.detector.backbone.register_forward_hook(lambda *_: calls.append(1))
    return calls


def explain(detector, image, box, part=Part.CLASS):
    [found] = explain_boxes(detector, image, [Instance("x", "can", box)], Question(part))
    return found


def test_an_edited_box_costs_no_further_pass_and_has_the_map_it_has_alone(detector, photo, passes):
    first, edited = Box(0.1, 0.1, 0.6, 0.7), Box(0.12, 0.1, 0.64, 0.75)
    alone = [explain(detector, photo, box) for box in (first, edited)]
    passes.clear()

    image = photo.copy()
    kept_heads.remember(image)
    found = [explain(detector, image, box) for box in (first, edited)]

    assert len(passes) == 1
    assert [each.forward_passes for each in found] == [1, 0]
    for mine, other in zip(found, alone, strict=True):
        assert mine.heatmap.tobytes() == other.heatmap.tobytes()
        assert replace(mine, heatmap=other.heatmap, forward_passes=1) == other


def test_pictures_that_nobody_asked_to_remember_are_seen_again(detector, photo, passes):
    for _ in range(2):
        explain(detector, photo.copy(), Box(0.1, 0.1, 0.6, 0.7))

    assert len(passes) == 2


def test_an_equal_picture_in_another_place_is_another_picture(detector, photo, passes):
    image = photo.copy()
    kept_heads.remember(image)
    explain(detector, image, Box(0.1, 0.1, 0.6, 0.7))
    explain(detector, np.zeros_like(photo), Box(0.1, 0.1, 0.6, 0.7))

    assert len(passes) == 2


def test_two_detectors_are_told_apart(detector, photo):
    image = photo.copy()
    other = Detector(copy.deepcopy(detector.detector))
    for parameter in other.detector.backbone.parameters():
        parameter.data.mul_(1.5)
    alone = explain(other, image, Box(0.1, 0.1, 0.6, 0.7))
    kept_heads.remember(image)

    mine = explain(detector, image, Box(0.1, 0.1, 0.6, 0.7))
    theirs = explain(other, image, Box(0.1, 0.1, 0.6, 0.7))

    assert theirs.heatmap.tobytes() == alone.heatmap.tobytes() != mine.heatmap.tobytes()


def test_what_was_computed_goes_with_the_picture(detector, photo):
    image = photo.copy()
    kept_heads.remember(image)
    explain(detector, image, Box(0.1, 0.1, 0.6, 0.7))
    before = len(kept_heads._kept)

    del image
    gc.collect()

    assert len(kept_heads._kept) == before - 1
