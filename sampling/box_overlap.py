"""How much boxes overlap, all pairs at once."""

from __future__ import annotations

import numpy as np

from sampling.sheets import Floats


def overlaps(these: Floats, those: Floats) -> Floats:
    """Intersection over union of every pair.

    Args:
        these: (L, 4) x_min, y_min, x_max, y_max.
        those: (M, 4) likewise.

    Returns:
        (L, M) in [0, 1]; 0 where a box is empty or upside down.
    """
    low = np.maximum(these[:, None, :2], those[None, :, :2])
    high = np.minimum(these[:, None, 2:], those[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    union = areas(these)[:, None] + areas(those)[None] - shared
    return np.clip(shared / np.where(union > 0, union, np.inf), 0, 1)


def areas(boxes: Floats) -> Floats:
    """(K, 4) -> (K,); 0 for a box that is upside down."""
    return np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)


def centre_distances(these: Floats, those: Floats) -> Floats:
    """(L, M) distances between the centres, in the unit of the boxes."""
    centres = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (these, those)]
    return np.linalg.norm(centres[0][:, None] - centres[1][None], axis=2)
