"""The short way to the evidence for a box equals the gradient of the whole detector."""

import numpy as np
import pytest
import torch
from torch.nn.functional import max_pool2d

from explainers.objects.box_evidence import Question, explain_boxes, read_head
from explainers.objects.box_match import Match
from explainers.objects.detector_scene import read_scene
from explainers.objects.head import OUTWARD, Part, Source
from explainers.objects.one_stage import _decode

ONE_STAGE = ["retinanet", "retinanet_v2", "fcos", "ssd", "ssdlite"]
TWO_STAGE = ["faster_rcnn", "mask_rcnn", "maskrcnn_v2"]
BOX_PARTS = [Part.CLASS, Part.LEFT, Part.TOP, Part.RIGHT, Part.BOTTOM]

CASES = [
    *[(name, part) for name in [*ONE_STAGE, *TWO_STAGE] for part in BOX_PARTS],
    *[(name, Part.MASK) for name in TWO_STAGE[1:]],
]


def full_two_stage(detector, levels, scene, source, part):
    """The output of one candidate when all proposals go through the head, as in a forward pass."""
    heads = detector.roi_heads
    with torch.no_grad():
        [proposals], _ = detector.rpn(scene.images, scene.levels)
    if part is Part.MASK:
        logits = heads.mask_predictor(heads.mask_head(heads.mask_roi_pool(levels, [source.box[None]], [scene.size])))
        [logits] = logits[:, source.class_index]
        inside = (logits > 0).float()
        ring = max_pool2d(inside[None, None], 5, stride=1, padding=2)[0, 0] - inside
        return (logits * (inside - ring)).sum() if inside.any() else logits.sum()
    pooled = heads.box_roi_pool(levels, [proposals], [scene.size])
    logits, regression = heads.box_predictor(heads.box_head(pooled))
    if part is Part.CLASS:
        return logits[source.match.index, source.class_index]
    side, sign = OUTWARD[part]
    return sign * heads.box_coder.decode(regression, [proposals])[source.match.index, source.class_index, side]


def full_one_stage(detector, levels, scene, source, part):
    outputs = detector.head(list(levels.values()))
    if part is Part.CLASS:
        return outputs["cls_logits"][0, source.match.index, source.class_index]
    [anchors] = detector.anchor_generator(scene.images, list(scene.levels.values()))
    side, sign = OUTWARD[part]
    return sign * _decode(detector, outputs["bbox_regression"][0], anchors)[source.match.index, side]


def full_maps(model, image, found, part):
    """Return what the whole graph says: the map of each level, cut to the picture."""
    detector = model.detector
    head = read_head(detector, model.to_input(image))
    scene = read_scene(detector, model.to_input(image))
    source = head.find(model.class_index(found.label), scene.to_pixels(found.box))
    levels = {name: level.clone().requires_grad_() for name, level in scene.levels.items()}
    full = full_two_stage if hasattr(detector, "roi_heads") else full_one_stage
    gradients = torch.autograd.grad(
        full(detector, levels, scene, source, part), list(levels.values()), allow_unused=True
    )
    maps = {}
    for (name, level), gradient in zip(scene.levels.items(), gradients, strict=True):
        if gradient is not None and gradient.abs().max() > 0:
            maps[f"backbone.{name}"] = scene.lay_on_picture((level * gradient)[0].sum(dim=0))[0].numpy()
    return maps


@pytest.mark.parametrize(("name", "part"), CASES)
def test_every_part_of_every_box_has_the_map_of_the_full_graph(build_any, photo, name, part):
    model = build_any(name)
    objects = model.detect(photo)[:4]

    found = explain_boxes(model, photo, objects, Question(part))

    assert objects
    assert [saliency.forward_passes for saliency in found] == [1, *[0] * (len(objects) - 1)]
    for instance, saliency in zip(objects, found, strict=True):
        maps = full_maps(model, photo, instance, part)
        assert list(maps) in ([saliency.layer], []), "one level alone has a part in a box"
        expected = maps.get(saliency.layer, np.zeros_like(saliency.heatmap))
        np.testing.assert_allclose(saliency.heatmap, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["retinanet", "ssd", "ssdlite", "faster_rcnn"])
def test_only_a_part_of_the_level_is_computed_again(build_any, photo, name):
    model = build_any(name)
    head = read_head(model.detector, model.to_input(photo))
    source = head.find(1, head.scene.to_pixels(model.detect(photo)[0].box))

    [patch] = head.patches([source], Part.CLASS)

    assert patch.evidence.numel() <= head.scene.levels[patch.level][0, 0].numel()
    assert patch.on_level(head.scene.levels[patch.level]).count_nonzero() == patch.evidence.count_nonzero()


@pytest.mark.parametrize("name", TWO_STAGE)
@pytest.mark.parametrize("corners", [(20.0, 20, 20.6, 60), (30, 40.2, 90, 40.4), (127.5, 0, 128, 96), (0, 0, 128, 96)])
def test_a_drawn_box_of_any_shape_has_the_map_of_the_full_graph(build_any, photo, name, corners):
    """One narrower than a cell, one lower, one at the edge, one as large as the picture."""
    model = build_any(name)
    detector = model.detector
    head = read_head(detector, model.to_input(photo))
    box = torch.tensor(corners, dtype=torch.float32)
    levels = {key: level.clone().requires_grad_() for key, level in head.scene.levels.items()}
    pooled = detector.roi_heads.box_roi_pool(levels, [box[None]], [head.scene.size])
    logit = detector.roi_heads.box_predictor(detector.roi_heads.box_head(pooled))[0][0, 1]
    gradients = torch.autograd.grad(logit, list(levels.values()), allow_unused=True)
    full = {
        key: (level * gradient)[0].sum(dim=0).detach()
        for (key, level), gradient in zip(levels.items(), gradients, strict=True)
        if gradient is not None and gradient.abs().max() > 0
    }

    [patch] = head.patches([Source(1, box, box, 0.5, None)], Part.CLASS)

    assert list(full) == [patch.level]
    found = patch.on_level(levels[patch.level].detach())
    torch.testing.assert_close(found, full[patch.level], rtol=1e-4, atol=1e-5 * float(found.abs().max()))


def test_the_same_cells_of_two_levels_are_not_mixed_up(build_any, photo):
    model = build_any("retinanet")
    head = read_head(model.detector, model.to_input(photo))
    first_of = [0, head.scene.levels["0"][0, 0].numel() * 2]
    sources = [Source(1, head.anchors[index], head.anchors[index], 0.5, Match(index, 1.0, 0.5)) for index in first_of]

    together = head.patches(sources, Part.CLASS)

    for source, patch, level in zip(sources, together, ["0", "1"], strict=True):
        [alone] = head.patches([source], Part.CLASS)
        assert patch.level == level
        torch.testing.assert_close(patch.evidence, alone.evidence)
