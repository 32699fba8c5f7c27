"""The Explain page: every method for the model and only those, missed objects, and figures of trust."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from bench.projects import draw_project
from domain.decision import Verdict
from domain.geometry import Box
from domain.model_spec import ModelSpec
from domain.prediction import Labels, Task
from domain.project import Project
from services.embeddings import embed_project
from services.methods import list_methods
from services.projects import fetch_project
from services.running import start_model
from services.scoring import load_active_model
from services.workspace import Workspace
from store.states import list_states
from tests.semantic_models import save_exported, save_names
from tests.services.small_projects import decide


@pytest.fixture
def classes(home: Path, workspace: Workspace) -> Project:
    return predicted(home, workspace, Task.CLASSIFICATION, "demo/classifier")


@pytest.fixture
def boxes(home: Path, workspace: Workspace) -> Project:
    return predicted(home, workspace, Task.DETECTION, "demo/detector")


def predicted(home: Path, workspace: Workspace, task: Task, model: str) -> Project:
    project = draw_project(home, task, images=2)
    assert start_model(workspace, project.project_id, ModelSpec(model)).ended.wait(120)
    return fetch_project(workspace, project.project_id)


def test_decided_images_like_the_one_explained_stand_in_the_rail(open_screen, workspace, classes):
    app = open_screen("explain")
    settle(app, workspace)
    told = " ".join(each.value for each in app.caption)
    assert "Alike and decided" in told
    assert "It was not computed yet what the model sees in the images" in told.replace("\\", "")

    embed_project(workspace, classes.project_id)
    with workspace.read() as connection:
        shown, other = (state.image.image_id for state in list_states(connection, classes))
    decide(workspace, classes, other, Verdict.CORRECT, Labels({classes.classes[0]: 1.0}))
    app.run()
    page = " ".join(each.proto.body for each in app.get("html"))
    assert f'title="{other}"' in page
    assert f'title="{shown}"' not in page
    assert f"{classes.classes[0]}</span>" in page


def settle(app: Any, workspace: Workspace) -> None:
    """Run the page until nothing works in the background any more."""
    while True:
        active = [job for job in workspace.jobs._jobs.values() if job.is_active]
        assert all(job.ended.wait(120) for job in active)
        app.run()
        if not any(job.is_active for job in workspace.jobs._jobs.values()):
            assert not app.exception
            return


def wait_for_jobs_after(name: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the jobs of the page end right after a function of it has looked at them."""
    module, _, function = name.rpartition(".")
    look = getattr(import_module(module), function)

    def look_and_wait(*args: Any) -> Any:
        seen = look(*args)
        assert all(job.ended.wait(120) for job in list(workspace.jobs._jobs.values()))
        return seen

    monkeypatch.setattr(name, look_and_wait)


def viewer(app: Any) -> dict[str, Any]:
    (mounted,) = app.get("bidi_component")
    return json.loads(mounted.proto.json)


def offered(app: Any) -> set[str]:
    (pills,) = [group for group in app.button_group if group.label == "Methods"]
    return {option.partition(",")[0] for option in pills.options}


def test_all_of_a_class_or_one_region_of_a_semantic_model_is_explained(open_screen, home, workspace, tmp_path):
    project = draw_project(home, Task.SEGMENTATION, images=1)
    names = save_names(tmp_path / "names.txt")
    save_exported(tmp_path / "model.pt2")
    spec = ModelSpec(f"pt2/{tmp_path / 'model.pt2'}", classes=str(names))
    assert start_model(workspace, project.project_id, spec).ended.wait(120)
    app = open_screen("explain")
    settle(app, workspace)
    (target,) = [radio for radio in app.radio if radio.label == "Target"]
    whole = [option for option in target.options if option.endswith(", all of it")]
    assert whole
    assert any(", object " in option for option in target.options)
    assert {"GradCAM", "LIME"} <= offered(app)
    assert "ODAM" not in offered(app)


@pytest.mark.parametrize("kind", ["classes", "boxes"])
def test_every_method_for_the_model_is_offered_and_only_those(open_screen, workspace, kind, request):
    project = request.getfixturevalue(kind)
    app = open_screen("explain")
    predictor, _ = load_active_model(workspace, project)
    methods = [method for method in list_methods(predictor) if not method.explains_absence]
    assert offered(app) == {method.title for method in methods}
    assert ("ODAM" in offered(app)) == (kind == "boxes")


def test_a_map_that_is_done_before_the_page_is_drawn_is_shown(open_screen, workspace, classes, monkeypatch):
    app = open_screen("explain")
    settle(app, workspace)
    wait_for_jobs_after("components.explain_maps.collect_maps", workspace, monkeypatch)

    next(each for each in app.button if each.label == "Next").click().run()

    assert viewer(app)["photo"]["id"] == "fridge_0002.jpg"
    assert viewer(app)["running"] == []
    assert len(viewer(app)["maps"]) == 1


def test_figures_that_are_measured_before_the_page_is_drawn_are_shown(open_screen, workspace, classes, monkeypatch):
    app = open_screen("explain")
    settle(app, workspace)
    wait_for_jobs_after("components.trust_panel.find_findings", workspace, monkeypatch)

    app.button(key="measure-trust").click().run()

    assert "trust" in viewer(app)


def test_figures_of_trust_stand_under_the_map_once_they_are_measured(open_screen, workspace, classes):
    app = open_screen("explain")
    settle(app, workspace)
    assert "trust" not in viewer(app)
    app.button(key="measure-trust").click().run()
    settle(app, workspace)
    titles = [row["title"] for row in viewer(app)["trust"]]
    assert {"Insertion", "Deletion"} <= set(titles)
    assert all(len(row["cells"]) == 1 for row in viewer(app)["trust"])
    assert "Change under small noise" not in titles
    app.button(key="measure-more-trust").click().run()
    settle(app, workspace)
    assert "Change under small noise" in [row["title"] for row in viewer(app)["trust"]]
    app.button(key="check-weights").click().run()
    settle(app, workspace)
    assert "Randomised weights" in [row["title"] for row in viewer(app)["trust"]]
    assert {"measure-trust", "measure-more-trust", "check-weights"}.isdisjoint(button.key for button in app.button)


def test_a_missed_object_is_drawn_on_the_photo_and_asked_about_by_its_own_method(open_screen, workspace, boxes):
    app = open_screen("explain")
    (target,) = [radio for radio in app.radio if radio.label == "Target"]
    target.set_value(len(target.options) - 1).run()
    drawing = viewer(app)["drawing"]
    assert drawing["box"] is None
    assert "Missed object" in offered(app)
    assert viewer(app)["maps"] == []

    image = viewer(app)["photo"]["id"]
    app.session_state[f"drawn-box-{boxes.project_id}-{image}"] = Box(0.1, 0.1, 0.3, 0.4)
    app.run()
    settle(app, workspace)
    assert viewer(app)["drawing"]["box"] == [0.1, 0.1, 0.3, 0.4]
    assert [found["title"] for found in viewer(app)["maps"]] == ["Missed object"]
