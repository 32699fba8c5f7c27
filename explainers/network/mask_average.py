"""Masks averaged by the scores they leave, in two halves whose agreement tells how sure the average is."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class MaskAverage:
    """The masks seen so far, averaged by their scores, in two halves of whole pairs; no mask is kept."""

    def __init__(self) -> None:
        self._weighted = self._shown = torch.empty(0)
        self._anchor = self._scores = np.zeros(0)
        self._counts = np.zeros(2)

    def add(self, samples: slice, masks: Tensor, scores: NDArray[np.float64]) -> None:
        """Add (n, h, w) masks and their (n, classes) scores."""
        if not self._counts.any():
            self._anchor = scores[0]  # subtracted so that sums stay small and exact
            self._weighted = masks.new_zeros(2, scores.shape[1], *masks.shape[1:])
            self._shown = masks.new_zeros(2, *masks.shape[1:])
            self._scores = np.zeros((2, scores.shape[1]))
        rises = scores - self._anchor
        halves = np.arange(samples.start, samples.stop) // 2 % 2
        for half in (0, 1):
            rows = np.flatnonzero(halves == half)
            of_half = masks[torch.from_numpy(rows).to(masks.device)]
            weights = torch.from_numpy(rises[rows]).to(masks)
            self._weighted[half] += torch.einsum("nc,nhw->chw", weights, of_half)
            self._shown[half] += of_half.sum(dim=0)
            self._scores[half] += rises[rows].sum(axis=0)
            self._counts[half] += len(rows)

    def maps(self) -> NDArray[np.float64]:
        """Return (classes, h, w): the mean score where a pixel is shown, above the mean score of all samples."""
        mean = self._scores.sum(axis=0) / self._counts.sum()
        return _divide(self._weighted.sum(dim=0), self._shown.sum(dim=0)) - mean[:, None, None]

    def agreement(self) -> NDArray[np.float64]:
        """Return (classes,) correlations between the maps of the two halves; 0 where a map is constant."""
        first, second = (_divide(self._weighted[half], self._shown[half]) for half in (0, 1))
        return np.array([_correlation(one, other) for one, other in zip(first, second, strict=True)])


def _divide(weighted: Tensor, shown: Tensor) -> NDArray[np.float64]:
    """Return the quotient; 0 where a pixel was never shown."""
    quotient = torch.where(shown > 0, weighted / shown.clamp(min=torch.finfo(shown.dtype).tiny), 0)
    return quotient.cpu().numpy().astype(np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Of values, not ranks: most of a picture may mean nothing, and the order of nothing is chance."""
    both = np.stack([one.ravel(), other.ravel()])
    if (both.max(axis=1) == both.min(axis=1)).any():
        return 0.0
    return float(np.asarray(np.corrcoef(both))[0, 1])
