"""Large pictures over HTTP: signed addresses, one view, tiles that come once they are cut."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from PIL import Image

from domain.prediction import Task
from services import picture_addresses, thumbnails
from tests.endpoint.conftest import Desk
from tests.services.small_projects import draw_image, make_project

FOR_GOOD = "private, max-age=31536000, immutable"


@pytest.fixture(autouse=True)
def _megapixels_are_large(monkeypatch):
    for module in (picture_addresses, thumbnails):
        monkeypatch.setattr(module, "MOST_PIXELS_AS_THEY_ARE", 1_000_000)


@pytest.fixture
def project(workspace, photos):
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient = Image.linear_gradient("L").rotate(-90).resize((3000, 400)).convert("RGB")
    gradient.save(photos / "large & odd {row}.jpg", exif=exif)  # upright: 400 x 3000, light at the top
    return make_project(workspace, photos, Task.DETECTION)


@pytest.fixture
def desk(client, workspace, project):
    return Desk(client, workspace, project.project_id)


@pytest.fixture
def large(desk):
    return desk.item("large & odd {row}.jpg")


def wait_for_tiles(client, workspace, item):
    client.get(item["tiles"])
    for job in workspace.tiling._jobs.values():
        assert job.ended.wait(20)
    return client.get(item["tiles"]).json()


def tile_at(client, told, level, column, row):
    filled = told["address"]
    for name, number in {"level": level, "column": column, "row": row}.items():
        filled = filled.replace(f"{{{name}}}", str(number))
    return client.get(filled)


def test_a_small_picture_is_sent_as_it_is_and_a_large_one_as_a_view(client, desk, large):
    assert "/images?" in desk.item("a.png")["url"]
    assert "/views?" in large["url"]

    answer = client.get(large["url"])

    assert (answer.status_code, answer.headers["cache-control"]) == (200, FOR_GOOD)
    with Image.open(io.BytesIO(answer.content)) as view:
        assert (large["width"], large["height"], view.size) == (400, 3000, (341, 2560))


def test_tiles_are_announced_cut_and_sent_upright(client, workspace, large):
    first = client.get(large["tiles"])
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")

    told = wait_for_tiles(client, workspace, large)

    assert (told["ready"], told["done"]) == (True, 1.0)
    assert told["levels"] == [{"scale": 1, "columns": [0, 400], "rows": [0, 512, 1024, 1536, 2048, 2560, 3000]}]
    light, dark = (tile_at(client, told, 0, 0, row) for row in (0, 5))
    assert (light.headers["content-type"], light.headers["cache-control"]) == ("image/jpeg", FOR_GOOD)
    shades = [np.asarray(Image.open(io.BytesIO(tile.content))) for tile in (light, dark)]
    assert [shade.shape for shade in shades] == [(512, 400, 3), (440, 400, 3)]
    assert shades[0].mean() > 200 > 55 + shades[1].mean()


@pytest.mark.parametrize("kind", ["views", "tiles"])
def test_nothing_is_served_without_a_signature_that_fits(client, workspace, large, project, kind):
    address = large["url"] if kind == "views" else large["tiles"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    api = f"/api/projects/{project.project_id}/{kind}"
    other = "tiles" if kind == "views" else "views"

    assert client.get(api, params=query).status_code == 200
    wrong = [{**query, name: value} for name, value in [("s", "x"), ("v", "0"), ("image_id", "b.png"), ("s", "é")]]
    for tampered in [*wrong, {}]:
        assert client.get(api, params=tampered).status_code == 404
    assert client.get(f"/api/projects/{project.project_id}/{other}", params=query).status_code == 404
    wait_for_tiles(client, workspace, large)


@pytest.mark.parametrize("place", ["0/1/0", "0/0/6", "1/0/0", "9/9/9"])
def test_a_tile_that_does_not_exist_is_not_found(client, workspace, large, place):
    told = wait_for_tiles(client, workspace, large)

    answer = tile_at(client, told, *place.split("/"))

    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "remedy"}


def test_a_tile_needs_the_signature_of_its_image(client, workspace, large, desk):
    told = wait_for_tiles(client, workspace, large)
    other = urlsplit(desk.item("a.png")["tiles"]).query

    own = urlsplit(told["address"].format(level=0, column=0, row=0))

    stamp = parse_qs(own.query)["t"][0]
    assert client.get(f"{own.path}?{own.query}").status_code == 200
    assert client.get(f"{own.path}?{other}&t={stamp}").status_code == 404
    assert client.get(f"{own.path}?{own.query}x").status_code == 404  # another stamp


def test_an_image_that_is_gone_is_a_sentence(client, large, photos):
    (photos / "large & odd {row}.jpg").unlink()

    for address in (large["url"], large["tiles"]):
        answer = client.get(address)
        assert answer.status_code == 422
        assert "no file of that name" in answer.json()["error"]


def test_a_link_out_of_the_folder_is_never_served(client, workspace, large, photos):
    secret = draw_image(workspace.settings.home / "private.jpg", size=(3000, 400))
    (photos / "large & odd {row}.jpg").unlink()
    (photos / "large & odd {row}.jpg").symlink_to(secret)

    for address in (large["url"], large["tiles"]):
        answer = client.get(address)
        assert answer.status_code == 422
        assert "does not lie inside the image folder" in answer.json()["error"]
