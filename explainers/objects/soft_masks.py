"""Random masks that hide cells of a picture softly, kept as small grids and painted at the size that is needed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class MaskDraw:
    """Masks as they were drawn.

    Attributes:
        grids: (n, cells + 2, cells + 2), 1 where a cell is shown. Neighbours in a pair hide what the other shows.
        shifts: (n, 2) in [0, 1), by how many cells the grid is moved down and to the right; the same within a pair.
    """

    grids: Tensor
    shifts: Tensor

    def __len__(self) -> int:
        return len(self.grids)

    def paint(self, height: int, width: int, part: slice = slice(None)) -> Tensor:
        """Return (n, height, width) masks in [0, 1], bilinear between the centres of the cells."""
        rows = _weights(self.shifts[part, 0], height, self.grids.shape[1])
        columns = _weights(self.shifts[part, 1], width, self.grids.shape[2])
        return rows @ self.grids[part] @ columns.transpose(1, 2)


def draw_masks(generator: torch.Generator, count: int, *, cells: int, keep: float) -> MaskDraw:
    """Draw masks as RISE does (Petsiuk et al., BMVC 2018), in antithetic pairs.

    Args:
        generator: On the CPU, so that every device gets the same masks.
        count: How many; when it is odd the last one has no partner.
        cells: Along each side of the picture.
        keep: Share of the cells that a mask shows.
    """
    pairs = (count + 1) // 2
    chances = torch.rand((pairs, cells + 2, cells + 2), generator=generator)
    shifts = torch.rand((pairs, 2), generator=generator)
    both = torch.stack([chances < keep, 1 - chances <= keep], dim=1).flatten(0, 1)
    return MaskDraw(both[:count].float(), shifts.repeat_interleave(2, dim=0)[:count])


def _weights(shifts: Tensor, length: int, nodes: int) -> Tensor:
    """Return the (n, length, nodes) shares of the nodes of a grid in each pixel along one axis."""
    places = (torch.arange(length) + 0.5) / length * (nodes - 2)
    distances = (places + shifts[:, None])[:, :, None] - torch.arange(nodes)
    return (1 - distances.abs()).clamp(min=0)
