"""A project of pictures whose class is a colour, a small classifier of random weights, and boxes on the same files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from domain.decision import Verdict
from domain.prediction import Labels, Task
from domain.project import Project
from services.learning import LearningRun, Recipe, newest_run
from services.learning_runs import new_run
from services.learning_work import run_training
from services.projects import fetch_project
from services.scoring import attach_model
from services.workspace import Workspace
from tests.services.small_models import name_model, save_weights
from tests.services.small_projects import box, decide, label_line, make_project

COLOURS = {"can": (220, 40, 30), "carton": (30, 200, 40), "milk": (40, 60, 230)}
COUNT = 36
QUICK = Recipe(mode="transfer-learning", strategy="joint-training", epochs=6, patience=0, learning_rate=0.05)


def label_of(number: int) -> str:
    return list(COLOURS)[number % 3]


def draw_colours(folder: Path, count: int = COUNT) -> Path:
    """Pictures 00.png, 01.png, ...: soft clouds in the colour of the class, no two alike."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(5)
    for number in range(count):
        noise = cv2.resize(rng.integers(0, 255, (5, 6, 3), dtype=np.uint8), (64, 48), interpolation=cv2.INTER_LINEAR)
        pixels = (noise * 0.5 + np.array(COLOURS[label_of(number)]) * 0.5).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    return folder


def make_colours(
    workspace: Workspace,
    tmp_path: Path,
    *,
    task: Task = Task.CLASSIFICATION,
    decided: int = 0,
    label=label_of,
    side: int = 32,
) -> Project:
    """All labelled, the first few reviewed, with a model of random weights."""
    folder = draw_colours(tmp_path / "photos")
    names = [f"{number:02d}.png" for number in range(COUNT)]
    said = [[label(number)] if task is Task.MULTILABEL else label(number) for number in range(COUNT)]
    project = make_project(workspace, folder, task, lines=[label_line(*each) for each in zip(names, said, strict=True)])
    for number in range(decided):
        decide(workspace, project, names[number], Verdict.CORRECT, Labels({label(number): 1.0}))
    weights = save_weights(tmp_path / "weights.pth")
    attach_model(workspace, project.project_id, name_model(weights, side=side))
    return fetch_project(workspace, project.project_id)


def make_boxes(workspace: Workspace, project: Project, tmp_path: Path) -> Project:
    """A project of boxes over the same files: every object takes up the left half."""
    lines = [label_line(f"{number:02d}.png", [box(label_of(number), 0, 0, 0.5, 1)]) for number in range(COUNT)]
    return make_project(workspace, Path(project.image_folder), Task.DETECTION, lines=lines)


def learn(workspace: Workspace, project: Project, recipe: Recipe = QUICK, **more) -> LearningRun:
    run = new_run(project.project_id, project.model_id or "", recipe, boxes_from=more.pop("boxes_from", None))
    return run_training(workspace, run, **more)


def newest(workspace: Workspace, project: Project) -> LearningRun:
    run = newest_run(workspace, project.project_id)
    assert run is not None
    return run
