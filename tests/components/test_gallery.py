from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

ROW_SIZE = 4  # columns at the width used here


def make_cell(number: int, **changes: Any) -> dict[str, Any]:
    cell = {
        "image_id": f"{number:05d}.jpg",
        "name": f"{number:05d}",
        "thumb": "/files/wide.png",
        "width": 600,
        "height": 400,
        "status": "new",
        "score": 0.72,
        "differs": False,
        "problem": "",
        "labels": [],
        "predicted": [],
        "objects": [],
    }
    return cell | changes


def make_data(cells: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    base = {"key": "browse", "cells": cells, "size": "M", "aspect": 1.5, "show": ["labels", "predictions"]}
    return base | {"selected": None, "threshold": 0.5} | changes


@pytest.fixture
def gallery(open_component: Callable[..., Any]) -> Any:
    host = open_component("gallery", width=48 + 780, height=800)
    Image.new("RGB", (300, 200), (90, 120, 60)).save(host.files / "wide.png")
    Image.new("RGB", (200, 300), (250, 0, 0)).save(host.files / "tall.png")
    return host


def names_in_view(gallery: Any) -> list[str]:
    """Return the names of the cells that show, in reading order."""
    return gallery.page.evaluate(
        """() => {
          const root = document.querySelector("#host").shadowRoot;
          const frame = root.querySelector(".list").getBoundingClientRect();
          return [...root.querySelectorAll(".cell")]
            .map(cell => ({ name: cell.querySelector(".name").textContent, box: cell.getBoundingClientRect() }))
            .filter(({ box }) => box.bottom > frame.top && box.top < frame.bottom)
            .sort((a, b) => a.box.top - b.box.top || a.box.left - b.box.left)
            .map(({ name }) => name);
        }"""
    )


def scroll_to(gallery: Any, top: float) -> None:
    gallery.page.locator(".list").evaluate(
        """(list, top) => new Promise(done => {
          list.addEventListener("scroll", done, { once: true });
          list.scrollTop = top;
        })""",
        top,
    )


def row_height(gallery: Any) -> float:
    boxes = [gallery.page.locator(".cell").nth(n).bounding_box() for n in (0, ROW_SIZE)]
    return boxes[1]["y"] - boxes[0]["y"]


def active_name(gallery: Any) -> str:
    return gallery.page.locator(".cell.active .name").text_content()


def test_only_the_rows_in_sight_are_in_the_page_and_scrolling_brings_the_right_ones(gallery: Any) -> None:
    gallery.page.evaluate(
        """data => {
          const numbered = n => ({ ...data.cells[0], image_id: `${n}.jpg`, name: String(n).padStart(5, "0") });
          window.update({ ...data, cells: Array.from({ length: 20000 }, (_, n) => numbered(n)) });
        }""",
        make_data([make_cell(0)]),
    )
    assert names_in_view(gallery)[:5] == ["00000", "00001", "00002", "00003", "00004"]
    scroll_to(gallery, 2_000 * row_height(gallery))
    assert names_in_view(gallery)[:3] == ["08000", "08001", "08002"]
    assert gallery.page.locator(".cell").count() < 60
    gallery.page.locator(".list").press("End")
    assert names_in_view(gallery)[-1] == "19999"
    assert gallery.page.locator(".foot").text_content().endswith("of 20,000")


@pytest.mark.parametrize(("width", "columns"), [(620, 3), (780, 4), (1260, 7)])
def test_columns_of_the_middle_size_follow_the_width(
    open_component: Callable[..., Any], width: int, columns: int
) -> None:
    gallery = open_component("gallery", width=48 + width)
    gallery.update(make_data([make_cell(n, thumb="/index.html") for n in range(20)]))
    tops = gallery.page.locator(".cell").evaluate_all("cells => cells.map(cell => cell.getBoundingClientRect().top)")
    assert tops.count(min(tops)) == columns


def test_the_gallery_takes_the_window_below_its_top_but_not_less_than_420_px(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(100)]))
    root = gallery.page.locator(".gallery")
    assert root.bounding_box()["height"] == 800 - 100 - 16
    gallery.page.evaluate("document.querySelector('#above').style.height = '160px'")
    gallery.page.wait_for_function(
        "document.querySelector('#host').shadowRoot.querySelector('.gallery').offsetHeight === 800 - 160 - 16"
    )
    gallery.page.set_viewport_size({"width": 828, "height": 300})
    gallery.page.wait_for_function(
        "document.querySelector('#host').shadowRoot.querySelector('.gallery').offsetHeight === 420"
    )


