"""A semantic model in a project: its regions are objects, and a class or a region is explained."""

from __future__ import annotations

import json

import numpy as np
import pytest

from domain.explanation import Explanation, Target
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Task
from services.explain_jobs import list_regions, list_targets, make_request
from services.explaining import compute
from services.methods import list_methods
from services.model_catalogue import list_model_names
from services.projects import fetch_project
from services.scoring import attach_model, load_active_model, score_project
from services.trust import measure_trust
from services.trust_trial import Subject
from tests.semantic_models import CLASSES, save_exported, save_names, save_things
from tests.services.small_projects import make_project, state_of


@pytest.fixture
def project(workspace, tmp_path):
    """One picture with two red things and a green one, predicted by a semantic program."""
    save_things(tmp_path / "things" / "a.png")
    project = make_project(workspace, tmp_path / "things", Task.SEGMENTATION)
    names = save_names(tmp_path / "names.txt")
    spec = ModelSpec(f"pt2/{save_exported(tmp_path / 'model.pt2')}", classes=str(names), mean=(0, 0, 0), std=(1, 1, 1))
    attach_model(workspace, project.project_id, spec)
    score_project(workspace, project.project_id)
    return fetch_project(workspace, project.project_id)


def test_the_regions_are_objects_with_outlines(workspace, project):
    state = state_of(workspace, project, "a.png")
    assert isinstance(state.prediction, Instances)
    assert sorted(item.label for item in state.prediction.items) == ["green", "red", "red"]
    assert all(item.polygons and (item.score or 0) > 0.8 for item in state.prediction.items)
    model, _ = load_active_model(workspace, project)
    assert {target.label for target, _, _ in list_targets(state, project)} == set(CLASSES)
    assert sorted(list_regions(model, state, project), key=str) == [Target("green"), Target("red")]
    assert {"gradcam", "lime", "xrai"} <= {method.name for method in list_methods(model)}
    assert "odam" not in {method.name for method in list_methods(model)}


@pytest.mark.parametrize("by", ["class", "region"])
def test_a_map_of_it_can_be_measured(workspace, project, by):
    model, spec = load_active_model(workspace, project)
    state = state_of(workspace, project, "a.png")
    target, instance = Target("red"), None
    if by == "region":
        target, instance, _ = next(each for each in list_targets(state, project) if each[0].label == "red")
    request = make_request(state, target, instance, "gradcam", {})
    made = compute(model, spec, request, max_pixels=10**6)
    assert isinstance(made, Explanation)
    measured = measure_trust(model, spec, Subject(request, made), max_pixels=10**6).trust
    figures = {figure.name: figure for figure in measured.figures}
    assert figures["insertion"].estimate.value > figures["deletion"].estimate.value
    assert 0.85 < (measured.score or 0) < 1


def test_the_command_line_explains_all_of_a_class_or_one_object(project, tmp_path, capsys):
    from cli.__main__ import main

    def explain(*more: str) -> dict[str, object]:
        out = tmp_path / f"maps{len(more)}"
        model = ("--model", f"pt2/{tmp_path / 'model.pt2'}", "--classes", str(tmp_path / "names.txt"))
        arguments = ["explain", *model, "--images", str(tmp_path / "things"), "--method", "hirescam", "--out", str(out)]
        assert main([*arguments, "--target", "red", *more]) == 0, capsys.readouterr().err
        [line] = (out / "index.jsonl").read_text().splitlines()
        with np.load(out / json.loads(line)["files"]["npz"]) as stored:
            return json.loads(str(stored["facts"]))["target"] | {"columns": stored["heatmap"].sum(axis=0).tolist()}

    whole, second = explain(), explain("--instance", "2")
    assert (whole["label"], whole["instance_id"]) == ("red", None)
    assert second["instance_id"] is not None
    assert whole["columns"] != second["columns"]


def test_menus_name_semantic_builders_for_objects_with_outlines():
    assert "torchvision/deeplabv3_resnet50" in list_model_names(Task.SEGMENTATION)
    assert "torchvision/deeplabv3_resnet50" not in list_model_names(Task.DETECTION)
