"""Run lengths of Label Studio's brush: bits that pack the RGBA values of all pixels, row by row.

32 bits say how many values there are, 5 how wide a value is (less 1), 4 times 4 how wide the four kinds of counts are
(less 1). Then, until all values are there: 1 bit says whether one value is repeated, 2 which kind of count follows,
then the count (less 1), and the one value or as many values as counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import FormatError

MOST_PIXELS = 50_000_000
_LONGEST = 2 * 1024**2
_CHANNELS = 4
_ALPHA = 3
_REMEDY = "Draw the region again."


def decode_brush(rle: Any, width: int, height: int) -> NDArray[np.bool_]:
    """The mask that was painted.

    Args:
        rle: List of numbers from 0 to 255.
        width: Of the picture in pixels.
        height: Of the picture in pixels.

    Returns:
        (height, width) mask: where the paint is not transparent.

    Raises:
        FormatError: The list is none of bytes, or does not give exactly the values of such a picture.
    """
    if width * height > MOST_PIXELS:
        raise FormatError(f"The picture has {width}x{height} pixels; expected at most {MOST_PIXELS:,}.")
    if not isinstance(rle, list) or len(rle) > _LONGEST:
        raise FormatError(f"rle is no list of at most {_LONGEST:,} numbers.", remedy=_REMEDY)
    try:
        data = bytes(rle)
    except (TypeError, ValueError):
        raise FormatError("rle holds something else than numbers from 0 to 255.", remedy=_REMEDY) from None
    bits = _Bits(data)
    count = bits.take(32)
    if count != width * height * _CHANNELS:
        raise FormatError(f"rle holds {count:,} values; expected {width}x{height} pixels of 4 values.", remedy=_REMEDY)
    values = _unpack(bits, count)
    return values.reshape(height, width, _CHANNELS)[..., _ALPHA] > 0


def _unpack(bits: _Bits, count: int) -> NDArray[np.uint8]:
    word = bits.take(5) + 1
    kinds = [bits.take(4) + 1 for _ in range(4)]
    if word > 8:
        raise FormatError(f"rle holds values of {word} bits; expected at most 8.", remedy=_REMEDY)
    values = np.zeros(count, np.uint8)
    place = 0
    while place < count:
        is_run = bits.take(1)
        end = place + bits.take(kinds[bits.take(2)]) + 1
        if end > count:
            raise FormatError("rle holds more values than it says.", remedy=_REMEDY)
        values[place:end] = bits.take(word) if is_run else bits.take_many(end - place, word)
        place = end
    return values


class _Bits:
    """Takes numbers off a row of bits, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def take(self, size: int) -> int:
        """A number of that many bits.

        Raises:
            FormatError: There are not as many left.
        """
        end = self._claim(size)
        last = (end + 7) // 8
        number = int.from_bytes(self._data[(end - size) // 8 : last], "big") >> (8 * last - end)
        return number & ((1 << size) - 1)

    def take_many(self, count: int, size: int) -> NDArray[np.uint8]:
        """(count,) numbers of at most 8 bits each.

        Raises:
            FormatError: There are not as many left.
        """
        end = self._claim(count * size)
        start = end - count * size
        bits = np.unpackbits(np.frombuffer(self._data[start // 8 : (end + 7) // 8], np.uint8))
        words = bits[start % 8 : start % 8 + count * size].reshape(count, size)
        return np.packbits(np.pad(words, ((0, 0), (8 - size, 0))), axis=1)[:, 0]

    def _claim(self, size: int) -> int:
        self._place += size
        if self._place > 8 * len(self._data):
            raise FormatError("rle breaks off before its end.", remedy=_REMEDY)
        return self._place
