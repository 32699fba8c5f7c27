"""Lines some thousands at a time, for readers that are too fast for one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from formats.base.files import LONGEST_LINE

_BLOCK = 2 * 1024**2


def blocks_of(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the same lines as `formats.base.files.lines_of` some thousands at a time, without their line feeds.

    A line of `LONGEST_LINE` bytes or more is cut there.
    """
    rest = b""
    while chunk := stream.read(_BLOCK):
        longest = len(rest) + len(chunk)
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) >= LONGEST_LINE:
            lines.append(rest[:LONGEST_LINE])
            rest = _skip_line(stream)
        yield [line[:LONGEST_LINE] for line in lines] if longest >= LONGEST_LINE else lines
    if rest:  # the end of the file, or what stands behind a line that was too long
        lines = rest.removesuffix(b"\n").split(b"\n")
        yield [line[:LONGEST_LINE] for line in lines]


def _skip_line(stream: BinaryIO) -> bytes:
    """Read to the end of a line; return what was read of the next ones."""
    while chunk := stream.read(_BLOCK):
        _, end, rest = chunk.partition(b"\n")
        if end:
            return rest
    return b""
