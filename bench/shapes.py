"""How smoothly many shapes are dragged and zoomed at the review desk: `python -m bench.shapes`.

Times are from one animation frame to the next in Chromium, over the frames that follow an event of a mouse that drags,
turns its wheel or wanders; "rests" are the longest frame of each pause after that, in which names are laid out anew.
The aim is 50 ms at p95, with 1,000 boxes and with one polygon of 10,000 points. Beside it the floor of the same browser
in the same run: the same gestures over the same photo with nothing on it.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from bench.start import find_chromium

AIM_MS = 50
BOXES = 1_000
POINTS = 10_000
SIZE = (1600, 1200)

_STATIC = Path(__file__).resolve().parent.parent / "components" / "annotator" / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_HOST = "http://desk.test"
_CLASSES = ["can", "carton", "milk_bottle", "water_bottle"]
_COLOURS = ["#41BDFE", "#FAA500", "#0FA184", "#FE67BB"]
_PAGE = """<!doctype html><meta charset="utf-8"><style>html { --st-background-color: #fff; --st-text-color: #111;
--st-secondary-background-color: #f4f4f6; --st-border-color: #ccc; --st-primary-color: #1c5bd0; --st-font: sans-serif; }
body { margin: 0 }</style><div id="host"></div><script type="module">
import annotator from "/static/annotator.js";
const root = document.querySelector("#host").attachShadow({ mode: "open" });
const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/static/annotator.css" });
root.append(sheet);
const data = DATA;
sheet.onload = () => annotator({ key: "desk", data, parentElement: root, setStateValue() {}, setTriggerValue() {} });
const seen = { events: 0, before: 0, frames: [], last: null, isWatching: false };
for (const name of ["pointermove", "pointerdown", "pointerup", "wheel"])
  addEventListener(name, () => { seen.events += 1; }, { capture: true, passive: true });
const note = (now) => {
  // what an event causes is painted before this frame and after its callbacks: it lengthens the next one
  if (seen.last !== null) seen.frames.push([now - seen.last, seen.events + seen.before]);
  Object.assign(seen, { last: now, before: seen.events, events: 0 });
  if (seen.isWatching) requestAnimationFrame(note);
};
window.watch = () => {
  Object.assign(seen, { frames: [], last: null, isWatching: true, events: 0 });
  requestAnimationFrame(note);
};
window.stop = () => { seen.isWatching = false; return seen.frames; };
</script>"""

Place = tuple[float, float]
Frame = tuple[float, int]


@dataclass(frozen=True)
class Scene:
    """What lies on the photo, and where its shapes can be taken hold of.

    Attributes:
        objects: As the desk's protocol writes them.
        inside: A point inside a shape, in fractions of the photo.
        handle: A point on a handle of that shape, once it is selected.
    """

    name: str
    objects: list[dict[str, Any]]
    inside: Place = (0.5, 0.5)
    handle: Place = (0.5, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=120, help="mouse events a gesture (default: %(default)s)")
    parser.add_argument("--only", default="", help="only scenes whose name holds these letters")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        photo = draw_photo()
        for scene in [s for s in list_scenes() if arguments.only in s.name]:
            print(scene.name, flush=True)
            for name, frames in measure(browser, scene, photo, arguments.steps):
                print_row(name, [milliseconds for milliseconds, events in frames if events])
                print_row("  rests", longest_rests(frames))
        browser.close()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores. Aim: p95 under {AIM_MS} ms.")


def list_scenes() -> list[Scene]:
    grid = [
        _object(f"box {at}", [at % 40 / 40, at // 40 / 25, at % 40 / 40 + 0.022, at // 40 / 25 + 0.036], at % 4)
        for at in range(BOXES)
    ]
    turns = [index / POINTS * 2 * math.pi for index in range(POINTS)]
    radii = [0.36 + 0.03 * math.sin(40 * turn) for turn in turns]
    points = [(0.5 + r * math.cos(t), 0.5 + r * math.sin(t)) for r, t in zip(radii, turns, strict=True)]
    ring = [value for point in points for value in point]
    outline = _object("outline", [min(ring[::2]), min(ring[1::2]), max(ring[::2]), max(ring[1::2])], 0, [ring])
    return [
        Scene("floor: the photo alone", []),
        Scene(f"{BOXES:,} boxes", grid, inside=(0.511, 0.498), handle=(0.5, 0.48)),
        Scene(f"one polygon of {POINTS:,} points", [outline], handle=points[0]),
    ]


def _object(name: str, box: list[float], label: int, rings: list[list[float]] | None = None) -> dict[str, Any]:
    source = ("prediction", "label", "correction")[label % 3]
    score = 0.9 if source == "prediction" else None
    shape = {"box": box, "polygons": rings or [], "is_crowd": None}
    return {"id": name, "label": _CLASSES[label], "score": score, "source": source, **shape}


def draw_photo() -> bytes:
    """A JPEG with as much detail as a photo."""
    noise = np.random.default_rng(5).integers(0, 255, (SIZE[1] // 8, SIZE[0] // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize(SIZE, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def longest_rests(frames: list[Frame]) -> list[float]:
    """The longest frame of each run of frames without an event."""
    longest: list[float] = []
    had_events = True
    for milliseconds, events in frames:
        if not events:
            longest = [*longest, milliseconds] if had_events else [*longest[:-1], max(longest[-1], milliseconds)]
        had_events = bool(events)
    return longest


def measure(browser: Browser, scene: Scene, photo: bytes, steps: int) -> Iterator[tuple[str, list[Frame]]]:
    """Frames, each with its milliseconds since the one before and the events in it, by gesture."""
    for name, gesture in gestures_of(scene).items():
        page = open_desk(browser, scene, photo)
        hand = Hand(page, steps)
        hand.prepare(scene)
        page.wait_for_timeout(500)
        page.evaluate("watch()")
        gesture(hand)
        page.wait_for_timeout(400)  # what a rest brings with it counts too
        yield name, page.evaluate("stop()")
        page.close()


def gestures_of(scene: Scene) -> dict[str, Callable[[Hand], None]]:
    looks: dict[str, Callable[[Hand], None]] = {
        "zoom by the wheel": lambda hand: hand.zoom(),
        "pan": lambda hand: hand.drag((0.97, 0.985), (-0.3, -0.2), button="middle"),
        "wander": lambda hand: hand.wander(),
    }
    if not scene.objects:
        return looks
    return looks | {
        "move a shape": lambda hand: hand.drag(scene.inside, (0.1, 0.1)),
        "drag a handle": lambda hand: hand.drag(scene.handle, (0.1, 0.1)),
    }


class Hand:
    """A mouse over the photo, in small steps."""

    def __init__(self, page: Page, steps: int) -> None:
        self.page, self.steps = page, steps
        self.photo = page.locator(".photo").bounding_box() or {}

    def at(self, place: Place) -> Place:
        box = self.photo
        return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]

    def prepare(self, scene: Scene) -> None:
        """Select the shape, if there is one."""
        if scene.objects:
            self.page.mouse.click(*self.at(scene.inside))

    def zoom(self) -> None:
        self.page.mouse.move(*self.at((0.5, 0.5)))
        for step in range(self.steps):
            self.page.mouse.wheel(0, -40 if step % 60 < 30 else 40)
            if step % 30 == 29:
                self.page.wait_for_timeout(250)  # it comes to rest, and goes on

    def drag(self, start: Place, by: Place, *, button: Any = "left") -> None:
        """Out and back."""
        self.page.mouse.move(*self.at(start))
        self.page.mouse.down(button=button)
        for step in range(self.steps):
            part = 1 - abs(2 * step / self.steps - 1)
            self.page.mouse.move(*self.at((start[0] + part * by[0], start[1] + part * by[1])))
        self.page.mouse.up(button=button)

    def wander(self) -> None:
        for step in range(self.steps):
            angle = step / self.steps * 2 * math.pi
            self.page.mouse.move(*self.at((0.5 + 0.4 * math.cos(angle), 0.5 + 0.4 * math.sin(angle))))


def open_desk(browser: Browser, scene: Scene, photo: bytes) -> Page:
    """The desk alone on a page, without a server."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.route(f"{_HOST}/**", lambda route: answer(route, scene, photo))
    page.goto(f"{_HOST}/")
    page.locator('.desk[data-painted="photo.jpg"]').wait_for()
    return page


def answer(route: Route, scene: Scene, photo: bytes) -> None:
    path = route.request.url.removeprefix(_HOST).partition("?")[0]
    if path == "/":
        route.fulfill(body=_PAGE.replace("DATA", json.dumps(_settings())), content_type="text/html")
    elif path.startswith("/static/"):
        file = _STATIC / path.removeprefix("/static/")
        route.fulfill(body=file.read_bytes(), content_type=_TYPES[file.suffix])
    elif path == "/photo.jpg":
        route.fulfill(body=photo, content_type="image/jpeg")
    else:
        totals = {"total": 1, "decided": 0, "skipped": 0, "left": 1}
        route.fulfill(json={"items": [_item(scene)], "undo": [], "redo": [], **totals})


def _settings() -> dict[str, Any]:
    classes = [{"name": name, "colour": colour} for name, colour in zip(_CLASSES, _COLOURS, strict=True)]
    identity = {"project": 1, "api": "/api", "token": "token", "reviewer": "Ana R.", "start": None, "has_model": False}
    orders = [{"key": "name", "title": "File name"}]
    task = "image_instance_segmentation"
    return {**identity, "task": task, "classes": classes, "threshold": 0.5, "order": "name", "orders": orders}


def _item(scene: Scene) -> dict[str, Any]:
    texts = dict.fromkeys(("problem", "reason", "decision_id", "decided_by"), "")
    lists: dict[str, list[Any]] = {"labels": [], "predicted": [], "predictions": []}
    picture = {"url": "/photo.jpg", "thumb": "/photo.jpg", "width": SIZE[0], "height": SIZE[1], "readable": True}
    name = {"image_id": "photo.jpg", "name": "photo.jpg", "status": "new", "source": "prediction", "again": False}
    return {**name, **picture, **texts, **lists, "objects": scene.objects}


def print_row(name: str, frames: list[float]) -> None:
    ordered = sorted(frames)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    middle = statistics.median(ordered)
    figures = f"n {len(ordered):4}, median {middle:5.1f} ms, p95 {p95:5.1f}, max {ordered[-1]:5.1f}"
    print(f"  {name:18} {figures}", flush=True)


if __name__ == "__main__":
    main()
