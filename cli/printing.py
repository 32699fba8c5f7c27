"""Results on stdout, remarks on stderr. Text from files cannot steer the terminal."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

UNDEFINED = "–"


def say(text: str = "") -> None:
    """Print one line of the result."""
    print(plain(text))


def tell(text: str) -> None:
    """Print one remark."""
    print(plain(text), file=sys.stderr)


def plain(text: str) -> str:
    """`text` with signs that would move the cursor or change colours written as escapes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def say_table(rows: Sequence[Sequence[str]], *, right: Collection[int] | None = None) -> None:
    """Print rows of equal length in columns.

    Args:
        rows: The cells.
        right: Columns that end at the right, as numbers do; None for all but the first.
    """
    shown = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    numbers = range(1, len(widths)) if right is None else right
    for row in shown:
        cells = enumerate(zip(row, widths, strict=True))
        aligned = [cell.rjust(width) if place in numbers else cell.ljust(width) for place, (cell, width) in cells]
        print("  ".join(aligned).rstrip())


def rate(value: float | None) -> str:
    """A number from 0 to 1 with three decimals; undefined ones are a dash, never 0."""
    return UNDEFINED if value is None else f"{value:.3f}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`number` and its noun: "1 image", "1,204 images"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
