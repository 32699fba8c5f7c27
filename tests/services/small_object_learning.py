"""Projects of squares with a tiny Mask R-CNN of the demo's kind, fresh or taught a little, and how it learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.torch import save_file

from domain.decision import Verdict
from domain.model_spec import ModelSpec
from domain.prediction import Instances, Task
from domain.project import Project
from predictors.architectures import DemoFacts, build_demo_detector
from services.learning import Recipe
from services.projects import fetch_project
from services.review import fetch_state
from services.scoring import attach_model
from services.workspace import Workspace
from tests.services.small_projects import box, decide, label_line, make_project, ring

CLASSES = ("red", "green")
COUNT = 20
QUICK = Recipe(strategy="joint-training", epochs=1, batch_size=4, learning_rate=1e-3, patience=0)


def draw_squares(folder: Path, count: int = COUNT) -> list[tuple[str, float, float]]:
    """Pictures 00.png, 01.png, ... with a square each; return class, left and top."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(6)
    found = []
    for number in range(count):
        pixels = np.repeat(rng.integers(0, 90, (12, 16, 3), dtype=np.uint8), 8, axis=0).repeat(8, axis=1)
        x, y = int(rng.integers(4, 70)), int(rng.integers(4, 40))
        pixels[y : y + 48, x : x + 48, number % 2] = 240
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
        found.append((CLASSES[number % 2], x / 128, y / 96))
    return found


def make_squares(
    workspace: Workspace,
    tmp_path: Path,
    *,
    task: Task = Task.SEGMENTATION,
    decided: int = 0,
    classes: tuple[str, ...] = CLASSES,
) -> Project:
    """All labelled but the last, which holds nothing; the first few reviewed."""
    things = draw_squares(tmp_path / "photos")
    lines = []
    for number, (label, x, y) in enumerate(things):
        right, bottom = x + 48 / 128, y + 48 / 96
        outline = ring(label, [x, y, right, y, right, bottom, x, bottom])
        thing = outline if task is Task.SEGMENTATION else box(label, x, y, right, bottom)
        lines.append(label_line(f"{number:02d}.png", [thing] if number < COUNT - 1 else []))
    project = make_project(workspace, tmp_path / "photos", task, lines=lines)
    for number in range(decided):
        label = fetch_state(workspace, project, f"{number:02d}.png").label
        assert isinstance(label, Instances)
        decide(workspace, project, f"{number:02d}.png", Verdict.CORRECT, label)
    facts = DemoFacts("demo_detector", Task.SEGMENTATION.value, classes, 96, 128)
    weights = tmp_path / "weights.safetensors"
    save_file(build_demo_detector(len(classes), seed=2).state_dict(), weights, metadata=facts.to_metadata())
    attach_model(workspace, project.project_id, ModelSpec("demo/detector", str(weights), resize=64))
    return fetch_project(workspace, project.project_id)