def test_a_click_opens_and_the_check_selects(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(40)]))
    cells = gallery.page.locator(".cell")
    cells.nth(2).click()
    assert gallery.calls("opened") == ["00002.jpg"]
    cells.nth(3).hover()
    cells.nth(3).locator(".check").click()
    assert gallery.calls("opened") == ["00002.jpg"]
    assert gallery.calls("selected") == [["00003.jpg"]]
    assert cells.nth(3).get_attribute("aria-selected") == "true"


def test_shift_selects_a_range_and_control_adds_one(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(40)]))
    cells = gallery.page.locator(".cell")
    cells.nth(1).click(modifiers=["Control"])
    cells.nth(4).click(modifiers=["Shift"])
    cells.nth(7).click(modifiers=["Control"])
    cells.nth(2).click(modifiers=["Control"])
    numbers = [[int(name[:5]) for name in selected] for selected in gallery.calls("selected")]
    assert numbers == [[1], [1, 2, 3, 4], [1, 2, 3, 4, 7], [1, 3, 4, 7]]
    assert gallery.calls("opened") == []


def test_the_keyboard_moves_selects_and_opens(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(90)]))
    press = gallery.page.keyboard.press
    press("Tab")
    seen = []
    for key in ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "End", "Home", "PageDown", "PageUp"]:
        press(key)
        seen.append(int(active_name(gallery)))
    assert seen[:7] == [0, 1, 5, 4, 0, 89, 0]
    assert seen[7] % ROW_SIZE == 0
    assert seen[7] > ROW_SIZE
    assert seen[8] == 0
    press("Space")
    press("Shift+ArrowRight")
    press("Enter")
    assert gallery.calls("selected") == [["00000.jpg"], ["00000.jpg", "00001.jpg"]]
    assert gallery.calls("opened") == ["00001.jpg"]
    press("Control+a")
    press("Escape")
    assert [len(selected) for selected in gallery.calls("selected")] == [1, 2, 90, 0]


def test_down_from_the_row_before_a_short_last_row_reaches_the_last_image(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(6)]))
    gallery.page.locator(".cell").nth(3).click()
    gallery.page.keyboard.press("ArrowDown")
    assert active_name(gallery) == "00005"


def test_the_list_says_to_a_screen_reader_what_it_holds(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(500)]
    cells[1] |= {"status": "accept", "score": 0.31, "differs": True}
    gallery.update(make_data(cells))
    gallery.page.locator(".list").focus()
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("Space")
    option = gallery.page.get_by_role("listbox", name="Images").get_by_role("option", selected=True)
    assert option.get_attribute("aria-label") == "00001, accepted, label and prediction differ, score 0.31, selected"
    assert (option.get_attribute("aria-posinset"), option.get_attribute("aria-setsize")) == ("2", "500")
    assert gallery.page.locator(".list").get_attribute("aria-activedescendant") == option.get_attribute("id")


def test_keys_of_the_page_stay_quiet_while_the_gallery_has_the_focus(gallery: Any) -> None:
    gallery.update(make_data([make_cell(n) for n in range(5)]))
    gallery.page.evaluate("window.heard = []; document.addEventListener('keydown', event => heard.push(event.key))")
    gallery.page.locator(".list").focus()
    for key in ["r", "c", "ArrowRight", "x"]:
        gallery.page.keyboard.press(key)
    assert gallery.page.evaluate("heard") == ["x"]


def test_names_and_labels_stay_text(gallery: Any) -> None:
    markup = "<img src=x onerror=\"document.title='run'\">"
    cells = [make_cell(0, name=markup, labels=[markup], predicted=["<b>can</b>"]), make_cell(1, problem=markup)]
    gallery.update(make_data(cells))
    assert gallery.page.locator(".name").first.text_content() == markup
    assert gallery.page.locator(".classes").first.text_content() == f"{markup}; predicted <b>can</b>"
    assert gallery.page.locator(".problem").text_content() == markup
    assert gallery.page.locator(".cell img").count() == 1
    assert gallery.page.locator(".cell b").count() == 0
    assert gallery.page.title() == "Component host"


