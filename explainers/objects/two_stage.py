"""The evidence for boxes in a detector that proposes regions first (the R-CNN family)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d
from torchvision.ops import box_iou, clip_boxes_to_image, roi_align

from domain.progress import Report, ignore_progress
from explainers.objects.box_match import SAME_BOX, Candidates, match_box
from explainers.objects.detector_scene import Detector, Scene
from explainers.objects.head import OUTWARD, Head, Part, Patch, Source

RING = 2
"""Cells of the mask head around the mask, which stand for what is not the object."""

NEAR = 0.1
"""Overlap from which a proposal may become a given box."""

NO_MASK = "No cell of the mask the model draws here reaches 0.5, so the map explains the mask over the whole box."


def list_proposals(detector: Detector, scene: Scene, *, near: Tensor | None = None) -> list[tuple[Tensor, Candidates]]:
    """Return the (N, 4) proposals of each picture of `scene`, and what the box head makes of them.

    Args:
        detector: Of the R-CNN family.
        scene: One or several pictures.
        near: (M, 4); proposals that hardly overlap any of these are left out, which saves most of the head's work.
    """
    with torch.no_grad():
        proposals, _ = detector.rpn(scene.images, scene.levels, None)
        if near is not None:
            proposals = [_keep_near(boxes, near) for boxes in proposals]
        logits, regression = _run_box_head(detector, _pool_boxes(detector, scene, proposals))
        boxes = detector.roi_heads.box_coder.decode(regression, proposals)
        counts = [len(each) for each in proposals]
        parts = zip(boxes.split(counts), logits.softmax(dim=1).split(counts), strict=True)
        return [(each, Candidates(*part)) for each, part in zip(proposals, parts, strict=True)]


class TwoStageHead(Head):
    """The box and mask heads of the R-CNN family.

    Only a box's own proposal goes through the heads again, on features outside the graph: the gradient is that of the
    full forward pass, since proposals carry none, at a small part of its cost.
    """

    def __init__(self, detector: Detector, scene: Scene) -> None:
        super().__init__(detector, scene)
        self.has_masks = bool(detector.roi_heads.has_mask())
        [(self.proposals, self.candidates)] = list_proposals(detector, scene)

    def find(self, class_index: int, box: Tensor, *, at_least: float = SAME_BOX) -> Source:
        boxes, scores = self.candidates.of_class(class_index)
        match = match_box(boxes, scores, box, size=self.scene.size, at_least=at_least)
        if match is None:
            return Source(class_index, box, box, self._score(class_index, box), None)
        found = clip_boxes_to_image(boxes[match.index], self.scene.size)
        return Source(class_index, self.proposals[match.index], found, match.score, match)

    def patches(self, sources: Sequence[Source], part: Part, *, report: Report = ignore_progress) -> list[Patch]:
        heads = self.detector.roi_heads
        pool = heads.mask_roi_pool if part is Part.MASK else heads.box_roi_pool
        regions = torch.stack([source.box if part is Part.MASK else source.prior for source in sources])
        pooled = pool(self.scene.levels, [regions], self.scene.images.image_sizes).detach().requires_grad_()
        classes = torch.tensor([source.class_index for source in sources], device=pooled.device)
        if part is Part.MASK:
            targets, warnings = self._mask_targets(pooled, classes)
        else:
            targets, warnings = self._box_targets(pooled, regions, classes, part), [()] * len(sources)
        [gradients] = torch.autograd.grad(targets.sum(), [pooled])
        found: list[Patch] = []
        for region, gradient, warning in zip(regions, gradients, warnings, strict=True):
            report(len(found), len(sources))
            found.append(_unpool(pool, self.scene.levels, region, gradient[None], warning))
        return found

    def _box_targets(self, pooled: Tensor, regions: Tensor, classes: Tensor, part: Part) -> Tensor:
        logits, regression = _run_box_head(self.detector, pooled)
        rows = torch.arange(len(classes), device=pooled.device)
        if part is Part.CLASS:
            return logits[rows, classes]
        side, sign = OUTWARD[part]
        return sign * self.detector.roi_heads.box_coder.decode(regression, [regions])[rows, classes, side]

    def _mask_targets(self, pooled: Tensor, classes: Tensor) -> tuple[Tensor, list[tuple[str, ...]]]:
        """Return (n,) sums of the mask's logits, those of the ring around it counted as negative."""
        heads = self.detector.roi_heads
        masks = heads.mask_predictor(heads.mask_head(pooled))
        logits = masks[torch.arange(len(classes), device=pooled.device), classes]
        inside = (logits.detach() > 0).float()
        ring = max_pool2d(inside[:, None], 2 * RING + 1, stride=1, padding=RING)[:, 0] - inside
        is_empty = inside.sum(dim=(1, 2)) == 0
        weights = torch.where(is_empty[:, None, None], torch.ones_like(inside), inside - ring)
        return (logits * weights).sum(dim=(1, 2)), [(NO_MASK,) if empty else () for empty in is_empty.tolist()]

    def _score(self, class_index: int, box: Tensor) -> float:
        with torch.no_grad():
            logits, _ = _run_box_head(self.detector, _pool_boxes(self.detector, self.scene, [box[None]]))
        return float(logits.softmax(dim=1)[0, class_index])


def _pool_boxes(detector: Detector, scene: Scene, boxes: list[Tensor]) -> Tensor:
    return detector.roi_heads.box_roi_pool(scene.levels, boxes, scene.images.image_sizes)


def _run_box_head(detector: Detector, pooled: Tensor) -> tuple[Tensor, Tensor]:
    return detector.roi_heads.box_predictor(detector.roi_heads.box_head(pooled))


def _keep_near(proposals: Tensor, near: Tensor) -> Tensor:
    return proposals[(box_iou(proposals, near) >= NEAR).any(dim=1)]


def _unpool(pool: Any, levels: dict[str, Tensor], region: Tensor, gradient: Tensor, warnings: tuple[str, ...]) -> Patch:
    """Carry the (1, C, y, x) gradient of a pooled region back to the cells of its level that it was pooled from.

    Pooling is repeated on these cells alone: a whole level is too large to be filled with zeros for every box.
    """
    names = [name for name in levels if name in pool.featmap_names]
    number = int(pool.map_levels([region[None]])[0]) if len(names) > 1 else 0
    name, scale = names[number], pool.scales[number]
    corners = region * scale
    left, right = _cells_read(corners[0::2], levels[name].shape[3])
    top, bottom = _cells_read(corners[1::2], levels[name].shape[2])
    cells = levels[name][:, :, top:bottom, left:right].detach().requires_grad_()
    shifted = corners - corners.new_tensor([left, top, left, top])
    values = roi_align(cells, [shifted[None]], pool.output_size, sampling_ratio=pool.sampling_ratio)
    [spread] = torch.autograd.grad(values, [cells], gradient)
    return Patch(name, top, left, (cells.detach() * spread)[0].sum(dim=0), warnings)


def _cells_read(ends: Tensor, count: int) -> tuple[int, int]:
    """Return the first cell that pooling between two ends reads, and the one after the last.

    Regions count as at least one cell wide, and every point is interpolated between two cells.
    """
    low, high = ends.tolist()
    first = min(max(int(low), 0), count - 1)
    return first, max(min(int(max(high, low + 1)) + 2, count), first + 1)
