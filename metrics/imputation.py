"""Hidden pixels filled in from their surroundings: noisy linear imputation of ROAD."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from domain.explanation import RGBImage

NOISE = 0.01
"""Standard deviation of what is added, as a share of a pixel's range: without it a smooth patch tells its shape."""

_LARGEST = 256
_SIDE, _CORNER = 1 / 6, 1 / 12
_WEIGHTS = {(y, x): _CORNER if y and x else _SIDE for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x}
"""(down, right) -> how much a neighbour weighs, as in the paper."""

_KNOWN, _BEYOND = -1, -2


def impute(picture: RGBImage, hidden: NDArray[np.bool_], *, rng: np.random.Generator) -> RGBImage:
    """Replace hidden pixels by the weighted mean of their eight neighbours, solved for all at once, plus noise.

    Rong et al., ICML 2022 (https://arxiv.org/abs/2202.00449). In pictures with more than 256 pixels along a side the
    equations are solved on a coarser grid: between known pixels their solution is smooth.

    Args:
        picture: (H, W, 3) uint8.
        hidden: (H, W), True where pixels are to be replaced; where all are, they get the mean colour.
        rng: For the noise.

    Returns:
        (H, W, 3) uint8; pixels that are not hidden keep their value.
    """
    if hidden.all():
        smooth = np.broadcast_to(picture.reshape(-1, 3).mean(axis=0), picture.shape)
    else:
        smooth = _solve_coarsely(picture.astype(np.float64), hidden)
    noisy = smooth + rng.normal(0, 255 * NOISE, picture.shape)
    return np.where(hidden[..., None], np.clip(np.rint(noisy), 0, 255).astype(np.uint8), picture)


def _solve_coarsely(values: NDArray[np.float64], hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
    height, width = hidden.shape
    shrink = max(height, width) / _LARGEST
    if shrink <= 1:
        return solve(values, hidden)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    known = (~hidden).astype(np.float64)
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    summed = cv2.resize(values * known[..., None], size, interpolation=cv2.INTER_AREA)
    is_hidden = weight < 1e-9
    solved = solve(summed / np.where(is_hidden, 1, weight)[..., None], is_hidden)
    return cv2.resize(solved, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float64)


def solve(values: NDArray[np.float64], hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return `values` with every hidden pixel at the weighted mean of its neighbours, those beyond the edge left out.

    Args:
        values: (h, w, 3).
        hidden: (h, w); at least one pixel is known.
    """
    if not hidden.any():
        return values
    system, right = _equations(values, hidden)
    filled = values.copy()
    filled[hidden] = splu(system, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right)
    return filled


def _equations(values: NDArray[np.float64], hidden: NDArray[np.bool_]) -> tuple[csc_array, NDArray[np.float64]]:
    """Return the (n, n) system of the n hidden pixels, in raster order, and its (n, 3) right-hand side."""
    count = int(hidden.sum())
    number = np.full(hidden.shape, _KNOWN)
    number[hidden] = np.arange(count)
    number = np.pad(number, 1, constant_values=_BEYOND)
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    rows, columns = (place + 1 for place in np.nonzero(hidden))
    own = np.arange(count)
    diagonal, right, links = np.zeros(count), np.zeros((count, 3)), []
    for (down, across), weight in _WEIGHTS.items():
        neighbour = number[rows + down, columns + across]
        diagonal[neighbour != _BEYOND] += weight
        is_known, is_hidden = neighbour == _KNOWN, neighbour >= 0
        right[is_known] += weight * padded[rows[is_known] + down, columns[is_known] + across]
        links.append((np.full(int(is_hidden.sum()), -weight), own[is_hidden], neighbour[is_hidden]))
    entries, here, there = (np.concatenate(parts) for parts in zip((diagonal, own, own), *links, strict=True))
    return coo_array((entries, (here, there)), shape=(count, count)).tocsc(), right
