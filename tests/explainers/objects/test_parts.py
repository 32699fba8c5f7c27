"""Every part of a box, on every style of head that torchvision builds."""

from dataclasses import replace

import numpy as np
import pytest

from domain.geometry import Box
from explainers.objects.head import Part

SIDES = [Part.LEFT, Part.TOP, Part.RIGHT, Part.BOTTOM]


def energy_in(saliency, box):
    """Share of the positive evidence whose cell centres lie in `box`."""
    height, width = saliency.heatmap.shape
    xs = (np.arange(width) + 0.5) / width * saliency.region.x_max
    ys = (np.arange(height) + 0.5) / height * saliency.region.y_max
    inside = ((ys >= box.y_min) & (ys <= box.y_max))[:, None] & ((xs >= box.x_min) & (xs <= box.x_max))[None, :]
    positive = np.clip(saliency.heatmap, 0, None)
    return positive[inside].sum() / positive.sum()


@pytest.mark.parametrize("name", ["faster_rcnn", "mask_rcnn", "maskrcnn_v2"])
def test_the_map_lies_on_the_box_asked_for_and_not_on_another_of_its_class(build_any, photo, name, odam_map):
    model = build_any(name)
    found = model.detect(photo)[0]
    left, right = Box(0.05, 0.3, 0.35, 0.8), Box(0.6, 0.3, 0.95, 0.8)

    for mine, other in ((left, right), (right, left)):
        saliency = odam_map(model, photo, replace(found, box=mine))
        assert energy_in(saliency, mine) > 0.7
        assert energy_in(saliency, other) < 0.05


@pytest.mark.parametrize("name", ["retinanet", "retinanet_v2", "fcos", "ssd", "ssdlite", "faster_rcnn", "maskrcnn_v2"])
def test_each_side_has_a_map_of_its_own(build_any, photo, name, odam_map):
    model = build_any(name)
    found = model.detect(photo)[0]

    maps = [odam_map(model, photo, found, part=part) for part in (Part.CLASS, *SIDES)]

    assert all(np.isfinite(each.heatmap).all() and np.abs(each.heatmap).max() > 0 for each in maps)
    assert len({each.heatmap.tobytes() for each in maps}) == len(maps)


@pytest.mark.parametrize("name", ["mask_rcnn", "maskrcnn_v2"])
def test_the_mask_is_explained_by_what_lies_in_its_box(build_any, photo, name, odam_map):
    model = build_any(name)
    found = model.detect(photo)[0]

    mask, label = (odam_map(model, photo, found, part=part) for part in (Part.MASK, Part.CLASS))

    assert np.abs(mask.heatmap).max() > 0
    assert not np.array_equal(mask.heatmap, label.heatmap)
