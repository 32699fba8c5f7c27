from __future__ import annotations

import json

import numpy as np
import pytest

from domain.errors import Cancelled, InputError
from services import random_null
from services.random_null import find_null, is_null_complete, measure_null
from services.trust_files import model_folder
from tests.services.planted_models import SPEC, colour_classifier, save_spots, tiny_detector


@pytest.fixture
def images(tmp_path):
    return [save_spots(tmp_path, f"{seed}.png", seed=seed) for seed in range(6)]


@pytest.fixture(autouse=True)
def few_maps(monkeypatch):
    monkeypatch.setattr(random_null, "MAPS", 30)


def stored(workspace, model, cells):
    return json.loads((model_folder(workspace, model, SPEC) / f"null-{cells}.json").read_text())


def test_random_maps_are_measured_once_for_a_model_and_centred(workspace, images):
    model = colour_classifier()
    assert find_null(workspace, model, SPEC, 7) is None

    measure_null(workspace, model, SPEC, images, cells=7)

    null = find_null(workspace, model, SPEC, 7)
    assert null is not None
    assert len(null) == 30
    assert np.mean(null) == pytest.approx(0, abs=1e-9)
    assert np.std(null) > 0.01
    assert is_null_complete(workspace, model, SPEC, 7)
    assert find_null(workspace, model, SPEC, 14) is None
    kept = stored(workspace, model, 7)
    assert (kept["model_id"], kept["cells"], kept["version"], len(kept["images"])) == ("planted", 7, 1, 5)
    assert {image["image_id"] for image in kept["images"]} <= {image.image_id for image in images}


def test_what_is_finished_is_kept_and_not_measured_again(workspace, images):
    model = colour_classifier()
    told: list[int] = []

    def stop_later(done, total):
        told.append(done)
        if done > total * 0.7:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        measure_null(workspace, model, SPEC, images, cells=7, report=stop_later)
    half = stored(workspace, model, 7)
    assert not half["is_complete"]
    assert 0 < len(half["images"]) < 5

    more: list[int] = []
    measure_null(workspace, model, SPEC, images, cells=7, report=lambda done, total: more.append(done))
    whole = stored(workspace, model, 7)
    assert whole["images"][: len(half["images"])] == half["images"]
    assert len(whole["images"]) == 5
    assert more[-1] < told[-1]


def test_a_few_random_maps_are_no_distribution_yet(workspace, images, monkeypatch):
    monkeypatch.setattr(random_null, "MAPS", 100)
    model = colour_classifier()

    def stop_after_the_first(done, total):
        if done > total * 0.3:
            raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        measure_null(workspace, model, SPEC, images, cells=7, report=stop_after_the_first)
    assert len(stored(workspace, model, 7)["images"]) == 1
    assert len(find_null(workspace, model, SPEC, 7) or []) == 20


def test_a_project_of_one_image_serves_as_well(workspace, images):
    measure_null(workspace, colour_classifier(), SPEC, images[:1], cells=7)

    assert len(find_null(workspace, colour_classifier(), SPEC, 7) or []) == 30


def test_a_detector_is_measured_on_the_objects_it_finds(workspace, images, monkeypatch):
    monkeypatch.setattr(random_null, "MAPS_OF_OBJECTS", 4)
    monkeypatch.setattr(random_null, "IMAGES", 2)
    model = tiny_detector("ssd")

    measure_null(workspace, model, SPEC, images, cells=7)

    assert len(find_null(workspace, model, SPEC, 7) or []) == 4
    assert all(image["label"] in {"can", "carton"} for image in stored(workspace, model, 7)["images"])


def test_without_an_image_there_is_a_sentence(workspace):
    with pytest.raises(InputError, match="random maps can be measured"):
        measure_null(workspace, colour_classifier(), SPEC, [], cells=7)
