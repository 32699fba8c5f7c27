"""A saliency map drawn over its photo, for download: the same colours as the map viewer (design.md section 4)."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors import InputError
from domain.explanation import Explanation, Heatmap, RGBImage

_ANCHORS = {
    "inferno": "000004 0C0826 240C4F 420A68 5D126E 781C6D 932667 AE305C "
    "C73E4C DD513A ED6925 F8850F FCA50A FAC62D F2E661 FCFFA4",
    "viridis": "440154 481A6C 472F7D 414487 39568C 31688E 2A788E 23888E "
    "1F988B 22A884 35B779 54C568 7AD151 A5DB36 D2E21B FDE725",
    "cividis": "00224E 002E6C 1E3A6F 35456C 47516C 575D6D 666970 757575 "
    "848279 948E77 A59C74 B7A96E C8B866 DBC75A EED649 FEE838",
    "grey": "000000 FFFFFF",
}
_FOR, _AGAINST = "EE8C3C D2610F 9C4003", "5E9AE0 2F74C8 0B4F9E"
COLOURS = (*_ANCHORS, "signed")

_STEPS = 1025  # odd, so that one step is exactly zero on the signed scale
_STRIP = 256
_STRONGEST = 0.99  # a few extreme cells must not pale the rest
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_ORIENTATION_TAG = 0x0112


def render_overlay(
    picture: RGBImage, explanation: Explanation, *, opacity: float = 0.75, colours: str = "inferno", grey: bool = True
) -> RGBImage:
    """Draw a map over its photo. What the map does not cover stays as it is.

    Args:
        picture: (H, W, 3) uint8 on the stored pixel grid, of any size.
        explanation: Its map; negative values are drawn as zero unless `colours` is "signed".
        opacity: 0 to 1; weak evidence is more transparent than that.
        colours: One of `COLOURS`. "signed" shows evidence for in orange and against in blue.
        grey: Take the colours out of the photo, so that every hue belongs to the map.

    Returns:
        (H, W, 3) uint8, the size of `picture`.

    Raises:
        InputError: There is no such scale, or the opacity lies outside 0 to 1.
    """
    _check(opacity, colours)
    is_signed = colours == "signed"
    table = _colour_table(colours, opacity)
    values = _scale(explanation.heatmap, is_signed=is_signed)
    height, width = picture.shape[:2]
    region, is_regional = explanation.region, explanation.is_regional
    rows = _Axis(height, region.y_min, region.y_max, cells=values.shape[0], is_regional=is_regional)
    columns = _Axis(width, region.x_min, region.x_max, cells=values.shape[1], is_regional=is_regional)
    drawn = np.empty_like(picture)
    for top in range(0, height, _STRIP):
        part = slice(top, top + _STRIP)
        position = columns.blend(rows.blend(values, part).T, slice(None)).T
        paint = table[np.rint((position + 1) / 2 * (_STEPS - 1) if is_signed else position * (_STEPS - 1)).astype(int)]
        paint[..., 3] *= np.outer(rows.is_inside[part], columns.is_inside)
        drawn[part] = _lay_over(picture[part], paint, grey=grey)
    return drawn


def encode_png(picture: RGBImage, *, orientation: int = 1) -> bytes:
    """Encode (H, W, 3) uint8 as PNG; an EXIF orientation other than 1 goes along, so that viewers turn it upright."""
    exif = Image.Exif()
    if orientation != 1:
        exif[_ORIENTATION_TAG] = orientation
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


class _Axis:
    """For each pixel of one side of the photo: the two grid cells it lies between, and the weight of the second."""

    def __init__(self, pixels: int, start: float, end: float, *, cells: int, is_regional: bool) -> None:
        place = ((np.arange(pixels) + 0.5) / pixels - start) / (end - start)
        self.is_inside = (place >= 0) & (place <= 1)
        cell = np.floor(place * cells) if is_regional else place * cells - 0.5
        cell = np.clip(cell, 0, cells - 1)
        self._low = np.floor(cell).astype(int)
        self._high = np.minimum(self._low + 1, cells - 1)
        self._weight: NDArray[np.float32] = (cell - self._low).astype(np.float32)[:, None]

    def blend(self, values: NDArray[np.float32], part: slice) -> NDArray[np.float32]:
        """(cells, n) -> (pixels of `part`, n)."""
        low, high = values[self._low[part]], values[self._high[part]]
        return (low + (high - low) * self._weight[part]).astype(np.float32, copy=False)


def _check(opacity: float, colours: str) -> None:
    if colours not in COLOURS:
        raise InputError(f"There is no colour scale '{colours}'.", remedy=f"Choose {', '.join(COLOURS)}.")
    if not 0 <= opacity <= 1:
        raise InputError(f"The opacity is {opacity:g}; expected 0 to 1.", remedy="Choose for example 0.75.")


def _scale(heatmap: Heatmap, *, is_signed: bool) -> NDArray[np.float32]:
    """Raw values -> 0 to 1, or -1 to 1; the strongest per cent gets the end of the scale. For drawing only."""
    strengths = np.sort(np.abs(heatmap).ravel() if is_signed else heatmap[heatmap > 0])
    limit = strengths[min(strengths.size - 1, int(_STRONGEST * strengths.size))] if strengths.size else 0.0
    if not limit > 0:
        return np.zeros(heatmap.shape, np.float32)
    return np.clip(heatmap / limit, -1 if is_signed else 0, 1).astype(np.float32)


def _colour_table(colours: str, opacity: float) -> NDArray[np.float32]:
    """(_STEPS, 4): red, green and blue 0 to 255, and how much they cover the photo, 0 to 1."""
    position = np.linspace(0, 1, _STEPS)
    if colours == "signed":
        value = 2 * position - 1
        colour = np.where(value[:, None] < 0, _between(_AGAINST, np.abs(value)), _between(_FOR, np.abs(value)))
        alpha = np.abs(value) ** 0.6
    else:
        colour, alpha = _between(_ANCHORS[colours], position), 0.12 + 0.88 * position**0.7
    return np.column_stack([colour, opacity * alpha]).astype(np.float32)


def _between(anchors: str, position: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) positions 0 to 1 -> (N, 3), straight lines between anchors at even steps."""
    stops = np.array([list(bytes.fromhex(anchor)) for anchor in anchors.split()], dtype=np.float64)
    steps = np.linspace(0, 1, len(stops))
    return np.column_stack([np.interp(position, steps, stops[:, channel]) for channel in range(3)])


def _lay_over(photo: RGBImage, paint: NDArray[np.float32], *, grey: bool) -> RGBImage:
    under = (photo @ _LUMINANCE)[..., None] if grey else photo.astype(np.float32)
    alpha = paint[..., 3:]
    return np.rint(under * (1 - alpha) + paint[..., :3] * alpha).astype(np.uint8)
