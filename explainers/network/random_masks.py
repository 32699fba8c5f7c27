"""RISE's masks: coarse random grids, enlarged and shifted. Only the grids are kept; masks are made when needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class RandomMasks:
    """Smooth random masks, as in RISE (Petsiuk et al., BMVC 2018), in opposite pairs.

    An s x s grid of 0 and 1 is enlarged bilinearly to s + 1 cells of ceil(h / s) x ceil(w / s) pixels, and cut to
    h x w pixels at a random shift within a cell. Every second grid is the opposite of the one before, at the same
    shift: what comes from how much is shown, and not from where, cancels.

    Attributes:
        grids: (n, s, s) float32 of 0 and 1.
        rows: (n, h) int64 positions among the enlarged rows.
        columns: (n, w) int64 likewise.
        enlarge_rows: (s + 1 cells in pixels, s) bilinear weights.
        enlarge_columns: Likewise.
    """

    grids: Tensor
    rows: Tensor
    columns: Tensor
    enlarge_rows: Tensor
    enlarge_columns: Tensor

    def make(self, samples: slice) -> Tensor:
        """Return (n, h, w) of these samples, 0 to 1, on the device of the grids.

        Enlarging goes along rows and columns one after the other, so that each mask is two small products.
        """
        rows = self.enlarge_rows[self.rows[samples]]
        columns = self.enlarge_columns[self.columns[samples]]
        return rows @ self.grids[samples] @ columns.transpose(1, 2)


def draw_masks(
    samples: int, size: tuple[int, int], *, cells: int, keep: float, seed: int, device: torch.device
) -> RandomMasks:
    """Draw the masks of (height, width) pixels.

    Args:
        samples: How many.
        size: Height and width, pixels.
        cells: Of a grid, along each side.
        keep: Chance of a cell to be shown; that of the opposite grid is the same.
        seed: Same seed: same masks on every device.
        device: Where they are made.
    """
    generator = np.random.default_rng(seed)
    pairs = (samples + 1) // 2
    chances = generator.random((pairs, cells, cells), dtype=np.float32)
    grids = np.stack([chances < keep, chances > 1 - keep], axis=1).reshape(-1, cells, cells)[:samples]
    places, enlarge = zip(*(_place(generator, pairs, side, cells) for side in size), strict=True)
    rows, columns = (torch.from_numpy(each.repeat(2, axis=0)[:samples]).to(device) for each in places)
    enlarge_rows, enlarge_columns = (each.to(device) for each in enlarge)
    shown = torch.from_numpy(grids.astype(np.float32)).to(device)
    return RandomMasks(shown, rows, columns, enlarge_rows, enlarge_columns)


def _place(generator: np.random.Generator, pairs: int, side: int, cells: int) -> tuple[np.ndarray, Tensor]:
    """Draw the shifts along one side; return the (pairs, side) positions and the weights that enlarge the grid."""
    pixels = math.ceil(side / cells)
    shifts = generator.integers(0, pixels, pairs)
    enlarge = functional.interpolate(torch.eye(cells)[None], size=(cells + 1) * pixels, mode="linear")[0].T
    return shifts[:, None] + np.arange(side), enlarge.contiguous()
