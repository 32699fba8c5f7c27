"""The app with a Python that is busy again and again: `streamlit run bench/busy/start.py`.

From SIGUSR1 on a thread holds the interpreter for 300 ms at a time, as a library that never lets go of it would: no
other thread runs a line of Python meanwhile, neither a page nor a route.
"""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import streamlit as st

from endpoint.lifespan import lifespan
from endpoint.routes import list_routes

HELD = 0.3
FREE = 0.3
"""Seconds between two blocks, in which everybody else may run."""

# As in app.py.
app = st.App(Path(__file__).parents[2] / "pages" / "navigation.py", routes=list_routes(), lifespan=lifespan)


def hold_interpreter() -> None:
    """Block everything else for `HELD` seconds, let it run for `FREE`, and so on."""
    is_wanted.wait()
    steps = 1_000_000
    while True:
        started = time.perf_counter()
        sum(range(steps))  # one call into C that never lets another thread run
        taken = time.perf_counter() - started
        steps = max(100_000, round(steps * HELD / taken))
        time.sleep(FREE)


is_wanted = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: is_wanted.set())
threading.Thread(target=hold_interpreter, name="bench-busy", daemon=True).start()
