import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou, clip_boxes_to_image

from domain.errors import ExplanationError, UnknownNameError
from domain.explanation import Target
from domain.geometry import Box
from explainers.base import Subject
from explainers.missed_object import MissedObject
from explainers.objects.box_evidence import read_head

ALL = ["faster_rcnn", "mask_rcnn", "retinanet", "fcos", "ssd"]


def explain(model, image, instance):
    return MissedObject().explain(model, image, Target(instance.label), instance=instance)


def rules(model):
    return getattr(model.detector, "roi_heads", model.detector)


def test_an_object_that_is_found_is_told_to_be_found(detector, photo):
    found = detector.detect(photo)[0]

    [sentence] = explain(detector, photo, found).warnings

    told = re.fullmatch(
        r"The model does find '(can|carton)' here, with a score of (.*) and an overlap of 100%\.", sentence
    )
    assert told[1] == found.label
    assert float(told[2]) == pytest.approx(found.score, abs=0.006)


def test_a_score_under_the_threshold_is_told(detector, photo):
    found = detector.detect(photo)[0]
    rules(detector).score_thresh = 0.995

    best, loss, *_ = explain(detector, photo, found).warnings

    assert best.startswith(f"The best candidate for '{found.label}' overlaps the box by 100%; its score is ")
    assert float(best.split()[-1][:-1]) == pytest.approx(found.score, abs=0.006)
    assert loss == "That is under 0.99, the score from which the model reports objects."


def test_a_candidate_suppressed_by_another_box_is_told(detector, photo):
    winner = detector.detect(photo)[0]
    missed = _overlapping(detector, photo, winner)
    rules(detector).nms_thresh = 0.05

    sentences = explain(detector, photo, missed).warnings

    start = f"It was suppressed as a double of another '{winner.label}' with a score of {winner.score:.2f}"
    assert any(sentence.startswith(start) for sentence in sentences), sentences


def _overlapping(model, image, winner):
    """Return the best candidate of the class that overlaps the winner a little, as an object."""
    head = read_head(model.detector, model.to_input(image))
    boxes, scores = head.candidates.of_class(model.class_index(winner.label))
    boxes = clip_boxes_to_image(boxes, head.scene.size)
    overlaps = box_iou(head.scene.to_pixels(winner.box)[None], boxes)[0]
    fits = (overlaps > 0.1) & (overlaps < 0.4) & ((boxes[:, 2:] - boxes[:, :2]).amin(dim=1) > 8)
    index = int(torch.where(fits, scores, -1).argmax())
    assert fits[index]
    height, width = head.scene.size
    return replace(winner, box=Box(*(boxes[index] / torch.tensor([width, height, width, height])).tolist()))


@pytest.mark.parametrize("name", ALL)
def test_what_is_taken_for_another_class_is_told(build_detector, photo, name):
    model = build_detector(name)
    found = model.detect(photo)[0]
    other = replace(found, label="carton" if found.label == "can" else "can")
    rules(model).score_thresh = found.score - 0.001

    sentences = explain(model, photo, other).warnings

    assert any(
        sentence.startswith(f"The model takes what is here for '{found.label}', with a score of {found.score:.2f}")
        for sentence in sentences
    ), sentences


@pytest.mark.parametrize("name", ["faster_rcnn", "ssd"])
def test_what_is_taken_for_background_is_told(build_detector, photo, name):
    model = build_detector(name)
    found = model.detect(photo)[0]
    with torch.no_grad():
        head = model.detector
        if name == "ssd":
            for convolution in head.head.classification_head.module_list:
                convolution.bias[0::3] += 20
        else:
            head.roi_heads.box_predictor.cls_score.bias[0] += 20
    rules(model).score_thresh = 0.5

    sentences = explain(model, photo, found).warnings

    assert sentences[-1] == "The candidate is rather taken for background, with a score of 1.00."