def test_shapes_lie_on_the_photo_when_a_portrait_stands_in_a_landscape_cell(gallery: Any) -> None:
    box = [0.25, 0.5, 0.75, 1.0]
    shape = {"box": box, "polygons": [], "colour": "#41BDFE", "source": "prediction"}
    gallery.update(make_data([make_cell(0, thumb="/files/tall.png", width=400, height=600, objects=[shape])]))
    gallery.page.wait_for_function(
        "document.querySelector('#host').shadowRoot.querySelector('img').naturalWidth === 200"
    )
    cell, photo = gallery.page.locator(".photo").bounding_box(), gallery.page.locator("img").bounding_box()
    assert photo["height"] == pytest.approx(cell["height"], abs=0.1)
    assert photo["width"] / photo["height"] == pytest.approx(400 / 600, abs=0.002)
    assert photo["x"] - cell["x"] == pytest.approx((cell["width"] - photo["width"]) / 2, abs=0.1)
    line = gallery.page.locator(".shapes .line").bounding_box()
    assert line["x"] == pytest.approx(photo["x"] + box[0] * photo["width"], abs=1)
    assert line["y"] == pytest.approx(photo["y"] + box[1] * photo["height"], abs=1)
    assert line["width"] == pytest.approx((box[2] - box[0]) * photo["width"], abs=2)


def test_what_is_shown_follows_the_choices(gallery: Any) -> None:
    triangle = [0.1, 0.1, 0.9, 0.1, 0.5, 0.9]
    objects = [
        {"box": [0.1, 0.1, 0.9, 0.9], "polygons": [triangle], "colour": "#41BDFE", "source": "label"},
        {"box": [0.2, 0.2, 0.9, 0.9], "polygons": [], "colour": "#FAA500", "source": "prediction", "score": 0.4},
        {"box": [0.2, 0.2, 0.22, 0.22], "polygons": [triangle], "colour": "#0FA184", "source": "prediction"},
    ]
    lines = gallery.page.locator(".shapes .line")
    gallery.update(make_data([make_cell(0, objects=objects)], show=["predictions"]))
    assert lines.count() == 2
    gallery.update(make_data([make_cell(0, objects=objects)], show=["predictions", "labels", "polygons", "scores"]))
    assert lines.evaluate_all("paths => paths.map(path => path.classList[1])") == ["prediction", "prediction", "label"]
    corners = lines.evaluate_all("paths => paths.map(path => path.getAttribute('d').split('L').length)")
    assert corners == [4, 4, 3], "a polygon only where it was asked for and is at least 12 px wide"
    assert gallery.page.locator(".object-score").all_text_contents() == ["0.40"]
    gallery.update(make_data([make_cell(0, objects=objects)], show=[]))
    assert lines.count() == 0


def test_low_scores_are_orange_and_missing_ones_a_dash(gallery: Any) -> None:
    cells = [make_cell(n, score=score) for n, score in enumerate([0.31, 0.5, None])]
    gallery.update(make_data([*cells, make_cell(3, problem="It has 0 bytes.", score=None, status="skip")]))
    assert gallery.page.locator(".score").all_text_contents() == ["0.31", "0.50", "–"]
    assert gallery.page.locator(".score.low").all_text_contents() == ["0.31"]
    assert gallery.page.locator(".problem").text_content() == "It has 0 bytes."


def test_a_new_status_keeps_the_place_the_focus_and_the_photo(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(2_000)]
    gallery.update(make_data(cells))
    scroll_to(gallery, 100 * row_height(gallery) + 30)
    cell = gallery.page.locator('.cell[data-id="00404.jpg"]')
    cell.click()
    cell.locator("img").evaluate("photo => { window.photo = photo; }")
    top = gallery.page.locator(".list").evaluate("list => list.scrollTop")
    cells[404] |= {"status": "accept", "differs": True}
    gallery.update(make_data(cells))
    assert gallery.page.locator(".list").evaluate("list => list.scrollTop") == pytest.approx(top, abs=1)
    assert cell.locator(".status.accept").count() == 1
    assert gallery.page.evaluate("window.photo.isConnected")
    gallery.page.keyboard.press("Space")
    assert gallery.calls("selected") == [["00404.jpg"]]


