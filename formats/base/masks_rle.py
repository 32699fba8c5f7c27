"""Run lengths as COCO writes them: counts down the columns, as a list or packed into a text (formats.md 8.1).

Packed: each count, from the fourth on less the count two before, as groups of 5 bits, lowest first; bit 6 says that
another group follows, and 48 is added to make it a letter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError
from formats.base.masks_runs import Runs, check_size

_FIRST_LETTER = 48
_MOST_LETTERS = 8
_MORE = 0x20
_SIGN = 0x10


def read_counts(counts: Any, height: int, width: int) -> Runs:
    """Read run lengths, which start with the pixels outside.

    Args:
        counts: A list of whole numbers, or a text of packed ones.
        height: Of the mask.
        width: Of the mask.

    Raises:
        FormatError: The counts are of the wrong kind, negative, or do not fill the mask exactly.
    """
    check_size(height, width)
    lengths = _unpack(counts) if isinstance(counts, str | bytes) else _take_list(counts)
    pixels = height * width
    if lengths.size and (int(lengths.min()) < 0 or int(lengths.max()) > pixels):
        worst = int(lengths.min()) if lengths.min() < 0 else int(lengths.max())
        raise FormatError(f"A run has {worst:,} pixels; expected 0 to {pixels:,}.", remedy="Export the mask again.")
    ends = np.cumsum(lengths)
    filled = int(ends[-1]) if ends.size else 0
    if filled != pixels:
        raise FormatError(
            f"The runs fill {filled:,} pixels, the mask of {width}x{height} has {pixels:,}.",
            remedy="Check that size is [height, width] and export the mask again.",
        )
    found, times = np.unique(ends if len(ends) % 2 == 0 else ends[:-1], return_counts=True)
    return Runs(found[times % 2 == 1], height, width)


def list_counts(runs: Runs) -> list[int]:
    """The run lengths as plain numbers, starting with the pixels outside (0 when the first pixel is inside)."""
    pixels = runs.height * runs.width
    lengths = np.diff(runs.flips, prepend=0, append=pixels).tolist()
    return lengths if lengths[-1] or len(lengths) == 1 else lengths[:-1]


def pack_counts(runs: Runs) -> str:
    """The run lengths as the packed text."""
    counts = list_counts(runs)
    letters = bytearray()
    for index, count in enumerate(counts):
        _pack(count - counts[index - 2] if index > 2 else count, letters)
    return letters.decode("ascii")


def _pack(value: int, letters: bytearray) -> None:
    while True:
        group, value = value & 0x1F, value >> 5
        is_last = value == (-1 if group & _SIGN else 0)
        letters.append(group + _FIRST_LETTER + (0 if is_last else _MORE))
        if is_last:
            return


def _unpack(text: str | bytes) -> NDArray[np.int64]:
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    groups = np.frombuffer(data, np.uint8).astype(np.int64) - _FIRST_LETTER
    if not groups.size:
        return groups
    if groups.min() < 0 or groups.max() > 0x3F:
        place = int(np.flatnonzero((groups < 0) | (groups > 0x3F))[0])
        raise FormatError(f"The packed counts hold {text[place : place + 1]!r}; expected letters from 0 to o.")
    is_last = groups & _MORE == 0
    if not is_last[-1]:
        raise FormatError("The packed counts end in the middle of a number.", remedy="Export the mask again.")
    ends = np.flatnonzero(is_last)
    sizes = np.diff(ends, prepend=-1)
    if sizes.max() > _MOST_LETTERS:
        raise FormatError(f"A packed count has {int(sizes.max())} letters; expected at most {_MOST_LETTERS}.")
    places = np.arange(len(groups)) - np.repeat(ends - sizes + 1, sizes)
    values = np.add.reduceat((groups & 0x1F) << (5 * places), ends - sizes + 1)
    values -= ((groups[ends] & _SIGN) << 1) << (5 * (sizes - 1))
    return _undo_differences(values)


def _undo_differences(values: NDArray[np.int64]) -> NDArray[np.int64]:
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def _take_list(counts: Any) -> NDArray[np.int64]:
    if not isinstance(counts, list):
        raise FormatError(f"The counts are of kind {type(counts).__name__}; expected a list of numbers or a text.")
    for count in counts:
        is_number = isinstance(count, int) or (isinstance(count, float) and count.is_integer())
        if isinstance(count, bool) or not is_number or abs(count) > 2**62:
            raise FormatError(f"The counts hold {str(count)[:40]!r}; expected whole numbers.")
    return np.array(counts, dtype=np.int64)
