"""Maps as files: the overlay as PNG, the raw values as NPZ."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from domain.explanation import Explanation
from domain.image import ImageRef
from services.overlays import encode_png, render_overlay
from services.pictures import load_picture


def map_as_png(image: ImageRef, explanation: Explanation, *, max_pixels: int) -> bytes:
    """Return the map over the photo, on the stored pixel grid at full resolution.

    Raises:
        ImageError: The image cannot be read.
    """
    return encode_png(render_overlay(load_picture(Path(image.uri), max_pixels=max_pixels), explanation))


def map_as_npz(explanation: Explanation) -> bytes:
    """Return `heatmap`, the raw signed float32 grid, with `facts`, everything else as JSON."""
    facts = asdict(replace(explanation, heatmap=np.zeros(0, np.float32)))
    del facts["heatmap"]
    buffer = io.BytesIO()
    np.savez(buffer, heatmap=explanation.heatmap, facts=np.array(json.dumps(facts, ensure_ascii=False)))
    return buffer.getvalue()
