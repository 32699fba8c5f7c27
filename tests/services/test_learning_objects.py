"""A detector learns from the boxes and polygons of a project, and both versions are compared on held-out images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torchvision.models import get_model

from domain.decision import Verdict
from domain.errors import Cancelled, InputError
from domain.geometry import Box, bounding_box
from domain.model_spec import InputOrientation, ModelSpec
from domain.orientation import box_to_upright
from domain.prediction import Instance, Instances, Task
from domain.project import Project
from domain.settings import Settings
from services.learning import RunState, list_box_projects, list_teachable, use_model
from services.learning_data import gather_material
from services.learning_objects import box_precision, read_examples
from services.learning_runs import list_runs
from services.learning_work import run_training
from services.projects import fetch_project
from services.scoring import attach_model, load_model
from services.workspace import Workspace, open_workspace
from tests.services.small_learning import learn, newest
from tests.services.small_object_learning import CLASSES, COUNT, QUICK, make_squares
from tests.services.small_projects import decide, state_of


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Iterator[tuple[Workspace, Project]]:
    """One training that several tests look at."""
    folder = tmp_path_factory.mktemp("learning")
    home = folder / "home"
    workspace = open_workspace(Settings(home, f"sqlite:///{home / 'relook.sqlite'}", has_demo=False))
    project = make_squares(workspace, folder, decided=12)
    learn(workspace, project, replace(QUICK, epochs=14, learning_rate=3e-3))
    yield workspace, project
    workspace.close()


def examples_of(workspace: Workspace, project: Project, tmp_path: Path, recipe=QUICK, model: str = ""):
    parent = load_model(workspace, project.project_id, model or project.model_id)
    known = parent[0].info.classes
    material = gather_material(workspace, project.project_id, recipe, known_classes=known, learned_before={})
    made, notes = read_examples(
        parent, material, recipe, {}, file=tmp_path / "p.bin", max_pixels=10**8, report=lambda done, total: None
    )
    return material, made, notes


def test_the_new_detector_finds_more_on_images_it_never_saw(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    assert run.state is RunState.DONE
    assert run.history[-1]["loss"] < 0.8 * run.history[0]["loss"]
    figures = run.result["figures"]
    assert list(figures)[:2] == ["map", "map50"]
    found = figures["map50"]
    assert found["after"]["value"] > found["before"]["value"]
    assert found["change"]["low"] <= found["change"]["value"] <= found["change"]["high"]
    for flip in run.result["flips"]:
        assert flip["kind"] in {"mended", "broken"}
        assert (flip["after"] == flip["label"]) or flip["kind"] == "broken"


def test_the_version_loads_predicts_and_can_learn_again(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    child, spec = load_model(workspace, project.project_id, run.model)
    assert (spec.name, Path(spec.weights).name) == ("demo/detector", "detector-v2.safetensors")
    assert (child.info.classes, child.info.task) == (CLASSES, Task.SEGMENTATION)
    assert run.model in [info.model_id for info in list_teachable(workspace, project)]
    use_model(workspace, project.project_id, run.model, lambda done, total: None)
    said = [state_of(workspace, project, f"{number:02d}.png").prediction for number in range(COUNT)]
    things = [thing for each in said if isinstance(each, Instances) for thing in each.items]
    assert any(thing.polygons for thing in things)


def test_the_lineage_knows_the_boxes_it_learned_from(finished) -> None:
    workspace, project = finished
    run = newest(workspace, project)
    lineage = json.loads(Path(run.weights).with_suffix(".json").read_text())
    material = gather_material(workspace, project.project_id, run.recipe, known_classes=CLASSES, learned_before={})
    assert lineage["data_sha256"] == material.data_hash()
    first = next(each for each in material.learn if each.objects)
    moved = replace(first, objects=(replace(first.objects[0], box=Box(0, 0, 1, 1)),))
    other = replace(material, learn=tuple(moved if each is first else each for each in material.learn))
    assert other.data_hash() != lineage["data_sha256"]


def test_boxes_alone_leave_the_outlines_as_they_are_and_say_so(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path, task=Task.DETECTION)
    run = learn(workspace, project)
    assert "No object has an outline, so the part of the model that draws them stays as it is." in run.notes
    parent, child = (load_model(workspace, project.project_id, each)[0] for each in (run.parent, run.model))
    states = [model.detector.state_dict() for model in (parent, child)]  # pyright: ignore[reportAttributeAccessIssue]
    masks = [name for name in states[0] if "mask_" in name]
    assert masks
    assert all(torch.equal(states[0][name], states[1][name]) for name in masks)


def test_a_class_the_model_lacks_gets_an_output(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path, classes=("red", "blue"))
    run = learn(workspace, project)
    child, _ = load_model(workspace, project.project_id, run.model)
    assert child.info.classes == ("red", "blue", "green")


def test_a_detector_of_torchvision_learns_and_its_child_loads_as_one(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path, task=Task.DETECTION)
    torch.manual_seed(0)
    network = get_model("ssdlite320_mobilenet_v3_large", weights=None, weights_backbone=None, num_classes=3)
    torch.save(network.state_dict(), tmp_path / "ssd.pth")
    (tmp_path / "names.txt").write_text("red\nyellow")
    spec = ModelSpec(
        "torchvision/ssdlite320_mobilenet_v3_large", str(tmp_path / "ssd.pth"), str(tmp_path / "names.txt")
    )
    attach_model(workspace, project.project_id, spec)
    run = learn(workspace, fetch_project(workspace, project.project_id))
    child, _ = load_model(workspace, project.project_id, run.model)
    assert (child.info.classes, child.info.task) == (("red", "yellow", "green"), Task.DETECTION)


def test_the_old_model_teaches_what_nobody_reviewed(workspace, tmp_path, monkeypatch) -> None:
    project = make_squares(workspace, tmp_path, decided=10)
    parent, _ = load_model(workspace, project.project_id, project.model_id)
    sure, unsure = (Instance(name, "red", Box(0, 0, 0.5, 0.5), score=score) for name, score in (("a", 0.9), ("b", 0.4)))
    monkeypatch.setattr(type(parent), "predict", lambda self, images: [Instances((sure, unsure))] * len(images))
    recipe = replace(QUICK, strategy="knowledge-distillation")
    material, made, _ = examples_of(workspace, project, tmp_path, recipe)
    for place, each in enumerate(material.learn):
        assert bool(made.trusted[place]) == bool(each.decision)
        assert made.objects[place].items == (each.objects if each.decision else (sure,))
    assert made.trusted[made.choose].all()
    alone, _, _ = examples_of(workspace, project, tmp_path, replace(QUICK, strategy="fine-tuning"))
    assert 0 < len(alone.learn) < len(material.learn)


def test_crowds_and_objects_without_area_are_told(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path, task=Task.DETECTION)
    things = (
        Instance("a", "red", Box(0.1, 0.1, 0.5, 0.5)),
        Instance("b", "red", Box(0.3, 0.1, 0.3, 0.5)),
        Instance("c", "red", Box(0.1, 0.1, 0.9, 0.9), is_crowd=True),
    )
    decide(workspace, project, "00.png", Verdict.CORRECT, Instances(things))
    _, _, notes = examples_of(workspace, project, tmp_path)
    assert notes[:2] == ["Crowds, not learned: 1.", "Objects without area, not learned: 1."]


def test_objects_are_turned_with_the_picture(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path)
    parent, spec = load_model(workspace, project.project_id, project.model_id)
    material = gather_material(workspace, project.project_id, QUICK, known_classes=CLASSES, learned_before={})
    first = next(each for each in material.learn if each.objects)
    turned = replace(first, image=replace(first.image, orientation=6))
    made, _ = read_examples(
        (parent, replace(spec, orientation=InputOrientation.UPRIGHT)),
        replace(material, learn=(turned, *material.learn[1:])),
        QUICK,
        {},
        file=tmp_path / "p.bin",
        max_pixels=10**8,
        report=lambda done, total: None,
    )
    (stored,), (seen,) = first.objects, made.objects[0].items
    assert seen.box == box_to_upright(stored.box, 6) != stored.box
    assert bounding_box(seen.polygons) == seen.box


def test_a_stopped_training_keeps_its_best_epoch(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path)

    def stop(done: int, total: int) -> None:
        runs = list_runs(workspace, project.project_id)
        if runs and len(runs[0].history) == 1:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        learn(workspace, project, replace(QUICK, epochs=3), report=stop)
    taken = run_training(workspace, newest(workspace, project), takes_best=True)
    assert (taken.state, len(taken.history), taken.best) == (RunState.DONE, 1, 1)


def test_a_project_whose_images_hold_nothing_is_refused(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path)
    for number in range(COUNT):
        decide(workspace, project, f"{number:02d}.png", Verdict.CORRECT, Instances())
    with pytest.raises(InputError, match=r"None of the \d+ images to learn from has an object"):
        learn(workspace, project)


def test_dropout_is_refused_before_any_image_is_looked_at(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path)
    with pytest.raises(InputError, match="no single last layer"):
        learn(workspace, project, replace(QUICK, mode="dropouts"))
    assert newest(workspace, project).counts == {}
    assert list_box_projects(workspace, project) == []


def test_a_model_that_names_pixels_is_refused_in_a_sentence(workspace, tmp_path) -> None:
    project = make_squares(workspace, tmp_path)
    network = get_model("lraspp_mobilenet_v3_large", weights=None, weights_backbone=None, num_classes=3)
    torch.save(network.state_dict(), tmp_path / "pixels.pth")
    attach_model(
        workspace, project.project_id, ModelSpec("torchvision/lraspp_mobilenet_v3_large", str(tmp_path / "pixels.pth"))
    )
    project = fetch_project(workspace, project.project_id)
    assert [info.name for info in list_teachable(workspace, project)] == ["demo/detector"]
    with pytest.raises(InputError, match=r"cannot learn here.*Classifiers and detectors of torchvision"):
        learn(workspace, project)


def test_the_figure_that_chooses_is_one_for_exact_boxes_and_none_for_nothing_labelled() -> None:
    thing = Instance("a", "red", Box(0.1, 0.1, 0.5, 0.5))
    said = Instances((replace(thing, score=0.9),))
    assert box_precision([Instances((thing,))], [said], [(64, 48)]) == pytest.approx(1.0)
    assert box_precision([Instances()], [said], [(64, 48)]) == 0.0
