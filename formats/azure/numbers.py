"""Numbers as Azure's runtime reads them."""

from __future__ import annotations

import math
from typing import Any


def read_number(value: Any) -> float | None:
    """A finite float from a JSON number or a numeric text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
