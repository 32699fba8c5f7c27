"""95 % intervals: of a share, of a mean, of a largest value, of the area under a curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, t

from domain.trust import Estimate

COVER = 0.95
_DRAWS = 2000
_ENOUGH = 30
_TAILS = (100 * (1 - COVER) / 2, 100 * (1 + COVER) / 2)


def exact_share(hits: int, n: int) -> Estimate:
    """Return the share hits / n with its exact interval (Clopper and Pearson 1934).

    Raises:
        ValueError: n is 0, or there are more hits than n.
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share.")
    tail = (1 - COVER) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return Estimate(hits / n, low, high, n)


def mean_of(values: Sequence[float] | NDArray[np.float64], *, seed: int = 0) -> Estimate:
    """Return the mean of `values` with its interval; one value alone has none.

    Of thirty values or more by 2,000 resamples. Resamples of fewer are too narrow, since they only know what was drawn:
    then by Student's t, which is exact for normal scatter.

    Raises:
        ValueError: There are no values.
    """
    known = _array(values)
    mean = float(known.mean())
    if known.size >= _ENOUGH:
        low, high = np.percentile(_resample(known, seed).mean(axis=1), _TAILS)
        return Estimate(mean, float(low), float(high), known.size)
    margin = (
        float(t.ppf((1 + COVER) / 2, known.size - 1) * known.std(ddof=1) / known.size**0.5) if known.size > 1 else 0
    )
    return Estimate(mean, mean - margin, mean + margin, known.size)


def largest_of(values: Sequence[float] | NDArray[np.float64], *, seed: int = 0) -> Estimate:
    """Return the largest of `values`; 2,000 resamples tell how much smaller it might have come out, never larger.

    Raises:
        ValueError: There are no values.
    """
    known = _array(values)
    low, high = np.percentile(_resample(known, seed).max(axis=1), _TAILS)
    return Estimate(float(known.max()), float(low), float(high), known.size)


def _array(values: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.asarray(values, np.float64)
    if known.size == 0:
        raise ValueError("There is nothing to take a figure of.")
    return known


def _resample(known: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """(2000, n) draws with replacement."""
    return known[np.random.default_rng(seed).integers(known.size, size=(_DRAWS, known.size))]


def area_under(places: NDArray[np.float64], values: NDArray[np.float64]) -> Estimate:
    """Return the mean height of a curve (trapezoids), and how far chance moves it.

    The scatter of the points is read from their second differences (Gasser, Sroka and Jennen-Steinmetz 1986), which a
    straight piece of curve leaves at zero; a bend counts as scatter, so that the interval is rather too wide.

    Args:
        places: (n,) rising, evenly spaced.
        values: (n,) shares, 0 to 1.

    Raises:
        ValueError: There are fewer than two points.
    """
    if len(places) < 2:
        raise ValueError("A curve needs two points.")
    span = places[-1] - places[0]
    area = float(np.trapezoid(values, places) / span)
    bends = values[:-2] - 2 * values[1:-1] + values[2:]
    if bends.size == 0:
        return Estimate(area, area, area, len(values))
    weights = np.trapezoid(np.eye(len(places)), places, axis=1) / span
    error = np.sqrt((bends**2).mean() / 6 * (weights**2).sum())
    margin = float(t.ppf((1 + COVER) / 2, bends.size) * error)
    return Estimate(area, max(0.0, area - margin), min(1.0, area + margin), len(values))
