"""What happens to a picture between the file and the network."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from domain.errors import ModelError
from domain.explanation import Region, RGBImage
from domain.model_spec import ModelSpec

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
MAX_SIDE = 4096
_MAX_ASPECT = 8
"""Of a very long picture only the middle is resized: the centre crop sees no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing(ABC):
    """How a classifier sees a picture.

    Attributes:
        mean: Per channel, of pixels in [0, 1].
        std: Per channel, of pixels in [0, 1].
        interpolation: A Pillow filter by torchvision's name; all but "nearest" are antialiased.
    """

    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: str = "bilinear"

    @property
    @abstractmethod
    def input_size(self) -> tuple[int, int]:
        """(height, width) of the network's input, pixels."""

    @abstractmethod
    def crop_image(self, image: RGBImage) -> tuple[RGBImage, Region]:
        """Return what the network sees, (h, w, 3) uint8, and where that lies on `image`."""

    @abstractmethod
    def describe(self) -> str:
        """What is done, in words."""

    def normalise(self, crops: Sequence[RGBImage], *, device: torch.device) -> Tensor:
        """Return (N, 3, h, w) float32 for N pictures of one size."""
        stacked = torch.from_numpy(np.stack([np.asarray(crop) for crop in crops])).to(device)
        pixels = stacked.permute(0, 3, 1, 2).to(torch.float32).div(255)
        mean, std = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in (self.mean, self.std))
        return pixels.sub(mean).div(std).contiguous()


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreCrop(Preprocessing):
    """Resize the short side and crop the centre, pixel for pixel as torchvision's transform does on Pillow images.

    Attributes:
        resize: Short side after resizing, pixels.
        crop: Side of the centre crop, pixels; at most `resize`.
    """

    resize: int = 256
    crop: int = 224

    @property
    def input_size(self) -> tuple[int, int]:
        return (self.crop, self.crop)

    def crop_image(self, image: RGBImage) -> tuple[RGBImage, Region]:
        middle, offset = _take_middle(image)
        height, width = middle.shape[:2]
        new_width, new_height = _resized_size(width, height, self.resize)
        resized = Image.fromarray(middle).resize((new_width, new_height), FILTERS[self.interpolation])
        left, top = self.margin(new_width), self.margin(new_height)
        box = (left, top, left + self.crop, top + self.crop)
        scale = (width / new_width, height / new_height)
        return np.array(resized.crop(box)), _region(box, scale, offset=offset, size=(image.shape[1], image.shape[0]))

    def margin(self, side: int) -> int:
        """Return how many pixels of a resized side are cut off in front of the crop."""
        return round((side - self.crop) / 2)

    def describe(self) -> str:
        return f"short side resized to {self.resize}, centre crop of {self.crop} pixels"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeImage(Preprocessing):
    """Resize the whole picture to one size, whatever its proportions.

    Attributes:
        height: Pixels.
        width: Pixels.
    """

    height: int
    width: int

    @property
    def input_size(self) -> tuple[int, int]:
        return (self.height, self.width)

    def crop_image(self, image: RGBImage) -> tuple[RGBImage, Region]:
        picture = Image.fromarray(np.ascontiguousarray(image))
        return np.array(picture.resize((self.width, self.height), FILTERS[self.interpolation])), Region()

    def describe(self) -> str:
        return f"whole image resized to {self.height} x {self.width} pixels (height x width)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortSide(Preprocessing):
    """Resize the whole picture, keeping its proportions, as torchvision's transform for semantic segmentation does.

    Attributes:
        resize: Short side after resizing, pixels; less where the long side would exceed `MAX_SIDE`.
    """

    resize: int = 520

    @property
    def input_size(self) -> tuple[int, int]:
        return (self.resize, self.resize)

    def crop_image(self, image: RGBImage) -> tuple[RGBImage, Region]:
        height, width = image.shape[:2]
        side = max(1, min(self.resize, MAX_SIDE * min(height, width) // max(height, width)))
        picture = Image.fromarray(np.ascontiguousarray(image))
        return np.array(picture.resize(_resized_size(width, height, side), FILTERS[self.interpolation])), Region()

    def describe(self) -> str:
        return f"whole image resized to a short side of {self.resize} pixels"


def whole_square(spec: ModelSpec) -> WholeImage:
    """Return the preprocessing of a semantic program that does not tell its own: the whole image as a square.

    Raises:
        ModelError: A value cannot be used.
    """
    side = _check_side(spec.resize or spec.crop or CentreCrop().crop)
    plain = WholeImage(height=side, width=side)
    mean, std = spec.mean or plain.mean, spec.std or plain.std
    check_normalisation(mean, std)
    return replace(plain, mean=mean, std=std)


def override_preprocessing(own: Preprocessing, spec: ModelSpec) -> Preprocessing:
    """Return `own` with what `spec` sets instead.

    Raises:
        ModelError: A value cannot be used; the message names it.
    """
    chosen = replace(own, mean=spec.mean or own.mean, std=spec.std or own.std)
    check_normalisation(chosen.mean, chosen.std)
    if spec.resize is None and spec.crop is None:
        return chosen
    if isinstance(chosen, ShortSide) and spec.resize is not None and spec.crop is None:
        return replace(chosen, resize=_check_side(spec.resize))
    if not isinstance(chosen, CentreCrop):
        raise ModelError(
            f"The size of the input cannot be set for this model: {chosen.describe()}.",
            where=spec.name,
            remedy=f"Leave out {'--crop' if isinstance(chosen, ShortSide) else '--resize and --crop'}.",
        )
    resize = chosen.resize if spec.resize is None else spec.resize
    crop = chosen.crop if spec.crop is None else spec.crop
    if not 1 <= crop <= resize <= MAX_SIDE:
        raise ModelError(
            f"A short side of {resize} and a crop of {crop} pixels do not go together; expected "
            f"1 <= crop <= resize <= {MAX_SIDE}.",
            where=spec.name,
            remedy="Give both --resize and --crop.",
        )
    return replace(chosen, resize=resize, crop=crop)


def _check_side(side: int) -> int:
    if not 1 <= side <= MAX_SIDE:
        raise ModelError(f"A short side of {side} pixels cannot be used; expected 1 to {MAX_SIDE}.")
    return side


def check_normalisation(mean: Sequence[float], std: Sequence[float]) -> None:
    """Refuse values that no pixel in [0, 1] can be normalised with.

    Raises:
        ModelError: There are not three numbers, one is not finite, or a deviation is not above 0.
    """
    if len(mean) != 3 or len(std) != 3 or not all(map(math.isfinite, [*mean, *std])) or min(std) <= 0:
        raise ModelError(
            f"The mean {tuple(mean)} and deviation {tuple(std)} cannot be used; expected three finite numbers each, "
            "deviations above 0, for pixels in [0, 1].",
            remedy="Write for example --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225.",
        )


def shrink(image: RGBImage, *, max_side: int) -> RGBImage:
    """Return `image`, or a smaller copy whose long side has `max_side` pixels."""
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.array(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))


def _resized_size(width: int, height: int, short_side: int) -> tuple[int, int]:
    """By torchvision's rule: the long side is truncated, not rounded."""
    long_side = int(short_side * max(width, height) / min(width, height))
    return (short_side, long_side) if width <= height else (long_side, short_side)


def _take_middle(image: RGBImage) -> tuple[RGBImage, tuple[int, int]]:
    height, width = image.shape[:2]
    longest = _MAX_ASPECT * min(width, height)
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    middle = image[top : top + min(height, longest), left : left + min(width, longest)]
    return np.ascontiguousarray(middle), (left, top)


def _region(
    box: tuple[int, int, int, int], scale: tuple[float, float], *, offset: tuple[int, int], size: tuple[int, int]
) -> Region:
    x_min, x_max = ((offset[0] + x * scale[0]) / size[0] for x in (box[0], box[2]))
    y_min, y_max = ((offset[1] + y * scale[1]) / size[1] for y in (box[1], box[3]))
    return Region(x_min, y_min, x_max, y_max)
