"""Maps of a detector whose evidence is known."""

import numpy as np
import pytest
import torch

from domain.explanation import Target
from explainers.base import Saliency, Subject
from explainers.drise import DRISE
from explainers.missed_object import MissedObject
from explainers.odam import ODAM

METHODS = {"odam": ODAM(), "drise": DRISE(stop_early=False)}
LEAST = 0.9
"""Share of the evidence in the square that holds a sixteenth of the picture, and all of the evidence."""
MOST = 0.6
"""The same, with random weights."""


def energy_in(saliency, box):
    """Share of the positive evidence whose cell centres lie in `box`."""
    height, width = saliency.heatmap.shape
    xs = (np.arange(width) + 0.5) / width * saliency.region.x_max
    ys = (np.arange(height) + 0.5) / height * saliency.region.y_max
    inside = ((ys >= box.y_min) & (ys <= box.y_max))[:, None] & ((xs >= box.x_min) & (xs <= box.x_max))[None, :]
    positive = np.clip(saliency.heatmap, 0, None)
    return positive[inside].sum() / positive.sum()


def explain(method, model, image):
    """Return the maps of the objects found, from left to right."""
    objects = sorted(model.detect(image), key=lambda each: each.box.x_min)
    return method.explain_each(model, [Subject(image, Target(each.label), each) for each in objects])


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.detector.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))


@pytest.mark.parametrize("name", METHODS)
def test_the_evidence_for_each_box_lies_in_its_own_square(red_detector, two_cans, squares, name):
    method = METHODS[name]

    maps = explain(method, red_detector, two_cans)

    assert len(maps) == 2
    for saliency, mine, other in zip(maps, squares, squares[::-1], strict=True):
        assert energy_in(saliency, mine) > LEAST
        assert energy_in(saliency, other) < 0.05
        row, column = np.unravel_index(saliency.heatmap.argmax(), saliency.heatmap.shape)
        assert mine.x_min < (column + 0.5) / saliency.heatmap.shape[1] < mine.x_max
        assert mine.y_min < (row + 0.5) / saliency.heatmap.shape[0] < mine.y_max


@pytest.mark.parametrize("name", METHODS)
def test_with_random_weights_the_evidence_lies_elsewhere(red_detector, two_cans, squares, name):
    method = METHODS[name]
    [found, _] = sorted(red_detector.detect(two_cans), key=lambda each: each.box.x_min)
    subject = Subject(two_cans, Target(found.label), found)

    shares = []
    for seed in range(6):
        randomise(red_detector, seed)
        [answer] = method.explain_each(red_detector, [subject])
        if isinstance(answer, Saliency):
            shares.append(energy_in(answer, squares[0]))

    assert len(shares) > 2
    assert np.mean(shares) < MOST


def test_what_speaks_against_a_class_is_shown_too(red_detector, two_cans):
    found = red_detector.detect(two_cans)[0]
    with torch.no_grad():
        red_detector.detector.head.classification_head.look.weight.neg_()

    saliency = MissedObject().explain(red_detector, two_cans, Target(found.label), instance=found)

    assert saliency.heatmap.min() < 0
    assert saliency.heatmap.max() == 0


@pytest.mark.parametrize(("number", "sides"), [(0, ("right", "left")), (1, ("bottom", "top"))])
def test_positive_evidence_of_a_side_is_what_pushes_it_outward(red_detector, two_cans, number, sides, odam_map):
    """The redder the cell, the further right or down the head puts the box."""
    found = red_detector.detect(two_cans)[0]
    with torch.no_grad():
        red_detector.detector.head.regression_head.look.weight[number, 0, 3, 3] = 0.01

    pushed, pulled = (odam_map(red_detector, two_cans, found, part=part).heatmap for part in sides)

    assert pushed.max() > 0
    assert pushed.min() == 0
    np.testing.assert_allclose(pulled, -pushed, rtol=1e-5)
