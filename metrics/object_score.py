"""The score of one object while parts of the picture are hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from domain.explanation import RGBImage
from domain.geometry import Box, intersection_over_union
from domain.prediction import Instances
from metrics.masking import Score

SAME_OBJECT = 0.5


def object_score(found: Instances, label: str, box: Box) -> float:
    """Return the highest score among objects of the class that overlap the box by more than half (IoU), else 0.

    The protocol of ODAM (Zhao and Chan, ICLR 2023): the object may move a little, or come out as another one.
    """
    scores = [
        item.score or 0.0
        for item in found.items
        if item.label == label and intersection_over_union(item.box, box) > SAME_OBJECT
    ]
    return max(scores, default=0.0)


def score_object(predict: Callable[[Sequence[RGBImage]], Sequence[Instances]], label: str, box: Box) -> Score:
    """Return the `Score` of one object.

    Args:
        predict: N pictures -> the objects of each, in fractions of the picture.
        label: The class of the object.
        box: In fractions of the picture.
    """

    def score(pictures: Sequence[RGBImage]) -> np.ndarray:
        return np.array([object_score(found, label, box) for found in predict(pictures)])

    return score
