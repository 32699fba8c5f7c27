"""A map that says nothing is never shown: the reason is."""

from __future__ import annotations

import numpy as np

from domain.errors import ExplanationError
from domain.explanation import Heatmap

FLAT = 1e-6
"""Values closer together than this share of the largest one are rounding, not a map."""


def check_map(heatmap: Heatmap, *, label: str, source: str, remedy: str) -> Heatmap:
    """Return `heatmap` if it is finite, varies, and holds evidence for the class.

    Args:
        heatmap: (h, w), raw and signed.
        label: The class explained.
        source: Where the values come from, to follow "in" in a sentence: "layer 'layer4'", "the regions".
        remedy: What a person can try instead, a full sentence.

    Raises:
        ExplanationError: It is not; the message says what was found.
    """
    if heatmap.size == 0:
        raise ExplanationError(f"The map for '{label}' in {source} is empty; expected some values.", remedy=remedy)
    _check_finite(heatmap, label, source)
    low, high = float(heatmap.min()), float(heatmap.max())
    if high - low <= FLAT * max(abs(low), abs(high)):
        raise ExplanationError(
            f"The map for '{label}' is the same everywhere: every value in {source} is {high:.4g}.", remedy=remedy
        )
    if high <= 0:
        raise ExplanationError(
            f"There is no positive evidence for '{label}' in {source}: "
            f"the values run from {low:.4g} to {high:.4g}, and expected was at least one above 0.",
            remedy=remedy,
        )
    return heatmap


def _check_finite(heatmap: Heatmap, label: str, source: str) -> None:
    broken = int(np.count_nonzero(~np.isfinite(heatmap)))
    if broken:
        raise ExplanationError(
            f"{broken} of {heatmap.size} values of the map for '{label}' in {source} are not finite numbers.",
            remedy="Check the model's weights and its input normalisation: the network computes NaN or infinity.",
        )
