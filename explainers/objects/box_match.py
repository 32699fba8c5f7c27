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
    """Everything a detector considered for one class before suppressing doubles.

    Attributes:
        boxes: (N, 4) decoded corners in pixels of the resized picture.
        scores: (N,) probability of the class.
    """

    boxes: Tensor
    scores: Tensor


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, how far it overlaps the box in [0, 1], and the class probability it has."""

    index: int
    overlap: float
    score: float


def match_box(candidates: Candidates, box: Tensor, size: tuple[int, int], *, at_least: float) -> Match | None:
    """Return the candidate that best is `box`: the largest overlap times score among those that overlap enough.

    A box that the detector reported finds its own source this way: it overlaps it fully, and suppression kept the
    highest score.

    Args:
        candidates: Of the box's class.
        box: (1, 4), pixels.
        size: (height, width) of the resized picture; detectors clip what they report to it.
        at_least: Smallest overlap to accept.
    """
    if not len(candidates.boxes):
        return None
    overlaps = box_iou(box, clip_boxes_to_image(candidates.boxes, size))[0]
    worth = torch.where(overlaps >= at_least, overlaps * candidates.scores, -1.0)
    index = int(worth.argmax())
    if worth[index] < 0:
        return None
    return Match(index, float(overlaps[index]), float(candidates.scores[index]))
