"""The desk alone in Chromium: mounted into a shadow root, as Streamlit does it, before a server of its protocol."""

from __future__ import annotations

import http.server
import re
import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.project import Project
from services.projects import fetch_project
from services.workspace import Workspace
from tests.components.annotator.fake_api import CLASSES, PALETTE, FakeApi, item, obj
from tests.components.annotator.fake_server import Handler

ROOT = Path(__file__).resolve().parents[3]
PAGE = """<!doctype html><meta charset="utf-8"><title>Review</title>
<style>{font}html {{ font-size: 14px; --st-font: "Source Sans", sans-serif; --st-base-font-size: 14px; {theme} }}
body {{ margin: 0; background: var(--st-background-color); color: var(--st-text-color); }}
#header {{ height: 44px; }}</style>
<div id="header"><input id="elsewhere" aria-label="elsewhere"></div><div id="host"></div>
<script type="module">
import annotator from "/static/annotator.js";
const host = document.querySelector("#host"), root = host.attachShadow({{ mode: "open" }});
const sheet = Object.assign(document.createElement("link"), {{ rel: "stylesheet", href: "/static/annotator.css" }});
root.append(sheet);
window.seen = []; window.calls = []; window.strayKeys = [];
for (const name of ["painted", "saved", "ignored"])
  host.addEventListener(`relook:${{name}}`, (event) => window.seen.push([name, event.detail]));
document.addEventListener("keydown", (event) => window.strayKeys.push(event.key));
window.mount = (data) => {{
  window.data = data;
  const record = (name, value) => window.calls.push([name, value]);
  window.unmount = annotator({{ name: "annotator", key: "k", data, parentElement: root,
    setStateValue: record, setTriggerValue: record }});
}};
sheet.onload = () => {{ window.isReady = true; }};
</script>"""


def theme_variables(*, dark: bool) -> str:
    """Relook's theme as the CSS variables that Streamlit gives a component."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]["dark" if dark else "light"]
    named = {re.sub("([A-Z])", lambda match: f"-{match[1].lower()}", name): value for name, value in theme.items()}
    return "; ".join(f"--st-{name}: {value}" for name, value in named.items() if isinstance(value, str))


def settings(task: str = "image_object_detection", **values: Any) -> dict[str, Any]:
    """The component's data as the page gives it."""
    usual = {
        "project": 3,
        "api": "/api/projects/3",
        "token": "token",
        "reviewer": "Ana R.",
        "task": task,
        "classes": [{"name": name, "colour": PALETTE[at % 12]} for at, name in enumerate(CLASSES)],
        "threshold": 0.5,
        "order": "name",
        "orders": [{"key": "name", "title": "File name"}, {"key": "score", "title": "Lowest score first"}],
        "start": None,
        "has_model": True,
    }
    return {**usual, **values}


@dataclass(frozen=True, slots=True)
class DeskPage:
    """The open desk and the hands and eyes of a reviewer."""

    page: Any
    api: FakeApi

    def mount(self, data: dict[str, Any]) -> None:
        self.page.evaluate("data => { window.mount(data); }", data)

    def wait_painted(self, image_id: str) -> None:
        """Until the photo is on screen, and with it what stands around it, which follows in a frame of its own."""
        self.page.locator(f'.desk[data-painted="{image_id}"][data-drawn="{image_id}"]').wait_for()
        self.wait_frames()

    def wait_frames(self) -> None:
        """Until the browser has laid out and shown what the page has become, so that places on it can be asked for."""
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def wait_rested(self) -> None:
        """Wait until the desk has asked for all that it asks for by itself once the hand rests on the first image."""
        self.wait_until(lambda: bool(self.api.nearest_requests))

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Let the page live until something outside of it is so."""
        for _ in range(400):
            if is_true():
                return
            self.page.wait_for_timeout(25)
        pytest.fail("What the test waits for has not come within 10 s.")

    def wait_saved(self, count: int) -> None:
        """Until the server holds so many rows and the desk knows it."""
        self.wait_until(lambda: len(self.api.rows) >= count)
        self.page.locator('.saved[data-kind="saved"]').wait_for()
        self.page.wait_for_function("Object.keys(localStorage).every(name => !name.startsWith('relook:outbox'))")

    def accept_and_read(self, count: int = 1) -> dict[str, dict[str, Any]]:
        """Accept; the objects that the server holds then, by id."""
        self.press("Enter")
        self.wait_saved(count)
        return {known["id"]: known for known in self.api.rows[count - 1]["objects"]}

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Fractions of the photo to pixels of the page."""
        box = self.page.locator(".photo").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click(self, x: float, y: float, **options: Any) -> None:
        self.page.mouse.click(*self.at(x, y), **options)

    def drag(self, start: tuple[float, float], end: tuple[float, float], **options: Any) -> None:
        self.page.mouse.move(*self.at(*start))
        self.page.mouse.down(**options)
        self.page.mouse.move(*self.at(*end), steps=6)
        self.page.mouse.up(**options)

    def shown(self) -> dict[str, dict[str, Any]]:
        """Objects as they are handed to the canvases, by id; what a drag would make of them included."""
        lists = self.page.eval_on_selector_all(".shapes, .selection", "nodes => nodes.map(node => node.objects)")
        return {known["id"]: known for objects in lists for known in objects}

    def boxes(self) -> dict[str, list[float]]:
        """Boxes on screen by object."""
        return {name: known["box"] for name, known in self.shown().items()}

    def ring(self, object_id: str) -> list[tuple[float, float]]:
        """The first ring of a polygon on screen."""
        values = self.shown()[object_id]["polygons"][0]
        return list(zip(values[::2], values[1::2], strict=True))

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def says(self) -> str:
        """What the live region said last."""
        return self.page.locator(".desk > .unseen").text_content()

    def events(self, name: str) -> list[dict[str, Any]]:
        return [detail for kind, detail in self.page.evaluate("window.seen") if kind == name]


