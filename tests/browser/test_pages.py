"""Every page from a cold deep link: complete, within the window, readable in light and dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Response, expect

from bench.server import READY, RunningApp

pytestmark = pytest.mark.browser

FIND_FLAWS = Path(__file__).with_name("layout.js").read_text()
SCREENSHOTS = Path(__file__).with_name("screenshots")
SIZES = {1280: 800, 1920: 1080}
COMPLETE = {
    "workspace": ".rl-thumbs img",
    "browse": "[role=option] img",
    "explain": "canvas",
    "queue": "[role=option] img",
    "review": ".desk[data-painted$=jpg][data-drawn$=jpg] .photo",
    "classes": "tr[aria-selected=true]",
    "progress": ".st-key-card-bias button",
    "evaluate": ".st-key-card-behind",
    "export": ".rl-note",
}
"""Screen -> what it shows once it is complete."""

PROBES = "/_stcore/"  # Streamlit asks for these beside a deep link before it asks at the root


@pytest.fixture(scope="module")
def app(demo_server: RunningApp) -> RunningApp:
    return demo_server


@pytest.fixture(autouse=True)
def demo_is_made(app: RunningApp, visit) -> None:
    """Wait until the app has made its demo projects."""
    expect(visit(app.address).get_by_text("Preparing the demo projects")).to_have_count(0, timeout=300_000)


def watch(page: Page, app: RunningApp) -> list[str]:
    """Collect what the browser complains about, and requests to other hosts."""
    seen: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and PROBES not in message.location["url"]:
            seen.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400 and PROBES not in response.url:
            seen.append(f"{response.status} {response.url}")

    def asked(request: Request) -> None:
        if re.match("https?:", request.url) and not request.url.startswith(app.address):
            seen.append(f"A request to {request.url}")

    page.on("console", hear)
    page.on("response", answered)
    page.on("request", asked)
    return seen


def open_complete(page: Page, app: RunningApp, name: str, *, project: int) -> None:
    page.goto(f"{app.address}/{name}?project={project}")
    page.locator(READY).first.wait_for()
    page.locator(COMPLETE[name]).first.wait_for()
    page.locator(READY).first.wait_for()
    page.wait_for_function("[...document.images].every((image) => image.complete)")


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_complete_and_well_laid_out(app: RunningApp, open_page, scheme: str, width: int):
    page = open_page(viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme)
    complaints = watch(page, app)
    flaws: dict[str, list[str]] = {}

    for name in COMPLETE:
        open_complete(page, app, name, project=1)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{width}.png")
        flaws[name] = page.evaluate(FIND_FLAWS)

    assert flaws == {name: [] for name in COMPLETE}
    assert complaints == []


@pytest.mark.parametrize("project", [2, 3, 4])
def test_every_task_is_well_laid_out(app: RunningApp, open_page, project: int):
    page = open_page(color_scheme="dark" if project % 2 else "light")
    complaints = watch(page, app)
    flaws: dict[str, list[str]] = {}

    for name in ("browse", "explain", "review"):
        open_complete(page, app, name, project=project)
        page.screenshot(path=SCREENSHOTS / f"{name}-project-{project}.png")
        flaws[name] = page.evaluate(FIND_FLAWS)

    assert flaws == {"browse": [], "explain": [], "review": []}
    assert complaints == []
