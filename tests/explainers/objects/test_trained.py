"""The demo's detector, which is trained, on a photograph of the demo and on real photos."""

import numpy as np
import pytest
from PIL import Image

from demo.dataset import draw_for
from domain.explanation import Target
from domain.geometry import Box, intersection_over_union
from domain.model_spec import ModelSpec
from domain.prediction import Instance, Task
from explainers.base import Saliency, Subject
from explainers.drise import DRISE
from explainers.missed_object import MissedObject
from explainers.odam import ODAM
from predictors import load_predictor

PARTS = ["class", "left", "top", "right", "bottom", "mask"]


@pytest.fixture(scope="module")
def detector():
    return load_predictor(ModelSpec("demo/detector", device="cpu"))


@pytest.fixture(scope="module")
def shelf(detector):
    """A photograph with several cans, and what the detector finds on it."""
    picture = draw_for(Task.SEGMENTATION, 7, 2).picture
    [found] = detector.predict([picture])
    return picture, [item for item in found.items if item.score > 0.5]


def energy_in(saliency, box):
    """Share of the positive evidence whose cell centres lie in `box`."""
    height, width = saliency.heatmap.shape
    xs = (np.arange(width) + 0.5) / width * saliency.region.x_max
    ys = (np.arange(height) + 0.5) / height * saliency.region.y_max
    inside = ((ys >= box.y_min) & (ys <= box.y_max))[:, None] & ((xs >= box.x_min) & (xs <= box.x_max))[None, :]
    positive = np.clip(saliency.heatmap, 0, None)
    return positive[inside].sum() / positive.sum()


def subjects(picture, items):
    return [Subject(picture, Target(item.label, item.instance_id), item) for item in items]


@pytest.mark.parametrize("part", ["class", "mask"])
def test_the_evidence_for_one_can_is_not_that_for_another(detector, shelf, part):
    picture, items = shelf
    first, second = [item for item in items if item.label == "can"][:2]
    assert intersection_over_union(first.box, second.box) < 0.1

    maps = ODAM(part=part).explain_each(detector, subjects(picture, [first, second]))

    for saliency, mine, other in zip(maps, (first, second), (second, first), strict=True):
        assert energy_in(saliency, mine.box) > 0.8
        assert energy_in(saliency, other.box) < 0.15
        assert not saliency.warnings


def test_hiding_parts_of_the_picture_agrees_with_looking_inside(detector, shelf):
    picture, items = shelf

    maps = DRISE(masks=96, resolution=256).explain_each(detector, subjects(picture, items[:2]))

    for saliency, item in zip(maps, items, strict=False):
        share = item.box.area
        assert energy_in(saliency, item.box) > 2.5 * share


def test_an_empty_corner_was_never_proposed(detector, shelf):
    picture, _ = shelf
    drawn = Instance("drawn", "carton", Box(0.05, 0.05, 0.3, 0.3))

    saliency = MissedObject().explain(detector, picture, Target("carton"), instance=drawn)

    assert "The region was never proposed" in saliency.warnings[0]
    assert -saliency.heatmap.min() > saliency.heatmap.max(), "there is more against a carton than for one"


def test_a_can_is_no_carton(detector, shelf):
    picture, items = shelf
    can = next(item for item in items if item.label == "can")
    drawn = Instance("drawn", "carton", can.box)

    saliency = MissedObject().explain(detector, picture, Target("carton"), instance=drawn)

    assert any("The model takes what is here for 'can'" in sentence for sentence in saliency.warnings)


@pytest.mark.parametrize("part", PARTS)
def test_boxes_on_real_photos_have_finite_maps_that_lie_on_the_photo(detector, test_data, part):
    boxes = [Box(0.1, 0.2, 0.5, 0.6), Box(0.45, 0.4, 0.55, 0.5), Box(0, 0, 1, 1)]
    drawn = [Instance(f"d{number}", "can", box) for number, box in enumerate(boxes)]
    for path in sorted((test_data / "coco_photos" / "images").rglob("*.jpg"))[:3]:
        picture = np.asarray(Image.open(path).convert("RGB"))

        answers = ODAM(part=part).explain_each(detector, subjects(picture, drawn))

        maps = [each for each in answers if isinstance(each, Saliency)]
        assert maps
        for saliency in maps:
            height, width = saliency.heatmap.shape
            cell_width = saliency.region.x_max * picture.shape[1] / width
            cell_height = saliency.region.y_max * picture.shape[0] / height
            assert np.isfinite(saliency.heatmap).all()
            assert cell_width == pytest.approx(cell_height, rel=0.02)
            assert 1 <= saliency.region.x_max < 1.2
            assert 1 <= saliency.region.y_max < 1.2
