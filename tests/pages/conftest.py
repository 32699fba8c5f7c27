"""Screens without a browser: the script of a page runs through `pages/navigation.py` on a workspace of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from services.workspace import Workspace, get_workspace

NAVIGATION = Path(__file__).parents[2] / "pages" / "navigation.py"

OpenScreen = Callable[..., AppTest]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The RELOOK_HOME of this test; the workspace of the process is another one before and after it."""
    monkeypatch.setenv("RELOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RELOOK_DEMO", "0")
    get_workspace.cache_clear()
    yield tmp_path / "home"
    get_workspace().close()
    get_workspace.cache_clear()


@pytest.fixture
def workspace(home: Path) -> Workspace:
    """The workspace that the pages use in this test."""
    return get_workspace()


@pytest.fixture
def open_screen(home: Path) -> OpenScreen:
    """A function that runs a page: `open_screen("browse", project=2)`. It fails when the script raised."""

    def open_one(name: str, **address: object) -> AppTest:
        app = AppTest.from_file(NAVIGATION, default_timeout=120)
        for key, value in address.items():
            app.query_params[key] = str(value)
        app.run()
        if name != "workspace":
            app.switch_page(f"{name}.py").run()
        assert not app.exception, app.exception[0].value
        return app

    return open_one
