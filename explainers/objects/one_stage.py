"""The class evidence of one box in a detector with a dense head (RetinaNet, FCOS, SSD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_iou

from explainers.objects.box_match import ROUGHLY_THERE, Candidates, Match, match_box
from explainers.objects.detector_scene import Detector, Scene

FCOS_REACH = 8.0
"""FCOS assigns boxes of about 8 anchor sides to a level; its anchors mark the point, not the extent."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchor: its level, and its place in the level's list."""

    level: str
    index: int


def find_anchor(detector: Detector, scene: Scene, class_index: int, box: Tensor) -> tuple[Anchor, Match]:
    """Return the anchor that `box` came from, or for an edited or drawn box the one that lies best over it."""
    with torch.no_grad():
        features = list(scene.levels.values())
        outputs = detector.head(features)
        [anchors] = detector.anchor_generator(scene.images, features)
        candidates = _decode(detector, outputs, anchors, class_index)
    match = match_box(candidates, box, scene.size, at_least=ROUGHLY_THERE)
    if match is None:
        match = _nearest(_priors(detector, anchors), candidates, box)
    return _locate(detector, scene, match.index), match


def anchor_gradient(detector: Detector, scene: Scene, class_index: int, anchor: Anchor) -> dict[str, Tensor]:
    """Return the gradient of the anchor's class logit to its level; the other levels have none.

    Only the class branch of the head runs again, on this level alone.
    """
    leaf = scene.levels[anchor.level].detach().requires_grad_()
    head = detector.head.classification_head
    if isinstance(detector, SSD):
        logit = _ssd_logit(head, list(scene.levels).index(anchor.level), leaf, anchor.index, class_index)
    else:
        logit = head([leaf])[0, anchor.index, class_index]
    [gradient] = torch.autograd.grad(logit, [leaf])
    return {anchor.level: gradient}


def _ssd_logit(head: Any, level: int, leaf: Tensor, index: int, class_index: int) -> Tensor:
    """SSD has one convolution per level, (1, A * K, h, w); anchors count along A first, then w, then h."""
    maps = head.module_list[level](leaf)
    width = maps.shape[3]
    per_cell = maps.shape[1] // head.num_columns
    cell, anchor = divmod(index, per_cell)
    row, column = divmod(cell, width)
    return maps[0, anchor * head.num_columns + class_index, row, column]


def _decode(detector: Detector, outputs: dict[str, Tensor], anchors: Tensor, class_index: int) -> Candidates:
    logits, regression = outputs["cls_logits"][0], outputs["bbox_regression"][0]
    if isinstance(detector, FCOS):
        nearness = outputs["bbox_ctrness"][0, :, 0].sigmoid()
        scores = (logits[:, class_index].sigmoid() * nearness).sqrt()
        return Candidates(detector.box_coder.decode(regression, anchors), scores)
    scores = logits.softmax(dim=1) if isinstance(detector, SSD) else logits.sigmoid()
    return Candidates(detector.box_coder.decode_single(regression, anchors), scores[:, class_index])


def _priors(detector: Detector, anchors: Tensor) -> Tensor:
    if not isinstance(detector, FCOS):
        return anchors
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    reach = (anchors[:, 2:] - anchors[:, :2]) * FCOS_REACH / 2
    return torch.cat([centres - reach, centres + reach], dim=1)


def _nearest(priors: Tensor, candidates: Candidates, box: Tensor) -> Match:
    overlaps = box_iou(box, priors)[0]
    index = int(overlaps.argmax())
    return Match(index, float(box_iou(box, candidates.boxes[index : index + 1])), float(candidates.scores[index]))


def _locate(detector: Detector, scene: Scene, index: int) -> Anchor:
    per_location = detector.anchor_generator.num_anchors_per_location()
    for (name, level), count in zip(scene.levels.items(), per_location, strict=True):
        size = level.shape[2] * level.shape[3] * count
        if index < size:
            return Anchor(name, index)
        index -= size
    raise AssertionError("the head gives one output per anchor")
