"""Evaluating real photos: labels and answers of others, figures beside scikit-learn's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from sklearn import metrics as reference

from domain.prediction import Task
from services.evaluate_project import evaluate_project
from services.import_labels import import_file
from services.projects import fetch_project
from services.splits import divide_images
from tests.services.small_projects import label_line, make_project, write_lines


@pytest.fixture
def fridge():
    folder = os.environ.get("RELOOK_TEST_DATA")
    if not folder:
        pytest.skip("RELOOK_TEST_DATA names no folder of photos")
    return Path(folder, "fridge_photos")


def values(made, name):
    return {line.name: dict(zip(made.class_heads, line.values, strict=True))[name] for line in made.classes}


def test_classes_of_real_photos_equal_scikit_learn(workspace, fridge):
    facts = json.loads((fridge / "labels.json").read_text())["multiclass"]
    names, truth, said = facts["class_names"], facts["true_y"], facts["predicted_y"]
    said = [
        (each + 1) % len(names) if number % 9 == 0 else each for number, each in enumerate(said)
    ]  # some more errors
    files = sorted(path.name for path in (fridge / "multiclass").iterdir())
    lines = [label_line(file, names[label]) for file, label in zip(files, truth, strict=True)]
    rest = 0.1 / (len(names) - 1)
    answers = [
        {"filename": file, "labels": names, "probs": [0.9 if at == each else rest for at in range(len(names))]}
        for file, each in zip(files, said, strict=True)
    ]
    project = make(workspace, fridge / "multiclass", Task.CLASSIFICATION, lines, answers)
    made = evaluate_project(workspace, project)

    assert len(made.image_ids) == len(files) == 134
    found = {each.key: each.after.value for each in made.headlines if each.after}
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, said))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(truth, said, average="macro"))
    scored = [[answer == at for at in range(len(names))] for answer in said]
    areas = {
        n: reference.roc_auc_score([t == at for t in truth], [row[at] for row in scored]) for at, n in enumerate(names)
    }
    assert values(made, "ROC AUC") == pytest.approx(areas)
    counts = reference.confusion_matrix(truth, said)
    order = [names.index(name) for name in made.matrix.rows]
    assert made.matrix.counts.tolist() == counts[order][:, order].tolist()

    divided = divide_images(workspace, project.project_id)
    assert divided.counts["train"] == pytest.approx(94, abs=3)
    assert 0 < divided.together < 10
    test = evaluate_project(workspace, project, split="test")
    assert len(test.image_ids) == divided.counts["test"]
    assert {line.name for line in test.classes if line.values[0]} == set(names)


def test_several_classes_on_real_photos_equal_scikit_learn(workspace, fridge):
    facts = json.loads((fridge / "labels.json").read_text())["multilabel"]
    names, truth, said = facts["class_names"], facts["true_y"], facts["predicted_y"]
    files = sorted(path.name for path in (fridge / "multilabel").iterdir())
    said = [
        [1 - each if number == place else each for place, each in enumerate(row)] for number, row in enumerate(said)
    ]
    lines = [
        label_line(file, [name for name, is_on in zip(names, row, strict=True) if is_on])
        for file, row in zip(files, truth, strict=True)
    ]
    answers = [
        {"filename": file, "labels": names, "probs": [0.8 if is_on else 0.1 for is_on in row]}
        for file, row in zip(files, said, strict=True)
    ]
    project = make(workspace, fridge / "multilabel", Task.MULTILABEL, lines, answers)
    made = evaluate_project(workspace, project)
    found = {each.key: each.after.value for each in made.headlines if each.after}
    assert found["subset"] == pytest.approx(reference.accuracy_score(truth, said))
    assert found["hamming"] == pytest.approx(reference.hamming_loss(truth, said))
    recalls = reference.recall_score(truth, said, average=None, zero_division=0)
    wanted = {
        name: recall for name, recall, row in zip(names, recalls, zip(*truth, strict=True), strict=True) if any(row)
    }
    assert {name: each for name, each in values(made, "Recall").items() if each is not None} == pytest.approx(wanted)


def make(workspace, folder, task, lines, answers):
    """A project over a folder that nothing may be written beside."""
    project = make_project(workspace, folder, task)
    for name, content in (("labels.jsonl", lines), ("predictions.jsonl", answers)):
        file = write_lines(workspace.settings.home / name, content)
        import_file(workspace, project.project_id, str(file))
    return fetch_project(workspace, project.project_id)
