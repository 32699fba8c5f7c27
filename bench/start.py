"""How long until the first page shows on a second start: `python -m bench.start`. The aim is 10 s."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.server import READY, ROOT, run_app

AIM_SECONDS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="an existing RELOOK_HOME; default: a new one with the demo projects")
    parser.add_argument("--runs", type=int, default=3, help="second starts to measure (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        home = arguments.home or Path(folder) / "home"
        if arguments.home is None:
            print_row("first start, demo made", *measure(browser, home))
        for number in range(arguments.runs):
            print_row(f"second start, run {number + 1}", *measure(browser, home))
        browser.close()
    print(f"Aim: first page within {AIM_SECONDS} s on a second start.")


def measure(browser: Browser, home: Path) -> tuple[float, float]:
    """Seconds from starting the process until the server answers, and until the first page is drawn."""
    started = time.monotonic()
    with run_app(home, has_demo=True, patience=600) as app:
        page = browser.new_page()
        page.goto(app.address)
        page.locator(READY).first.wait_for(timeout=60_000)
        first_page = time.monotonic() - started
        page.close()
        return app.seconds, first_page


def print_row(name: str, answers: float, first_page: float) -> None:
    print(f"{name:24} server answers after {answers:5.1f} s, first page after {first_page:5.1f} s", flush=True)


def find_chromium() -> str:
    finder = [sys.executable, str(ROOT / "tests" / "find_chromium.py")]
    return (
        os.environ.get("CHROMIUM") or subprocess.run(finder, check=True, capture_output=True, text=True).stdout.strip()
    )


if __name__ == "__main__":
    main()
