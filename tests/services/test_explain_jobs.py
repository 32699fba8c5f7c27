from __future__ import annotations

from dataclasses import replace

import pytest

from domain.explanation import Target
from domain.prediction import Instances, Task
from executors.local import JobState
from services.explain_jobs import (
    estimate,
    find_map,
    list_model_classes,
    list_targets,
    loading_key,
    make_request,
    map_key,
    start_loading,
    start_map,
)
from services.methods import list_methods
from services.projects import fetch_project
from services.scoring import attach_model, load_active_model, score_project
from services.workspace import open_workspace
from tests.services.small_models import CLASSES, name_model, save_weights
from tests.services.small_projects import box, boxes_line, label_line, make_project, state_of


@pytest.fixture
def project(workspace, photos, tmp_path):
    """One class per image, with a model that was asked; a.png has a label."""
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "water")])
    attach_model(workspace, project.project_id, name_model(save_weights(tmp_path / "shuffle.pth"), side=96))
    score_project(workspace, project.project_id)
    return fetch_project(workspace, project.project_id)


def finished(job):
    assert job.ended.wait(120)
    return job


def test_a_model_is_loaded_in_the_background_once(workspace, project):
    assert start_loading(workspace, project) is None  # it is on the shelf already

    again = open_workspace(workspace.settings)
    try:
        job = finished(start_loading(again, project))
        assert (job.state, job.key) == (JobState.DONE, loading_key(project))
        assert start_loading(again, project) is None
    finally:
        again.close()


def test_a_project_without_a_model_loads_nothing(workspace, photos):
    bare = make_project(workspace, photos, Task.DETECTION)
    from_file = make_project(workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png")])

    assert start_loading(workspace, bare) is None
    assert start_loading(workspace, from_file) is None


def test_classes_can_be_explained_the_labels_among_them(workspace, project):
    state = state_of(workspace, project, "a.png")

    targets = list_targets(state, project)

    assert {target.label for target, _, _ in targets} == set(CLASSES)
    scores = [score for _, _, score in targets]
    assert scores == sorted(scores, reverse=True)
    assert set(list_model_classes(state)) == set(CLASSES)
    assert list_model_classes(state)[0] == targets[0][0].label
    assert list_targets(replace(state, prediction=None), project) == []


def test_objects_above_the_threshold_can_be_explained(workspace, photos):
    sure, unsure = box("can", 0.1, 0.1, 0.5, 0.5), box("milk", 0.6, 0.6, 0.9, 0.9)
    project = make_project(
        workspace, photos, Task.DETECTION, predictions=[boxes_line("a.png", (0.9, sure), (0.2, unsure))]
    )
    state = state_of(workspace, project, "a.png")
    assert isinstance(state.prediction, Instances)

    ((target, instance, score),) = list_targets(state, project)

    assert (target, instance, score) == (
        Target("can", state.prediction.items[0].instance_id),
        state.prediction.items[0],
        0.9,
    )


def test_a_map_is_computed_in_the_background_and_found_again(workspace, project):
    predictor, spec = load_active_model(workspace, project)
    assert "gradcam" in {method.name for method in list_methods(predictor)}
    state = state_of(workspace, project, "a.png")
    request = make_request(state, Target("can"), None, "gradcam", {})
    assert find_map(workspace, project, predictor, spec, request) is None

    job = finished(start_map(workspace, project, predictor, spec, request))

    assert (job.state, job.title, job.key) == (JobState.DONE, "GradCAM", map_key(project, request))
    found = find_map(workspace, project, predictor, spec, request)
    assert found is not None
    assert (found.image_id, found.target, found.model_id) == ("a.png", Target("can"), project.model_id)
    methods = list_methods(predictor)
    guesses = estimate(workspace, project, predictor, methods, {})
    assert guesses["gradcam"] == found.seconds
    assert set(guesses) == {method.name for method in methods}


def test_maps_of_different_wishes_are_different_jobs(workspace, project):
    state = state_of(workspace, project, "a.png")
    wishes = [
        make_request(state, Target("can"), None, "gradcam", {}),
        make_request(state, Target("milk"), None, "gradcam", {}),
        make_request(state, Target("can"), None, "lime", {}),
        make_request(state, Target("can"), None, "lime", {"samples": 30}),
        make_request(state_of(workspace, project, "b.png"), Target("can"), None, "gradcam", {}),
    ]

    assert len({map_key(project, wish) for wish in wishes}) == len(wishes)