def test_the_candidate_that_overlaps_the_drawn_box_by_half_is_explained(detector, photo):
    found = detector.detect(photo)[0]
    rules(detector).score_thresh = 0.995
    box = found.box
    narrower = replace(found, box=replace(box, x_max=box.x_max - 0.3 * box.width))

    best, *_ = explain(detector, photo, narrower).warnings

    told = re.match(r"The best candidate for '\w+' overlaps the box by (\d+)%; its score is", best)
    assert 50 <= int(told[1]) < 100


def test_a_region_that_was_never_proposed_is_told(build_detector, photo):
    model = build_detector("faster_rcnn")
    found = model.detect(photo)[0]
    model.detector.rpn._post_nms_top_n = {"training": 1, "testing": 1}
    drawn = replace(found, box=Box(0.02, 0.9, 0.2, 0.99))

    sentence = explain(model, photo, drawn).warnings[0]

    assert re.match(
        r"The region was never proposed: no candidate for '\w+' overlaps the box by more than \d+%\.", sentence
    )
    assert "Made to look at exactly this box, the model gives" in sentence


@pytest.mark.parametrize("name", ["retinanet", "fcos", "ssd"])
def test_a_box_that_no_anchor_gives_is_explained_by_the_nearest(build_detector, photo, name):
    model = build_detector(name)
    drawn = replace(model.detect(photo)[0], box=Box(0.02, 0.02, 0.06, 0.5))

    sentence = explain(model, photo, drawn).warnings[0]

    assert "The region was never proposed" in sentence
    assert "The nearest candidate gives" in sentence


def test_what_falls_to_the_limit_is_told(build_detector, photo):
    model = build_detector("retinanet")
    rules(model).nms_thresh = 1.0
    first, *_, last = model.detect(photo)
    rules(model).detections_per_img = 1
    assert first.box != last.box
    rules(model).nms_thresh = 0.9999

    sentences = explain(model, photo, last).warnings

    assert "It fell out because the model reports at most 1 objects." in sentences


def test_the_map_is_signed_and_may_be_all_negative(build_detector, photo):
    model = build_detector("faster_rcnn")
    found = model.detect(photo)[0]
    with torch.no_grad():
        model.detector.roi_heads.box_head.fc6.weight.abs_()
        model.detector.roi_heads.box_head.fc7.weight.abs_()
        model.detector.roi_heads.box_predictor.cls_score.weight.copy_(
            -model.detector.roi_heads.box_predictor.cls_score.weight.abs()
        )

    saliency = explain(model, photo, found)

    assert saliency.heatmap.max() <= 0
    assert saliency.heatmap.min() < 0


def test_objects_of_one_picture_share_its_two_passes(detector, photo):
    objects = detector.detect(photo)
    calls = []
    detector.detector.backbone.register_forward_hook(lambda *_: calls.append(1))

    found = MissedObject().explain_each(detector, [Subject(photo, Target(each.label), each) for each in objects])

    assert len(calls) == 2
    assert [each.forward_passes for each in found] == [2, *[0] * (len(objects) - 1)]


def test_a_network_that_computes_nothing_gives_the_reason(build_detector, photo):
    model = build_detector("retinanet")
    found = model.detect(photo)[0]
    with torch.no_grad():
        model.detector.head.classification_head.cls_logits.weight.zero_()

    with pytest.raises(ExplanationError, match="is the same everywhere"):
        explain(model, photo, found)


def test_an_unknown_class_is_refused(build_detector, photo):
    model = build_detector("ssd")
    drawn = replace(model.detect(photo)[0], label="purple")

    def refuse(label):
        raise UnknownNameError("class", label, known=["can"])

    model.class_index = refuse

    with pytest.raises(UnknownNameError, match="Known: can"):
        explain(model, photo, drawn)


def test_a_network_that_is_no_torchvision_detector_is_named(build_detector):
    model = build_detector("ssd")
    model.detector = torch.nn.Sequential()

    assert MissedObject.why_not(model).endswith("not Sequential.")
    assert np.all([MissedObject.why_not(build_detector(name)) == "" for name in ALL])
