"""`finetune` teaches the model of a project, prints what came of it, and goes on where it stopped."""

from __future__ import annotations

import re

import pytest

from cli.__main__ import main
from domain.prediction import Task
from domain.settings import read_settings
from services.learning_runs import find_run, keep_run, list_runs
from services.projects import fetch_project
from services.workspace import open_workspace
from tests.services.small_learning import make_boxes, make_colours
from tests.services.small_object_learning import make_squares

QUICK = ["--mode", "transfer-learning", "--strategy", "joint-training", "--epochs", "2", "--learning-rate", "0.05"]


@pytest.fixture
def project(home, tmp_path):
    workspace = open_workspace(read_settings())
    made = make_colours(workspace, tmp_path, side=64)
    make_boxes(workspace, made, tmp_path)
    workspace.close()
    return made


def test_a_model_learns_and_its_figures_are_printed_beside_those_of_its_parent(project, capsys) -> None:
    assert main(["finetune", "--project", project.name, *QUICK, "--use"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"Learned from \d+ images, 0 reviewed; epoch [12] of 2", out)
    assert re.search(r"Accuracy +\d\.\d{3} +\d\.\d{3} +[+-]\d\.\d{3} \([+-]\d\.\d{3} to [+-]\d\.\d{3}\)", out)
    workspace = open_workspace(read_settings())
    [run] = list_runs(workspace, project.project_id)
    assert f"New model: {run.model}" in out
    assert fetch_project(workspace, project.project_id).model_id == run.model
    workspace.close()


def test_a_stopped_training_goes_on_with_its_own_choices(project, capsys) -> None:
    assert main(["finetune", "--project", project.name, *QUICK]) == 0
    workspace = open_workspace(read_settings())
    [run] = list_runs(workspace, project.project_id)
    keep_run(workspace, run, state="stopped")
    workspace.close()
    assert main(["finetune", "--project", project.name, "--resume"]) == 0
    workspace = open_workspace(read_settings())
    again = find_run(workspace, project.project_id, run.run_id)
    assert (again.recipe, again.state.value) == (run.recipe, "done")
    workspace.close()
    assert main(["finetune", "--project", project.name, "--resume"]) == 1
    assert "No training of this project waits to go on" in capsys.readouterr().err


@pytest.fixture
def squares(home, tmp_path):
    workspace = open_workspace(read_settings())
    made = make_squares(workspace, tmp_path, task=Task.DETECTION)
    workspace.close()
    return made


def test_a_detector_learns_with_its_own_usual_choices(squares, capsys) -> None:
    given = ["--strategy", "joint-training", "--epochs", "1", "--learning-rate", "0.001"]
    assert main(["finetune", "--project", squares.name, *given]) == 0
    out = capsys.readouterr()
    assert re.search(r"mAP 50 to 95 +\d\.\d{3} +\d\.\d{3} +[+-]\d\.\d{3} \([+-]\d\.\d{3} to [+-]\d\.\d{3}\)", out.out)
    assert "No object has an outline" in out.err
    workspace = open_workspace(read_settings())
    [run] = list_runs(workspace, squares.project_id)
    assert (run.recipe.batch_size, run.recipe.epochs, run.recipe.learning_rate) == (4, 1, 0.001)
    workspace.close()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--mode", "dropouts"], "no single last layer before which features could be left out"),
        (["--boxes", "any"], "--boxes is for classifiers"),
        (["--evidence", "1"], "is for classifiers: a detector learns the boxes themselves"),
    ],
)
def test_what_a_detector_cannot_do_is_one_sentence(squares, capsys, more, words) -> None:
    assert main(["finetune", "--project", squares.name, *more]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ([], "is reviewed. Review some"),
        (["--epochs", "0"], "The epochs is 0; expected 1 to 1000"),
        (["--evidence", "1"], "--evidence needs boxes"),
        (["--boxes", "nowhere"], "nowhere"),
        (["--model", "nothing"], "has no model"),
    ],
)
def test_what_cannot_be_is_one_sentence(project, capsys, more, words) -> None:
    assert main(["finetune", "--project", project.name, *more]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
