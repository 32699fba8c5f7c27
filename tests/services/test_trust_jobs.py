from __future__ import annotations

import json
from dataclasses import replace

import pytest

from domain.errors import InputError
from domain.explanation import Target
from domain.prediction import Task
from executors.local import JobState
from services import random_null, weight_check
from services.explaining import Request
from services.map_cache import file_of, key_of
from services.projects import fetch_project
from services.scoring import attach_model, load_active_model, score_project
from services.trust_files import trust_file, weight_check_file
from services.trust_jobs import (
    estimate_trust,
    find_trust,
    find_weight_check,
    null_key,
    start_null,
    start_trust,
    start_weight_check,
    trust_key,
    weight_check_key,
)
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import make_project, state_of


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Few random maps and weights: the numbers of real runs take a minute."""
    monkeypatch.setattr(random_null, "MAPS", 24)
    monkeypatch.setattr(weight_check, "SEEDS", (0,))


@pytest.fixture
def project(workspace, photos, tmp_path):
    """Three images and a model that was asked about them."""
    project = make_project(workspace, photos, Task.CLASSIFICATION)
    attach_model(workspace, project.project_id, name_model(save_weights(tmp_path / "shuffle.pth"), side=64))
    score_project(workspace, project.project_id)
    return fetch_project(workspace, project.project_id)


@pytest.fixture
def model(workspace, project):
    return load_active_model(workspace, project)


@pytest.fixture
def request_(workspace, project):
    return Request(state_of(workspace, project, "a.png").image, Target("can"), "layercam")


def finished(job):
    assert job.ended.wait(120)
    assert job.state is JobState.DONE, job.message
    return job


def test_a_map_is_measured_in_the_background_and_found_again(workspace, project, model, request_):
    assert find_trust(workspace, project, *model, request_) is None

    job = finished(start_trust(workspace, project, *model, request_))
    assert (job.key, job.title) == (trust_key(project, request_), "Measuring LayerCAM")
    first = find_trust(workspace, project, *model, request_)
    assert first is not None
    assert first.find("insertion") is not None

    null = workspace.jobs.find(null_key(model[0].info.model_id, first.cells))
    assert null is not None
    finished(null)
    ranked = find_trust(workspace, project, *model, request_)
    assert ranked is not None
    assert ranked.figures[0].name == "rank"
    assert ranked.figures[0].estimate.n == 24
    assert "random maps" in ranked.in_words
    assert ranked.find("deletion") == first.find("deletion")
    assert start_null(workspace, project, *model, first.cells) is None


def test_the_figures_lie_beside_the_map_as_plain_json(workspace, project, model, request_):
    finished(start_trust(workspace, project, *model, request_))

    file = trust_file(workspace, project.project_id, *model, request_)
    beside = file_of(workspace, project.project_id, key_of(*model, request_))
    assert beside.exists()
    assert file.parent == beside.parent
    assert file.name.startswith(beside.stem)
    content = json.loads(file.read_text())
    assert set(content) == {
        "version",
        "figures",
        "in_words",
        "score",
        "excess",
        "centre_excess",
        "cells",
        "omitted",
        "warnings",
        "seed",
        "forward_passes",
        "seconds",
    }
    [insertion] = [figure for figure in content["figures"] if figure["name"] == "insertion"]
    assert set(insertion["estimate"]) == {"value", "low", "high", "n"}


def test_figures_of_another_version_are_measured_again(workspace, project, model, request_):
    finished(start_trust(workspace, project, *model, request_))
    file = trust_file(workspace, project.project_id, *model, request_)
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": 0}))

    assert find_trust(workspace, project, *model, request_) is None


def test_references_are_measured_once_for_all_maps_of_a_target(workspace, project, model, request_):
    other = replace(request_, parameters={"layer": "stage4"})
    finished(start_trust(workspace, project, *model, request_))
    finished(start_trust(workspace, project, *model, other))

    first, second = (find_trust(workspace, project, *model, asked) for asked in (request_, other))
    assert first is not None
    assert second is not None
    assert first.cells == second.cells
    assert first.forward_passes - second.forward_passes == 38
    assert [figure.random for figure in first.figures if figure.name == "insertion"] == [
        figure.random for figure in second.figures if figure.name == "insertion"
    ]


def test_a_thorough_measurement_takes_the_place_of_a_quick_one(workspace, project, model, request_):
    lime = replace(request_, method="lime", parameters={"samples": 200})
    finished(start_trust(workspace, project, *model, lime))
    quick = find_trust(workspace, project, *model, lime)
    assert quick is not None
    assert "sensitivity" in quick.omitted

    guessed = estimate_trust(workspace, project, model[0], lime)
    thorough = estimate_trust(workspace, project, model[0], lime, is_thorough=True)
    assert guessed is not None
    assert thorough is not None
    assert thorough > 5 * guessed > 0


def test_a_method_is_checked_with_random_weights_once_for_a_model(workspace, project, model):
    assert find_weight_check(workspace, *model, "layercam") is None

    job = finished(start_weight_check(workspace, project, *model, "layercam"))

    assert (job.key, job.title) == (weight_check_key(model[0].info.model_id, "layercam"), "Checking LayerCAM")
    found = find_weight_check(workspace, *model, "layercam")
    assert found is not None
    assert (found.method, found.model_id, found.images) == ("layercam", model[0].info.model_id, 3)
    assert found.correlation is not None
    assert found.correlation.n == 3
    assert "3 images" in found.in_words
    assert find_weight_check(workspace, *model, "gradcam") is None
    file = weight_check_file(workspace, *model, Request(_image(workspace, project), Target("x"), "layercam"))
    assert file.is_relative_to(workspace.settings.home / "trust")


def _image(workspace, project):
    return state_of(workspace, project, "a.png").image


def test_other_parameters_are_another_check(workspace, project, model):
    request = Request(_image(workspace, project), Target("can"), "lime")
    files = {
        weight_check_file(workspace, *model, replace(request, parameters=parameters))
        for parameters in ({}, {"samples": 1000}, {"samples": 50})
    }

    assert len(files) == 2


def test_cancelling_keeps_nothing_half_done(workspace, project, model, request_):
    job = start_trust(workspace, project, *model, request_)
    job.cancel()

    assert job.ended.wait(120)
    if job.state is JobState.CANCELLED:
        assert find_trust(workspace, project, *model, request_) is None
    assert list(workspace.settings.home.rglob("*.part")) == []


def test_a_wish_that_cannot_be_measured_is_refused_before_any_work(workspace, project, model, request_):
    with pytest.raises(InputError, match="no explanation method"):
        find_trust(workspace, project, *model, replace(request_, method="magic"))
    with pytest.raises(InputError, match="parameter"):
        find_weight_check(workspace, *model, "layercam", parameters={"depth": 3})
