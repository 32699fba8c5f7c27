"""What a detector learns from, its pictures and targets as torchvision takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.transforms.v2 import functional as change
from torchvision.tv_tensors import wrap

from domain.prediction import Instances
from training.detection import detection_target, mirror
from training.feed import Places
from training.views import Pictures, as_tensor, vary_colours

Target = dict[str, Tensor]
"""boxes (M, 4) float32 in pixels, labels (M,) int64 from 1, masks (M, h, w) uint8."""

Measure = Callable[[Sequence[Instances], Sequence[Instances], Sequence[tuple[int, int]]], float]
"""Labels, predictions and (width, height) of the same pictures -> a figure, higher is better."""

LEAST_SIDE = 1.0
"""Boxes with a shorter side, in pixels as the network sees the picture, are no objects to learn."""


@dataclass(frozen=True, slots=True)
class ObjectExamples:
    """What a detector learns from.

    Attributes:
        pictures: N, of any size, not larger than the network sees them.
        objects: (N,) in fractions of the picture.
        trusted: (N,) whether the objects are labels; else they are what the parent is sure of.
        learn: Places of the images to learn from.
        choose: Places of those that choose the epoch.
        device: Where it is learned.
        outputs: Class -> output of the network that is learned from.
        measure: The figure by which an epoch is chosen.
    """

    pictures: Pictures
    objects: Sequence[Instances]
    trusted: NDArray[np.bool_]
    learn: Places
    choose: Places
    device: torch.device
    outputs: Mapping[str, int]
    measure: Measure

    def plain(self, place: int, classes: Sequence[str]) -> tuple[Tensor, Target]:
        """(3, h, w) float32 in [0, 1] as the network sees it in use, and its target."""
        picture = as_tensor(self.pictures[place])
        return self._finish(picture, make_target(self.objects[place], picture, classes))

    def varied(self, place: int, classes: Sequence[str], rng: np.random.Generator) -> tuple[Tensor, Target]:
        """The same mirrored now and then, its colours varied."""
        picture = as_tensor(self.pictures[place])
        target = make_target(self.objects[place], picture, classes)
        if rng.random() < 0.5:
            picture, target = change.horizontal_flip(picture), mirror(target)
        return self._finish(vary_colours(picture, rng), target)

    def is_outlined(self, place: int) -> bool:
        """Whether every object of a picture has a mask to learn."""
        return all(thing.polygons for thing in self.objects[place].items)

    def _finish(self, picture: Tensor, target: Target) -> tuple[Tensor, Target]:
        fractions = change.to_dtype(picture.to(self.device), torch.float32, scale=True)
        return fractions, {name: value.as_subclass(Tensor).to(self.device) for name, value in target.items()}


def make_target(objects: Instances, picture: Tensor, classes: Sequence[str]) -> Target:
    """The objects of a (3, h, w) picture without crowds and what is less than a pixel wide or high inside it."""
    height, width = picture.shape[1:]
    single = Instances(tuple(thing for thing in objects.items if not thing.is_crowd))
    target = detection_target(single, (height, width), classes=classes)
    inside = change.clamp_bounding_boxes(target["boxes"])
    sides = (inside[:, 2:] - inside[:, :2]).as_subclass(Tensor)
    kept = (sides >= LEAST_SIDE).all(dim=1)
    found = {**target, "boxes": inside}
    return {
        name: wrap(value[kept], like=value)  # pyright: ignore[reportCallIssue]  its stub lacks it
        for name, value in found.items()
    }


def as_seen(detector: nn.Module, picture: Tensor) -> NDArray[np.uint8]:
    """A picture as a detector's own resizing leaves it, or as it is where that makes it larger.

    Args:
        detector: A torchvision detector in evaluation mode.
        picture: (3, h, w) float32 in [0, 1].

    Returns:
        (h', w', 3).
    """
    transform: Callable[..., tuple[Tensor, None]] = detector.get_submodule("transform").resize  # pyright: ignore[reportAssignmentType]
    seen, _ = transform(picture, None)
    smaller = seen if seen.numel() < picture.numel() else picture
    return smaller.mul(255).round().clamp(0, 255).byte().permute(1, 2, 0).cpu().contiguous().numpy()
