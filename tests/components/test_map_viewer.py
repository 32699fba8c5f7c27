from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytestmark = pytest.mark.browser

SIDE = 305  # of a square photo's map in the width used here


def make_map(values: Any, **changes: Any) -> dict[str, Any]:
    grid = np.asarray(values, dtype="<f4")
    finished = {
        "key": "gradcam",
        "title": "Grad-CAM",
        "detail": "layer features.18, 7 × 7",
        "seconds": 0.31,
        "grid": list(grid.shape),
        "values": base64.b64encode(grid.tobytes()).decode(),
        "region": [0, 0, 1, 1],
        "regional": False,
        "target": {"label": "can", "colour": "#41BDFE", "box": None, "polygons": None},
        "warnings": [],
        "inside": None,
    }
    return finished | changes


def make_data(*maps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    photo = {"url": "/files/red.png", "width": 200, "height": 200}
    return {"key": "explain", "photo": photo, "maps": list(maps), "running": []} | changes


@pytest.fixture
def viewer(open_component: Callable[..., Any]) -> Any:
    host = open_component("map_viewer", width=48 + 948, height=800)
    Image.new("RGB", (200, 200), (220, 0, 0)).save(host.files / "red.png")
    Image.new("RGB", (200, 200), (0, 0, 220)).save(host.files / "blue.png")
    return host


def read_canvas(viewer: Any, number: int = 0) -> NDArray[np.uint8]:
    """Return the pixels of one map as drawn, (H, W, 4), without the photo under it."""
    address = viewer.page.locator("canvas").nth(number).evaluate("canvas => canvas.toDataURL('image/png')")
    png = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))


def see(viewer: Any, number: int = 0) -> NDArray[np.uint8]:
    """Return what the reader sees of one map, (H, W, 3), photo and all."""
    shot = viewer.page.locator(".fit").nth(number).screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def choose(viewer: Any, view: str) -> None:
    viewer.page.get_by_role("radio", name=view).check(force=True)


def wait_for_photo(viewer: Any) -> None:
    viewer.page.wait_for_function("document.querySelector('#host').shadowRoot.querySelector('img').complete")


def test_colour_lies_inside_the_region_only(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0.2], [0.4, 0.6]], region=[0.25, 0, 0.75, 0.5])))
    wait_for_photo(viewer)
    drawn = read_canvas(viewer)[..., 3] > 0
    rows, columns = np.nonzero(drawn)
    assert (rows.min(), rows.max() + 1) == pytest.approx((0, SIDE / 2), abs=1)
    assert (columns.min(), columns.max() + 1) == pytest.approx((SIDE / 4, SIDE * 3 / 4), abs=1)
    assert drawn.sum() == pytest.approx(SIDE**2 / 4, rel=0.01)
    seen = see(viewer).astype(int)
    outside, inside = seen[SIDE - 40, 40], seen[20, SIDE // 3]
    assert outside.max() - outside.min() <= 2, "the photo is grey where the map says nothing"
    assert inside.max() - inside.min() > 60


def test_values_keep_their_place_and_weak_ones_leave_the_photo_visible(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0], [0, 0]])))
    drawn = read_canvas(viewer)
    assert drawn[5, 5].tolist() == [252, 255, 164, 255]
    assert drawn[-5, -5, 3] == round(255 * 0.12)
    middle = drawn[SIDE // 4 + SIDE // 4, SIDE // 4, 3]  # half way between 1 and 0
    assert middle == pytest.approx(255 * (0.12 + 0.88 * 0.5**0.7), abs=3)
    assert viewer.page.locator("canvas").evaluate("canvas => canvas.style.opacity") == "0.75"


def test_regions_stay_sharp_and_other_maps_are_interpolated(viewer: Any) -> None:
    values = [[1, 0.2], [0.4, 0.6]]
    viewer.update(make_data(make_map(values, regional=True), make_map(values, key="smooth")))
    colours = [np.unique(read_canvas(viewer, n).reshape(-1, 4), axis=0) for n in (0, 1)]
    assert len(colours[0]) == 4
    assert len(colours[1]) > 100


def test_opacity_and_every_other_control_stay_in_the_browser(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, -0.5], [0.4, 0.6]])))
    wait_for_photo(viewer)
    before = read_canvas(viewer)
    requests = len(viewer.requests)
    viewer.page.get_by_role("slider", name="Opacity of the map").fill("40")
    assert viewer.page.locator("canvas").evaluate("canvas => canvas.style.opacity") == "0.4"
    assert np.array_equal(read_canvas(viewer), before)
    viewer.page.get_by_role("combobox", name="Colours of the map").select_option("viridis")
    viewer.page.get_by_role("switch", name="Shared scale").check()
    for view in ["Map only", "Top 20 %", "Contours", "Overlay"]:
        choose(viewer, view)
    assert not np.array_equal(read_canvas(viewer), before)
    assert viewer.page.evaluate("calls") == []
    assert len(viewer.requests) == requests


