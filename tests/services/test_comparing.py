"""Two methods or two models on the same images: those first where the labels agree and the evidence does not."""

from __future__ import annotations

import pytest

from domain.prediction import Task
from services.comparing import Side, compare_images, comparison_key, find_maps, list_loadable, start_comparison
from services.projects import fetch_project
from services.scoring import attach_model, load_model, score_project
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import label_line, make_project


@pytest.fixture
def project(workspace, photos, tmp_path):
    """Two models of the same kind with other weights; only the second, the active one, was asked."""
    project = make_project(workspace, photos, Task.CLASSIFICATION, lines=[label_line("a.png", "water")])
    for number, name in enumerate(("one", "other")):
        weights = save_weights(tmp_path / f"{name}.pth", seed=number)
        attach_model(workspace, project.project_id, name_model(weights, side=96))
    score_project(workspace, project.project_id)
    return fetch_project(workspace, project.project_id)


def compare(workspace, project, *sides):
    models = tuple(load_model(workspace, project.project_id, side.model_id) for side in sides)
    return compare_images(workspace, project, sides, models), models


def finished(job):
    assert job.ended.wait(120)
    assert job.message == ""


def test_the_active_model_comes_first_and_files_of_predictions_are_no_models(workspace, project):
    infos = list_loadable(workspace, project)
    assert [info.model_id == project.model_id for info in infos] == [True, False]


def test_two_methods_of_one_model_say_the_same_and_may_look_elsewhere(workspace, project):
    sides = (Side(project.model_id, "gradcam"), Side(project.model_id, "guided_backprop"))
    before, _ = compare(workspace, project, *sides)
    assert [item.overlap for item in before] == [None] * len(before)
    assert all(item.is_same_label for item in before)

    finished(start_comparison(workspace, project, sides))
    after, models = compare(workspace, project, *sides)
    overlaps = [item.overlap for item in after if item.overlap is not None]
    assert overlaps
    assert overlaps == sorted(overlaps)
    assert all(0 <= overlap <= 1 for overlap in overlaps)
    maps, agreement = find_maps(workspace, project, sides, models, after[0])
    assert [made.method for made in maps] == ["gradcam", "guided_backprop"]
    assert agreement.overlap == after[0].overlap


def test_a_model_that_was_not_asked_yet_is_asked(workspace, project):
    silent = next(info for info in list_loadable(workspace, project) if info.model_id != project.model_id)
    sides = (Side(project.model_id, "gradcam"), Side(silent.model_id, "gradcam"))
    before, _ = compare(workspace, project, *sides)
    assert {item.is_same_label for item in before} == {None}

    job = start_comparison(workspace, project, sides)
    assert job.key == comparison_key(project, sides)
    finished(job)
    after, _ = compare(workspace, project, *sides)
    assert {item.is_same_label for item in after} <= {True, False}
    ranks = [item.is_same_label for item in after if item.overlap is not None]
    assert ranks == sorted(ranks, reverse=True)


def test_a_side_compared_with_itself_overlaps_wholly(workspace, project):
    side = Side(project.model_id, "gradcam")
    finished(start_comparison(workspace, project, (side, side)))
    found, _ = compare(workspace, project, side, side)
    assert {item.overlap for item in found} <= {1.0, None}
