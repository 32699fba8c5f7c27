"""The picture an endpoint answers an explanation with: four panels, as Azure's runtime draws them (formats.md 3.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from domain.explanation import Explanation, Heatmap, RGBImage, Target
from services.overlays import encode_png, render_overlay

_PANEL = 540
_MARGIN, _HEAD, _CAPTION, _BAR = 20, 52, 34, 16
_TOP_SHARE = 0.3
_INK, _PAPER = (27, 34, 43), (255, 255, 255)


def draw_composite(crop: RGBImage, heatmap: Heatmap, *, title: str, method: str, is_regional: bool) -> bytes:
    """Draw what the model saw, the map, the map on it, and the strongest 30 % of the map alone.

    Args:
        crop: (h, w, 3) uint8, what the model saw.
        heatmap: (h, w) float32 on the same grid.
        title: Says the class and its score.
        method: Names the method.
        is_regional: The map keeps the edges of regions.

    Returns:
        A PNG file, about 1,200 pixels on the longer side.
    """
    explanation = Explanation("", "", method, Target(""), heatmap, is_regional=is_regional)
    black, colours = np.zeros_like(crop), "signed" if (heatmap < 0).any() and not is_regional else "inferno"
    panels = {
        "Input of the model": crop,
        f"{method} map": render_overlay(black, explanation, opacity=1.0, colours=colours),
        f"{method} on the input": render_overlay(crop, explanation, colours=colours),
        "Strongest 30 %": np.where(_strongest(heatmap)[..., None], crop, 255).astype(np.uint8),
    }
    scale = _PANEL / max(crop.shape[:2])
    width, height = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    across, down = 2 * width + 4 * _MARGIN + _BAR, _HEAD + 2 * (height + _CAPTION + _MARGIN)
    sheet = Image.new("RGB", (across, down), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, 14), title, fill=_INK, font=ImageFont.load_default(22))
    for number, (caption, pixels) in enumerate(panels.items()):
        left = _MARGIN + (number % 2) * (width + _MARGIN)
        top = _HEAD + (number // 2) * (height + _CAPTION + _MARGIN)
        draw.text((left, top), caption, fill=_INK, font=ImageFont.load_default(18))
        panel = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        sheet.paste(panel, (left, top + _CAPTION))
    bar = Image.fromarray(_colour_bar(height, colours)).resize((_BAR, height))
    sheet.paste(bar, (2 * width + 3 * _MARGIN, _HEAD + _CAPTION))
    return encode_png(np.asarray(sheet))


def _strongest(heatmap: Heatmap) -> NDArray[np.bool_]:
    """(h, w) whether a pixel is among the strongest of those with evidence for the class."""
    if not (heatmap > 0).any():
        return np.zeros(heatmap.shape, np.bool_)
    return (heatmap >= np.quantile(heatmap, 1 - _TOP_SHARE)) & (heatmap > 0)


def _colour_bar(height: int, colours: str) -> RGBImage:
    values = np.linspace(1, -1 if colours == "signed" else 0, height, dtype=np.float32)[:, None]
    explanation = Explanation("", "", "", Target(""), values)
    return render_overlay(np.zeros((height, 1, 3), np.uint8), explanation, opacity=1.0, colours=colours)
