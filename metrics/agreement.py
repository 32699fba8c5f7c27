"""How far people agree beyond chance: Cohen's kappa for two, Fleiss' kappa for more."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from domain.trust import Estimate
from metrics.intervals import COVER, exact_share

_TAIL = (1 + COVER) / 2


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Estimate | None:
    """Return the agreement of two people (Cohen 1960) with its large-sample interval (Fleiss, Cohen and Everitt 1969).

    1 is perfect, 0 what chance would give, -1 to 0 less than chance.

    Args:
        first: The class that one gave each image.
        second: The class that the other gave it, in the same order.

    Returns:
        The estimate, n being the number of images; None where there is no image, or where both gave one class to all:
        then chance alone would agree as well.

    Raises:
        ValueError: One has more images than the other.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} classes of one and {len(second)} of the other.")
    if not first:
        return None
    table = _cross(first, second) / len(first)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed, expected = float(np.trace(table)), float(rows @ columns)
    if expected >= 1:
        return None
    kappa = (observed - expected) / (1 - expected)
    margin = float(norm.ppf(_TAIL)) * _cohen_error(table, observed, expected, n=len(first))
    return _between(kappa, margin, observed, expected, n=len(first))


def fleiss_kappa(ratings: Sequence[Sequence[Hashable]]) -> Estimate | None:
    """Return the agreement of several people (Fleiss 1971), who need not be the same on each image.

    The interval is that of Gwet (2021): by how much each image moves the figure, with Student's t.

    Args:
        ratings: For each image the classes it was given, as many for one image as for another, two or more.

    Returns:
        The estimate, n being the number of images; None where there is no image, or only one class in all.

    Raises:
        ValueError: The images have different numbers of classes, or fewer than two.
    """
    if not ratings:
        return None
    raters = len(ratings[0])
    if raters < 2 or any(len(each) != raters for each in ratings):
        raise ValueError("Every image needs the same number of classes, two or more.")
    counts = _count(ratings)
    share = counts.mean(axis=0) / raters
    agreed = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    expected = float((share**2).sum())
    if expected >= 1:
        return None
    observed, n = float(agreed.mean()), len(ratings)
    kappa = (observed - expected) / (1 - expected)
    own_expected = (counts / raters) @ share
    pulls = (agreed - expected) / (1 - expected) - 2 * (1 - kappa) * (own_expected - expected) / (1 - expected)
    error = float(np.sqrt(((pulls - kappa) ** 2).sum() / (n * (n - 1)))) if n > 1 else 0.0
    return _between(kappa, float(t.ppf(_TAIL, n - 1)) * error if n > 1 else 0.0, observed, expected, n=n)


def kappa_in_words(kappa: float) -> str:
    """Return the word of Landis and Koch (1977) for a kappa."""
    if kappa < 0:
        return "less than chance"
    steps = (("slight", 0.2), ("fair", 0.4), ("moderate", 0.6), ("substantial", 0.8))
    return next((word for word, highest in steps if kappa <= highest), "almost perfect")


def _cross(first: Sequence[Hashable], second: Sequence[Hashable]) -> NDArray[np.float64]:
    """(classes, classes) number of images that one called this and the other that."""
    place = {name: at for at, name in enumerate(dict.fromkeys([*first, *second]))}
    table = np.zeros((len(place), len(place)))
    np.add.at(table, ([place[name] for name in first], [place[name] for name in second]), 1)
    return table


def _count(ratings: Sequence[Sequence[Hashable]]) -> NDArray[np.float64]:
    """(images, classes) how many called the image so."""
    place = {name: at for at, name in enumerate(dict.fromkeys(name for each in ratings for name in each))}
    counts = np.zeros((len(ratings), len(place)))
    for row, each in zip(counts, ratings, strict=True):
        np.add.at(row, [place[name] for name in each], 1)
    return counts


def _cohen_error(table: NDArray[np.float64], observed: float, expected: float, *, n: int) -> float:
    """Equation 13 of Fleiss, Cohen and Everitt (1969)."""
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    same = np.diag(table) * ((1 - expected) - (rows + columns) * (1 - observed)) ** 2
    other = table * (columns[:, None] + rows[None, :]) ** 2
    apart = (1 - observed) ** 2 * (other.sum() - np.trace(other))
    variance = same.sum() + apart - (observed * expected - 2 * expected + observed) ** 2
    return float(np.sqrt(max(variance, 0.0) / n)) / (1 - expected) ** 2


def _between(kappa: float, margin: float, observed: float, expected: float, *, n: int) -> Estimate:
    """The interval; where all agree nothing scatters, and what can be said is how rare disagreement must be."""
    low, high = kappa - margin, kappa + margin
    if observed == 1:
        low = (exact_share(n, n).low - expected) / (1 - expected)
    return Estimate(kappa, max(-1.0, low), min(1.0, high), n)
