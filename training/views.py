"""Pictures as a learning network sees them: cut, mirrored, their colours varied, by torchvision's transforms v2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as change

from domain.geometry import Box

Channels = tuple[float, float, float]

_SCALE = (0.6, 1.0)
_RATIO = (0.8, 1.25)
_STRENGTH = 0.2


class Pictures(Protocol):
    """(h, w, 3) uint8 pictures by place, for a classifier of one size; an array, or a file that is read as needed."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> NDArray[np.uint8]: ...


@dataclass(frozen=True, slots=True)
class Views:
    """How pictures become batches.

    Attributes:
        pictures: As the network sees them, before normalisation.
        mean: Per channel, of pixels in [0, 1].
        std: Per channel.
        device: Where batches go.
    """

    pictures: Pictures
    mean: Channels
    std: Channels
    device: torch.device

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of all of them."""
        height, width = self.pictures[0].shape[:2]
        return height, width

    def plain(self, places: Sequence[int] | NDArray[np.int64]) -> Tensor:
        """(N, 3, h, w) normalised, as the network sees them in use."""
        return self._normalise([as_tensor(self.pictures[int(place)]) for place in places])

    def varied(
        self, places: Sequence[int] | NDArray[np.int64], rng: np.random.Generator, *, inside: Sequence[Tensor] = ()
    ) -> tuple[Tensor, Tensor | None]:
        """(N, 3, h, w) normalised, each cut and changed at random, and (N, 1, h, w) what of `inside` is left of each.

        Args:
            places: Which pictures.
            rng: Source of all randomness.
            inside: N times (1, h, w) masks that are cut and mirrored like the pictures; or none.
        """
        made, masks = [], []
        for number, place in enumerate(places):
            picture = as_tensor(self.pictures[int(place)])
            crop, is_mirrored = _choose_crop(rng, picture), rng.random() < 0.5
            made.append(vary_colours(_cut(picture, crop, is_mirrored=is_mirrored), rng))
            if inside:
                masks.append(_cut(inside[number], crop, is_mirrored=is_mirrored))
        return self._normalise(made), torch.stack(masks).to(self.device) if masks else None

    def _normalise(self, pictures: Sequence[Tensor]) -> Tensor:
        fractions = change.to_dtype(torch.stack(list(pictures)).to(self.device), torch.float32, scale=True)
        normal = change.normalize(fractions, list(self.mean), list(self.std))
        return normal.contiguous(memory_format=torch.channels_last)


def inside_mask(boxes: Sequence[Box], size: tuple[int, int]) -> Tensor:
    """(1, h, w) float32, 1 inside any of the boxes, which are in fractions of the picture."""
    height, width = size
    mask = torch.zeros(1, height, width)
    for box in boxes:
        rows = slice(max(0, int(box.y_min * height)), max(0, int(np.ceil(box.y_max * height))))
        columns = slice(max(0, int(box.x_min * width)), max(0, int(np.ceil(box.x_max * width))))
        mask[:, rows, columns] = 1
    return mask


def as_tensor(picture: NDArray[np.uint8]) -> Tensor:
    """(h, w, 3) -> (3, h, w), a copy."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)


def _choose_crop(rng: np.random.Generator, picture: Tensor) -> tuple[int, int, int, int]:
    """(top, left, height, width), by the rule of `v2.RandomResizedCrop`."""
    height, width = picture.shape[1:]
    area, shape = rng.uniform(*_SCALE), np.exp(rng.uniform(*np.log(_RATIO)))
    tall = min(height, max(1, round(height * (area / shape) ** 0.5)))
    wide = min(width, max(1, round(width * (area * shape) ** 0.5)))
    return int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1)), tall, wide


def _cut(picture: Tensor, crop: tuple[int, int, int, int], *, is_mirrored: bool) -> Tensor:
    cut = change.resized_crop(
        picture, *crop, list(picture.shape[1:]), interpolation=v2.InterpolationMode.BILINEAR, antialias=True
    )
    return change.horizontal_flip(cut) if is_mirrored else cut


def vary_colours(picture: Tensor, rng: np.random.Generator) -> Tensor:
    """Change brightness, contrast and saturation of (3, h, w) a little."""
    for vary in (change.adjust_brightness, change.adjust_contrast, change.adjust_saturation):
        picture = vary(picture, float(rng.uniform(1 - _STRENGTH, 1 + _STRENGTH)))
    return picture
