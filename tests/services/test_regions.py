"""What was brushed on the upright picture lies at the same place of the stored grid, and comes back."""

from __future__ import annotations

import numpy as np
import pytest

from domain.decision import Verdict
from domain.geometry import Box
from domain.orientation import array_to_upright
from domain.prediction import Task
from domain.region import Brush, region_from_plain, region_to_plain
from services.import_images import import_images
from services.regions import region_to_stored, region_to_upright
from services.review import Entry, record
from store.decisions import list_current
from tests.services.small_projects import draw_image, make_project


def mask_of(brush):
    return np.repeat(np.arange(len(brush.runs)) % 2 == 1, brush.runs).reshape(brush.height, brush.width)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    "runs", [(12,), (0, 12), (3, 2, 7), (0, 1, 10, 1)], ids=["nothing", "all", "a stretch", "two corners"]
)
def test_a_brushed_mask_turns_with_its_picture(orientation, runs):
    stored = Brush(4, 3, runs)

    upright = region_to_upright(stored, orientation)

    assert isinstance(upright, Brush)
    assert upright.is_whole
    assert np.array_equal(mask_of(upright), array_to_upright(mask_of(stored), orientation))
    back = region_to_stored(upright, orientation)
    assert isinstance(back, Brush)
    assert np.array_equal(mask_of(back), mask_of(stored))


def test_a_box_to_look_at_is_kept_on_the_stored_grid(workspace, tmp_path):
    draw_image(tmp_path / "photos" / "a.jpg", orientation=6)
    project = make_project(workspace, tmp_path / "photos", Task.DETECTION)
    import_images(workspace, project.project_id)
    entry = Entry(1, "d1", "a.jpg", Verdict.FLAG, None, note="What is this?", region=Box(0.75, 0.0, 1.0, 0.5))

    assert record(workspace, project.project_id, "Ana", "tab", [entry])[1] == []

    with workspace.read() as connection:
        (decision,) = list_current(connection, project.project_id).values()
    assert decision.region == Box(0.0, 0.0, 0.5, 0.25)


@pytest.mark.parametrize(
    "plain",
    [
        {"box": [0, 0, 1]},
        {"box": ["0", 0, 1, 1]},
        {"width": 2, "height": 2, "runs": [3]},
        {"width": 2, "height": 2, "runs": [5, -1]},
        {"width": 2.0, "height": 2, "runs": [4]},
        {"circle": 1},
    ],
)
def test_a_region_of_another_shape_is_refused(plain):
    with pytest.raises(ValueError, match=r"expected|whole|region"):
        region_from_plain(plain)


@pytest.mark.parametrize("region", [Box(0.1, 0.2, 1 / 3, 0.4), Brush(4, 2, (3, 2, 3))])
def test_a_region_comes_back_from_its_plain_form(region):
    assert region_from_plain(region_to_plain(region)) == region
