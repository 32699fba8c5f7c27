"""A small page that mounts one component as Streamlit does: in a shadow root, its events recorded."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIGHT = {
    "text-color": "#1A2029",
    "background-color": "#FFFFFF",
    "secondary-background-color": "#F4F6F8",
    "primary-color": "#2456C7",
    "border-color": "#D9DFE6",
    "link-color": "#2456C7",
    "gray-text-color": "#55616F",
    "gray-background-color": "#EDF0F3",
    "green-text-color": "#0B6B4B",
    "violet-text-color": "#6A32AE",
    "red-text-color": "#A82C17",
    "red-background-color": "#FCE9E5",
    "orange-text-color": "#8A5200",
    "orange-background-color": "#FDF1DC",
    "blue-text-color": "#1F4BB0",
    "blue-background-color": "#E8EEFC",
    "font": '"Source Sans", "Source Sans 3", sans-serif',
}
DARK = {
    "text-color": "#E7EAEE",
    "background-color": "#16191E",
    "secondary-background-color": "#1F242B",
    "primary-color": "#3B6FE0",
    "border-color": "#343B45",
    "link-color": "#8DB1FF",
    "gray-text-color": "#A4AFBC",
    "gray-background-color": "#2A3038",
    "green-text-color": "#6AD6A9",
    "violet-text-color": "#CBAEFA",
    "red-text-color": "#FF9A86",
    "red-background-color": "#3D201B",
    "orange-text-color": "#F5BC66",
    "orange-background-color": "#3A2C14",
    "blue-text-color": "#9DBBFF",
    "blue-background-color": "#1C2B4D",
    "font": LIGHT["font"],
}
HOST_PAGE = """<!doctype html><meta charset="utf-8"><title>Component host</title>
<style>html {{ {theme} }} body {{ margin: 0; background: var(--st-background-color); }}
#above {{ height: 100px; }} #host {{ margin: 0 24px; }}</style>
<div id="above"></div><div id="host"></div>
<script type="module">
import component from "/static/{script}.js";
const root = document.querySelector("#host").attachShadow({{ mode: "open" }});
const style = document.createElement("link");
style.rel = "stylesheet";
style.href = "/static/{script}.css";
root.append(style);
window.calls = [];
const record = (kind) => (name, value) => window.calls.push({{ kind, name, value: structuredClone(value) }});
window.update = (data) => {{
  window.cleanup = component({{ name: "host", key: "host", data, parentElement: root,
    setStateValue: record("state"), setTriggerValue: record("trigger") }});
}};
style.onload = () => {{ window.ready = true; }};
</script>"""


@dataclass(frozen=True, slots=True)
class ComponentHost:
    """One open page with the component's module loaded; `files` is served beside it under `/files/`."""

    page: Any
    files: Path
    requests: list[str]

    def update(self, data: dict[str, Any]) -> None:
        """Hand data to the component as Streamlit does at each rerun with new data."""
        self.page.evaluate("data => { window.update(data); }", data)

    def calls(self, name: str) -> list[Any]:
        """Return the values that the component reported under `name`, oldest first."""
        return [call["value"] for call in self.page.evaluate("window.calls") if call["name"] == name]


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        pass


@pytest.fixture
def served_folder(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder behind a real HTTP server: (folder, address)."""
    handler = functools.partial(QuietHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def open_component(chromium: Any, served_folder: tuple[Path, str]) -> Iterator[Callable[..., ComponentHost]]:
    """A function that opens the host page of one component: `open_component("gallery", width=1280, height=800)`."""
    folder, address = served_folder
    contexts, errors = [], []

    def open_host(component: str, *, width: int = 1280, height: int = 800, dark: bool = False) -> ComponentHost:
        theme = "; ".join(f"--st-{name}: {value}" for name, value in (DARK if dark else LIGHT).items())
        (folder / "static").symlink_to(ROOT / "components" / component / "static")
        (folder / "index.html").write_text(HOST_PAGE.format(theme=theme, script=component))
        (folder / "files").mkdir()
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        requests: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        page.wait_for_function("window.ready")
        return ComponentHost(page=page, files=folder / "files", requests=requests)

    yield open_host
    for context in contexts:
        context.close()
    assert errors == []
