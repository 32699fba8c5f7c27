"""Objects copied from one image and pasted into another, by asking for it only."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import LARGE, MIDDLE, SMALL, settings, visit
from tests.components.annotator.fake_api import item, obj

pytestmark = pytest.mark.browser


def test_copies_get_ids_of_their_own_and_the_same_place(trio):
    trio.press("Control+v")
    assert trio.text(".hud.note") == "Nothing was copied yet."
    trio.press("Control+c")
    assert "Select what to copy first" in trio.text(".hud.note")
    trio.press("Control+a", "Control+c")
    assert trio.says() == "3 objects copied."
    trio.press("Control+v")
    assert trio.says() == "3 objects pasted."
    assert trio.text(".objects .pill") == "3 of 6"
    objects = trio.accept_and_read()
    copies = [known for name, known in objects.items() if name not in {"large", "middle", "small"}]
    assert sorted(known["box"] for known in copies) == sorted([LARGE, MIDDLE, SMALL])
    assert {(known["source"], known["score"]) for known in copies} == {("correction", None)}
    assert objects["large"]["source"] == "prediction"


def test_copies_are_kept_over_images_and_a_reload_and_pasted_by_the_key_only(trio):
    trio.click(0.35, 0.35)
    trio.press("Control+c", "Enter")
    trio.wait_painted("b.png")
    assert list(trio.shown()) == ["other"]
    assert trio.text(".hud.right").startswith("Paste 1 object")
    trio.wait_saved(1)
    visit(trio, trio.page.url, settings(start="b.png"))
    trio.wait_painted("b.png")
    trio.press("Control+v")
    [copy] = [known for name, known in trio.accept_and_read(2).items() if name != "other"]
    assert (copy["box"], copy["label"], len(copy["id"])) == (SMALL, "milk_bottle", 32)


def test_what_sticks_out_of_a_smaller_photo_is_cut_off_and_what_lies_outside_is_left_out(open_desk):
    objects = [obj("in", [0.1, 0.1, 0.2, 0.2]), obj("cut", [0.4, 0.1, 0.6, 0.2]), obj("out", [0.7, 0.7, 0.9, 0.9])]
    desk = open_desk([item("a.png", objects=objects), item("b.png", width=200, height=150)])
    desk.wait_painted("a.png")
    desk.press("Control+a", "Control+c", "d")
    desk.wait_painted("b.png")
    desk.press("Control+v")
    assert desk.text(".hud.note") == "1 object left out, outside of this photo."
    boxes = sorted(desk.boxes().values())
    assert boxes == [pytest.approx([0.2, 0.2, 0.4, 0.4]), pytest.approx([0.8, 0.2, 1, 0.4])]


def test_a_pasted_polygon_is_cut_at_the_edge_with_its_hole(open_desk):
    outline, hole = [0.2, 0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.8], [0.4, 0.4, 0.6, 0.4, 0.6, 0.6, 0.4, 0.6]
    shapes = [obj("frame", [0.2, 0.2, 0.8, 0.8], polygons=[outline, hole])]
    images = [item("a.png", objects=shapes), item("b.png", width=200)]
    desk = open_desk(images, settings("image_instance_segmentation"))
    desk.wait_painted("a.png")
    desk.click(0.3, 0.3)
    desk.press("Control+c", "d")
    desk.wait_painted("b.png")
    desk.press("Control+v")
    [pasted] = desk.shown().values()
    assert pasted["box"] == pytest.approx([0.4, 0.2, 1, 0.8])
    assert [max(ring[::2]) for ring in pasted["polygons"]] == [1, 1]
    assert min(pasted["polygons"][1][::2]) == pytest.approx(0.8)
