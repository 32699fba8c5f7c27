"""Which of a detector's many candidates a box on the screen came from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import box_iou, clip_boxes_to_image

SAME_BOX = 0.9
"""Overlap from which two boxes are one; below it the box was edited or drawn by hand."""

ROUGHLY_THERE = 0.5
"""Overlap from which a candidate is about the box at all."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Everything a detector considered on one picture before suppressing doubles.

    Attributes:
        boxes: (N, K, 4) decoded corners in pixels of the resized picture; K is the number of classes where the
            detector has a box for each, else 1.
        scores: (N, C) probability of each class, the network's own index.
    """

    boxes: Tensor
    scores: Tensor

    def of_class(self, index: int) -> tuple[Tensor, Tensor]:
        """Return the (N, 4) boxes and (N,) scores of one class."""
        return self.boxes[:, index if self.boxes.shape[1] > 1 else 0], self.scores[:, index]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, how far it overlaps the box in [0, 1], and the class probability it has."""

    index: int
    overlap: float
    score: float


def match_box(
    boxes: Tensor, scores: Tensor, box: Tensor, *, size: tuple[int, int], at_least: float = 0.0
) -> Match | None:
    """Return the candidate that best is `box`: the largest overlap times score among those that overlap enough.

    A box that the detector reported finds its own source this way: it overlaps it fully, and suppression kept the
    highest score.

    Args:
        boxes: (N, 4) of the candidates for the box's class, pixels.
        scores: (N,) theirs.
        box: (4,), pixels.
        size: (height, width) of the resized picture; detectors clip what they report to it.
        at_least: Smallest overlap to accept.
    """
    if not len(boxes):
        return None
    overlaps = box_iou(box[None], clip_boxes_to_image(boxes, size))[0]
    worth = torch.where(overlaps >= at_least, overlaps * scores, -1.0)
    index = int(worth.argmax())
    if not worth[index] >= 0:
        return None
    return Match(index, float(overlaps[index]), float(scores[index]))
