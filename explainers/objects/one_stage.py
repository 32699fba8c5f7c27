"""The evidence for boxes in a detector with a dense head (RetinaNet, FCOS, SSD)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection.fcos import FCOS
from torchvision.models.detection.ssd import SSD
from torchvision.ops import FrozenBatchNorm2d, box_iou, clip_boxes_to_image

from domain.progress import Report, ignore_progress
from explainers.objects.box_match import ROUGHLY_THERE, SAME_BOX, Candidates, Match, match_box
from explainers.objects.detector_scene import Detector, Scene
from explainers.objects.head import OUTWARD, Head, Part, Patch, Source

FCOS_REACH = 8.0
"""FCOS assigns boxes of about 8 anchor sides to a level; its anchors mark the point, not the extent."""

_POINTWISE = (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.LeakyReLU, nn.Identity, nn.Dropout)
_LOCAL = (nn.Conv2d, nn.BatchNorm2d, FrozenBatchNorm2d, *_POINTWISE)
"""Layers whose output at a cell depends on the cells around it alone, in evaluation mode."""


def list_anchors(detector: Detector, scene: Scene) -> list[tuple[Tensor, Candidates]]:
    """Return the (N, 4) anchors of each picture of `scene`, and what the head makes of them."""
    with torch.no_grad():
        features = list(scene.levels.values())
        outputs = detector.head(features)
        anchors = detector.anchor_generator(scene.images, features)
        scores = _score(detector, outputs)
        decoded = [_decode(detector, *pair) for pair in zip(outputs["bbox_regression"], anchors, strict=True)]
        rows = zip(anchors, decoded, scores, strict=True)
        return [(each, Candidates(boxes[:, None], score)) for each, boxes, score in rows]


@dataclass(frozen=True, slots=True)
class Place:
    """One anchor in the head: its level, its cell there, and its number among the anchors of the cell."""

    level: int
    row: int
    column: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Window:
    """Cells of a level, from `top` and `left` on, that an output of the head depends on."""

    top: int
    left: int
    bottom: int
    right: int

    def index(self, place: Place, anchors: int) -> int:
        """Return where a head that sees only this window lists the output of `place`."""
        return ((place.row - self.top) * (self.right - self.left) + place.column - self.left) * anchors + place.anchor


@dataclass(frozen=True, slots=True)
class Reading:
    """A branch that has run on a window of a level.

    Attributes:
        level: Number of the level.
        window: The cells it ran on.
        cells: (1, C, h, w), a leaf.
        rows: (outputs, numbers) in the graph.
    """

    level: int
    window: Window
    cells: Tensor
    rows: Tensor


class OneStageHead(Head):
    """The class and box branches of a dense head.

    Only the branch that is asked for runs again, on the cells it reads for one anchor. Where a normalisation over the
    whole level makes the output depend on all of it, it runs on the whole level, once for all boxes read from there.
    """

    has_masks = False

    def __init__(self, detector: Detector, scene: Scene) -> None:
        super().__init__(detector, scene)
        [(self.anchors, self.candidates)] = list_anchors(detector, scene)
        self._per_cell = detector.anchor_generator.num_anchors_per_location()

    def find(self, class_index: int, box: Tensor, *, at_least: float = SAME_BOX) -> Source:
        boxes, scores = self.candidates.of_class(class_index)
        match = match_box(boxes, scores, box, size=self.scene.size, at_least=min(at_least, ROUGHLY_THERE))
        if match is None:
            index = int(box_iou(box[None], _priors(self.detector, self.anchors))[0].argmax())
            match = Match(index, float(box_iou(box[None], boxes[index, None])), float(scores[index]))
        found = clip_boxes_to_image(boxes[match.index], self.scene.size)
        return Source(class_index, self.anchors[match.index], found, match.score, match)

    def patches(self, sources: Sequence[Source], part: Part, *, report: Report = ignore_progress) -> list[Patch]:
        places = [self._locate(source) for source in sources]
        found: dict[int, Patch] = {}
        reading = None
        for number in sorted(range(len(sources)), key=lambda number: places[number].level):
            report(len(found), len(sources))
            reading = self._read(places[number], part, reading)
            found[number] = self._patch(sources[number], places[number], part, reading)
        return [found[number] for number in range(len(sources))]

    def _patch(self, source: Source, place: Place, part: Part, reading: Reading) -> Patch:
        row = reading.rows[reading.window.index(place, self._per_cell[place.level])]
        [gradient] = torch.autograd.grad(self._target(row, source, part), [reading.cells], retain_graph=True)
        evidence = (reading.cells.detach() * gradient)[0].sum(dim=0)
        return Patch(list(self.scene.levels)[place.level], reading.window.top, reading.window.left, evidence)

    def _read(self, place: Place, part: Part, last: Reading | None) -> Reading:
        """Run a branch on what the output at `place` depends on, unless the last reading is just that."""
        window = self._window(place, part)
        if last is not None and (last.level, last.window) == (place.level, window):
            return last
        level = list(self.scene.levels.values())[place.level]
        cells = level[:, :, window.top : window.bottom, window.left : window.right].detach().requires_grad_()
        return Reading(place.level, window, cells, self._run_branch(place.level, cells, part))

    def _target(self, row: Tensor, source: Source, part: Part) -> Tensor:
        if part is Part.CLASS:
            return row[source.class_index]
        side, sign = OUTWARD[part]
        return sign * _decode(self.detector, row[None], source.prior[None])[0, side]

    def _branch(self, part: Part) -> Any:
        head = self.detector.head
        return head.classification_head if part is Part.CLASS else head.regression_head

    def _run_branch(self, level: int, cells: Tensor, part: Part) -> Tensor:
        """Return the (outputs, numbers) of a branch on (1, C, h, w) cells: along the anchors first, then w, then h."""
        branch = self._branch(part)
        if isinstance(self.detector, SSD):
            maps = branch.module_list[level](cells)
            return maps[0].unflatten(0, (-1, branch.num_columns)).permute(2, 3, 0, 1).flatten(0, 2)
        outputs = branch([cells])
        return (outputs[0] if isinstance(outputs, tuple) else outputs)[0]

    def _window(self, place: Place, part: Part) -> Window:
        height, width = list(self.scene.levels.values())[place.level].shape[2:]
        branch = self._branch(part)
        reach = _reach(branch.module_list[place.level] if isinstance(self.detector, SSD) else branch)
        if reach is None:
            return Window(0, 0, height, width)
        top, left = max(place.row - reach, 0), max(place.column - reach, 0)
        return Window(top, left, min(place.row + reach + 1, height), min(place.column + reach + 1, width))

    def _locate(self, source: Source) -> Place:
        if source.match is None:
            raise AssertionError("a dense head has an anchor everywhere")
        index = source.match.index
        for number, (level, per_cell) in enumerate(zip(self.scene.levels.values(), self._per_cell, strict=True)):
            size = level.shape[2] * level.shape[3] * per_cell
            if index < size:
                cell, anchor = divmod(index, per_cell)
                return Place(number, *divmod(cell, level.shape[3]), anchor)
            index -= size
        raise AssertionError("the head gives one output per anchor")


def _reach(branch: nn.Module) -> int | None:
    """Return how many cells around its own an output of `branch` may depend on, or None when on all."""
    layers = [module for module in branch.modules() if not list(module.children())]
    if not all(isinstance(layer, _LOCAL) for layer in layers):
        return None
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    if any(max(layer.stride) > 1 for layer in convolutions):
        return None
    return sum(max(layer.kernel_size) // 2 * max(layer.dilation) for layer in convolutions)


def _score(detector: Detector, outputs: dict[str, Tensor]) -> Tensor:
    logits = outputs["cls_logits"]
    if isinstance(detector, FCOS):
        return (logits.sigmoid() * outputs["bbox_ctrness"].sigmoid()).sqrt()
    return logits.softmax(dim=2) if isinstance(detector, SSD) else logits.sigmoid()


def _decode(detector: Detector, regression: Tensor, anchors: Tensor) -> Tensor:
    coder = detector.box_coder
    return (coder.decode if isinstance(detector, FCOS) else coder.decode_single)(regression, anchors)


def _priors(detector: Detector, anchors: Tensor) -> Tensor:
    if not isinstance(detector, FCOS):
        return anchors
    centres = (anchors[:, :2] + anchors[:, 2:]) / 2
    reach = (anchors[:, 2:] - anchors[:, :2]) * FCOS_REACH / 2
    return torch.cat([centres - reach, centres + reach], dim=1)
