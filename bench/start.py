"""How long from starting the app to its first page in a browser that never saw it: `python -m bench.start`.

The aim is 10 s on a second start. Beside it, in the same run, the floor: an empty Streamlit app on the same machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.projects import make_demo
from bench.server import READY, ROOT, run_app

AIM_SECONDS = 10

_EMPTY_APP = """
from pathlib import Path
import streamlit as st
app = st.App(Path(__file__).with_name("page.py"))
"""
_EMPTY_PAGE = "import streamlit as st\nst.write('Empty')\n"
_PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="an existing RELOOK_HOME; default: a new one with the demo projects")
    parser.add_argument("--runs", type=int, default=3, help="starts of each to measure (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        home, empty = arguments.home or Path(folder) / "home", write_empty_app(Path(folder))
        if arguments.home is None:
            make_demo(home)
        measure(browser, home, ROOT / "app.py")  # the first start after an installation compiles and caches
        floor, first_pages = [], []
        for _ in range(arguments.runs):
            floor.append(measure(browser, Path(folder) / "nothing", empty))
            first_pages.append(measure(browser, home, ROOT / "app.py"))
        browser.close()
    print_row("Relook, second start", first_pages)
    print_row("floor: an empty app", floor)
    print(f"ratio of the medians {statistics.median(first_pages) / statistics.median(floor):.1f}, ", end="")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Aim: {AIM_SECONDS} s on a second start.")


def write_empty_app(folder: Path) -> Path:
    (folder / "page.py").write_text(_EMPTY_PAGE)
    (folder / "app.py").write_text(_EMPTY_APP)
    return folder / "app.py"


def measure(browser: Browser, home: Path, script: Path) -> float:
    """Seconds from starting the process until the first page is painted; the browser has nothing cached."""
    started = time.monotonic()
    with run_app(home, script=script, has_demo=True, patience=600) as app:
        page = browser.new_page()
        page.goto(app.address)
        page.locator(READY).first.wait_for(timeout=120_000)
        page.evaluate(_PAINTED)
        first_page = time.monotonic() - started
        page.close()
        return first_page


def print_row(name: str, seconds: list[float]) -> None:
    each = ", ".join(f"{value:.1f}" for value in seconds)
    print(f"{name:22} first page after {statistics.median(seconds):4.1f} s (median of {each})", flush=True)


def find_chromium() -> str:
    finder = [sys.executable, str(ROOT / "tests" / "find_chromium.py")]
    return (
        os.environ.get("CHROMIUM") or subprocess.run(finder, check=True, capture_output=True, text=True).stdout.strip()
    )


if __name__ == "__main__":
    main()
