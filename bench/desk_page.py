"""The review desk in a real browser, with clocks: when a key came, and when the next image was on the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

PATIENCE_MS = 120_000
BURST = 20
BURST_MS = 40

# The time of a key is the event's own; an image counts as shown in the frame after the paint.
_CLOCK = """
performance.setResourceTimingBufferSize(10000);
window.bench = { key: 0, shown: [], onScreen: "", decided: [] };
addEventListener("keydown", (event) => {
  bench.key = event.timeStamp;
  bench.decided.push(bench.onScreen);
}, true);
bench.note = () => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => bench.shown.push(performance.now() - bench.key);
  channel.port2.postMessage(0);
});
addEventListener("relook:painted", ({ detail }) => {
  bench.shown.push(performance.now() - bench.key);
  bench.onScreen = detail.image_id;
});
"""
_FLOOR = """
<body style="margin:0"><script>
const pictures = ADDRESSES.map((address) => Object.assign(new Image(), { src: address }));
let at = 0;
Promise.all(pictures.map((picture) => picture.decode())).then(() => {
  document.body.append(pictures[0]);
  bench.note();
});
addEventListener("keydown", () => {
  document.body.replaceChild(pictures[1 - at], pictures[at]);
  at = 1 - at;
  bench.note();
});
</script></body>
"""
_PICTURES = """
performance.getEntriesByType("resource").filter((entry) => entry.name.includes("/images?") && entry.responseEnd)
  .map((entry) => entry.name)
"""
_OUTBOX_IS_EMPTY = "!Object.keys(localStorage).some((name) => name.startsWith('relook:outbox:'))"


@dataclass(frozen=True, slots=True)
class Burst:
    """Keys pressed faster than a person looks: the image on screen at each, in order."""

    on_screen: Sequence[str]
    seconds: float


class DeskPage:
    """One open desk.

    Args:
        browser: Where it opens.
        address: Of the review page.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self.page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.page.add_init_script(_CLOCK)
        started = time.monotonic()
        self.page.goto(address)
        wait_for_shown(self.page, 1)
        self.seconds = time.monotonic() - started

    def press(self, keys: int, *, pace_ms: int, between: Callable[[], None] = lambda: None) -> list[float]:
        """Accept so many images one after the other; return the milliseconds from each key to the next image.

        Args:
            keys: How many.
            pace_ms: Between an image and the next key.
            between: What else happens before each key.
        """
        return press_enter(self.page, keys, pace_ms=pace_ms, between=between)

    def burst(self) -> Burst:
        """Press a key every 40 ms, 20 times, once 20 images are decoded ahead; wait until all is saved.

        Do it on a desk just opened: it has fetched as many.
        """
        pictures = f"{_PICTURES.strip()}.length > {BURST}"
        self.page.wait_for_function(f"() => {pictures}", timeout=PATIENCE_MS)
        self.page.wait_for_timeout(500)  # what was fetched last is decoded
        started = time.perf_counter()
        for number in range(BURST):
            wait = started + number * BURST_MS / 1000 - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            self.page.keyboard.press("Enter")
        seconds = time.perf_counter() - started
        self.wait_saved()
        return Burst(self.page.evaluate("bench.decided"), seconds)

    def wait_saved(self) -> None:
        """Wait until the database has everything."""
        self.page.wait_for_function(_OUTBOX_IS_EMPTY, timeout=PATIENCE_MS)

    def two_pictures(self) -> list[str]:
        return self.page.evaluate(_PICTURES)[:2]

    def close(self) -> None:
        self.wait_saved()
        self.page.close()


def measure_floor(browser: Browser, address: str, pictures: Sequence[str], *, keys: int, pace_ms: int) -> list[float]:
    """Milliseconds from each key to the other of two decoded pictures, on a page that does nothing else."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(_CLOCK)
    blank = f"{address}/bench-floor"
    body = _FLOOR.replace("ADDRESSES", repr(list(pictures)))
    page.route(blank, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(blank)
    wait_for_shown(page, 1)
    times = press_enter(page, keys, pace_ms=pace_ms)
    page.close()
    return times


def press_enter(page: Page, count: int, *, pace_ms: int, between: Callable[[], None] = lambda: None) -> list[float]:
    """Press Enter so many times; return the milliseconds until something new was shown."""
    before = page.evaluate("bench.shown.length")
    for number in range(count):
        page.wait_for_timeout(pace_ms)
        between()
        page.keyboard.press("Enter")
        wait_for_shown(page, before + number + 1)
    return page.evaluate(f"bench.shown.slice({before})")


def wait_for_shown(page: Page, count: int) -> None:
    page.wait_for_function(f"bench.shown.length >= {count}", timeout=PATIENCE_MS)
