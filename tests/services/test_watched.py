from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from domain.errors import Cancelled, ExplanationError, ImageError, UnknownNameError
from domain.explanation import Explanation, Region, Target
from domain.geometry import Box
from domain.model_spec import InputOrientation
from domain.orientation import array_to_stored, box_to_stored
from domain.prediction import Instance
from domain.progress import ignore_progress
from services.explaining import Request, compute
from services.pictures import load_picture
from services.watched import Passes, watch
from tests.services.planted_models import SIDE, SPEC, colour_classifier, save_spots, tiny_detector

UPRIGHT = replace(SPEC, orientation=InputOrientation.UPRIGHT)


def passes():
    return Passes(ignore_progress, 10)


def look(model, image, target, instance=None, *, spec=SPEC, counted=None):
    request = Request(image, target, "gradcam", instance)
    return watch(model, spec, request, counted or passes(), max_pixels=100_000)


def test_a_classifier_is_watched_on_its_crop_by_the_score_of_the_class(tmp_path):
    model, image = colour_classifier(), save_spots(tmp_path)

    watched = look(model, image, Target("green"))

    assert watched.pixels.shape == (SIDE, SIDE, 3)
    assert watched.limit == 1
    expected = model.scores([watched.pixels])[0, 1]
    assert watched.score([watched.pixels, np.zeros_like(watched.pixels)])[0] == pytest.approx(expected)
    assert watched.open_probe().initial == pytest.approx(expected)


def test_a_detector_is_watched_by_the_object_at_its_place(tmp_path):
    model, image = tiny_detector(), save_spots(tmp_path)
    [found] = model.predict([load_picture(tmp_path / image.image_id, max_pixels=100_000)])
    best = found.items[0]

    watched = look(model, image, Target(best.label, best.instance_id), best)

    assert watched.score([watched.pixels])[0] == pytest.approx(best.score)
    inside = Box(max(best.box.x_min, 0), max(best.box.y_min, 0), min(best.box.x_max, 1), min(best.box.y_max, 1))
    assert watched.limit == pytest.approx(inside.area)
    elsewhere = replace(best, box=Box(0.9, 0.9, 0.95, 0.95))
    with pytest.raises(ExplanationError, match="expected more than 0"):
        look(model, image, Target(best.label, "x"), elsewhere).open_probe()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("spec", [SPEC, UPRIGHT], ids=["stored", "upright"])
def test_a_map_of_the_stored_grid_is_laid_on_what_the_model_saw(tmp_path, spec, orientation):
    image = save_spots(tmp_path, orientation=orientation)
    made = compute(colour_classifier(), spec, Request(image, Target("red"), "gradcam"), max_pixels=100_000)

    watched = look(colour_classifier(), image, Target("red"), spec=spec)
    strongest = watched.pixels[watched.lay(made) > 0.9 * made.heatmap.max()]

    assert len(strongest) > 50
    assert (strongest[:, 0] > 200).mean() > 0.9  # they are red


def test_an_object_is_turned_with_the_picture(tmp_path):
    model, image = tiny_detector(), save_spots(tmp_path, orientation=6)
    box = Box(0.1, 0.2, 0.5, 0.9)
    stored = Instance("a", "can", box_to_stored(box, 6))

    watched = look(model, image, Target("can", "a"), stored, spec=UPRIGHT)

    assert watched.instance is not None
    assert watched.instance.box.as_tuple() == pytest.approx(box.as_tuple())
    assert watched.orientation == 6
    np.testing.assert_array_equal(array_to_stored(watched.whole, 6), look(model, image, Target("can"), stored).whole)


def test_a_map_may_cover_another_part_than_the_crop(tmp_path):
    watched = look(colour_classifier(), save_spots(tmp_path), Target("red"))
    made = Explanation("a", "m", "lime", Target("red"), np.ones((1, 1), np.float32), Region(0, 0, 0.5, 1), True)

    laid = watched.lay(made)
    assert laid[:, : SIDE // 2].min() == 1
    assert laid[:, SIDE // 2 :].max() == 0


def test_pictures_are_counted_and_a_person_can_stop_in_between(tmp_path):
    image = save_spots(tmp_path)
    told: list[tuple[int, int]] = []

    def report(done, total):
        told.append((done, total))
        if done >= 16:
            raise Cancelled("Cancelled.")

    watched = look(colour_classifier(), image, Target("red"), counted=Passes(report, 20))
    with pytest.raises(Cancelled):
        watched.score([watched.pixels] * 30)
    assert told == [(8, 20), (16, 20)]


def test_more_passes_than_guessed_are_never_more_than_all():
    told: list[tuple[int, int]] = []
    counted = Passes(lambda done, total: told.append((done, total)), 5)
    counted.add(4)
    counted.add(4)
    counted.hear(1, 2)

    assert told == [(4, 5), (5, 5), (5, 5)]
    assert counted.done == 8


def test_what_cannot_be_watched_is_a_sentence(tmp_path):
    image = save_spots(tmp_path)

    with pytest.raises(UnknownNameError, match="purple"):
        look(colour_classifier(), image, Target("purple"))
    with pytest.raises(ExplanationError, match="No object was chosen"):
        look(tiny_detector(), image, Target("can"))
    with pytest.raises(ImageError, match="no file of that name"):
        look(colour_classifier(), replace(image, uri=str(tmp_path / "gone.png")), Target("red"))
