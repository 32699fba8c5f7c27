"""What each decision says it was made on."""

from __future__ import annotations

import pytest

from tests.components.annotator.conftest import settings, two_objects
from tests.components.annotator.fake_api import item

pytestmark = pytest.mark.browser


def test_a_decision_says_what_it_was_made_from(open_desk):
    images = [item("a.png", objects=two_objects(), predictions=two_objects(), reason="Score 0.31 for carton")]
    desk = open_desk(images, settings(version="1.2.3", model_id="detector"))
    desk.wait_painted("a.png")
    desk.page.keyboard.down("z")
    desk.page.locator(".map:not([hidden])").wait_for()
    desk.page.keyboard.up("z")
    desk.press("Tab", "3", "Enter")
    desk.wait_saved(1)
    [row] = desk.api.rows
    told = row["provenance"]
    small = {"id": "small", "label": "carton", "score": 0.31, "source": "prediction", "box": [0.2, 0.2, 0.4, 0.5]}
    assert told["original"] == {"source": "prediction", "count": 2, "objects": [small]}
    assert told["prediction"] == [{key: one[key] for key in ("id", "label", "score")} for one in two_objects()]
    assert (told["model"], told["withheld"]) == ("detector", False)
    assert told["explanation"] == {"method": "GradCAM", "key": "key 1", "label": "can", "stale": False}
    assert told["queue"] == {"order": "name", "reason": "Score 0.31 for carton"}
    assert told["client"]["version"] == "1.2.3"
    assert "Chrom" in told["client"]["agent"]
    assert "saliency" in row["overlays"]
    assert row["parent"] == ""
    assert 0 < row["seconds"] < 600


def test_each_decision_names_the_one_it_was_made_on(desk):
    desk.press("Enter")
    desk.wait_painted("shelf/1.png")
    desk.press("a")
    desk.wait_painted("shelf/0.png")
    desk.press("x", "1")
    desk.wait_painted("shelf/1.png")  # a key before the frame is ignored
    desk.press("Control+z")
    desk.wait_painted("shelf/0.png")
    desk.press("Enter")
    desk.wait_saved(4)
    first, rejected, undone, last = desk.api.rows
    assert [row["parent"] for row in desk.api.rows] == [
        "",
        first["decision_id"],
        rejected["decision_id"],
        first["decision_id"],
    ]
    assert undone["undoes"] == rejected["decision_id"]
    assert last["verdict"] == "accept"
