from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image

from domain.prediction import Task
from services.import_images import import_images
from services.picture_addresses import KINDS, picture_address, thumbnail_file
from services.review import fetch_image
from tests.endpoint.conftest import Desk
from tests.services.small_projects import box, draw_image, label_line, make_project


@pytest.fixture
def project(workspace, photos):
    draw_image(photos / "turned & odd #1.jpg", size=(60, 20), orientation=6, seed=4)
    return make_project(workspace, photos, Task.DETECTION, lines=[label_line("a.png", [box("can", 0, 0, 0.5, 0.5)])])


@pytest.fixture
def desk(client, workspace, project):
    return Desk(client, workspace, project.project_id)


def assert_not_found(answer):
    assert answer.status_code == 404, answer.text
    assert set(answer.json()) == {"error", "remedy"}


@pytest.mark.parametrize("kind", ["url", "thumb"])
def test_a_picture_needs_no_header_is_upright_and_can_be_cached_for_good(client, desk, kind):
    item = desk.item("turned & odd #1.jpg")

    answer = client.get(item[kind])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as picture:
        turned = picture.size if kind == "thumb" else picture.size[::-1]  # the browser turns the JPEG itself
    assert turned == (item["width"], item["height"]) == (20, 60)


def test_an_address_stays_while_the_file_does_and_changes_with_it(workspace, project, photos, desk):
    before = desk.item("a.png")
    import_images(workspace, project.project_id)
    assert desk.item("a.png") == before

    draw_image(photos / "a.png", seed=77)
    os.utime(photos / "a.png", ns=(1, 1))
    import_images(workspace, project.project_id)

    after = desk.item("a.png")
    assert after["url"] != before["url"]
    assert after["thumb"] != before["thumb"]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_served_without_a_signature_that_fits(client, workspace, project, kind):
    image = fetch_image(workspace, project.project_id, "a.png")
    address = picture_address(workspace, project.project_id, image, kind)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    api = f"/api/projects/{project.project_id}"
    assert client.get(f"{api}/{kind}", params=query).status_code == 200

    (other_kind,) = set(KINDS) - {kind}
    wrong = [{**query, name: value} for name, value in [("s", "x"), ("v", "0"), ("image_id", "b.png"), ("s", "é")]]
    for tampered in [*wrong, {}, {"image_id": "a.png"}]:
        assert_not_found(client.get(f"{api}/{kind}", params=tampered))
    assert_not_found(client.get(f"{api}/{other_kind}", params=query))
    assert_not_found(client.get(f"/api/projects/{project.project_id + 1}/{kind}", params=query))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("image_id", ["../home/secret.key", "/etc/passwd", "sub/../a.png", "", "a.png\x00.png", "."])
def test_paths_lead_nowhere(client, project, kind, image_id):
    answer = client.get(f"/api/projects/{project.project_id}/{kind}", params={"image_id": image_id, "v": "0", "s": "0"})

    assert_not_found(answer)


def test_a_lost_thumbnail_is_made_again(client, workspace, project, desk):
    item = desk.item("a.png")
    assert client.get(item["thumb"]).status_code == 200
    file = thumbnail_file(workspace, project.project_id, fetch_image(workspace, project.project_id, "a.png"))
    digest = hashlib.sha256(file.read_bytes()).digest()
    file.unlink()

    assert client.get(item["thumb"]).status_code == 200

    assert hashlib.sha256(file.read_bytes()).digest() == digest


def test_a_picture_whose_file_is_gone_or_broken_is_a_sentence(client, desk, photos):
    gone, broken = desk.item("a.png"), desk.item("b.png")
    (photos / "a.png").unlink()
    (photos / "b.png").write_bytes(b"not a picture")

    for item, said in ((gone, "no file of that name"), (broken, "text that begins with")):
        answer = client.get(item["url"])
        assert answer.status_code == 422
        assert answer.headers["cache-control"] == "no-store"
        assert said in answer.json()["error"]


def test_a_link_out_of_the_folder_is_never_served(client, workspace, project, photos, desk):
    secret = draw_image(workspace.settings.home / "private.png", seed=5)
    item = desk.item("a.png")
    (photos / "a.png").unlink()
    (photos / "a.png").symlink_to(secret)

    answer = client.get(item["url"])

    assert answer.status_code == 422
    assert "does not lie inside the image folder" in answer.json()["error"]


def test_cells_are_given_to_signed_in_pages_only(client, desk):
    answer = desk.post("cells", {"image_ids": ["b.png", "a.png", "nowhere.png"]})

    cells = {cell["image_id"]: cell for cell in answer.json()["cells"]}
    assert set(cells) == {"a.png", "b.png"}
    assert (cells["a.png"]["width"], cells["a.png"]["height"], cells["a.png"]["status"]) == (40, 30, "new")
    (drawn,) = cells["a.png"]["objects"]
    assert (drawn["box"], drawn["source"]) == ([0, 0, 0.5, 0.5], "label")
    assert client.get(cells["a.png"]["thumb"]).status_code == 200
    assert client.post(f"{desk.api}/cells", json={"image_ids": ["a.png"]}).status_code == 401


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "names no images"),
        ([], 400, "names no images"),
        ({"image_ids": "a.png"}, 400, "names no images"),
        ({"image_ids": [1]}, 400, "names no images"),
        ({"image_ids": ["a.png"] * 101}, 413, "101 images at once"),
    ],
)
def test_odd_wishes_for_cells_are_refused(desk, body, status, said):
    answer = desk.post("cells", body)

    assert answer.status_code == status
    assert said in json.loads(answer.content)["error"]


def test_many_cells_need_few_bytes_of_an_address(workspace, project):
    image = fetch_image(workspace, project.project_id, "a.png")

    assert len(picture_address(workspace, project.project_id, image, "images")) < 100
    assert Path(image.uri).is_absolute()
