"""What a detector computes once for a picture: its resized input and the feature levels of its backbone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torchvision.models.detection.image_list import ImageList

from domain.errors import ExplanationError
from domain.explanation import Region
from domain.geometry import Box

Detector = Any
"""A torchvision detector; its parts bear no types that a checker could follow."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture inside a detector, or several of one size.

    Attributes:
        images: The resized, normalised and padded pictures.
        levels: Level name -> (pictures, C, h, w) features, outside any graph.
        is_padded: Whether sides are padded to a multiple, so that the cells of a level are 2^n pixels wide.
    """

    images: ImageList
    levels: dict[str, Tensor]
    is_padded: bool

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the resized picture without its padding, the frame of the detector's boxes."""
        return self.images.image_sizes[0]

    def to_pixels(self, box: Box) -> Tensor:
        """Return (4,) corners in pixels of the resized picture, clipped to it."""
        return to_pixels(box, self.size).to(self.images.tensors.device)

    def lay_on_picture(self, grid: Tensor) -> tuple[Tensor, Region]:
        """Cut the cells that see only padding off an (h, w) grid, and say where the rest lies on the picture.

        The last row and column may hang over the edge, so that the region may end a little beyond 1.
        """
        rows, bottom = self._cells(grid.shape[0], axis=0)
        columns, right = self._cells(grid.shape[1], axis=1)
        return grid[:rows, :columns], Region(x_max=right, y_max=bottom)

    def _cells(self, count: int, *, axis: int) -> tuple[int, float]:
        length = self.size[axis]
        stride = self.images.tensors.shape[2 + axis] / count
        if self.is_padded:
            stride = 2.0 ** round(math.log2(stride))
        kept = min(count, math.ceil(length / stride))
        return kept, kept * stride / length


def to_pixels(box: Box, size: tuple[int, int]) -> Tensor:
    """Return (4,) corners of `box` in pixels of a picture of (height, width), clipped to it."""
    height, width = size
    sides = (box.x_min * width, box.y_min * height, box.x_max * width, box.y_max * height)
    ends = (width, height, width, height)
    clipped = [min(max(side, 0.0), float(end)) for side, end in zip(sides, ends, strict=True)]
    return torch.tensor(clipped, dtype=torch.float32)


def read_scene(detector: Detector, picture: Tensor) -> Scene:
    """Run a torchvision detector up to its feature levels.

    Args:
        detector: Has `transform` and `backbone`, in evaluation mode.
        picture: (3, H, W) float32 in [0, 1].

    Raises:
        ExplanationError: The picture is so narrow that nothing is left of it.
    """
    check_shape(detector, picture)
    with torch.no_grad():
        images, _ = detector.transform([picture])
        return Scene(images, name_levels(detector.backbone(images.tensors)), is_padded=is_padded(detector))


def check_shape(detector: Detector, picture: Tensor) -> None:
    """Refuse a (3, H, W) picture that the detector's resizing leaves nothing of.

    Raises:
        ExplanationError: One side would be less than a pixel.
    """
    short, long = sorted(picture.shape[1:])
    transform = detector.transform
    scale = min(transform.min_size[-1] / short, transform.max_size / long)
    if transform.fixed_size is None and short * scale < 1:
        raise ExplanationError(
            f"The image is {picture.shape[2]} x {picture.shape[1]} pixels, and nothing is left of its short side when "
            f"the model fits the long one to {transform.max_size} pixels.",
            remedy="Cut the image into parts.",
        )


def name_levels(features: Tensor | dict[str, Tensor]) -> dict[str, Tensor]:
    """Return what a backbone gives as levels by name; a backbone of one level gives a tensor."""
    return {"0": features} if isinstance(features, Tensor) else dict(features)


def is_padded(detector: Detector) -> bool:
    """Whether the detector pads pictures to a multiple of some pixels."""
    return detector.transform.size_divisible > 1
