"""Two models on the same images: how much better one is, with intervals of the paired difference, and what flipped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.trust import Estimate
from metrics.bootstrap import draws_for, estimate, resample

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of both models.

    Attributes:
        before: Of the first; None where it is undefined.
        after: Of the second.
        change: After minus before, with the interval of the paired difference.
    """

    before: Estimate | None
    after: Estimate | None
    change: Estimate | None


def compare_answers(given: Bools, before: Bools, after: Bools, *, is_multilabel: bool) -> dict[str, Change]:
    """Compare what two models say about the same images.

    Args:
        given: (N, C) the labels.
        before: (N, C) what the first model says: its first choice, or all classes above one half.
        after: (N, C) what the second says.
        is_multilabel: Whether an image has any number of classes.

    Returns:
        "accuracy" (for several labels the share of images with all of them right), "f1" (macro: the mean over the
        classes that are labelled or said; undefined for none) and for several labels "f1_micro".
    """
    figures: Mapping[str, Callable[[Floats, Bools], Floats]] = {
        "accuracy": lambda counts, said: _accuracy(counts, given, said),
        "f1": lambda counts, said: _f1(counts, given, said),
        **({"f1_micro": lambda counts, said: _f1_micro(counts, given, said)} if is_multilabel else {}),
    }
    return {name: _compare(figure, before, after) for name, figure in figures.items()}


def compare_means(before: Floats, after: Floats) -> Change:
    """Compare the means of two figures of the same images, (N,) each; those without both are left out."""
    known = ~(np.isnan(before) | np.isnan(after))
    one, other = before[known], after[known]
    if not len(one):
        return Change(None, None, None)

    def mean(counts: Floats, values: Floats) -> Floats:
        return counts @ values / counts.sum(axis=1)

    return _compare(mean, one, other)


def _compare(figure: Callable[[Floats, NDArray], Floats], before: NDArray, after: NDArray) -> Change:
    number = len(before)
    once = np.ones((1, number))
    drawn = [
        (figure(counts.astype(np.float64), before), figure(counts.astype(np.float64), after))
        for counts in resample(np.ones(number, np.int64), draws=draws_for(number))
    ]
    ones, others = (np.concatenate([pair[side] for pair in drawn]) for side in (0, 1))
    first, second = float(figure(once, before)[0]), float(figure(once, after)[0])
    return Change(
        estimate(first, ones, number),
        estimate(second, others, number),
        estimate(second - first, others - ones, number),
    )


def _accuracy(counts: Floats, given: Bools, said: Bools) -> Floats:
    return counts @ (given == said).all(axis=1) / counts.sum(axis=1)


def _f1(counts: Floats, given: Bools, said: Bools) -> Floats:
    both, total = 2 * (counts @ (given & said)), counts @ given + counts @ said
    with np.errstate(invalid="ignore"):
        each = np.where(total > 0, both / np.maximum(total, 1), np.nan)
        known = ~np.isnan(each)
        return np.where(known.any(axis=1), np.nansum(each, axis=1) / np.maximum(known.sum(axis=1), 1), np.nan)


def _f1_micro(counts: Floats, given: Bools, said: Bools) -> Floats:
    both = 2 * (counts @ (given & said).sum(axis=1))
    total = counts @ (given.sum(axis=1) + said.sum(axis=1))
    return np.where(total > 0, both / np.maximum(total, 1), np.nan)
