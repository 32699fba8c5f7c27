"""Maps estimated from masks and scores, in two halves whose agreement says how far to trust them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d


class HalfEstimates:
    """Sums over the masks seen so far: what they need in memory does not depend on how many there were."""

    def __init__(self, targets: int, height: int, width: int) -> None:
        """Start with nothing seen, for so many maps of (height, width)."""
        self._scored = torch.zeros(2, targets, height, width)
        self._shown = torch.zeros(2, height, width)
        self._scores = torch.zeros(2, targets)
        self._counts = torch.zeros(2)

    def add(self, masks: Tensor, scores: Tensor) -> None:
        """Add pairs of masks, every other pair to the same half.

        Args:
            masks: (n, height, width); neighbours are a pair.
            scores: (n, targets).
        """
        for half in (0, 1):
            mine = torch.arange(len(masks)) // 2 % 2 == half
            self._scored[half] += torch.einsum("nt,nhw->thw", scores[mine], masks[mine])
            self._shown[half] += masks[mine].sum(dim=0)
            self._scores[half] += scores[mine].sum(dim=0)
            self._counts[half] += int(mine.sum())

    def maps(self) -> Tensor:
        """Return (targets, height, width): the mean score where a place is shown, less the mean score."""
        return _estimate(*(sums.sum(dim=0) for sums in (self._scored, self._shown, self._scores, self._counts)))

    def reliability(self, cells: int) -> Tensor:
        """Return (targets,) how alike another run with as many masks would rank the places; NaN for a flat map.

        The rank correlation of the halves, each place counting by its square in them, over `cells` x `cells` places:
        where there is no evidence the order is noise, which no number of masks would settle. From the halves it is
        carried over to the whole by the formula of Spearman and Brown.
        """
        first, second = (
            adaptive_avg_pool2d(_estimate(*sums), cells).flatten(1).double()
            for sums in zip(self._scored, self._shown, self._scores, self._counts, strict=True)
        )
        is_flat = (first.amax(dim=1) == first.amin(dim=1)) | (second.amax(dim=1) == second.amin(dim=1))
        halves = _correlate(_ranks(first), _ranks(second), weights=first**2 + second**2)
        return torch.where(is_flat, torch.nan, 2 * halves / (1 + halves).clamp(min=1e-6))


def _estimate(scored: Tensor, shown: Tensor, scores: Tensor, count: Tensor) -> Tensor:
    return scored / shown.clamp(min=1e-6) - (scores / count.clamp(min=1))[:, None, None]


def _ranks(values: Tensor) -> Tensor:
    return values.argsort(dim=1, stable=True).argsort(dim=1).double()


def _correlate(first: Tensor, second: Tensor, *, weights: Tensor) -> Tensor:
    """Return the weighted correlation of each row."""
    shares = weights / weights.sum(dim=1, keepdim=True)
    first, second = (values - (shares * values).sum(dim=1, keepdim=True) for values in (first, second))
    sizes = (shares * first**2).sum(dim=1) * (shares * second**2).sum(dim=1)
    return (shares * first * second).sum(dim=1) / sizes.sqrt()
