"""Real files at the desk: turned, transparent, deep, large and vanished ones, through the server's own routes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from domain.geometry import Box
from domain.model_spec import ModelSpec
from domain.orientation import array_to_stored, box_to_stored
from domain.prediction import Task
from services.model_shelf import _key
from services.scoring import attach_model
from tests.components.annotator.pixels import GREEN, GREY, RED, colour_at, is_like, save_turned
from tests.services.planted_models import colour_classifier
from tests.services.small_exports import export_project
from tests.services.small_projects import box, draw_image, label_line, make_project

pytestmark = pytest.mark.browser


def upright_picture(width=120, height=80):
    """Grey, red in the upper left, green in the lower right corner."""
    pixels = np.full((height, width, 3), GREY, np.uint8)
    pixels[: height // 4, : width // 4] = RED
    pixels[-height // 4 :, -width // 4 :] = GREEN
    return pixels


# ---- eight orientations


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_every_orientation_stands_upright_with_its_box_where_it_belongs(workspace, tmp_path, open_project, suffix):
    options = {"quality": 95} if suffix != "png" else {}
    lines = []
    for orientation in range(1, 9):
        name = f"{orientation}.{suffix}"
        save_turned(tmp_path / "photos" / name, upright_picture(), orientation, **options)
        stored = box_to_stored(Box(0, 0, 0.25, 0.25), orientation)
        lines.append(label_line(name, [box("can", *stored.as_tuple())]))
    desk = open_project(make_project(workspace, tmp_path / "photos", Task.DETECTION, lines=lines))

    for orientation in range(1, 9):
        desk.wait_painted(f"{orientation}.{suffix}")
        assert is_like(colour_at(desk, 0.05, 0.2), RED), orientation
        assert is_like(colour_at(desk, 0.9, 0.9), GREEN), orientation
        assert is_like(colour_at(desk, 0.9, 0.1), GREY), orientation
        [shown] = desk.boxes().values()
        assert shown == pytest.approx([0, 0, 0.25, 0.25]), orientation
        desk.press("d")


def test_a_box_drawn_around_a_thing_is_exported_around_it_in_every_orientation(workspace, tmp_path, open_project):
    lines = []
    for orientation in range(1, 9):
        save_turned(tmp_path / "photos" / f"{orientation}.jpg", upright_picture(), orientation, quality=95)
        lines.append(label_line(f"{orientation}.jpg", []))
    given = box("can", 0.4, 0.4, 0.6, 0.6)
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION, lines=[label_line("1.jpg", [given]), *lines])
    desk = open_project(project)

    for orientation in range(1, 9):
        desk.wait_painted(f"{orientation}.jpg")
        if orientation == 1:
            desk.press("Control+a", "Delete")
        desk.press("b")
        desk.drag((0, 0.25), (0.25, 0))  # around the red field
        desk.press("Enter")
    desk.page.locator('.problem[data-problem="done"]').wait_for()

    made = [json.loads(line) for line in export_project(workspace, project.project_id).text.splitlines()]
    boxes = {line["image_url"].rsplit("/", 1)[-1]: line["label"][0] for line in made if line["label"]}
    assert len(boxes) == 8
    for orientation in range(1, 9):
        stored = array_to_stored(upright_picture(), orientation)
        rows, columns = np.nonzero((stored == RED).all(axis=2))
        height, width = stored.shape[:2]
        red = [columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height]
        found = [boxes[f"{orientation}.jpg"][key] for key in ("topX", "topY", "bottomX", "bottomY")]
        assert found == pytest.approx(red, abs=0.01), orientation


def test_the_map_lies_on_its_evidence_in_every_orientation(workspace, tmp_path, open_project):
    pixels = upright_picture(96, 96)
    for orientation in range(1, 9):
        save_turned(tmp_path / "photos" / f"{orientation}.png", pixels, orientation)
    spec = ModelSpec("torchvision/planted", "planted.pth")
    workspace.models._held[_key(spec)] = colour_classifier()
    project = make_project(workspace, tmp_path / "photos", Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, spec)
    desk = open_project(project)

    for orientation in range(1, 9):
        desk.wait_painted(f"{orientation}.png")
        [digit] = [at + 1 for at, name in enumerate(desk_classes(desk)) if name == "red"]
        desk.press(str(digit))
        desk.page.keyboard.down("z")
        desk.page.locator(".map:not([hidden])").wait_for()
        strongest = desk.page.locator(".map").evaluate(STRONGEST)
        desk.page.keyboard.up("z")
        assert strongest == pytest.approx([0.125, 0.125], abs=0.07), orientation
        desk.press("d")


def desk_classes(desk):
    return desk.page.evaluate("window.data.classes.map(({ name }) => name)")


STRONGEST = """map => {
  const { width, height } = map;
  const { data } = map.getContext("2d").getImageData(0, 0, width, height);
  let [x, y, sum] = [0, 0, 0];
  for (let at = 0; at < width * height; at++) {
    if (data[4 * at] < 200) continue;
    [x, y, sum] = [x + at % width + 0.5, y + Math.floor(at / width) + 0.5, sum + 1];
  }
  const frame = map.parentElement.getBoundingClientRect(), own = map.getBoundingClientRect();
  return [(own.left - frame.left + (x / sum / width) * own.width) / frame.width,
          (own.top - frame.top + (y / sum / height) * own.height) / frame.height];
}"""


# ---- all kinds of pixels


def test_palette_alpha_deep_and_print_colours_are_shown_right(workspace, tmp_path, open_project):
    photos = tmp_path / "photos"
    photos.mkdir()
    pixels = upright_picture()
    plain = Image.fromarray(pixels)
    deep = np.full((80, 120), 30_000, np.uint16)
    deep[:20, :30], deep[-20:, -30:] = 0, 65_535
    alpha = np.dstack([pixels, np.full((80, 120), 255, np.uint8)])
    alpha[:20, -30:] = (0, 0, 0, 0)
    plain.quantize(8).save(photos / "palette.png")
    Image.fromarray(alpha).save(photos / "alpha.png")
    Image.fromarray(deep).save(photos / "deep.png")
    plain.convert("CMYK").save(photos / "print.jpg", quality=95)
    plain.save(photos / "scan.tiff")
    Image.fromarray(np.dstack([pixels[..., 0], alpha[..., 3]])).save(photos / "grey alpha.png")
    white, black, half = np.array([255] * 3), np.array([0] * 3), np.array([117] * 3)
    expected = {  # upper left, lower right, upper right
        "alpha.png": (RED, GREEN, white),
        "deep.png": (black, white, half),
        "grey alpha.png": (np.array([225] * 3), np.array([30] * 3), white),
        "palette.png": (RED, GREEN, GREY),
        "print.jpg": (RED, GREEN, GREY),
        "scan.tiff": (RED, GREEN, GREY),
    }
    desk = open_project(make_project(workspace, photos, Task.CLASSIFICATION))

    for name, colours in expected.items():
        desk.wait_painted(name)
        for place, wanted in zip([(0.1, 0.2), (0.9, 0.9), (0.9, 0.1)], colours, strict=True):
            assert is_like(colour_at(desk, *place), wanted), (name, place)
        desk.press("d")


# ---- images that are deleted while they are reviewed


def test_an_image_deleted_while_it_is_on_screen_is_a_sentence_and_the_next_one_comes(workspace, tmp_path, open_project):
    for number in range(3):
        draw_image(tmp_path / "photos" / f"{number}.png", size=(96, 96), seed=number)
    spec = ModelSpec("torchvision/planted", "planted.pth")
    workspace.models._held[_key(spec)] = colour_classifier()
    project = make_project(workspace, tmp_path / "photos", Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, spec)
    desk = open_project(project)
    desk.wait_painted("0.png")
    for number in (0, 2):
        (tmp_path / "photos" / f"{number}.png").unlink()

    desk.press("1")
    desk.page.keyboard.down("z")
    desk.page.locator(".evidence .caution", has_text="0.png cannot be read. Found: no file of that name").wait_for()
    desk.page.keyboard.up("z")
    desk.press("Enter")
    desk.wait_painted("1.png")
    desk.press("1", "Enter")
    desk.page.locator('.saved[data-kind="saved"]').wait_for()


def test_an_image_deleted_before_it_came_says_so_and_one_key_leads_on(workspace, tmp_path, open_project):
    for number in range(3):
        draw_image(tmp_path / "photos" / f"{number}.png", size=(96, 96), seed=number)
    project = make_project(workspace, tmp_path / "photos", Task.CLASSIFICATION)
    (tmp_path / "photos" / "0.png").unlink()
    desk = open_project(project)

    desk.page.locator('.problem[data-problem="broken"]').wait_for()
    card = desk.text(".problem")
    assert "0.png cannot be loaded" in card
    assert "Found: no file of that name" in card
    desk.wait_painted("0.png")
    desk.press("1", "Enter")
    assert "cannot be" in desk.text(".hud.note")
    desk.page.get_by_role("button", name="Next image").click()
    desk.wait_painted("1.png")
    desk.press("a")
    desk.wait_painted("0.png")  # it was asked for once more, and did not come
    desk.page.locator('.problem[data-problem="broken"]').wait_for()
    draw_image(tmp_path / "photos" / "0.png", size=(96, 96))
    desk.page.get_by_role("button", name="Try again").click()
    desk.page.locator('.desk[data-painted="0.png"] .photo').wait_for()
