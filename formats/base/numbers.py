"""Reading finite numbers from what a file holds."""

from __future__ import annotations

import re
from typing import Any

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST = 400
_LARGEST = 2.0**53
"""Above it floats skip whole numbers. No coordinate is larger, and sums and products of such stay finite."""


def finite_number(value: Any) -> float | None:
    """A float from a JSON number up to 2**53; None for anything else, texts and true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= _LARGEST else None


def parse_number(text: str | None) -> float | None:
    """A float up to 2**53 from a decimal text, spaces around it allowed; None for anything else."""
    stripped = text.strip() if text is not None else ""
    if len(stripped) > _LONGEST or not _DECIMAL.fullmatch(stripped):
        return None
    number = float(stripped)
    return number if abs(number) <= _LARGEST else None


def whole_number(value: Any) -> int | None:
    """An int from a JSON number or decimal text without a fraction, up to 2**53; None for anything else."""
    number = parse_number(value) if isinstance(value, str) else finite_number(value)
    return int(number) if number is not None and number.is_integer() else None
