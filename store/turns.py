"""Writing in turn: whoever asked first writes first.

SQLite lets one transaction write at a time, and those who wait look again after ever longer pauses: under load somebody
may wait for seconds while others come and go. Within one process they queue here instead.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import StoreError


class Turns:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def take(self, *, patience: float) -> Iterator[float]:
        """Wait for the turn, and hold it for the block; yields the seconds of patience that are left.

        Raises:
            StoreError: It did not come within so many seconds.
        """
        started = time.monotonic()
        self._wait(patience)
        try:
            yield max(0.0, patience - (time.monotonic() - started))
        finally:
            self._hand_on()

    def _wait(self, patience: float) -> None:
        mine = threading.Event()
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            self._waiting.append(mine)
        if mine.wait(patience):
            return
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise StoreError(
                    f"The database is busy with others who write: no turn within {patience:g} s.",
                    remedy="Try again. What was confirmed is kept, and what waits is sent again.",
                )
        # It came in the moment between.

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False


def turns_of(database: str) -> Turns:
    """The turns of a database file, the same for everybody in this process."""
    with _lock:
        return _turns.setdefault(database, Turns())


_lock = threading.Lock()
_turns: dict[str, Turns] = {}
