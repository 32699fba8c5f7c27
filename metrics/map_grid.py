"""A saliency map on the pixels of the picture the model saw, and the order it gives them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.explanation import Heatmap, Region

Ranks: TypeAlias = NDArray[np.float32]
"""(h, w): the share of pixels that come before this one, 0 for the first; every value once."""


def lay_on_pixels(
    heatmap: Heatmap, region: Region, *, size: tuple[int, int], window: Region | None = None, is_regional: bool = False
) -> NDArray[np.float64]:
    """Bring a map from its own grid to pixels.

    Args:
        heatmap: (rows, columns) raw and signed.
        region: Where that grid lies on the picture.
        size: (h, w) of the pixels.
        window: Where the pixels lie on the picture; None for all of it.
        is_regional: The map is made of regions with sharp edges: nearest neighbour instead of bilinear.

    Returns:
        (h, w) float64; 0 where the map says nothing.
    """
    seen = window or Region()
    rows = _Axis(size[0], heatmap.shape[0], (seen.y_min, seen.y_max), (region.y_min, region.y_max), is_regional)
    columns = _Axis(size[1], heatmap.shape[1], (seen.x_min, seen.x_max), (region.x_min, region.x_max), is_regional)
    values = columns.blend(rows.blend(heatmap.astype(np.float64)).T).T
    return values * np.outer(rows.is_inside, columns.is_inside)


def rank_pixels(values: NDArray[np.float64], *, ties: NDArray[np.float64]) -> Ranks:
    """Order pixels from the most evidence for to the most evidence against: by the signed value, never its size.

    Args:
        values: (h, w) finite.
        ties: (h, w), the higher first among pixels of equal value.
    """
    order = np.lexsort((-ties.ravel(), -values.ravel()))
    ranks = np.empty(order.size, np.float32)
    ranks[order] = np.arange(order.size) / order.size
    return ranks.reshape(values.shape)


class _Axis:
    """For each pixel of one side: the two cells it lies between, and the weight of the second."""

    def __init__(
        self, pixels: int, cells: int, seen: tuple[float, float], covered: tuple[float, float], is_regional: bool
    ) -> None:
        on_picture = seen[0] + (np.arange(pixels) + 0.5) / pixels * (seen[1] - seen[0])
        place = (on_picture - covered[0]) / (covered[1] - covered[0])
        self.is_inside = (place >= 0) & (place <= 1)
        cell = np.clip(np.floor(place * cells) if is_regional else place * cells - 0.5, 0, cells - 1)
        self._low = np.floor(cell).astype(int)
        self._high = np.minimum(self._low + 1, cells - 1)
        self._weight = (cell - self._low)[:, None]

    def blend(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """(cells, n) -> (pixels, n)."""
        low, high = values[self._low], values[self._high]
        return low + (high - low) * self._weight
