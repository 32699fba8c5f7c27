"""Evaluating what hardly can be evaluated: each a clear sentence, undefined figures as such, never a traceback."""

from __future__ import annotations

import json

import pytest

from domain.decision import Verdict
from domain.prediction import Task
from services.evaluate_project import evaluate_project
from services.evaluate_report import render_report
from tests.services.small_projects import box, boxes_line, decide, draw_images, label_line, make_project

NAMES = [f"{number}.png" for number in range(6)]


@pytest.fixture
def folder(tmp_path):
    return draw_images(tmp_path / "photos", NAMES)


def said(name, label, score=0.9):
    return {"filename": name, "labels": [label, "bag"], "probs": [score, 0.1]}


def heads(made):
    return {each.key: each for each in made.headlines}


LABELS = {
    Task.CLASSIFICATION: "can",
    Task.MULTILABEL: ["can"],
    Task.DETECTION: [box("can", 0.1, 0.1, 0.5, 0.5)],
}


@pytest.mark.parametrize("task", list(LABELS))
def test_labels_without_predictions_say_what_is_missing(workspace, folder, task):
    project = make_project(workspace, folder, task, lines=[label_line(name, LABELS[task]) for name in NAMES])
    made = evaluate_project(workspace, project)
    assert made.nothing.startswith("Images with a label: 6, and none of them has a prediction. Load a model")
    assert render_report(made)


@pytest.mark.parametrize("task", list(LABELS))
def test_predictions_without_labels_say_how_labels_come_about(workspace, folder, task):
    boxed = [boxes_line(name, (0.9, box("can", 0.1, 0.1, 0.5, 0.5))) for name in NAMES]
    lines = boxed if task is Task.DETECTION else [said(name, "can") for name in NAMES]
    made = evaluate_project(workspace, make_project(workspace, folder, task, predictions=lines))
    assert made.nothing.startswith("Images: 6, and none has a label to compare the predictions with.")
    assert "Review page" in made.nothing
    assert not any(note.startswith("Images without a label") for note in made.notes)  # it was said a line above


def test_all_rejected_is_said(workspace, folder):
    lines, answers = [label_line(NAMES[0], "can")], [said(NAMES[0], "can")]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=answers)
    decide(workspace, project, NAMES[0], Verdict.REJECT, None)
    made = evaluate_project(workspace, project)
    assert made.nothing.startswith("Images with a label that reviewers rejected: 1.")


def test_one_class_only_has_figures_and_dashes_where_none_can_be(workspace, folder):
    lines, answers = [label_line(name, "can") for name in NAMES], [said(name, "can") for name in NAMES]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=answers)
    made = evaluate_project(workspace, project)
    assert heads(made)["accuracy"].after.value == 1.0
    (can,) = [dict(zip(made.class_heads, line.values, strict=True)) for line in made.classes if line.name == "can"]
    assert (can["ROC AUC"], can["FPR"], can["Specificity"]) == (None, None, None)
    assert "All labels are of one class, can: what compares classes is undefined." in made.notes


def test_three_images_are_compared_with_a_word_of_caution(workspace, folder):
    lines = [label_line(name, label) for name, label in zip(NAMES, ["can", "jar", "can"], strict=False)]
    answers = [said(name, "can") for name in NAMES[:3]]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=answers)
    made = evaluate_project(workspace, project)
    accuracy = heads(made)["accuracy"].after
    assert (accuracy.value, accuracy.n) == (pytest.approx(2 / 3), 3)
    assert made.notes[0].startswith("Only 3 images are compared")


def test_a_class_the_model_never_predicts_is_named(workspace, folder):
    lines = [label_line(name, "eel" if name == NAMES[0] else "can") for name in NAMES]
    answers = [said(name, "can") for name in NAMES]
    project = make_project(workspace, folder, Task.CLASSIFICATION, lines=lines, predictions=answers)
    made = evaluate_project(workspace, project)
    assert "The model never predicts eel: it cannot be right there." in made.notes
    eel = next(line for line in made.classes if line.name == "eel")
    assert (eel.values[3], eel.values[2]) == (0.0, None)  # recall is 0; precision is undefined


@pytest.mark.parametrize("task", list(LABELS))
def test_all_wrong_is_zero_not_undefined(workspace, folder, task):
    lines = [label_line(name, LABELS[task]) for name in NAMES]
    wrong = [boxes_line(name, (0.9, box("jar", 0.6, 0.6, 0.9, 0.9))) for name in NAMES]
    answers = wrong if task is Task.DETECTION else [said(name, "jar") for name in NAMES]
    project = make_project(workspace, folder, task, lines=lines, predictions=answers)
    found = heads(evaluate_project(workspace, project))
    key = {Task.CLASSIFICATION: "accuracy", Task.MULTILABEL: "subset", Task.DETECTION: "map"}[task]
    assert (found[key].after.value, found[key].after.low, found[key].after.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1", "null"])
@pytest.mark.parametrize("task", [Task.CLASSIFICATION, Task.DETECTION])
def test_a_score_that_is_no_number_spoils_no_figure(workspace, folder, tmp_path, task, number):
    boxed = [boxes_line(name, (0.9, box("can", 0.1, 0.1, 0.5, 0.5))) for name in NAMES]
    answers = [json.dumps(each) for each in (boxed if task is Task.DETECTION else [said(n, "can") for n in NAMES])]
    answers[0] = answers[0].replace("0.9", number, 1)
    lines = [label_line(name, LABELS[task]) for name in NAMES]
    project = make_project(workspace, folder, task, lines=lines, predictions=answers)
    made = evaluate_project(workspace, project)
    values = [each.after.value for each in made.headlines if each.after]
    assert values
    assert all(0 <= value <= 1 for value in values)
    assert render_report(made)
