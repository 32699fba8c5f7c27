from dataclasses import replace

import numpy as np
import pytest
import torch
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import box_iou

from domain.errors import ExplanationError
from domain.explanation import Target
from domain.geometry import Box
from explainers.drise import DRISE
from explainers.missed_object import MissedObject
from explainers.objects.box_evidence import read_head
from explainers.objects.box_match import match_box
from explainers.objects.detector_scene import Scene, to_pixels
from explainers.odam import ODAM

ONE_STAGE = ["retinanet", "fcos", "ssd"]
TWO_STAGE = ["faster_rcnn", "mask_rcnn"]


def explain(model, image, found, **options):
    return ODAM(**options).explain(model, image, Target(found.label, found.instance_id), instance=found)


def test_every_detected_box_finds_the_candidate_it_came_from(detector, photo):
    head = read_head(detector.detector, detector.to_input(photo))
    objects = detector.detect(photo)

    assert objects
    for found in objects:
        source = head.find(detector.class_index(found.label), head.scene.to_pixels(found.box))
        assert source.match.overlap > 0.999
        assert source.score == pytest.approx(found.score, rel=1e-4)


@pytest.mark.parametrize("name", TWO_STAGE)
def test_the_evidence_for_a_box_lies_in_the_box(build_detector, photo, name):
    model = build_detector(name)
    drawn = replace(model.detect(photo)[0], box=Box(0.55, 0.1, 0.95, 0.5))

    saliency = explain(model, photo, drawn)

    rows, columns = np.nonzero(saliency.heatmap)
    height, width = saliency.heatmap.shape
    assert columns.min() / width * saliency.region.x_max > 0.45
    assert (rows.max() + 1) / height * saliency.region.y_max < 0.65


@pytest.mark.parametrize("name", TWO_STAGE)
def test_an_edited_box_is_scored_itself_and_the_reader_is_told(build_detector, photo, name):
    model = build_detector(name)
    detected = model.detect(photo)[0]
    edited = replace(detected, box=Box(0.31, 0.27, 0.58, 0.66))

    before, after = explain(model, photo, detected), explain(model, photo, edited)

    assert not before.warnings
    assert "did not propose this box" in after.warnings[0]
    assert before.heatmap.shape != after.heatmap.shape or not np.array_equal(before.heatmap, after.heatmap)


@pytest.mark.parametrize("name", ONE_STAGE)
def test_a_drawn_box_gets_the_nearest_candidate_and_the_reader_is_told(build_detector, photo, name):
    model = build_detector(name)
    drawn = replace(model.detect(photo)[0], box=Box(0.02, 0.02, 0.06, 0.5))

    saliency = explain(model, photo, drawn)

    assert "No candidate of the model is this box" in saliency.warnings[0]


@pytest.mark.parametrize("name", ONE_STAGE)
def test_the_nearest_candidate_of_a_drawn_box_is_chosen_by_its_place_alone(build_detector, photo, name):
    """Its anchor lies over the box, however low its score."""
    model = build_detector(name)
    head = read_head(model.detector, model.to_input(photo))
    box = head.scene.to_pixels(Box(0.02, 0.02, 0.06, 0.5))

    source = head.find(1, box)

    [x_min, y_min, x_max, y_max] = source.prior.tolist()
    height, width = head.scene.size
    if name != "fcos":  # whose anchors mark a point
        assert source.match.index == box_iou(box[None], head.anchors)[0].argmax()
    assert (x_min + x_max) / 2 < 0.2 * width
    assert (y_min + y_max) / 2 < 0.6 * height


@pytest.mark.parametrize("name", ["faster_rcnn", "ssd"])
def test_a_box_the_model_would_not_report_is_explained_and_the_reader_is_told(build_detector, photo, name):
    model = build_detector(name)
    found = model.detect(photo)[0]
    assert not explain(model, photo, found).warnings
    with torch.no_grad():
        if name == "ssd":
            for convolution in model.detector.head.classification_head.module_list:
                convolution.bias[0::3] += 8
        else:
            model.detector.roi_heads.box_predictor.cls_score.bias[0] += 8

    [sentence] = explain(model, photo, found).warnings

    assert sentence.startswith(f"The model would not report this box: its score for '{found.label}' is only 0.0")


def test_a_relabelled_box_is_explained_for_its_new_class(detector, photo):
    found = detector.detect(photo)[0]
    other = replace(found, label="carton" if found.label == "can" else "can")

    maps = []
    for instance in (found, other):
        try:
            maps.append(explain(detector, photo, instance).heatmap.tobytes())
        except ExplanationError as error:
            maps.append(str(error))

    assert maps[0] != maps[1]


