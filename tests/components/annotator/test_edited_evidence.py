"""Evidence follows the shape: after an edit the figure is about the new shape at once, and its own map follows."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from domain.explanation import Region
from domain.geometry import Box
from domain.prediction import Instance
from metrics.localisation import energy_inside
from tests.components.annotator.conftest import five_images, settings
from tests.components.annotator.fake_api import item, obj

pytestmark = pytest.mark.browser


def evidence(desk):
    return " ".join(desk.text(".evidence").split())


def facts(desk):
    return desk.text(".hud.right").replace("\n", " ")


def look(desk):
    """Look at the map of the selection and let go."""
    desk.wait_rested()
    desk.page.keyboard.down("z")
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.page.keyboard.up("z")


def wait_evidence(desk, words):
    desk.page.locator(".evidence", has_text=words).wait_for()


def test_after_an_edit_the_figure_is_about_the_new_shape_and_its_map_is_fetched(desk):
    desk.press("Tab")
    look(desk)
    assert evidence(desk).startswith("Evidence inside box 71 %")
    desk.api.map_gate, desk.api.inside = threading.Event(), 0.5
    desk.press("Shift+ArrowRight")
    # 3.6 % of the evidence of the old map lies in the box as it is now
    assert evidence(desk) == (
        "Evidence inside box 4 % The map is of the shape before the edit. The new one is being computed."
    )
    desk.wait_until(lambda: len(desk.api.map_requests) == 2)
    desk.api.map_gate.set()
    wait_evidence(desk, "50 %")
    assert "before the edit" not in evidence(desk)
    assert desk.api.map_requests[1]["object"]["box"] == pytest.approx([0.225, 0.2, 0.425, 0.5])
    assert desk.page.locator(".map").is_hidden()


def test_a_latched_map_stays_and_says_what_it_is_of_until_the_new_one_has_come(desk):
    desk.wait_rested()
    desk.press("Tab", "Shift+Z")
    wait_evidence(desk, "71 %")
    desk.api.map_gate = threading.Event()
    desk.press("Alt+ArrowRight")
    assert "GradCAM for carton, before the edit" in facts(desk)
    assert desk.page.locator(".map").is_visible()
    desk.wait_until(lambda: len(desk.api.map_requests) == 2)
    desk.api.map_gate.set()
    desk.page.locator(".hud.right", has_text="Opacity").wait_for()
    assert "before the edit" not in facts(desk)


def test_a_dragged_box_and_a_dragged_vertex_count(open_desk):
    ring = [0.2, 0.2, 0.6, 0.2, 0.6, 0.6, 0.2, 0.6]
    objects = [obj("p", [0.2, 0.2, 0.6, 0.6], polygons=[ring])]
    desk = open_desk([item("a.png", objects=objects)], settings("image_instance_segmentation"))
    desk.wait_painted("a.png")
    desk.press("Tab")
    look(desk)
    assert evidence(desk).startswith("Evidence inside polygon 71 %")
    desk.api.inside = 0.33
    desk.drag((0.6, 0.6), (0.8, 0.8))
    wait_evidence(desk, "33 %")
    assert desk.api.map_requests[-1]["object"]["polygons"][0][4:6] == pytest.approx([0.8, 0.8], abs=0.01)


def test_undoing_the_edit_brings_its_map_back_without_asking(desk):
    desk.press("Tab")
    look(desk)
    desk.api.inside = 0.5
    desk.press("Shift+ArrowRight")
    wait_evidence(desk, "50 %")
    desk.press("Control+z")
    wait_evidence(desk, "71 %")
    assert len(desk.api.map_requests) == 2


def test_edits_of_what_nobody_looked_at_ask_nothing(desk):
    desk.press("Tab", "Shift+ArrowRight", "Shift+ArrowRight")
    desk.page.wait_for_timeout(400)  # longer than a map of an edited shape is waited for
    assert desk.api.map_requests == []


def test_another_object_and_another_class_are_not_an_edit(desk):
    desk.press("Tab")
    look(desk)
    desk.press("4")
    assert evidence(desk).startswith("Evidence inside the box appears on")
    desk.press("Tab")
    assert evidence(desk).startswith("Evidence inside the box appears on")
    assert len(desk.api.map_requests) == 1


def test_a_decision_under_an_outdated_map_says_so(desk):
    desk.wait_rested()
    desk.press("Tab", "Shift+Z")
    wait_evidence(desk, "71 %")
    desk.api.map_gate = threading.Event()
    desk.press("Shift+ArrowRight")
    desk.wait_until(lambda: len(desk.api.map_requests) == 2)
    desk.press("Enter")
    desk.api.map_gate.set()
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert {"saliency", "saliency before an edit", "evidence"} <= set(row["overlays"])
    told = row["provenance"]["explanation"]
    assert told == {"method": "GradCAM", "key": "key 1", "label": "carton", "stale": True}


def test_a_decision_under_the_map_of_its_own_shape_names_its_key(desk):
    desk.wait_rested()
    desk.press("Tab", "Shift+Z")
    wait_evidence(desk, "71 %")
    desk.press("Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    assert {"saliency", "evidence", "scores"} <= set(row["overlays"])
    assert "saliency before an edit" not in row["overlays"]
    assert row["provenance"]["explanation"] == {
        "method": "GradCAM",
        "key": "key 1",
        "label": "carton",
        "stale": False,
    }


def test_a_decision_names_the_difference_when_it_was_seen(open_desk):
    images = five_images()
    for image in images:
        image["objects"] = [obj("given", [0.1, 0.1, 0.5, 0.5], source="label", score=None)]
        image["source"] = "label"
    desk = open_desk(images)
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("l", "Enter")
    desk.wait_saved(2)
    plain, compared = (set(row["overlays"]) for row in desk.api.rows)
    assert "difference" not in plain
    assert {"difference", "predictions", "labels"} <= compared


def test_the_figure_is_counted_as_the_server_counts_it(desk):
    random = np.random.default_rng(3)
    shapes = [{"box": sorted_box(random), "polygons": []} for _ in range(5)]
    shapes += [{"box": [0, 0, 1, 1], "polygons": [random.uniform(-0.1, 1.1, 14).tolist()]} for _ in range(5)]
    star, hole = random.uniform(0, 1, 10).tolist(), [0.3, 0.3, 0.6, 0.3, 0.6, 0.7]
    shapes.append({"box": [0, 0, 1, 1], "polygons": [star, hole]})
    values = random.normal(size=(7, 11)).astype(np.float32)
    region = [0.05, -0.02, 1.04, 0.9]
    counted = desk.page.evaluate(
        """async ({ values, region, shapes }) => {
          const { energyInside } = await import("/static/energy.js");
          return shapes.map((shape) => energyInside(Float32Array.from(values), [7, 11], region, shape));
        }""",
        {"values": values.ravel().tolist(), "region": region, "shapes": shapes},
    )
    expected = [energy_inside(values, Region(*region), instance_of(shape)) for shape in shapes]
    assert counted == pytest.approx(expected, abs=1e-6)


def test_a_map_without_evidence_for_the_class_has_no_figure(desk):
    none = desk.page.evaluate(
        """async () => {
          const { energyInside } = await import("/static/energy.js");
          return energyInside(new Float32Array(4), [2, 2], [0, 0, 1, 1], { box: [0, 0, 1, 1], polygons: [] });
        }"""
    )
    assert none is None


def sorted_box(random):
    (x0, x1), (y0, y1) = np.sort(random.uniform(-0.1, 1.1, (2, 2)), axis=1)
    return [x0, y0, x1, y1]


def instance_of(shape):
    return Instance("x", "can", Box(*shape["box"]), polygons=tuple(tuple(ring) for ring in shape["polygons"]))
