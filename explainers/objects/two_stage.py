"""The class evidence of one box in a detector that proposes regions first (the R-CNN family)."""

from __future__ import annotations

import torch
from torch import Tensor

from explainers.objects.box_match import SAME_BOX, Candidates, Match, match_box
from explainers.objects.detector_scene import Detector, Scene


def list_candidates(detector: Detector, scene: Scene, class_index: int) -> tuple[Tensor, Candidates]:
    """Return the (N, 4) proposals of `scene` and what the box head makes of each for one class."""
    with torch.no_grad():
        [proposals], _ = detector.rpn(scene.images, scene.levels, None)
        logits, regression = _box_head(detector, scene, scene.levels, proposals)
        boxes = detector.roi_heads.box_coder.decode(regression, [proposals])[:, class_index]
        return proposals, Candidates(boxes, logits.softmax(dim=1)[:, class_index])


def find_proposal(detector: Detector, scene: Scene, class_index: int, box: Tensor) -> tuple[Tensor, Match | None]:
    """Return the (1, 4) proposal that `box` came from, or `box` itself without a match when it was edited or drawn."""
    proposals, candidates = list_candidates(detector, scene, class_index)
    match = match_box(candidates, box, scene.size, at_least=SAME_BOX)
    return (box, None) if match is None else (proposals[match.index : match.index + 1], match)


def proposal_gradient(
    detector: Detector, scene: Scene, class_index: int, proposal: Tensor
) -> tuple[dict[str, Tensor], float]:
    """Return the gradient of one proposal's class logit to every level, and its class probability.

    Only this proposal goes through the box head again, on features outside the graph: the gradient is that of the
    full forward pass, since proposals carry none, at a small part of its cost.
    """
    leaves = {name: level.detach().requires_grad_() for name, level in scene.levels.items()}
    logits, _ = _box_head(detector, scene, leaves, proposal)
    gradients = torch.autograd.grad(logits[0, class_index], list(leaves.values()), allow_unused=True)
    found = {name: gradient for name, gradient in zip(leaves, gradients, strict=True) if gradient is not None}
    return found, float(logits.detach().softmax(dim=1)[0, class_index])


def _box_head(detector: Detector, scene: Scene, levels: dict[str, Tensor], boxes: Tensor) -> tuple[Tensor, Tensor]:
    heads = detector.roi_heads
    pooled = heads.box_roi_pool(levels, [boxes], scene.images.image_sizes)
    return heads.box_predictor(heads.box_head(pooled))
