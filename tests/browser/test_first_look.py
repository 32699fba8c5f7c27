"""A folder that was just imported: thumbnails are made as they come into view, and damage is found then."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from bench.projects import opened
from bench.server import RunningApp
from domain.prediction import Task
from tests.services.small_projects import draw_image, draw_images, make_project

pytestmark = pytest.mark.browser

NAMES = [f"{number:02}.jpg" for number in range(7)]
IS_DRAWN = "picture => picture.decode().then(() => picture.naturalWidth)"


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    home: Path = tmp_path_factory.mktemp("first") / "home"
    photos = draw_images(home.parent / "photos", NAMES)
    damaged = draw_image(photos / "99.png", size=(300, 300), seed=9)
    content = bytearray(damaged.read_bytes())
    content[140_000:140_400] = bytes(400)
    damaged.write_bytes(content)
    with opened(home) as workspace:
        make_project(workspace, photos, Task.CLASSIFICATION)
    assert not list((home / "thumbnails").rglob("*.jpg"))
    return start_app(home=home)


def test_thumbnails_appear_and_a_damaged_image_is_told_from_then_on(app: RunningApp, visit):
    page = visit(f"{app.address}/browse")
    for name in NAMES:
        assert page.get_by_role("option", name=name).locator("img").evaluate(IS_DRAWN) > 0
    page.get_by_role("option", name="99.png").locator(".missing").wait_for()

    page.reload()
    expect(page.get_by_role("option", name="99.png")).to_contain_text("cannot be read")
