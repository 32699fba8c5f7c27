from dataclasses import replace

import numpy as np
import pytest
import torch

from domain.errors import Cancelled, ExplanationError, UnknownNameError
from domain.explanation import Target
from domain.geometry import Box
from explainers.base import Saliency, Subject
from explainers.objects.box_evidence import Question, explain_boxes
from explainers.objects.head import Part
from explainers.odam import ODAM


def subject(image, found):
    return Subject(image, Target(found.label, found.instance_id), found)


@pytest.fixture
def odam_map():
    """Return a function that gives the map of one box as it is, whether it holds any evidence or not."""

    def explain(model, image, instance, *, part="class", layer=""):
        [found] = explain_boxes(model, image, [instance], Question(Part(part), layer))
        if isinstance(found, ExplanationError):
            raise found
        return found

    return explain


@pytest.fixture
def counted(monkeypatch):
    """Return a function that counts how often the backbone of a model runs from now on."""

    def count(model):
        calls = []
        model.detector.backbone.register_forward_hook(lambda *_: calls.append(1))
        return calls

    return count


def test_all_boxes_of_a_picture_share_one_forward_pass(detector, photo, counted):
    objects = detector.detect(photo)
    calls = counted(detector)

    found = ODAM().explain_each(detector, [subject(photo, each) for each in objects])

    maps = [each for each in found if isinstance(each, Saliency)]
    assert len(objects) > 1
    assert len(calls) == 1
    assert sum(each.forward_passes for each in maps) == 1
    assert all(each.backward_passes == 1 for each in maps)


def test_boxes_explained_together_have_the_maps_they_have_alone(detector, photo, odam_map):
    objects = detector.detect(photo)

    together = ODAM().explain_each(detector, [subject(photo, each) for each in objects])

    for each, found in zip(objects, together, strict=True):
        if isinstance(found, Saliency):
            alone = odam_map(detector, photo, each)
            scale = np.abs(alone.heatmap).max()
            np.testing.assert_allclose(found.heatmap, alone.heatmap, rtol=1e-4, atol=1e-5 * scale)


def test_every_picture_has_its_own_pass_and_the_maps_keep_their_order(build_detector, photo, counted):
    model = build_detector("faster_rcnn")
    other = np.ascontiguousarray(photo[:, ::-1])
    mine, theirs = model.detect(photo)[0], model.detect(other)[0]
    calls = counted(model)

    found = ODAM().explain_each(model, [subject(photo, mine), subject(other, theirs), subject(photo, mine)])

    assert len(calls) == 2
    assert [each.forward_passes for each in found] == [1, 1, 0]
    np.testing.assert_allclose(found[0].heatmap, found[2].heatmap, rtol=1e-4, atol=1e-6)
    assert not np.array_equal(found[0].heatmap, found[1].heatmap)


def test_a_box_that_cannot_be_explained_leaves_the_others_alone(build_detector, photo):
    model = build_detector("faster_rcnn")
    found = model.detect(photo)[0]
    outside = replace(found, box=Box(1.1, 0.2, 1.4, 0.5))

    answers = ODAM().explain_each(
        model, [subject(photo, outside), Subject(photo, Target("can"), None), subject(photo, found)]
    )

    assert "outside the image" in str(answers[0])
    assert "no object was chosen" in str(answers[1])
    assert answers[2].forward_passes == 1


def test_a_mask_that_is_empty_is_explained_over_its_whole_box_and_the_reader_is_told(build_detector, photo, odam_map):
    model = build_detector("mask_rcnn")
    with torch.no_grad():
        model.detector.roi_heads.mask_predictor.mask_fcn_logits.bias.fill_(-100)

    saliency = odam_map(model, photo, model.detect(photo)[0], part="mask")

    assert "No cell of the mask" in saliency.warnings[-1]
    assert np.abs(saliency.heatmap).max() > 0


@pytest.mark.parametrize("name", ["faster_rcnn", "retinanet", "fcos", "ssd"])
def test_a_detector_without_masks_says_so(build_detector, photo, name):
    model = build_detector(name)
    found = model.detect(photo)[0]

    with pytest.raises(ExplanationError, match=r"draws no masks.*Explain the class, or one of the sides"):
        ODAM(part="mask").explain(model, photo, Target(found.label), instance=found)


def test_a_level_that_has_no_part_in_the_box_is_refused_with_the_one_that_has(build_detector, photo, odam_map):
    model = build_detector("ssd")
    found = model.detect(photo)[0]
    layer = odam_map(model, photo, found).layer
    other = next(f"backbone.{number}" for number in range(3) if f"backbone.{number}" != layer)

    with pytest.raises(ExplanationError, match=f"read from '{layer}' alone: '{other}' has no part in it"):
        odam_map(model, photo, found, layer=other)


def test_an_unknown_class_is_refused_with_the_known_ones(build_detector, photo):
    model = build_detector("ssd")
    model.class_index = lambda label: {"can": 1}.get(label) or _unknown(label)
    found = replace(model.detect(photo)[0], label="purple")

    with pytest.raises(UnknownNameError, match=r"Known: can\."):
        ODAM().explain(model, photo, Target("purple"), instance=found)


def _unknown(label):
    raise UnknownNameError("class", label, known=["can"])


def test_a_run_can_be_cancelled_between_two_boxes(detector, photo):
    subjects = [subject(photo, each) for each in detector.detect(photo)]
    told = []

    def cancel_later(done, total):
        told.append(done)
        if len(told) == 4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        ODAM().explain_each(detector, subjects, report=cancel_later)

    assert told == sorted(told)
    assert detector.lock.acquire(blocking=False)


def test_a_detector_with_broken_weights_gives_the_reason(build_detector, photo):
    model = build_detector("retinanet")
    found = model.detect(photo)[0]
    with torch.no_grad():
        model.detector.head.classification_head.cls_logits.weight.fill_(float("nan"))

    with pytest.raises(ExplanationError, match="are not finite numbers"):
        ODAM().explain(model, photo, Target(found.label), instance=found)
