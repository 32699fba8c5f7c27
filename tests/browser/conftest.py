"""The real app in a process of its own, and pages of it in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.server import READY, RunningApp, run_app

StartApp = Callable[..., RunningApp]
Visit = Callable[..., Page]

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def start_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartApp]:
    """A function that starts the app: `start_app(has_demo=True, home=..., environment={...})`.

    All it started ends with the test module, which fails if one of them wrote a traceback to its log.
    """
    logs: set[Path] = set()
    with ExitStack() as running:

        def start(**options: object) -> RunningApp:
            home = options.pop("home", None) or tmp_path_factory.mktemp("app") / "home"
            app = running.enter_context(run_app(home, **options))
            logs.add(app.log)
            return app

        yield start
    for log in logs:
        text = log.read_text(errors="replace")
        if "Traceback" in text:
            pytest.fail(f"The app wrote to {log}:\n{text[text.index('Traceback') :][:4000]}")


@pytest.fixture(scope="module")
def server(start_app: StartApp) -> RunningApp:
    """The app on an empty workspace, shared by the tests of one module."""
    return start_app(has_demo=False)


@pytest.fixture(scope="module")
def demo_server(start_app: StartApp) -> RunningApp:
    """The app that makes small demo projects, shared by the tests of one module. It is not ready when it answers."""
    return start_app(has_demo=True, environment={"RELOOK_DEMO_IMAGES": "6"})


@pytest.fixture
def visit(open_page: Callable[..., Page]) -> Visit:
    """A function that opens an address and waits until the page is drawn: `visit(server.address + "/review")`.

    Further arguments are those of Playwright's `new_context` (viewport, color_scheme).
    """

    def visit_one(address: str, **context_options: object) -> Page:
        page = open_page(**context_options)
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        page.locator(READY).first.wait_for()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        return page

    return visit_one
