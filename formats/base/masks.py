"""Masks of objects: run lengths, filling and tracing outlines. Outlines are rings in fractions of the grid.

Several rings of one object are even-odd: where two of them overlap there is a hole (formats.md 1.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.geometry import Segment
from formats.base.masks_fill import fill, fill_any, has_holes, ring_area
from formats.base.masks_outline import outline
from formats.base.masks_rle import list_counts, pack_counts, read_counts
from formats.base.masks_runs import MOST_PIXELS, Runs, overlap, runs_of

__all__ = [
    "MOST_PIXELS",
    "Runs",
    "decode_rle",
    "encode_rle",
    "fill",
    "fill_any",
    "has_holes",
    "list_counts",
    "outline",
    "overlap",
    "pack_counts",
    "rasterise",
    "read_counts",
    "ring_area",
    "runs_of",
    "trace",
]


def decode_rle(counts: Any, height: int, width: int) -> NDArray[np.bool_]:
    """Read COCO's run lengths, counted down the columns.

    Args:
        counts: A list of whole numbers, starting with the pixels outside, or the packed text.
        height: Of the mask.
        width: Of the mask.

    Returns:
        (H, W) mask. `read_counts` gives the same as runs, without the array.

    Raises:
        FormatError: The counts are of the wrong kind, negative, or do not fill the mask exactly.
        LimitError: The mask has more than `MOST_PIXELS` pixels.
    """
    return read_counts(counts, height, width).to_mask()


def encode_rle(mask: NDArray[np.bool_]) -> str:
    """The packed text of an (H, W) mask; `list_counts(runs_of(mask))` gives the plain list."""
    return pack_counts(runs_of(mask))


def rasterise(polygons: Sequence[Segment], height: int, width: int) -> NDArray[np.bool_]:
    """Fill outlines: a pixel is inside when its centre lies within an odd number of rings.

    Args:
        polygons: Rings in fractions of the grid, open or closed.
        height: Of the mask in pixels.
        width: Of the mask in pixels.

    Returns:
        (H, W) mask.

    Raises:
        FormatError: A coordinate is not finite, or the size is none.
        LimitError: More than `MOST_PIXELS` pixels, or too many edges.
    """
    return fill(polygons, height, width).to_mask()


def trace(mask: NDArray[np.bool_]) -> tuple[Segment, ...]:
    """Outlines of an (H, W) mask, holes included, with as few points as fill exactly the same pixels.

    `rasterise(trace(mask), *mask.shape)` is `mask`, and tracing that again gives the same rings.

    Returns:
        Open rings in fractions of the grid, the largest first; a hole is a ring like the others. Empty for an empty
        mask.

    Raises:
        LimitError: The mask falls into too many pieces.
    """
    return outline(runs_of(mask))
