"""Every registered method keeps the promises of `Explainer`, on every kind of model it claims."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from domain.errors import Cancelled, ExplanationError, UnknownNameError
from domain.explanation import Target
from explainers import EXPLAINERS, Explainer
from explainers.parameters import build_explainer, describe_parameters, read_value

QUICK = {"n_steps": 6, "samples": 40, "masks": 40, "segments": 12}
"""Budgets small enough for a test, for the parameters that set one."""


def build(name):
    fields = {parameter.name for parameter in describe_parameters(EXPLAINERS[name])}
    return build_explainer(name, {field: value for field, value in QUICK.items() if field in fields})


def explain(method, model, image, **options):
    """Explain the first object, or the first class for which there is any evidence."""
    if hasattr(model, "detect"):
        found = model.detect(image)[0]
        return method.explain(model, image, Target(found.label, found.instance_id), instance=found, **options)
    refusals = []
    for label in model.info.classes:
        try:
            return method.explain(model, image, Target(label), **options)
        except ExplanationError as error:
            refusals.append(error)
    raise AssertionError(refusals)


@pytest.fixture(params=EXPLAINERS)
def method(request):
    return build(request.param)


def test_what_cannot_be_explained_is_told_in_a_sentence(unwilling, photo):
    name, model = unwilling
    reason = EXPLAINERS[name].why_not(model)

    assert reason.endswith(".")
    assert reason[0].isupper()
    with pytest.raises(ExplanationError, match=re.escape(reason)):
        build(name).explain(model, photo, Target(model.info.classes[0]))


def test_a_map_is_finite_two_dimensional_float32_with_evidence_and_lies_on_the_picture(willing, photo):
    name, model = willing
    method = build(name)

    saliency = explain(method, model, photo)

    assert saliency.heatmap.ndim == 2
    assert saliency.heatmap.dtype == np.float32
    assert np.isfinite(saliency.heatmap).all()
    assert saliency.heatmap.max() > 0
    assert 0 <= saliency.region.x_min < saliency.region.x_max < 1.2
    assert 0 <= saliency.region.y_min < saliency.region.y_max < 1.2
    assert saliency.forward_passes > 0
    assert all(warning.endswith(".") for warning in saliency.warnings)


def test_the_same_seed_gives_the_same_bytes(willing, photo):
    name, model = willing
    method = build(name)

    first = explain(method, model, photo, seed=7)
    second = explain(method, model, photo, seed=7)

    assert first.heatmap.tobytes() == second.heatmap.tobytes()


def test_the_model_comes_back_unchanged(willing, photo):
    name, model = willing
    method = build(name)
    network = _network(model)
    next(network.parameters()).requires_grad_(False)
    [*network.modules()][-1].train()
    before = _state(network)

    explain(method, model, photo)

    assert _state(network) == before
    assert model.lock.acquire(blocking=False)


def test_a_cancelled_run_stops_and_leaves_the_model_unchanged(willing, photo):
    name, model = willing
    method = build(name)
    before = _state(_network(model))

    def cancel(done, total):
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        explain(method, model, photo, report=cancel)

    assert _state(_network(model)) == before


def test_progress_rises_to_its_total(willing, photo):
    name, model = willing
    method = build(name)
    reports = []

    explain(method, model, photo, report=lambda done, total: reports.append((done, total)))

    reports = reports[_last_start(reports) :]
    assert reports == sorted(reports)
    assert reports[-1][0] == reports[-1][1]


def test_the_passes_announced_are_the_passes_made(willing, photo):
    name, model = willing
    method = build(name)

    saliency = explain(method, model, photo)

    assert method.passes(model) == (saliency.forward_passes, saliency.backward_passes)


def test_an_unknown_class_is_refused_with_the_known_ones(method, classifier, photo):
    if method.why_not(classifier):
        pytest.skip(method.why_not(classifier))
    with pytest.raises(UnknownNameError, match=r"Known: red, green, blue\."):
        method.explain(classifier, photo, Target("purple"))


@pytest.mark.parametrize("name", EXPLAINERS)
def test_facts_for_menus_are_there(name):
    cls = EXPLAINERS[name]

    assert issubclass(cls, Explainer)
    assert cls.title
    assert cls.summary.endswith(".")
    assert cls.paper.startswith("https://")


@pytest.mark.parametrize("name", EXPLAINERS)
def test_every_parameter_has_help_and_a_default_within_its_own_limits(name):
    for parameter in describe_parameters(EXPLAINERS[name]):
        assert parameter.help.endswith(".")
        assert read_value(parameter, parameter.default, method=name) == parameter.default
        assert parameter.type in {bool, int, float, str}


@pytest.mark.parametrize("name", EXPLAINERS)
def test_methods_are_frozen_values_so_that_parameters_can_be_stored(name):
    assert replace(build(name)) == build(name)


def test_nothing_at_all_cannot_be_explained(method):
    reason = method.why_not(object())

    assert reason.endswith(".")


def _last_start(reports):
    """Where the run that found a map begins: those before were refused."""
    return max((number for number, (done, _) in enumerate(reports) if done == 0), default=0)


def _network(model):
    return model.detector if hasattr(model, "detector") else model._network


def _state(network):
    hooks = [
        (name, len(module._forward_hooks), len(module._forward_pre_hooks), len(module._backward_hooks))
        for name, module in network.named_modules()
    ]
    return (
        hooks,
        [module.training for module in network.modules()],
        [(parameter.requires_grad, parameter.grad) for parameter in network.parameters()],
        [value.numpy().tobytes() for value in network.state_dict().values()],
    )
