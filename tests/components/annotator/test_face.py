"""The desk inside a real Streamlit page: mounted from its package, and heard by the script."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components.annotator.conftest import ROOT, settings
from tests.components.annotator.fake_api import FakeApi, item
from tests.components.annotator.fake_server import Handler

pytestmark = pytest.mark.browser

SCRIPT = """
import json, sys
from pathlib import Path
sys.path.insert(0, {root!r})
import streamlit as st
from components.annotator import annotator
choice = annotator(json.loads(Path({data!r}).read_text()), key="desk")
st.session_state.setdefault("heard", [])
if choice.go:
    st.session_state.heard.append(choice.go)
if choice.renew:
    st.session_state.heard.append("renew")
Path({heard!r}).write_text(json.dumps([*st.session_state.heard, choice.order]))
"""


class OpenHandler(Handler):
    """The project's routes on another port than Streamlit's, open to it."""

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        super().end_headers()

    def do_OPTIONS(self) -> None:  # noqa: N802  the base class calls it by the method's name
        self.answer(204, b"", "text/plain")


@pytest.fixture
def project_routes() -> Iterator[tuple[FakeApi, str]]:
    api = FakeApi([item("a.png", labels=["can"], source="label")])
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("BoundHandler", (OpenHandler,), {"api": api})
    ) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield api, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def streamlit_page(tmp_path: Path, project_routes: tuple[FakeApi, str]) -> Iterator[tuple[str, Path]]:
    """A running app of one page with the desk on it: (address, file that tells what the script heard)."""
    address = project_routes[1]
    data = settings("image_classification", api=f"{address}/api/projects/3")
    for known in project_routes[0].items.values():
        known.update(url=address + known["url"], thumb=address + known["thumb"])
    (tmp_path / "data.json").write_text(json.dumps(data))
    names = {"root": str(ROOT), "data": str(tmp_path / "data.json"), "heard": str(tmp_path / "heard.json")}
    (tmp_path / "app.py").write_text(SCRIPT.format(**names))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.address",
        "127.0.0.1",
        "--server.headless",
        "true",
    ]
    flags = ["--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"]
    process = subprocess.Popen(
        [*command, *flags],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}", tmp_path / "heard.json"
    process.terminate()
    process.wait(20)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def wait_heard(page, heard, word):
    for _ in range(200):
        if word in heard.read_text():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"The script heard {heard.read_text()}, not {word}.")


def test_the_desk_runs_in_a_streamlit_page_and_the_script_hears_where_to_go(chromium, streamlit_page, project_routes):
    address, heard = streamlit_page
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    for _ in range(120):
        if answers(address):
            break
        page.wait_for_timeout(250)
    page.goto(address)
    page.locator('.desk[data-painted="a.png"]').wait_for()
    page.keyboard.press("r")
    page.keyboard.press("2")
    project_routes[0].tokens.clear()
    page.keyboard.press("Enter")
    wait_heard(page, heard, "renew")
    project_routes[0].tokens.add("token")
    page.locator('.saved[data-kind="signed-out"]').click()
    page.get_by_role("button", name="Open Export").click()
    wait_heard(page, heard, "export")
    assert json.loads(heard.read_text()) == ["renew", "export", None]
    assert [(row["verdict"], row["labels"]) for row in project_routes[0].rows] == [("correct", ["carton"])]
    context.close()