def test_a_filter_keeps_the_images_at_hand_and_another_order_starts_at_the_top(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(2_000)]
    gallery.update(make_data(cells))
    scroll_to(gallery, 100 * row_height(gallery))
    without_one = [cell for cell in cells if cell["image_id"] != "00010.jpg"]
    gallery.update(make_data(without_one))
    assert "00400" in names_in_view(gallery)[:ROW_SIZE]
    gallery.update(make_data(list(reversed(without_one))))
    assert names_in_view(gallery)[0] == "01999"


def test_another_size_keeps_the_first_image_in_sight(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(2_000)]
    gallery.update(make_data(cells))
    scroll_to(gallery, 100 * row_height(gallery))
    gallery.update(make_data(cells, size="L"))
    assert "00400" in names_in_view(gallery)[:3]


def test_a_hidden_image_is_not_reported_as_selected_and_comes_back_with_the_filter(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(10)]
    gallery.update(make_data(cells))
    for n in (1, 2):
        gallery.page.locator(".cell").nth(n).click(modifiers=["Control"])
    gallery.update(make_data(cells[2:]))
    gallery.update(make_data(cells))
    assert gallery.calls("selected")[1:] == [["00001.jpg", "00002.jpg"], ["00002.jpg"], ["00001.jpg", "00002.jpg"]]


def test_a_selection_from_the_page_counts_once(gallery: Any) -> None:
    cells = [make_cell(n) for n in range(10)]
    gallery.update(make_data(cells, selected=["00004.jpg"]))
    assert gallery.calls("selected") == [["00004.jpg"]]
    gallery.page.locator(".cell").nth(5).click(modifiers=["Control"])
    gallery.update(make_data([make_cell(n, status="flag") for n in range(10)], selected=["00004.jpg"]))
    assert gallery.calls("selected")[-1] == ["00004.jpg", "00005.jpg"]
    gallery.update(make_data(cells, selected=[]))
    assert gallery.calls("selected")[-1] == []


def test_coming_back_to_the_page_finds_the_place_again(gallery: Any) -> None:
    data = make_data([make_cell(n) for n in range(2_000)])
    gallery.update(data)
    scroll_to(gallery, 100 * row_height(gallery) + 20)
    gallery.page.evaluate("window.cleanup()")
    assert gallery.page.locator(".cell").count() == 0
    gallery.update(data)
    assert names_in_view(gallery)[0] == "00400"


def test_a_tooltip_tells_the_status_and_a_cut_name(gallery: Any) -> None:
    gallery.update(make_data([make_cell(0, status="wrong_evidence", name="a" * 80), make_cell(1)]))
    tip = gallery.page.locator(".tip")
    gallery.page.locator(".status").first.hover()
    tip.wait_for(state="visible")
    assert tip.text_content() == "Right label, wrong evidence"
    gallery.page.locator(".name").first.hover()
    gallery.page.locator(".tip", has_text="a" * 80).wait_for(state="visible")


def test_reasons_stand_below_the_photos_with_their_figure_in_the_place_of_the_score(gallery):
    reasons = {"00000.jpg": [0.9712, "Label can has a score of 0.03, carton has 0.94"], "00001.jpg": [None, ""]}
    gallery.update(make_data([make_cell(0), make_cell(1, differs=True)], reasons=reasons))
    cell = gallery.page.locator(".cell").first
    cell.get_by_text("Label can has a score of 0.03, carton has 0.94").wait_for()
    assert "0.971" in cell.inner_text()
    assert "0.72" not in cell.inner_text()
    assert "carton has 0.94" in (cell.get_attribute("aria-label") or "")
    second = gallery.page.locator(".cell").nth(1)
    assert second.locator(".figure").inner_text() == "–"
    assert second.locator(".pill").count() == 0
