import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from domain.errors import Cancelled, ExplanationError
from domain.explanation import Target
from domain.geometry import Box
from domain.prediction import Instance, Instances, ModelInfo, Task
from explainers.base import Saliency, Subject
from explainers.drise import DRISE
from explainers.network.precision import can_be_fast
from explainers.objects import masked_looks
from explainers.objects.mask_regression import MaskRegression

QUICK = {"masks": 40, "cells": 6}
BOX = Box(0.5, 0.5, 1, 1)


class Finder:
    """A detector known by its answers alone: a box at the lower right that is found by the red at the upper left."""

    def __init__(self, needs_red=True):
        self.info = ModelInfo("finder", "finder", "", Task.DETECTION, ("can", "carton"), None, "torchscript", "")
        self.lock = threading.RLock()
        self.needs_red = needs_red
        self.pictures = 0

    def predict(self, images):
        self.pictures += len(images)
        return [self._answer(image.astype(float)) for image in images]

    def _answer(self, image):
        corner = image[: -(-image.shape[0] // 4), : -(-image.shape[1] // 4)]
        redness = (corner[..., 0] - corner[..., 1]).mean() / 180
        score = max(redness, 0.0) if self.needs_red else 0.7
        return Instances((Instance("p0", "can", BOX, score), Instance("p1", "carton", BOX, 0.9)))


class Erratic(Finder):
    """Finds the box at times, whatever is hidden."""

    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(1)

    def predict(self, images):
        return [Instances((Instance("p0", "can", BOX, float(self.generator.random())),)) for _ in images]


@pytest.fixture
def red_corner():
    image = np.full((64, 64, 3), 120, np.uint8)
    image[:16, :16] = (220, 40, 40)
    return image


def subject(image, found):
    return Subject(image, Target(found.label, found.instance_id), found)


def explain(model, image, found, **options):
    return DRISE(**options).explain(model, image, Target(found.label), instance=found)


CAN = Instance("p0", "can", BOX, 0.9)


def test_what_a_box_is_found_by_may_lie_outside_it(red_corner):
    saliency = explain(Finder(), red_corner, CAN)

    height, width = saliency.heatmap.shape
    positive = np.clip(saliency.heatmap, 0, None)
    row, column = np.unravel_index(saliency.heatmap.argmax(), saliency.heatmap.shape)
    assert row < height / 4
    assert column < width / 4
    assert positive[: height // 4, : width // 4].sum() / positive.sum() > 0.9
    assert not positive[height // 2 :, width // 2 :].any()


def test_sampling_stops_once_the_halves_of_the_masks_agree(red_corner):
    patient, hasty = Finder(), Finder()

    whole = explain(patient, red_corner, CAN, masks=1500, stop_early=False)
    early = explain(hasty, red_corner, CAN, masks=1500)

    assert whole.forward_passes == patient.pictures == 1501
    assert early.forward_passes == hasty.pictures < 1000
    assert np.corrcoef(whole.heatmap.ravel(), early.heatmap.ravel())[0, 1] > 0.9


def test_halves_agree_by_the_order_of_places(red_corner, monkeypatch):
    """A map whose order is another in each half is not settled, however much its values are alike."""
    monkeypatch.setattr(MaskRegression, "agreement", lambda _: np.array([0.0]))
    assert explain(Finder(), red_corner, CAN, masks=300).forward_passes == 301

    monkeypatch.setattr(MaskRegression, "agreement", lambda _: np.array([masked_looks.ALIKE]))
    assert explain(Finder(), red_corner, CAN, masks=300).forward_passes == 1 + masked_looks.FEWEST


def test_where_all_may_be_chance_the_likely_map_is_shown_and_the_reader_told(red_corner):
    saliency = explain(Erratic(), red_corner, CAN, masks=200)

    assert (saliency.heatmap != 0).mean() > 0.9
    assert any(
        "Nothing that speaks for the box stands out from chance by 3 standard errors." in each
        for each in saliency.warnings
    )


def test_few_masks_are_told_to_be_few(red_corner):
    assert any(
        "More masks or fewer cells make the map more reliable" in each
        for each in explain(Finder(), red_corner, CAN, masks=12).warnings
    )
    assert not explain(Finder(), red_corner, CAN, masks=800).warnings


def test_passes_on_smaller_pictures_cost_less(detector):
    transform = detector.detector.transform
    own = min(transform.min_size)
    smaller = (own // 2 / own) ** 2 if transform.fixed_size is None else 1  # SSD makes them as large as ever

    assert DRISE(resolution=own // 2).pass_cost(detector) == pytest.approx(smaller)
    assert DRISE(resolution=0).pass_cost(detector) == 1
    assert DRISE(resolution=2 * own).pass_cost(detector) == 1
    assert DRISE().pass_cost(Finder()) == 1  # its pictures stay as they are


def test_a_box_that_is_found_whatever_is_hidden_has_no_map_and_costs_few_passes(red_corner):
    finder = Finder(needs_red=False)

    with pytest.raises(ExplanationError, match="The map for 'can' is the same everywhere"):
        explain(finder, red_corner, CAN, masks=2000)

    assert finder.pictures == 1 + masked_looks.FEWEST


def test_a_box_that_is_not_found_at_all_has_no_map(red_corner):
    elsewhere = replace(CAN, box=Box(0, 0.7, 0.2, 1))

    with pytest.raises(ExplanationError, match=r"finds nothing like this box of 'can'.* 0 at best"):
        explain(Finder(), red_corner, elsewhere, **QUICK)


def test_the_reader_is_told_when_the_box_is_hardly_found_with_nothing_hidden(red_corner):
    pale = red_corner.copy()
    pale[:16, :16] = (140, 100, 100)

    saliency = explain(Finder(), pale, CAN, **QUICK)

    assert "Even with nothing hidden, the model finds this box only to 0.22" in saliency.warnings[0]


def test_a_drawn_box_that_is_hardly_found_is_told_although_it_has_no_score(red_corner):
    drawn = Instance("drawn", "can", Box(0.4, 0, 1, 1))
    pale = red_corner.copy()
    pale[:16, :16] = (125, 110, 110)

    assert any("Even with nothing hidden" in each for each in explain(Finder(), pale, drawn, **QUICK).warnings)
    assert not any("Even with" in each for each in explain(Finder(), red_corner, drawn, **QUICK).warnings)


def test_all_boxes_share_the_masked_pictures(detector, photo):
    objects = detector.detect(photo)
    pictures = []
    detector.detector.backbone.register_forward_hook(lambda _module, inputs, _output: pictures.append(len(inputs[0])))

    found = DRISE(**QUICK).explain_each(detector, [subject(photo, each) for each in objects])

    maps = [each for each in found if isinstance(each, Saliency)]
    assert len(maps) > 1
    assert sum(pictures) == 41
    assert sum(each.forward_passes for each in maps) == 41
    assert all(each.forward_passes >= 41 // len(maps) for each in maps)


def test_a_box_has_the_same_map_alone_and_with_others(detector, photo):
    objects = detector.detect(photo)[:3]
    method = DRISE(masks=200, cells=4)

    together = method.explain_each(detector, [subject(photo, each) for each in objects])

    for each, found in zip(objects, together, strict=True):
        if isinstance(found, Saliency):
            alone = explain(detector, photo, each, masks=200, cells=4)
            np.testing.assert_allclose(found.heatmap, alone.heatmap, atol=1e-4 * np.abs(alone.heatmap).max())


def test_another_seed_draws_other_masks(build_detector, photo):
    model = build_detector("ssd")
    found = model.detect(photo)[0]

    maps = [DRISE(**QUICK).explain(model, photo, Target("can"), instance=found, seed=seed) for seed in (1, 2)]

    assert not np.array_equal(maps[0].heatmap, maps[1].heatmap)


def test_pictures_are_made_smaller_to_save_time(build_detector, photo):
    model = build_detector("faster_rcnn")
    sizes = set()
    model.detector.backbone.register_forward_hook(
        lambda _module, inputs, _output: sizes.add(tuple(inputs[0].shape[2:]))
    )
    found = model.detect(photo)[0]
    sizes.clear()

    for resolution in (0, 64, 2000):
        explain(model, photo, found, resolution=resolution, **QUICK)

    assert sizes == {(96, 128), (64, 96)}, "96 pixels as ever, and 64 x 85 padded to a multiple of 32"


def test_memory_that_runs_out_makes_the_chunks_smaller(build_detector, photo):
    model = build_detector("retinanet")
    found = model.detect(photo)[0]
    plain = explain(model, photo, found, **QUICK)

    def refuse_many(_module, inputs):
        if len(inputs[0]) > 3:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")

    model.detector.backbone.register_forward_pre_hook(refuse_many)
    halved = explain(model, photo, found, **QUICK)

    assert any("Memory ran out" in warning for warning in halved.warnings)
    np.testing.assert_allclose(halved.heatmap, plain.heatmap, atol=1e-4 * np.abs(plain.heatmap).max())


@pytest.mark.parametrize("name", ["faster_rcnn", "fcos", "ssd"])
def test_the_fast_precision_gives_nearly_the_same_map_or_says_that_there_is_none(build_detector, photo, name):
    model = build_detector(name)
    found = model.detect(photo)[0]

    exact, fast = (explain(model, photo, found, precision=each, **QUICK) for each in ("exact", "fast"))

    assert np.corrcoef(exact.heatmap.ravel(), fast.heatmap.ravel())[0, 1] > 0.8
    told = any("does not compute in bfloat16" in warning for warning in fast.warnings)
    assert told is not can_be_fast(torch.device("cpu"))


def test_a_run_can_be_cancelled_between_two_masked_pictures(build_detector, photo):
    model = build_detector("ssd")
    told = []

    def cancel_later(done, total):
        told.append(done / total)
        if len(told) == 3:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        DRISE(**QUICK).explain(model, photo, Target("can"), instance=model.detect(photo)[0], report=cancel_later)

    assert told == sorted(told)
    assert model.lock.acquire(blocking=False)


def test_a_classifier_has_no_boxes(black_box):
    assert DRISE.why_not(black_box).endswith("and this one finds none.")


def test_a_model_known_by_its_answers_alone_can_be_explained():
    assert not DRISE.why_not(Finder())


def test_a_model_known_by_its_answers_alone_is_as_exact_as_ever_and_the_reader_is_told(red_corner):
    assert "as exactly as ever" in explain(Finder(), red_corner, CAN, precision="fast", masks=400).warnings[-1]


def test_the_smallest_picture_of_one_colour_gives_a_reason():
    with pytest.raises(ExplanationError, match="The map for 'can' is the same everywhere"):
        explain(Finder(needs_red=False), np.full((1, 1, 3), 120, np.uint8), CAN, **QUICK)