def test_the_top_20_percent_are_20_percent_of_the_area_the_map_covers(viewer: Any) -> None:
    values = np.random.default_rng(3).random((14, 14))
    viewer.update(make_data(make_map(values), make_map(values, key="part", region=[0.1, 0.1, 0.9, 0.6])))
    choose(viewer, "Top 20 %")
    shares = [float((read_canvas(viewer, n)[..., 3] == 255).mean()) for n in (0, 1)]
    assert shares == pytest.approx([0.2, 0.2 * 0.8 * 0.5], abs=0.002)


def test_the_top_20_percent_take_regions_whole_and_never_what_speaks_against(viewer: Any) -> None:
    thirds = make_map([[3, 2, 1]], regional=True)
    mostly_negative = make_map([[1, -1, -2, -3, -4, -5, -6, -7, -8, -9]], regional=True, key="negative")
    viewer.update(make_data(thirds, mostly_negative))
    choose(viewer, "Top 20 %")
    shares = [float((read_canvas(viewer, n)[..., 3] > 0).mean()) for n in (0, 1)]
    assert shares == pytest.approx([1 / 3, 0.1], abs=0.01)


def test_contours_run_where_the_map_crosses_each_fifth_of_the_scale(viewer: Any) -> None:
    ramp = np.linspace(0, 1, 101)[None, :].repeat(2, axis=0)
    viewer.update(make_data(make_map(ramp)))
    choose(viewer, "Contours")
    alpha = read_canvas(viewer)[SIDE // 2, :, 3]
    lines = np.flatnonzero(alpha == 255)
    centres = [group.mean() for group in np.split(lines, np.flatnonzero(np.diff(lines) > 2) + 1)]
    # The 99th percentile of the ramp is the end of the scale.
    assert centres == pytest.approx([SIDE * 0.99 * level for level in (0.2, 0.4, 0.6, 0.8)], abs=2)
    assert viewer.page.locator(".bar u").count() == 4


def test_contours_of_regions_follow_their_borders(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0.1]], regional=True)))
    choose(viewer, "Contours")
    columns = np.flatnonzero(read_canvas(viewer)[SIDE // 2, :, 3] > 200)
    assert columns.mean() == pytest.approx(SIDE / 2, abs=1.5)
    assert len(columns) <= 4


def test_map_only_hides_the_photo_and_is_opaque(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0.5], [0, 0]], regional=True)))
    wait_for_photo(viewer)
    choose(viewer, "Map only")
    assert see(viewer)[-5, 5].tolist() == [0, 0, 4]
    assert see(viewer)[5, 5].tolist() == [252, 255, 164]
    assert viewer.page.get_by_role("slider").is_disabled()
    assert viewer.page.get_by_role("switch", name="Grey photo").is_disabled()


def test_the_photo_is_grey_until_the_reader_wants_its_colours(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 1], [1, 1]], region=[0, 0, 0.1, 0.1])))
    wait_for_photo(viewer)
    grey = see(viewer)[200, 200].astype(int)
    assert grey.max() - grey.min() <= 2
    viewer.page.get_by_role("switch", name="Grey photo").uncheck()
    assert see(viewer)[200, 200].tolist() == pytest.approx([220, 0, 0], abs=2)