def two_objects() -> list[dict[str, Any]]:
    """A large box and a small one in it."""
    return [obj("large", [0.1, 0.1, 0.6, 0.7]), obj("small", [0.2, 0.2, 0.4, 0.5], label="carton", score=0.31)]


SMALL, MIDDLE, LARGE = [0.3, 0.3, 0.4, 0.4], [0.5, 0.3, 0.65, 0.45], [0.3, 0.5, 0.6, 0.7]


def three_objects() -> list[dict[str, Any]]:
    """Three boxes apart from each other."""
    return [obj("large", LARGE), obj("middle", MIDDLE, label="carton"), obj("small", SMALL, label="milk_bottle")]


def five_images() -> list[dict[str, Any]]:
    return [item(f"shelf/{at}.png", objects=two_objects(), predictions=two_objects()) for at in range(5)]


@pytest.fixture
def open_desk(chromium: Any) -> Iterator[Callable[..., DeskPage]]:
    """A function that opens the desk: `open_desk(items, settings(...))`; the page must end without an error."""
    contexts, servers, errors = [], [], []

    def open_page(
        items: list[dict[str, Any]] | None = None,
        data: dict[str, Any] | None = None,
        *,
        prepare: Callable[[FakeApi], None] = lambda api: None,
        size: tuple[int, int] = (1280, 800),
        dark: bool = False,
    ) -> DeskPage:
        api = FakeApi(five_images() if items is None else items)
        api.pages["/"] = PAGE.format(theme=theme_variables(dark=dark), font="")
        prepare(api)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"api": api}))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.set_default_navigation_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        desk = DeskPage(page, api)
        visit(desk, f"http://127.0.0.1:{server.server_port}/", data or settings())
        return desk

    yield open_page
    for context in contexts:
        context.close()
    for server in servers:
        server.shutdown()
        server.server_close()
    assert errors == []


def visit(desk: DeskPage, address: str, data: dict[str, Any]) -> None:
    """Load the page and mount the desk."""
    desk.page.goto(address)
    desk.page.wait_for_function("window.isReady")
    desk.mount(data)


@pytest.fixture
def desk(open_desk: Callable[..., DeskPage]) -> DeskPage:
    """The desk with five images of two boxes each, the first one painted."""
    opened = open_desk()
    opened.wait_painted("shelf/0.png")
    return opened


@pytest.fixture
def trio(open_desk: Callable[..., DeskPage]) -> DeskPage:
    """The desk with three boxes apart from each other, and an image with one more."""
    images = [item("a.png", objects=three_objects()), item("b.png", objects=[obj("other", [0.1, 0.1, 0.2, 0.2])])]
    opened = open_desk(images)
    opened.wait_painted("a.png")
    return opened


@pytest.fixture
def workspace(served_workspace: Workspace) -> Workspace:
    return served_workspace


@pytest.fixture
def open_project(workspace: Workspace, open_page: Any) -> Iterator[Callable[..., DeskPage]]:
    """A function that opens the desk on a project, before Relook's own routes."""
    from tests.components.annotator.real_server import desk_data, serve_routes

    with serve_routes() as address:

        def open_one(project: Project, **values: Any) -> DeskPage:
            page = open_page()
            page.set_default_timeout(60_000)
            desk = DeskPage(page, FakeApi([]))
            visit(desk, address, desk_data(workspace, fetch_project(workspace, project.project_id), **values))
            return desk

        yield open_one
