"""The eight EXIF orientations: from the stored pixel grid to the upright picture and back.

Each one is: swap the axes or not, then mirror x or not, then mirror y or not (EXIF 2.32, tag 0x0112).
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.geometry import Box, Segment

Pixel = TypeVar("Pixel", bound=np.generic)


class _Move(NamedTuple):
    swaps: bool
    mirrors_x: bool
    mirrors_y: bool


_TO_UPRIGHT = {
    1: _Move(swaps=False, mirrors_x=False, mirrors_y=False),
    2: _Move(swaps=False, mirrors_x=True, mirrors_y=False),
    3: _Move(swaps=False, mirrors_x=True, mirrors_y=True),
    4: _Move(swaps=False, mirrors_x=False, mirrors_y=True),
    5: _Move(swaps=True, mirrors_x=False, mirrors_y=False),
    6: _Move(swaps=True, mirrors_x=True, mirrors_y=False),
    7: _Move(swaps=True, mirrors_x=True, mirrors_y=True),
    8: _Move(swaps=True, mirrors_x=False, mirrors_y=True),
}
_INVERSE = {6: 8, 8: 6}  # the two quarter turns; every other orientation undoes itself


def upright_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """(width, height) of the upright picture, from the stored size; the same call leads back.

    Raises:
        ValueError: `orientation` is not 1 to 8.
    """
    return (height, width) if _move(orientation).swaps else (width, height)


def point_to_upright(x: float, y: float, orientation: int) -> tuple[float, float]:
    """A point in fractions of the stored grid -> fractions of the upright picture.

    Raises:
        ValueError: `orientation` is not 1 to 8.
    """
    move = _move(orientation)
    if move.swaps:
        x, y = y, x
    return (1 - x if move.mirrors_x else x, 1 - y if move.mirrors_y else y)


def point_to_stored(x: float, y: float, orientation: int) -> tuple[float, float]:
    """The inverse of `point_to_upright`."""
    return point_to_upright(x, y, _inverse(orientation))


def box_to_upright(box: Box, orientation: int) -> Box:
    """A box in fractions of the stored grid -> fractions of the upright picture.

    An inverted box (left edge right of the right one) stays inverted: bad labels must survive to be repaired.

    Raises:
        ValueError: `orientation` is not 1 to 8.
    """
    move = _move(orientation)
    x_min, y_min, x_max, y_max = box.as_tuple()
    if move.swaps:
        x_min, y_min, x_max, y_max = y_min, x_min, y_max, x_max
    if move.mirrors_x:
        x_min, x_max = 1 - x_max, 1 - x_min
    if move.mirrors_y:
        y_min, y_max = 1 - y_max, 1 - y_min
    return Box(x_min, y_min, x_max, y_max)


def box_to_stored(box: Box, orientation: int) -> Box:
    """The inverse of `box_to_upright`."""
    return box_to_upright(box, _inverse(orientation))


def segment_to_upright(segment: Segment, orientation: int) -> Segment:
    """A polygon ring in fractions of the stored grid -> fractions of the upright picture.

    A last value without a partner (bad labels have them) is kept as it is.

    Raises:
        ValueError: `orientation` is not 1 to 8.
    """
    points = [point_to_upright(x, y, orientation) for x, y in zip(segment[0::2], segment[1::2], strict=False)]
    unpaired = segment[2 * len(points) :]
    return (*(value for point in points for value in point), *unpaired)


def segment_to_stored(segment: Segment, orientation: int) -> Segment:
    """The inverse of `segment_to_upright`."""
    return segment_to_upright(segment, _inverse(orientation))


def array_to_upright(pixels: NDArray[Pixel], orientation: int) -> NDArray[Pixel]:
    """(H, W) or (H, W, C) on the stored grid -> the upright picture; contiguous, any dtype.

    Raises:
        ValueError: `orientation` is not 1 to 8.
    """
    move = _move(orientation)
    turned = pixels.swapaxes(0, 1) if move.swaps else pixels
    step_y, step_x = (-1 if move.mirrors_y else 1), (-1 if move.mirrors_x else 1)
    return np.ascontiguousarray(turned[::step_y, ::step_x])


def array_to_stored(pixels: NDArray[Pixel], orientation: int) -> NDArray[Pixel]:
    """The inverse of `array_to_upright`."""
    return array_to_upright(pixels, _inverse(orientation))


def _inverse(orientation: int) -> int:
    return _INVERSE.get(orientation, orientation)


def _move(orientation: int) -> _Move:
    try:
        return _TO_UPRIGHT[orientation]
    except KeyError:
        raise ValueError(f"The EXIF orientation is {orientation}; expected 1 to 8.") from None
