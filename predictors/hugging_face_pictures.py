"""How a Hugging Face image processor prepares pictures, in Relook's own terms, and checked against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from domain.errors import ModelError
from domain.explanation import Region, RGBImage
from predictors.preprocessing import FILTERS, MAX_SIDE, CentreCrop, Preprocessing, WholeImage

Channels = tuple[int, int, int]
"""Which of red, green and blue each input channel of a network takes."""

RGB: Channels = (0, 1, 2)

_PROBES = ((97, 131), (150, 88))
"""Height and width of the pictures with which a reading of the settings is tried out."""

_TOLERANCE = 3
"""Levels of 255 by which pixels may differ, where the processor resizes with torchvision instead of Pillow."""

_LEVIT_SHARE = 224 / 256


@dataclass(frozen=True, slots=True, kw_only=True)
class FlooredCrop(CentreCrop):
    """A centre crop whose odd pixel is cut off behind, where torchvision rounds to even."""

    def margin(self, side: int) -> int:
        """Return how many pixels of a resized side are cut off in front of the crop."""
        return (side - self.crop) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SquashedCrop(WholeImage):
    """Resize the whole picture to one size, whatever its proportions, and crop the centre.

    Attributes:
        crop_height: Pixels, at most `height`.
        crop_width: Pixels, at most `width`.
    """

    crop_height: int
    crop_width: int

    @property
    def input_size(self) -> tuple[int, int]:
        return (self.crop_height, self.crop_width)

    def crop_image(self, image: RGBImage) -> tuple[RGBImage, Region]:
        picture = Image.fromarray(np.ascontiguousarray(image)).resize(
            (self.width, self.height), FILTERS[self.interpolation]
        )
        left, top = (self.width - self.crop_width) // 2, (self.height - self.crop_height) // 2
        right, bottom = left + self.crop_width, top + self.crop_height
        region = Region(left / self.width, top / self.height, right / self.width, bottom / self.height)
        return np.array(picture.crop((left, top, right, bottom))), region

    def describe(self) -> str:
        return (
            f"whole image resized to {self.height} x {self.width} pixels, "
            f"centre crop of {self.crop_height} x {self.crop_width} (height x width)"
        )


def read_preprocessing(processor: Any, *, where: str) -> tuple[Preprocessing, Channels]:
    """Return what `processor` does to a picture.

    The colours are measured on plain pictures, since rescaling, offsets, normalisation and the order of the channels
    are set in many ways. Of the ways to resize and crop that the settings allow, the one the processor follows counts.

    Args:
        processor: An image processor of the transformers library.
        where: Its file, for messages.

    Raises:
        ModelError: It does something else.
    """
    measured = _measure_colours(processor) if _sides(processor) <= MAX_SIDE else None
    if measured is None:
        raise _unknown(processor, where)
    mean, std, channels = measured
    for geometry in _candidates(processor):
        own = replace(geometry, mean=mean, std=std)
        if all(_agrees(processor, own, channels, probe=probe) for probe in _clouds()):
            return own, channels
    raise _unknown(processor, where)


def _candidates(processor: Any) -> Iterator[Preprocessing]:
    """Return the readings that the settings allow."""
    size, crop = getattr(processor, "size", None), getattr(processor, "crop_size", None)
    share = getattr(processor, "crop_pct", None) or _LEVIT_SHARE
    interpolation = _interpolation(getattr(processor, "resample", None))
    if size is None or interpolation is None:
        return
    if size.height and size.width:
        yield WholeImage(height=size.height, width=size.width, interpolation=interpolation)
        if crop and crop.height and crop.width and crop.height <= size.height and crop.width <= size.width:
            yield SquashedCrop(
                height=size.height,
                width=size.width,
                crop_height=crop.height,
                crop_width=crop.width,
                interpolation=interpolation,
            )
    short = size.shortest_edge or size.height
    if not short:
        return
    for resize in (short, int(short / share)):
        for side in (crop.height if crop else None, short):
            if side and side <= resize:
                yield FlooredCrop(resize=resize, crop=side, interpolation=interpolation)
    yield WholeImage(height=short, width=short, interpolation=interpolation)


def _sides(processor: Any) -> int:
    """Return the longest side the settings name, in pixels."""
    named = [getattr(processor, name, None) for name in ("size", "crop_size")]
    return max((int(side) for size in named if size for side in vars(size).values() if side), default=0)


def _interpolation(resample: Any) -> str | None:
    """Return the filter by torchvision's name: Pillow's number, or the library's default where none is set."""
    filters = {int(number): name for name, number in FILTERS.items()}
    try:
        return filters.get(int(resample)) if resample is not None else "bilinear"
    except (TypeError, ValueError):
        return None


def _measure_colours(processor: Any) -> tuple[tuple[float, ...], tuple[float, ...], Channels] | None:
    """Return mean and deviation of red, green and blue, and the order in which the network takes them."""
    plain = np.concatenate([np.zeros((1, 3), np.uint8), np.eye(3, dtype=np.uint8) * 255])
    answers = [_prepare(processor, np.tile(colour, (64, 64, 1))) for colour in plain]
    middles = [answer[:, answer.shape[1] // 2, answer.shape[2] // 2] for answer in answers if answer is not None]
    if len(middles) < len(plain):
        return None
    black, *colours = middles
    slopes = np.stack(colours, axis=1) - black[:, None]
    channels = tuple(int(index) for index in slopes.argmax(axis=1))
    slope = slopes[range(3), channels]
    others = slopes.copy()
    others[range(3), channels] = 0
    if sorted(channels) != [0, 1, 2] or (slope <= 0).any() or np.abs(others).max() > 1e-4 * slope.min():
        return None
    order = np.argsort(channels)
    mean, std = (_rounded(values[order]) for values in (-black / slope, 1 / slope))
    return mean, std, (channels[0], channels[1], channels[2])


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{value:.6g}") + 0.0 for value in values)


def _prepare(processor: Any, picture: RGBImage) -> NDArray[np.float64] | None:
    """Return what the processor makes of a picture, (3, h, w), or None when that is something else."""
    prepared = processor(images=[Image.fromarray(picture)], return_tensors="pt")
    values = prepared.get(processor.model_input_names[0])
    if not isinstance(values, torch.Tensor) or values.ndim != 4 or tuple(values.shape[:2]) != (1, 3):
        return None
    return values[0].double().numpy()


def _clouds() -> Iterator[RGBImage]:
    """Colours that differ from place to place, but are smooth enough for every way of resizing."""
    rng = np.random.default_rng(0)
    for height, width in _PROBES:
        coarse = Image.fromarray(rng.integers(0, 256, (height // 6, width // 6, 3), dtype=np.uint8))
        yield np.array(coarse.resize((width, height), FILTERS["bilinear"]))


def _agrees(processor: Any, own: Preprocessing, channels: Sequence[int], *, probe: RGBImage) -> bool:
    expected = _prepare(processor, probe)
    if expected is None or expected.shape[1:] != own.input_size:
        return False
    crop, _ = own.crop_image(probe)
    found = own.normalise([crop], device=torch.device("cpu"))[0, list(channels)].double().numpy()
    levels = np.array([own.std[channel] for channel in channels])[:, None, None] * 255
    return bool((np.abs(found - expected) * levels).max() <= _TOLERANCE)


def _unknown(processor: Any, where: str) -> ModelError:
    name = type(processor).__name__.removesuffix("Pil")
    return ModelError(
        f"{name} prepares pictures in a way that cannot be shown as one resize and one crop.",
        where=where,
        remedy="Give --resize, --crop, --mean and --std yourself.",
    )