def test_signed_maps_go_from_blue_through_nothing_to_orange(viewer: Any) -> None:
    select = viewer.page.get_by_role("combobox", name="Colours of the map")
    viewer.update(make_data(make_map([[2, 1], [0, 0]])))
    assert "Map: Signed" not in select.locator("option").all_text_contents()
    viewer.update(make_data(make_map([[2, -2, 0, 0.5]], regional=True)))
    assert viewer.page.locator(".bar span").all_text_contents() == ["≤ 0", "2.00"]
    select.select_option("signed")
    drawn = read_canvas(viewer)[SIDE // 2]
    strong, against, nothing, weak = (drawn[int(SIDE * place)] for place in (0.125, 0.375, 0.625, 0.875))
    assert strong.tolist() == [0x9C, 0x40, 0x03, 255]
    assert against.tolist() == [0x0B, 0x4F, 0x9E, 255]
    assert nothing[3] == 0
    assert weak[3] == pytest.approx(255 * 0.25**0.6, abs=2)
    assert viewer.page.locator(".bar span").all_text_contents() == ["−2.00", "2.00"]


def test_one_extreme_cell_does_not_set_the_scale(viewer: Any) -> None:
    values = np.full((20, 20), 0.5)
    values[0, 0] = 1000
    viewer.update(make_data(make_map(values)))
    assert viewer.page.locator(".bar span").all_text_contents() == ["0", "0.500"]


def test_a_shared_scale_gives_all_maps_the_same_end(viewer: Any) -> None:
    viewer.update(make_data(make_map([[4, 1]]), make_map([[1, 0]], key="weak")))
    ends = viewer.page.locator(".bar span:last-child")
    assert ends.all_text_contents() == ["4.00", "1.00"]
    viewer.page.get_by_role("switch", name="Shared scale").check()
    assert ends.all_text_contents() == ["4.00", "4.00"]
    assert read_canvas(viewer, 1)[5, 5, 3] < 200


def test_the_readers_settings_survive_new_data_and_leaving_the_page(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0]])))
    choose(viewer, "Contours")
    viewer.page.get_by_role("slider").fill("30")
    viewer.update(make_data(make_map([[0, 1]])))
    assert viewer.page.get_by_role("radio", name="Contours").is_checked()
    viewer.page.evaluate("window.cleanup()")
    assert viewer.page.locator(".viewer").count() == 0
    viewer.update(make_data(make_map([[0, 1]])))
    assert viewer.page.get_by_role("radio", name="Contours").is_checked()
    assert viewer.page.get_by_role("slider").input_value() == "30"


def test_a_finished_method_takes_exactly_the_place_held_for_it(viewer: Any) -> None:
    first = make_map([[1, 0]], inside=0.6)
    viewer.update(make_data(first, running=[{"key": "lime", "title": "LIME"}]))
    places = viewer.page.locator(".column, .detail, .fit, .bar, .inside")
    held = places.evaluate_all("all => all.map(one => JSON.stringify(one.getBoundingClientRect()))")
    column = viewer.page.locator(".column").nth(1)
    assert column.get_attribute("aria-busy") == "true"
    assert column.locator(".detail").text_content() == "Running"
    viewer.update(make_data(first, make_map([[0, 1]], key="lime", title="LIME", inside=0.5)))
    assert places.evaluate_all("all => all.map(one => JSON.stringify(one.getBoundingClientRect()))") == held
    assert column.get_attribute("aria-busy") == "false"


@pytest.mark.parametrize(
    ("window", "width", "height", "side"), [(1280, 948, 800, 305), (1440, 1108, 900, 359), (1920, 1588, 1080, 517)]
)
def test_a_square_photo_has_the_size_of_the_design(
    open_component: Callable[..., Any], window: int, width: int, height: int, side: int
) -> None:
    viewer = open_component("map_viewer", width=48 + width, height=height)
    viewer.update(make_data(make_map([[1, 0]])))
    box = viewer.page.locator(".fit").bounding_box()
    assert (box["width"], box["height"]) == (side, side), f"in a window of {window} px"
    controls = viewer.page.locator(".controls").bounding_box()
    assert controls["height"] < 40, "the controls fit in one row"


