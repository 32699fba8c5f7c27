"""Under the maps stand the figures of trust; before them may stand a photo to draw a missed object on."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from components.explain_trust import trust_rows
from domain.trust import Estimate, Figure, Trust, WeightCheck

pytestmark = pytest.mark.browser


@pytest.fixture
def viewer(open_component: Callable[..., Any]) -> Any:
    host = open_component("map_viewer", width=48 + 948, height=900)
    Image.new("RGB", (200, 200), (220, 0, 0)).save(host.files / "red.png")
    return host


def make_data(**changes: Any) -> dict[str, Any]:
    values = base64.b64encode(np.array([1, 0], "<f4").tobytes()).decode()
    shape = {"label": "can", "colour": "#41BDFE", "box": None, "polygons": None}
    common = {"detail": "", "grid": [1, 2], "values": values, "region": [0, 0, 1, 1], "regional": False}
    maps = [
        common | {"key": title, "title": title, "target": shape, "warnings": [], "inside": None}
        for title in ("GradCAM", "XRAI")
    ]
    photo = {"id": "a.jpg", "url": "/files/red.png", "width": 200, "height": 200}
    return {"key": "explain", "photo": photo, "maps": maps, "running": []} | changes


def figure(value: float, *, higher: bool = True, random: float | None = 0.4) -> Figure:
    estimate = Estimate(value, value - 0.05, value + 0.05, 21)
    return Figure("insertion", "Insertion", estimate, "It rises fast.", random, None, is_higher_better=higher)


def rows(*values: float | None, **options: Any) -> Any:
    methods = [f"m{number}" for number in range(len(values))]
    trusts = {
        name: Trust((figure(value, **options),), "")
        for name, value in zip(methods, values, strict=True)
        if value is not None
    }
    return trust_rows(methods, trusts, {})


def test_each_figure_stands_under_its_map_with_its_interval_and_what_chance_gives(viewer: Any) -> None:
    viewer.update(make_data(trust=rows(0.731, 0.684)))
    cells = viewer.page.locator(".cell")
    assert cells.all_text_contents() == ["0.7310.681 to 0.781", "0.6840.634 to 0.734"]
    assert viewer.page.locator(".figure").all_text_contents() == ["Insertion higher is better, random 0.400"]
    assert viewer.page.locator(".value.best").all_text_contents() == ["0.731"]
    for number in range(2):
        column, cell = (viewer.page.locator(each).nth(number).bounding_box() for each in (".column", ".cell"))
        assert (cell["x"], cell["width"]) == pytest.approx((column["x"], column["width"]), abs=1)
    track, dot, random = (
        viewer.page.locator(f".cell {each}").first.bounding_box() for each in (".track", ".dot", ".random")
    )
    place = (dot["x"] + 3 - track["x"]) / track["width"]
    assert place == pytest.approx(0.731, abs=0.01)
    assert (random["x"] + 1 - track["x"]) / track["width"] == pytest.approx(0.4, abs=0.01)
    assert cells.first.get_attribute("aria-label") == "Insertion 0.731. It rises fast. n = 21."


def test_a_figure_that_chance_reaches_and_failed_weights_are_marked(viewer: Any) -> None:
    failed = WeightCheck("m", "m1", False, Estimate(0.684, 0.641, 0.725, 10), None, 5, 2, 0, "It hardly changes.")
    figures = trust_rows(["m0", "m1"], {"m0": Trust((figure(0.3),), "")}, {"m1": failed})
    viewer.update(make_data(trust=figures))
    assert viewer.page.locator(".value.failed").all_text_contents() == ["0.300", "0.684"]
    assert viewer.page.locator(".cell.none").count() == 2
    assert "Randomised weights" in viewer.page.locator(".trust").text_content()


def test_the_lowest_is_the_best_where_low_is_good() -> None:
    [row] = rows(0.5, 0.2, None, higher=False, random=0.9)
    assert [cell and cell["is_best"] for cell in row["cells"]] == [False, True, None]
    assert row["note"] == "lower is better, random 0.900"


def test_without_figures_there_is_no_empty_block(viewer: Any) -> None:
    viewer.update(make_data(trust=rows(0.7, 0.6)))
    viewer.update(make_data())
    assert viewer.page.locator(".trust").is_hidden()


def test_a_box_drawn_on_the_photo_is_reported_in_fractions_with_its_photo(viewer: Any) -> None:
    drawing = {"title": "Missed can", "hint": "Draw a box.", "colour": "#41BDFE", "box": None}
    viewer.update(make_data(drawing=drawing, maps=[]))
    area = viewer.page.locator(".drawing").bounding_box()
    mouse = viewer.page.mouse
    mouse.move(area["x"] + 0.8 * area["width"], area["y"] + 0.6 * area["height"])
    mouse.down()
    mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.1 * area["height"], steps=4)
    mouse.up()
    [drawn] = viewer.calls("drawn")
    assert drawn["photo"] == "a.jpg"
    assert drawn["box"] == pytest.approx([0.2, 0.1, 0.8, 0.6], abs=0.01)
    frame = viewer.page.locator(".drawn").bounding_box()
    assert frame["width"] == pytest.approx(0.6 * area["width"], abs=2)


def test_a_click_is_no_box_and_one_drawn_before_stays(viewer: Any) -> None:
    drawing = {"title": "Missed can", "hint": "", "colour": "#41BDFE", "box": [0.1, 0.1, 0.5, 0.5]}
    viewer.update(make_data(drawing=drawing))
    viewer.page.locator(".drawing").click(position={"x": 250, "y": 250})
    assert viewer.calls("drawn") == []
    assert viewer.page.locator(".drawn").is_visible()
    assert viewer.page.locator("h3").all_text_contents() == ["Missed can", "GradCAM", "XRAI"]


def test_a_difference_keeps_its_own_colours(viewer: Any) -> None:
    data = make_data()
    data["maps"][1] |= {"scale": "signed", "values": base64.b64encode(np.array([1, -1], "<f4").tobytes()).decode()}
    viewer.update(data)
    assert viewer.page.locator(".bar").nth(1).text_content() == "−1.001.00"
    assert viewer.page.locator("select option").all_text_contents()[-1] == "Map: Grey"
