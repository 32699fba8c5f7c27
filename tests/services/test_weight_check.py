from __future__ import annotations

import pytest
import torch

from domain.errors import Cancelled, ExplanationError, InputError
from domain.explanation import Target
from domain.trust import Estimate
from predictors.torchscript import TorchScriptDetector
from services.explaining import Request
from services.weight_check import check_weights
from tests.services.planted_models import SPEC, colour_classifier, save_spots, tiny_detector

MAX = 100_000


@pytest.fixture
def images(tmp_path):
    return [save_spots(tmp_path, f"{seed}.png", seed=seed) for seed in range(4)]


def requests_for(images, method="gradcam", **parameters):
    return [Request(image, Target("red"), method, None, parameters) for image in images]


def check(model, requests, **more):
    return check_weights(model, SPEC, requests, max_pixels=MAX, **more)


class StaysTheSame:
    """A model whose random weights are its own: what a method that ignores the model would show."""

    def __init__(self, model):
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def with_random_weights(self, _seed):
        return self._model


def test_maps_that_follow_the_planted_evidence_change_with_the_weights(images):
    found = check(colour_classifier(), requests_for(images))

    assert found.is_passed is True
    assert (found.method, found.model_id, found.images, found.seeds) == ("gradcam", "planted", 4, 3)
    assert found.correlation is not None
    assert found.correlation.high < 0.3
    assert found.in_words.startswith("Passed: with random weights the method marks other parts of the image (rank")


def test_maps_that_stay_the_same_do_not_pass(images):
    found = check(StaysTheSame(colour_classifier()), requests_for(images))

    assert found.is_passed is False
    assert found.correlation == Estimate(1.0, 1.0, 1.0, 4)
    assert found.complexity_rise is not None
    assert found.complexity_rise.value == 0
    assert found.in_words.startswith("Not passed: with random weights the method marks similar parts")
    assert "expected less than 0.3" in found.in_words


def test_maps_that_vanish_pass_without_a_number(images):
    class Blank(StaysTheSame):
        def with_random_weights(self, _seed):
            model = colour_classifier()
            with torch.no_grad():
                model.module[5].weight.zero_()
            return model

    found = check(Blank(colour_classifier()), requests_for(images), seeds=(0, 1))

    assert (found.is_passed, found.correlation, found.vanished) == (True, None, 8)
    assert found.in_words == "Passed: with random weights there is no map at all."


def test_one_image_decides_nothing(images):
    found = check(colour_classifier(), requests_for(images[:1]), seeds=(1, 2, 3, 4))

    assert found.is_passed is None
    assert found.in_words.startswith("Not decided")


def test_a_detector_can_be_checked_on_its_objects(images):
    model = tiny_detector()
    requests = []
    for image in images[:2]:
        from services.model_targets import ask_for_targets

        requests += ask_for_targets(model, SPEC, [image], Request(image, Target(""), "odam"), count=1, max_pixels=MAX)

    found = check(model, requests, seeds=(0,))

    assert found.images == 2
    assert found.vanished + (found.correlation.n if found.correlation else 0) == 2


def test_weights_that_overflow_leave_no_map(images):
    class Overflows(StaysTheSame):
        def with_random_weights(self, _seed):
            model = colour_classifier()
            with torch.no_grad():
                model.module[5].weight.fill_(torch.inf)
            return model

    for method in ("gradcam", "lime"):
        parameters = {"samples": 20} if method == "lime" else {}
        found = check(Overflows(colour_classifier()), requests_for(images[:2], method, **parameters), seeds=(0,))
        assert (found.is_passed, found.vanished) == (True, 2)


def test_the_model_itself_stays_untouched(images):
    model = colour_classifier()
    before = {name: value.clone() for name, value in model.module.state_dict().items()}

    check(model, requests_for(images[:2]), seeds=(0,))

    assert all(torch.equal(value, before[name]) for name, value in model.module.state_dict().items())


def test_progress_goes_on_and_a_person_can_stop(images):
    told: list[float] = []
    check(colour_classifier(), requests_for(images), report=lambda done, total: told.append(done / total))
    assert told == sorted(told)
    assert told[-1] == 1

    def stop(done, total):
        raise Cancelled("Cancelled.")

    with pytest.raises(Cancelled):
        check(colour_classifier(), requests_for(images), report=stop)


def test_what_cannot_be_checked_is_a_sentence(images):
    model = colour_classifier()
    script = TorchScriptDetector(None, info=model.info, outputs={})
    with pytest.raises(InputError, match="cannot be replaced"):
        check(script, requests_for(images))
    with pytest.raises(InputError, match="no image"):
        check(model, [])
    with torch.no_grad():
        model.module[5].weight.zero_()
    with pytest.raises(ExplanationError):
        check(model, requests_for(images))
