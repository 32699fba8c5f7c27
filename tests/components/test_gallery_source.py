from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.browser


def make_cell(image_id: str, status: str) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "name": f"name {image_id}",
        "thumb": "/files/wide.png",
        "width": 600,
        "height": 400,
        "status": status,
        "score": 0.5,
        "differs": False,
        "problem": "",
        "labels": [],
        "predicted": [],
        "objects": [],
    }


class CellServer:
    """The route that hands out cells, answered in the test."""

    def __init__(self, page: Any) -> None:
        self.asked: list[list[str]] = []
        self.headers: list[dict[str, str]] = []
        self.status = "new"
        self.is_down = False
        page.route("**/api/cells", self.answer)

    def answer(self, route: Any) -> None:
        ids = json.loads(route.request.post_data)["image_ids"]
        self.asked.append(ids)
        self.headers.append(route.request.headers)
        if self.is_down:
            route.fulfill(status=503, json={"error": "The database is locked.", "remedy": ""})
        else:
            route.fulfill(json={"cells": [make_cell(each, self.status) for each in ids if each != "gone.jpg"]})


@pytest.fixture
def gallery(open_component: Callable[..., Any]) -> Any:
    host = open_component("gallery", width=48 + 780, height=800)
    Image.new("RGB", (300, 200), (90, 120, 60)).save(host.files / "wide.png")
    return host


@pytest.fixture
def server(gallery: Any) -> CellServer:
    return CellServer(gallery.page)


def make_data(ids: list[str], revision: str = "1") -> dict[str, Any]:
    source = {"url": "/api/cells", "token": "signed", "revision": revision, "has_classes": False}
    choices = {"size": "M", "aspect": 1.5, "show": ["labels"], "selected": None, "threshold": 0.5}
    return {"key": "browse", "cells": ids, "source": source, **choices}


def wait_for_name(gallery: Any, image_id: str) -> None:
    gallery.page.locator(".name", has_text=f"name {image_id}").wait_for()


def test_only_cells_in_sight_are_asked_for(gallery: Any, server: CellServer) -> None:
    gallery.update(make_data([f"{n}.jpg" for n in range(100_000)]))
    wait_for_name(gallery, "0.jpg")
    assert server.headers[0]["x-relook-token"] == "signed"
    assert server.headers[0]["x-relook-client"] == "1"
    gallery.page.locator(".list").press("End")
    wait_for_name(gallery, "99999.jpg")
    assert sum(len(ids) for ids in server.asked) < 150


def test_cells_are_grey_blocks_of_their_final_size_until_they_come(gallery: Any, server: CellServer) -> None:
    server.is_down = True
    gallery.update(make_data(["a.jpg", "b.jpg"]))
    gallery.page.locator(".foot", has_text="Images could not be loaded, trying again").wait_for()
    before = gallery.page.locator(".photo").first.bounding_box()
    server.is_down = False
    wait_for_name(gallery, "a.jpg")
    assert gallery.page.locator(".photo").first.bounding_box() == before
    assert gallery.page.locator(".foot").text_content() == "1 to 2 of 2"


def test_a_new_revision_renews_cells_without_blanking_them(gallery: Any, server: CellServer) -> None:
    ids = ["a.jpg", "b.jpg"]
    gallery.update(make_data(ids))
    wait_for_name(gallery, "b.jpg")
    gallery.page.locator("img").first.evaluate("photo => { window.photo = photo; }")
    server.status = "accept"
    gallery.update(make_data(ids, revision="2"))
    assert gallery.page.locator(".name").first.text_content() == "name a.jpg"
    gallery.page.locator(".status.accept").nth(1).wait_for()
    assert gallery.page.evaluate("window.photo.isConnected")
    assert server.asked == [ids, ids]


def test_an_image_the_server_no_longer_knows_says_so(gallery: Any, server: CellServer) -> None:
    gallery.update(make_data(["gone.jpg", "b.jpg"]))
    gallery.page.locator(".problem", has_text="This image is no longer in the project.").wait_for()


def test_images_can_be_selected_before_their_cells_have_come(gallery: Any, server: CellServer) -> None:
    server.is_down = True
    gallery.update(make_data(["a.jpg", "b.jpg"]))
    gallery.page.locator(".cell").nth(1).click(modifiers=["Control"])
    assert gallery.calls("selected") == [["b.jpg"]]