def test_titles_labels_and_warnings_stay_text(viewer: Any) -> None:
    markup = "<img src=x onerror=\"document.title='run'\">"
    target = {"label": markup, "colour": "#41BDFE", "box": [0, 0, 1, 1], "polygons": None}
    viewer.update(
        make_data(make_map([[1, 0]], title=markup, detail=markup, flag=markup, warnings=[markup], target=target))
    )
    assert viewer.page.locator("h3").text_content() == markup
    assert viewer.page.locator(".note").text_content() == f"{markup}: {markup}"
    assert viewer.page.locator(".pill.caution").text_content() == markup
    assert viewer.page.locator(".viewer img").count() == 1
    assert viewer.page.title() == "Component host"


def test_facts_of_a_map_stand_around_it(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0]], inside=0.6123, seconds=41.23, flag="fails randomisation")))
    assert viewer.page.locator(".pill").all_text_contents() == ["fails randomisation", "41.2 s"]
    assert viewer.page.locator(".detail").text_content() == "layer features.18, 7 × 7"
    assert viewer.page.locator(".inside").text_content() == "Evidence inside the box 0.612"
    name = "Grad-CAM map for can, highest at 25 % from the left and 50 % from the top of the photo"
    assert viewer.page.get_by_role("img", name=f"{name}, evidence inside the box 0.612.").count() == 1


def test_the_pointer_reads_raw_values_in_every_column(viewer: Any) -> None:
    left_half = make_map([[-7.5]], key="half", regional=True, region=[0, 0, 0.5, 1])
    viewer.update(make_data(make_map([[3.25, 12345]], regional=True), left_half))
    fit = viewer.page.locator(".fit").first
    chips = viewer.page.locator(".chip.on")
    fit.hover(position={"x": 20, "y": 20})
    assert chips.all_text_contents() == ["3.25", "−7.50"]
    fit.hover(position={"x": SIDE - 20, "y": 20})
    assert chips.all_text_contents() == ["12,345", "outside the map"]
    viewer.page.mouse.move(5, 5)
    assert chips.count() == 0


def test_the_targets_shape_lies_on_the_photo(viewer: Any) -> None:
    box = {"label": "can", "colour": "#41BDFE", "box": [0.2, 0.1, 0.7, 0.9], "polygons": None}
    polygon = box | {"polygons": [[0.2, 0.2, 0.8, 0.2, 0.5, 0.8]]}
    viewer.update(make_data(make_map([[1, 0]], target=box), make_map([[1, 0]], target=polygon), make_map([[1, 0]])))
    lines = viewer.page.locator(".shape .line")
    assert lines.count() == 2
    photo, line = viewer.page.locator(".fit").first.bounding_box(), lines.first.bounding_box()
    assert line["x"] == pytest.approx(photo["x"] + 0.2 * SIDE, abs=1.5)
    assert line["height"] == pytest.approx(0.8 * SIDE, abs=3)
    assert lines.nth(1).get_attribute("d").count("L") == 2


def test_a_new_photo_appears_together_with_its_map(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0]], title="Old")))
    wait_for_photo(viewer)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    viewer.page.route("**/blue.png", hold)
    new_photo = {"url": "/files/blue.png", "width": 200, "height": 200}
    with viewer.page.expect_request("**/blue.png"):
        viewer.update(make_data(make_map([[0, 1]], title="New"), photo=new_photo))
    assert viewer.page.locator("h3").text_content() == "Old"
    held[0].continue_()
    viewer.page.locator("h3", has_text="New").wait_for()
    assert viewer.page.locator("img").get_attribute("src") == "/files/blue.png"


def test_a_photo_that_cannot_be_loaded_says_so(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0]]), photo={"url": "/files/none.png", "width": 200, "height": 200}))
    viewer.page.locator(".fit.missing").wait_for()


def test_nothing_to_show_shows_no_controls(viewer: Any) -> None:
    viewer.update(make_data())
    assert viewer.page.locator(".controls").is_hidden()
    assert viewer.page.locator(".column").count() == 0


def test_letters_typed_in_the_viewer_do_not_reach_the_page(viewer: Any) -> None:
    viewer.update(make_data(make_map([[1, 0]])))
    viewer.page.evaluate("window.heard = []; document.addEventListener('keydown', event => heard.push(event.key))")
    viewer.page.get_by_role("combobox").press("c")
    assert viewer.page.evaluate("heard") == []