def test_a_level_can_be_chosen_and_an_unknown_one_lists_the_known(detector, photo):
    found = detector.detect(photo)[0]
    automatic = explain(detector, photo, found)

    chosen = explain(detector, photo, found, layer=automatic.layer)

    assert chosen.layer == automatic.layer
    with pytest.raises(ExplanationError, match=r"choose one of backbone\.0, backbone\.1, backbone\.2"):
        explain(detector, photo, found, layer="backbone.9")


@pytest.mark.parametrize(
    ("box", "reason"), [(Box(1.1, 0.2, 1.4, 0.5), "outside the image"), (Box(0.5, 0.2, 0.5, 0.5), "has no area")]
)
def test_a_box_without_pixels_is_refused(detector, photo, box, reason):
    found = replace(detector.detect(photo)[0], box=box)

    with pytest.raises(ExplanationError, match=reason):
        explain(detector, photo, found)


def test_a_detector_asks_for_an_object(detector, photo):
    with pytest.raises(ExplanationError, match="no object was chosen for 'can'"):
        ODAM().explain(detector, photo, Target("can"))


def test_a_network_that_is_no_torchvision_detector_is_named(build_detector):
    model = build_detector("ssd")
    model.detector = torch.nn.Sequential()

    assert ODAM.why_not(model).endswith("not Sequential.")


def test_padding_is_cut_off_and_the_last_cells_hang_over_the_edge():
    scene = Scene(ImageList(torch.zeros(1, 3, 96, 160), [(70, 130)]), {}, is_padded=True)

    grid, region = scene.lay_on_picture(torch.arange(240.0).reshape(12, 20))

    assert grid.shape == (9, 17), "cells of 8 pixels: 72 of 70 rows, 136 of 130 columns"
    assert (region.x_max, region.y_max) == pytest.approx((136 / 130, 72 / 70))
    assert grid[1, 0] == 20


def test_cells_of_a_pooled_level_keep_their_true_width():
    """Seven cells of 16 pixels cover 100 rows, although 100 / 7 is no power of two."""
    scene = Scene(ImageList(torch.zeros(1, 3, 100, 100), [(100, 100)]), {}, is_padded=True)

    _, region = scene.lay_on_picture(torch.zeros(7, 7))

    assert region.y_max == pytest.approx(1.12)


def test_a_detector_of_fixed_size_covers_the_whole_picture(build_detector, photo):
    model = build_detector("ssd")

    saliency = explain(model, photo, model.detect(photo)[0])

    assert (saliency.region.x_max, saliency.region.y_max) == pytest.approx((1, 1))


def test_matching_prefers_the_candidate_suppression_would_have_kept():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10.2], [50, 50, 60, 60]])
    scores = torch.tensor([0.9, 0.3, 0.99])

    match = match_box(boxes, scores, torch.tensor([0.0, 0, 10, 10.1]), size=(100, 100), at_least=0.5)

    assert match.index == 0
    assert match_box(boxes, scores, torch.tensor([80.0, 80, 90, 90]), size=(100, 100), at_least=0.5) is None
    assert match_box(boxes[:0], scores[:0], boxes[0], size=(100, 100)) is None


def test_a_box_beyond_the_edge_is_clipped_to_the_picture():
    assert to_pixels(Box(-0.5, 0.25, 0.5, 1.5), (40, 80)).tolist() == [0, 10, 40, 40]


def test_a_box_as_large_as_the_picture_can_be_explained(detector, photo):
    """Its sides are whole numbers."""
    assert to_pixels(Box(0, 0, 1, 1), (40, 80)).dtype == torch.float32
    whole = replace(detector.detect(photo)[0], box=Box(0, 0, 1, 1))

    assert np.isfinite(explain(detector, photo, whole).heatmap).all()


@pytest.mark.parametrize("shape", [(2, 900, 3), (900, 2, 3)])
@pytest.mark.parametrize("name", ["faster_rcnn", "retinanet"])
def test_a_picture_of_which_resizing_leaves_nothing_is_refused(build_detector, photo, name, shape):
    model = build_detector(name)
    drawn = replace(model.detect(photo)[0], box=Box(0.2, 0.2, 0.8, 0.8))

    for method in (ODAM(), DRISE(masks=8), MissedObject()):
        with pytest.raises(ExplanationError, match=r"nothing is left of its short side.*160 pixels"):
            method.explain(model, np.full(shape, 120, np.uint8), Target("can"), instance=drawn)


def test_the_smallest_picture_has_maps(detector, photo):
    drawn = replace(detector.detect(photo)[0], box=Box(0.2, 0.2, 0.8, 0.8))

    assert np.isfinite(explain(detector, np.full((1, 1, 3), 120, np.uint8), drawn).heatmap).all()
