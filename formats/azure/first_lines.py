"""On which line a name stood first, for files of any length: 12 bytes a line, the oldest of them on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Lines = NDArray[np.uint32]

_LARGEST = 1 << 21
_MOST_IN_MEMORY = 4
_BLOCK = 1 << 18
_ENTRY = np.dtype([("key", np.uint64), ("line", np.uint32)])


class FirstLines:
    """Sorted runs of (key, line), merged as they grow; full ones beyond the first four are kept in a file."""

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, Lines]] = []
        self._file: IO[bytes] | None = None
        self._stored: list[int] = []

    def place(self, keys: Keys, lines: Lines) -> tuple[Lines, Lines]:
        """Note which names stand on which lines, and tell where they stood before.

        Args:
            keys: (N,) numbers that stand for names.
            lines: (N,) 1-based lines, ascending and above all earlier ones.

        Returns:
            For each the line on which its name stood first, 0 for a new name, and how many lines before had it.
        """
        if not len(keys):
            return np.zeros(0, np.uint32), np.zeros(0, np.uint32)
        order = np.argsort(keys, kind="stable")
        run, run_lines = keys[order], lines[order]
        first, count = _within(run, run_lines)
        for older, older_lines in self._older():
            _look_up(run, older, older_lines, first, count)
        self._add(run, run_lines)
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return first[back], count[back]

    def close(self) -> None:
        """Let the file go."""
        self._runs.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _older(self) -> Iterator[tuple[Keys, Lines]]:
        """Every run, oldest first; what is on disk comes in blocks."""
        if self._file is not None:
            self._file.seek(0)
            for size in self._stored:
                for start in range(0, size, _BLOCK):
                    entries = np.frombuffer(self._file.read(min(_BLOCK, size - start) * _ENTRY.itemsize), _ENTRY)
                    yield np.ascontiguousarray(entries["key"]), np.ascontiguousarray(entries["line"])
        yield from self._runs

    def _add(self, keys: Keys, lines: Lines) -> None:
        self._runs.append((keys, lines))
        while len(self._runs) > 1 and self._is_due():
            newer, older = self._runs.pop(), self._runs.pop()
            joined, joined_lines = np.concatenate([older[0], newer[0]]), np.concatenate([older[1], newer[1]])
            order = np.argsort(joined, kind="stable")
            self._runs.append((joined[order], joined_lines[order]))
        if len(self._runs) > _MOST_IN_MEMORY and len(self._runs[_MOST_IN_MEMORY - 1][0]) * 2 > _LARGEST:
            self._store(*self._runs.pop(0))

    def _is_due(self) -> bool:
        older, newer = len(self._runs[-2][0]), len(self._runs[-1][0])
        return older <= 2 * newer and older + newer <= _LARGEST

    def _store(self, keys: Keys, lines: Lines) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="relook-")  # noqa: SIM115  closed by `close`
        entries = np.empty(len(keys), _ENTRY)
        entries["key"], entries["line"] = keys, lines
        self._file.seek(0, 2)
        self._file.write(entries.tobytes())
        self._stored.append(len(keys))


def _within(keys: Keys, lines: Lines) -> tuple[Lines, Lines]:
    """`place` for one sorted run alone."""
    positions = np.arange(len(keys))
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    group = np.repeat(starts, np.diff(np.append(starts, len(keys))))
    count = (positions - group).astype(np.uint32)
    return np.where(count > 0, lines[group], 0).astype(np.uint32), count


def _look_up(keys: Keys, older: Keys, older_lines: Lines, first: Lines, count: Lines) -> None:
    """Add what an older run, or a block of one, says."""
    low = np.searchsorted(older, keys)
    hits = np.flatnonzero(older[np.minimum(low, len(older) - 1)] == keys)
    if not len(hits):
        return
    at = low[hits]
    found = older_lines[at]
    known = first[hits]
    is_earlier = (known == 0) | (found < known)
    first[hits] = np.where(is_earlier, found, known)
    count[hits] += (np.searchsorted(older, keys[hits], side="right") - at).astype(np.uint32)
