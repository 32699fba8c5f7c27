"""The difference of two shares with its 95 % interval."""

from __future__ import annotations

from math import sqrt

from domain.trust import Estimate

_Z = 1.959963984540054
"""Of the normal distribution, for 95 %."""


def share_difference(hits: int, n: int, *, other_hits: int, other_n: int) -> Estimate:
    """Return hits / n minus other_hits / other_n.

    The interval is Newcombe's (Statistics in Medicine 17, 1998, method 10), made of Wilson's of both shares: it holds
    for few cases and for shares of 0 and 1, where the textbook one collapses.

    Raises:
        ValueError: One of the two is a share of nothing, or has more hits than cases.
    """
    one, low, high = _wilson(hits, n)
    other, other_low, other_high = _wilson(other_hits, other_n)
    value = one - other
    below = sqrt((one - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return Estimate(value, max(-1.0, value - below), min(1.0, value + above), n + other_n)


def _wilson(hits: int, n: int) -> tuple[float, float, float]:
    """Share, and lower and upper end of its interval."""
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"{hits} of {n} is no share.")
    share, z2 = hits / n, _Z**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return share, max(0.0, centre - half), min(1.0, centre + half)
