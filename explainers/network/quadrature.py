"""Rules that turn an integral from 0 to 1 into a weighted sum of values at some points."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch


class ApproximationMethod(StrEnum):
    """A rule, by the name it has in captum and in Azure's endpoints."""

    RIEMANN_MIDDLE = "riemann_middle"
    GAUSS_LEGENDRE = "gausslegendre"
    TRAPEZOID = "riemann_trapezoid"
    RIEMANN_LEFT = "riemann_left"
    RIEMANN_RIGHT = "riemann_right"


@dataclass(frozen=True, slots=True)
class Quadrature:
    """Where values are taken, in [0, 1] in rising order, and how much each counts; the weights add up to 1."""

    places: tuple[float, ...]
    weights: tuple[float, ...]


def quadrature(method: str, n_steps: int) -> Quadrature:
    """Return the points and weights of a rule.

    Args:
        method: An `ApproximationMethod`. captum's trapezoid divides by the steps where it should divide by the gaps
            between them, so that its integrals are (n - 1) / n of the ones here; its other rules are the same.
        n_steps: Points, at least 2.
    """
    if method == ApproximationMethod.GAUSS_LEGENDRE:
        places, weights = np.polynomial.legendre.leggauss(n_steps)
        return Quadrature(tuple((1 + places) / 2), tuple(weights / 2))
    if method == ApproximationMethod.TRAPEZOID:
        weights = np.full(n_steps, 1 / (n_steps - 1))
        weights[[0, -1]] /= 2
        return Quadrature(_spread(0, 1, n_steps), tuple(weights))
    step = 1 / n_steps
    first, last = {
        ApproximationMethod.RIEMANN_LEFT: (0, 1 - step),
        ApproximationMethod.RIEMANN_MIDDLE: (step / 2, 1 - step / 2),
        ApproximationMethod.RIEMANN_RIGHT: (step, 1),
    }[ApproximationMethod(method)]
    return Quadrature(_spread(first, last, n_steps), (step,) * n_steps)


def _spread(first: float, last: float, count: int) -> tuple[float, ...]:
    """Return evenly spread places, rounded as captum rounds them: at a tie the last bit decides where a ReLU goes."""
    return tuple(torch.linspace(first, last, count).tolist())
