"""Long loops that make millions of short-lived lists: Python looks for cycles among them far less often."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (200_000, 20, 100)

_lock = threading.Lock()
_inside = 0
_usual = gc.get_threshold()


@contextmanager
def fewer_collections() -> Iterator[None]:
    """Measured: a third of the time of an export was spent looking through objects that live as long as the process.

    Memory is given back by counting references as ever; only garbage in cycles waits a little longer.
    """
    global _inside, _usual  # noqa: PLW0603  the collector is one for the process
    with _lock:
        if not _inside:
            _usual = gc.get_threshold()
            gc.set_threshold(*_SELDOM)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                gc.set_threshold(*_usual)
