"""Labels, file names and project names that hold HTML or formulas: shown as the text they are, on every page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from playwright.sync_api import expect
from torchvision.models import mobilenet_v3_small

from bench.projects import opened
from bench.server import RunningApp
from domain.model_spec import ModelSpec
from domain.prediction import Task
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project
from services.scoring import attach_model, score_project

pytestmark = pytest.mark.browser

MARKUP = '<img src=x onerror="window.ran=1">'
FORMULA = "=1+1 $x^2$ **bold** :red[a] `b`"
IMAGE = "<b>$y$ *a*.png"
PROJECT = "<i>$z$</i> *p*"


def make_hostile_project(home: Path, folder: Path) -> None:
    photos = folder / "photos"
    photos.mkdir(parents=True)
    Image.new("RGB", (64, 48), "orange").save(photos / IMAGE)
    (photos / "broken.png").write_bytes(b"")
    line = {"image_url": f"azureml://photos/{IMAGE}", "label": MARKUP}
    (folder / "labels.jsonl").write_text(json.dumps(line) + "\n")
    (folder / "classes.json").write_text(json.dumps([MARKUP, FORMULA]))
    torch.manual_seed(0)
    torch.save(mobilenet_v3_small(num_classes=2).state_dict(), folder / "model.pth")
    spec = ModelSpec(
        "torchvision/mobilenet_v3_small",
        weights=str(folder / "model.pth"),
        classes=str(folder / "classes.json"),
        resize=64,
        crop=64,
    )
    with opened(home) as workspace:
        project_id = create_project(workspace, PROJECT, Task.CLASSIFICATION, str(photos)).project_id
        import_images(workspace, project_id)
        import_file(workspace, project_id, str(folder / "labels.jsonl"))
        attach_model(workspace, project_id, spec)
        score_project(workspace, project_id)


@pytest.fixture(scope="module")
def app(start_app, tmp_path_factory) -> RunningApp:
    folder = tmp_path_factory.mktemp("hostile")
    make_hostile_project(folder / "home", folder)
    return start_app(home=folder / "home")


@pytest.mark.parametrize(
    ("name", "complete", "texts"),
    [
        ("workspace", ".rl-thumbs img", [MARKUP]),
        ("browse", "[role=option] img", [MARKUP, FORMULA, IMAGE]),
        ("explain", "canvas", [MARKUP, FORMULA, IMAGE]),
        ("review", ".desk[data-painted$=png][data-drawn$=png]", [MARKUP, FORMULA, IMAGE]),
        ("classes", "tr[aria-selected=true]", [MARKUP, FORMULA]),
        ("progress", ".st-key-card-progress-classes td", [MARKUP]),
        ("export", ".rl-note", [json.dumps(MARKUP), IMAGE]),
    ],
)
def test_text_is_never_markup(app: RunningApp, visit, name: str, complete: str, texts: list[str]):
    page = visit(f"{app.address}/{name}")
    page.locator(complete).first.wait_for()

    for text in [*texts, PROJECT]:
        expect(page.get_by_text(text).first).to_be_visible()
    assert page.evaluate("window.ran") is None
    expect(page.locator("img[src=x], .katex, .stMain :is(b, strong, em, i):text-is('bold')")).to_have_count(0)


def test_the_menu_shows_names_as_they_are(app: RunningApp, visit):
    page = visit(app.address)

    page.get_by_role("button", name=PROJECT).click()

    expect(page.get_by_role("menuitem", name=PROJECT)).to_be_visible()
    expect(page.locator(".katex")).to_have_count(0)


def test_an_image_that_cannot_be_read_is_shown_as_such(app: RunningApp, visit):
    page = visit(f"{app.address}/browse")
    expect(page.get_by_role("option", name="broken.png")).to_contain_text("cannot be read")

    page.goto(f"{app.address}/review")
    page.locator(".desk[data-painted][data-drawn]:not([data-painted='']):not([data-drawn=''])").wait_for()
    if "broken.png" not in page.locator(".desk .file").inner_text():  # there are two images
        page.keyboard.press("d")
    expect(page.locator(".desk .problem")).to_contain_text("broken.png cannot be read")
    expect(page.get_by_role("button", name="Accept")).to_be_disabled()
