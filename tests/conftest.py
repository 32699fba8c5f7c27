"""What every test may ask for: a clean environment, the real material, a real Chromium."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from services.workspace import Workspace, get_workspace

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch reads it once, when it is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session", autouse=True)
def relook_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary home, and none of the settings of whoever runs the tests: their database stays untouched."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("RELOOK_DATABASE_URL", "RELOOK_MAX_PIXELS", "RELOOK_MAX_FILE_BYTES", "RELOOK_DEFAULT_ROLE"):
            environment.delenv(name, raising=False)
        environment.setenv("RELOOK_HOME", str(home))
        environment.setenv("RELOOK_REVIEWER", "Ana R.")  # else every browser would be asked for a name first
        yield home


@pytest.fixture
def served_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """The workspace that the routes open by themselves, under a home of its own."""
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RELOOK_DEMO", "0")
    get_workspace.cache_clear()
    yield get_workspace()
    get_workspace().close()
    get_workspace.cache_clear()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real photos, labels and weights."""
    name = os.environ.get("RELOOK_TEST_DATA", "")
    if not name:
        pytest.skip("RELOOK_TEST_DATA is not set: it names the folder of real photos, labels and weights.")
    folder = Path(name)
    assert folder.is_dir(), f"RELOOK_TEST_DATA is {name}, which is no folder."
    return folder


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser. Fails when there is none: nothing is skipped silently.

    Closed after each module: while Playwright runs, `asyncio.run` fails in this thread, also in other modules' tests.
    """
    finder = Path(__file__).with_name("find_chromium.py")
    found = subprocess.run([sys.executable, finder], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """A function that opens an empty page; its arguments are those of Playwright's `new_context`.

    The test fails at its end if a script of any page raised.
    """
    contexts = []
    errors: list[str] = []

    def open_one(**context_options: object) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **context_options})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """One empty page of 1280 x 800 that fails the test if a script on it raises."""
    return open_page()
