"""Small projects for the tests of services and routes: images drawn with Pillow, label lines, decisions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from domain.decision import Decision, Verdict
from domain.finding import Finding
from domain.prediction import Content, Instance, Instances, Task
from domain.project import ImageState, Project
from services.import_images import import_images
from services.import_labels import import_file
from services.projects import create_project, fetch_project
from services.review import Entry, Refusal, fetch_state, record
from services.shown import as_shown
from services.workspace import Workspace
from store.decisions import list_decisions
from store.findings import list_findings
from store.images import ImageFile, list_files

PREFIX = "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/photos"

_numbers = count(1)


def draw_image(path: Path, *, size: tuple[int, int] = (40, 30), orientation: int = 1, seed: int = 0) -> Path:
    """Write a small image of noise; `size` is the stored (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif)
    return path


def draw_images(folder: Path, names: Sequence[str]) -> Path:
    """Write an image per name, each with its own pixels; return the folder."""
    for seed, name in enumerate(names):
        draw_image(folder / name, seed=seed)
    return folder


def write_lines(file: Path, lines: Sequence[str | dict[str, Any]]) -> Path:
    """Write a JSONL file; texts are written as they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_bytes("".join(f"{text}\n" for text in texts).encode())
    return file


def address(name: str) -> str:
    return f"{PREFIX}/{name}"


def box(label: str, left: float, top: float, right: float, bottom: float, **more: Any) -> dict[str, Any]:
    """One object of a detection line."""
    return {"label": label, "topX": left, "topY": top, "bottomX": right, "bottomY": bottom, **more}


CAN = box("can", 0.1, 0.2, 1 / 3, 0.6)


def ring(label: str, *rings: Sequence[float], **more: Any) -> dict[str, Any]:
    """One object of a segmentation line."""
    return {"label": label, "isCrowd": 0, "polygon": [list(each) for each in rings], **more}


def label_line(name: str, label: Any, **more: Any) -> dict[str, Any]:
    return {"image_url": address(name), "image_details": {"format": "png"}, "label": label, **more}


def boxes_line(name: str, *scored: tuple[float, dict[str, Any]]) -> dict[str, Any]:
    """A line of a prediction file with boxes: (score, box(...)) each."""
    objects = [
        {"label": given["label"], "score": score, "box": {key: given[key] for key in given if key != "label"}}
        for score, given in scored
    ]
    return {"filename": name, "boxes": objects}


def make_project(
    workspace: Workspace, folder: Path, task: Task, *, lines: Sequence[Any] = (), predictions: Sequence[Any] = ()
) -> Project:
    """A project over the images of `folder`, with what `lines` and `predictions` say about them."""
    project_id = create_project(workspace, f"Project {next(_numbers)}", task, str(folder)).project_id
    import_images(workspace, project_id)
    for name, content in (("labels.jsonl", lines), ("predictions.jsonl", predictions)):
        if content:
            import_file(workspace, project_id, str(write_lines(folder.parent / name, content)))
    return fetch_project(workspace, project_id)


def make_boxes(workspace: Workspace, folder: Path) -> Project:
    """A project of boxes: a.png has a label of one can, b.png a prediction of one can and one unsure carton."""
    unsure = box("carton", 0.6, 0.6, 0.9, 0.9)
    return make_project(
        workspace,
        folder,
        Task.DETECTION,
        lines=[label_line("a.png", [CAN])],
        predictions=[boxes_line("b.png", (0.9, CAN), (0.2, unsure))],
    )


def log_of(workspace: Workspace, project: Project) -> list[Decision]:
    """All decisions, as the database has them."""
    with workspace.read() as connection:
        return list_decisions(connection, project.project_id)


def files_of(workspace: Workspace, project: Project) -> dict[str, ImageFile]:
    """The files of the project's images, by image."""
    with workspace.read() as connection:
        return {file.image.image_id: file for file in list_files(connection, project.project_id)}


def findings_of(workspace: Workspace, project: Project) -> dict[str, Finding]:
    """What imports have found, by file."""
    with workspace.read() as connection:
        return {finding.file: finding for finding in list_findings(connection, project.project_id)}


def state_of(workspace: Workspace, project: Project, image_id: str) -> ImageState:
    return fetch_state(workspace, fetch_project(workspace, project.project_id), image_id)


def decide(
    workspace: Workspace,
    project: Project,
    image_id: str,
    verdict: Verdict,
    content: Content | None = None,
    *,
    reviewer: str = "Ana",
    undoes: str | None = None,
    note: str = "",
) -> tuple[str, list[Refusal]]:
    """Send one decision as a browser would; return its id and what was refused."""
    number = next(_numbers)
    entry = Entry(number, f"decision{number}", image_id, verdict, content, note=note, undoes=undoes)
    _, refused = record(workspace, project.project_id, reviewer, f"tab of {reviewer}", [entry])
    return entry.decision_id, refused


def shown(workspace: Workspace, project: Project, image_id: str = "a.png") -> Content:
    """What the desk shows of an image."""
    return as_shown(state_of(workspace, project, image_id), fetch_project(workspace, project.project_id)).content


def items_of(workspace: Workspace, project: Project, image_id: str = "a.png") -> tuple[Instance, ...]:
    """The objects that the desk shows on an image."""
    content = shown(workspace, project, image_id)
    assert isinstance(content, Instances)
    return content.items
