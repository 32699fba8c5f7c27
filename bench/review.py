"""The review desk of a project of 100,000 images in a real browser: `python -m bench.review --folder FOLDER`.

From the key to the frame after the paint: quiet, while Python is blocked for 300 ms again and again, and while four
other browsers have pages run again; a burst of 20 keys at 40 ms; and how long the project takes to open. Beside it the
floor of the same browser in the same run: a key that swaps two decoded pictures on an empty page.

The project is made in FOLDER the first time, which takes minutes, and used again from then on.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shlex
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.desk_page import BURST, BURST_MS, PATIENCE_MS, DeskPage, measure_floor
from bench.large_project import first_project, prepare_home
from bench.projects import opened
from bench.report import percentile, print_head, print_row, print_times
from bench.server import READY, ROOT, run_app
from bench.start import find_chromium
from store.decisions import list_decisions

BAR_MS = 50
OPENS_IN_S = 3
PACE_MS = 300
"""Between two keys: several times faster than a person who looks at each image (1 to 2 s)."""
OTHERS = ("review", "browse", "team", "export")
"""What the four other browsers show."""
_FLAGS = ["--no-sandbox", "--disable-gpu"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the project is kept (default: a new one, gone at the end)")
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--photos", type=int, default=1000, help="distinct ones (default: %(default)s)")
    parser.add_argument("--keys", type=int, default=100, help="keys to press in each row (default: %(default)s)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary) / "large"
        home = prepare_home(folder, images=arguments.images, photos=arguments.photos)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=_FLAGS)
            others = playwright.chromium.launch(executable_path=elsewhere(Path(temporary)), args=_FLAGS)
            measure(browser, others, home, images=arguments.images, keys=arguments.keys)
            others.close()
            browser.close()


def measure(browser: Browser, others: Browser, home: Path, *, images: int, keys: int) -> None:
    """Measure everything on a home, and print the table."""
    project_id = first_project(home)
    print_head()
    with run_app(home) as app:
        measure_opening(browser, app.address, project_id, images=images)
        address = f"{app.address}/review?project={project_id}"
        desk = DeskPage(browser, address)
        quiet = desk.press(keys, pace_ms=PACE_MS)
        floor = measure_floor(browser, app.address, desk.two_pictures(), keys=keys, pace_ms=PACE_MS)
        print_times("key to the frame after the paint, median / p95", quiet, p95_under=BAR_MS)
        print_times("floor: swap two decoded pictures", floor)
        print_row("ratio of the medians", f"{percentile(quiet, 50) / percentile(floor, 50):.1f}")
        desk.close()
        desk = DeskPage(browser, address)
        print_burst(desk, home, project_id)
        with running_pages(others, app.address, project_id) as pages:
            times = desk.press(keys, pace_ms=PACE_MS, between=pages.run_again)
            print_times("the same while 4 other browsers rerun pages", times, p95_under=BAR_MS)
        print_row(
            "reruns of the others meanwhile", f"{pages.runs:,}", bar=f"at least {keys}", is_met=pages.runs >= keys
        )
        desk.close()
    with run_app(home, script=ROOT / "bench" / "busy" / "start.py") as app:
        desk = DeskPage(browser, f"{app.address}/review?project={project_id}")
        os.kill(app.pid, signal.SIGUSR1)
        print_burst(desk, home, project_id, more=", Python blocked")
        times = desk.press(keys, pace_ms=PACE_MS)
        print_times("the same while Python is blocked 300 of every 600 ms", times, p95_under=BAR_MS)
        desk.close()
    print_row("load at the end", f"{os.getloadavg()[0]:.1f}")


def elsewhere(folder: Path) -> str:
    """Write a command that starts Chromium as other people's browsers: with whatever processor time is left.

    Other people sit at other machines. What they ask of the server competes with this desk, what their browsers draw
    does not. Linux shares its time between sessions before it looks at niceness, so that both are set.
    """
    script = folder / "chromium-elsewhere"
    script.write_text(
        "#!/bin/sh\n{ echo 19 > /proc/self/autogroup; } 2>/dev/null\n"
        f'exec nice -n 19 {shlex.quote(find_chromium())} "$@"\n'
    )
    script.chmod(0o755)
    return str(script)


def measure_opening(browser: Browser, address: str, project_id: int, *, images: int) -> None:
    """Print how long the pages of the project take in a browser that never saw them."""
    for name, path, sign in (
        ("Workspace", "", READY),
        ("Browse", "browse", ".cell img, .gallery img"),
        ("Review", "review", ".desk[data-painted]:not([data-painted=''])"),
    ):
        taken = [open_page(browser, f"{address}/{path}?project={project_id}", sign) for _ in range(2)]
        note = f"the first time, on a server just started, {taken[0]:.1f} s"
        what = f"open {name} of {images:,} images"
        print_row(what, f"{taken[1]:.1f} s", bar=f"under {OPENS_IN_S} s", is_met=taken[1] < OPENS_IN_S, note=note)


def open_page(browser: Browser, address: str, sign: str) -> float:
    """Seconds from the address to the first image, or to the end of the page's script, in a new context."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    started = time.monotonic()
    page.goto(address)
    page.locator(sign).first.wait_for(timeout=PATIENCE_MS)
    seconds = time.monotonic() - started
    context.close()
    return seconds


def print_burst(desk: DeskPage, home: Path, project_id: int, *, more: str = "") -> None:
    """Press keys in a burst, and print how many were stored, each as a decision on the image that was on screen."""
    before = len(list_decided(home, project_id))
    burst = desk.burst()
    stored = list_decided(home, project_id)[before:]
    meant = [name for name, _ in itertools.groupby(burst.on_screen)]
    wrong = sum(a != b for a, b in itertools.zip_longest(meant, stored))
    what = f"burst of {BURST} accepts at {BURST_MS} ms{more}"
    figure = f"{len(stored)} of {BURST} stored, {wrong} not on the image on screen"
    early = BURST - len(meant)
    note = f"{early} keys came before the paint and did nothing; pressed within {burst.seconds:.2f} s"
    bar = f"{BURST} of {BURST}, 0"
    print_row(what, figure, bar=bar, is_met=len(stored) == BURST and not wrong, note=note)


def list_decided(home: Path, project_id: int) -> list[str]:
    """The image of each decision, oldest first."""
    with opened(home) as workspace, workspace.read() as connection:
        return [row.image_id for row in list_decisions(connection, project_id)]


class RunningPages:
    """Pages of other people, each in a context of its own, that run again when asked."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = pages
        self.runs = 0
        for page in pages:
            page.on("websocket", lambda socket: socket.on("framesent", lambda _: self._count()))

    def run_again(self) -> None:
        """Have every page's script run again, as R does in Streamlit."""
        for page in self.pages:
            page.keyboard.press("r")

    def _count(self) -> None:
        self.runs += 1


@contextmanager
def running_pages(browser: Browser, address: str, project_id: int) -> Iterator[RunningPages]:
    """Pages of the project in four contexts of another browser."""
    contexts = [browser.new_context(viewport={"width": 1280, "height": 800}) for _ in OTHERS]
    running = RunningPages([context.new_page() for context in contexts])
    for name, page in zip(OTHERS, running.pages, strict=True):
        page.goto(f"{address}/{name}?project={project_id}")
        page.locator(READY).first.wait_for(timeout=PATIENCE_MS)
    running.runs = 0
    yield running
    for context in contexts:
        context.close()


if __name__ == "__main__":
    main()
