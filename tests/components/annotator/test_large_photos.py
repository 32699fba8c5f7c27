"""Photos of many megapixels: tiles where one zooms in, and no more of them than needed."""

from __future__ import annotations

import numpy as np
import pytest

from domain.prediction import Task
from services import picture_addresses, thumbnails
from tests.components.annotator.pixels import GREEN, RED, colour_at, is_like, look, save_turned
from tests.services.small_projects import make_project

pytestmark = pytest.mark.browser


@pytest.fixture
def _megapixels_are_large(monkeypatch):
    for module in (picture_addresses, thumbnails):
        monkeypatch.setattr(module, "MOST_PIXELS_AS_THEY_ARE", 1_000_000)


def striped(width=6400, height=4000):
    """Stripes of one pixel, which every reduction makes grey; red at the upper left, green at the lower right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, ::2] = 255
    pixels[: height // 8, : width // 8] = RED
    pixels[-height // 8 :, -width // 8 :] = GREEN
    return pixels


@pytest.fixture
def large_desk(workspace, tmp_path, open_project, _megapixels_are_large):
    """Two large photos, the second of them stored on its side."""
    save_turned(tmp_path / "photos" / "1.png", striped(), 1, compress_level=1)
    save_turned(tmp_path / "photos" / "2.jpg", striped(), 6, quality=95, subsampling=0)
    desk = open_project(make_project(workspace, tmp_path / "photos", Task.DETECTION))
    desk.wait_painted("1.png")
    return desk


def contrast(desk, x, y):
    """Between neighbouring columns in the middle of the stage, 0 to 255."""
    left, top = (round(place) for place in desk.at(x, y))
    row = look(desk)[top, left - 20 : left + 20, 0]
    return np.abs(np.diff(row)).mean()


def wait_sharp(desk):
    desk.page.locator('.tiles[data-state="sharp"]').wait_for()


@pytest.mark.parametrize("name", ["1.png", "2.jpg"])
def test_a_large_photo_is_sharp_where_one_zooms_in(large_desk, name):
    desk = large_desk
    if name != "1.png":
        desk.press("d")
        desk.wait_painted(name)
    assert is_like(colour_at(desk, 0.05, 0.05), RED)
    assert is_like(colour_at(desk, 0.95, 0.95), GREEN)
    assert desk.page.locator(".tile").count() == 0  # the view is sharp enough
    assert desk.page.locator(".photo").evaluate("photo => photo.naturalWidth") == 2560

    desk.press("Shift+Digit1")
    wait_sharp(desk)

    assert contrast(desk, 0.5, 0.5) > 200
    stage = desk.page.locator(".view").bounding_box()
    assert desk.page.locator(".tile").count() <= (stage["width"] / 512 + 2) * (stage["height"] / 512 + 2)


def test_panning_brings_further_tiles_and_holds_no_more_than_it_may(large_desk):
    desk = large_desk
    desk.press("Shift+Digit1")
    wait_sharp(desk)
    stage = desk.page.locator(".view").bounding_box()
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    for axis, key in enumerate(["Right", "Down"]):
        while desk.at(0.97, 0.97)[axis] > middle[axis]:
            desk.press(f"Control+Shift+Arrow{key}")
    desk.page.wait_for_function(
        "document.querySelector('#host').shadowRoot.querySelector('.tiles').dataset.state === 'sharp'"
    )
    assert is_like(colour_at(desk, 0.97, 0.97), GREEN)
    assert desk.page.locator(".tile").count() <= 120


def test_zooming_out_takes_the_tiles_off_again(large_desk):
    desk = large_desk
    desk.press("Shift+Digit1")
    wait_sharp(desk)
    desk.press("Shift+Digit0")
    assert desk.page.locator(".tiles").is_hidden()
    desk.press("Shift+Digit1")
    wait_sharp(desk)
    assert contrast(desk, 0.5, 0.5) > 200


def test_a_coarser_level_is_taken_where_it_is_sharp(large_desk):
    desk = large_desk
    desk.press("Shift+Digit1", "-", "-", "-")  # 51 %, and the view that came first has 40 %
    wait_sharp(desk)
    levels = {source.split("/tiles/")[1].split("/")[0] for source in tile_sources(desk)}
    assert levels == {"1"}


def tile_sources(desk):
    return desk.page.locator(".tile").evaluate_all("tiles => tiles.map((tile) => tile.src)")


def test_why_a_large_photo_stays_blurred_is_said(large_desk, tmp_path):
    desk = large_desk
    (tmp_path / "photos" / "1.png").unlink()
    desk.press("Shift+Digit1")
    desk.page.locator(".hud.right", has_text="no file of that name").wait_for()
    desk.press("d")
    desk.wait_painted("2.jpg")
    assert "no file" not in desk.text(".hud.right")
