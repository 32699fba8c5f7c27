"""What the tests of exports share: label lines in spellings a program would not choose, and exports as texts."""

from __future__ import annotations

import json

import pytest

from domain.prediction import Task
from formats.azure.labels import parse_labels
from formats.azure.validate import validate_labels
from services import exporting
from tests.services.small_projects import address

# Spellings that a program would not choose: they must come back as they are.
CAN = '{"label": "can", "topX": 0.1, "topY": 0.20, "bottomX": 5e-1, "bottomY": 0.6000, "isCrowd": 0, "by": "Eve"}'
BOXES = f'{{"image_url":"{address("a.png")}", "label": [{CAN}], "n": 12345678901234567890123, "é": "\\u00e9"}}'
RING = "[[0.10, 0.1, 0.4, 0.1, 0.4, 0.50]]"
RINGS = f'{{"image_url":"{address("a.png")}","label":[{{"label":"can","bbox":"null","isCrowd":0,"polygon":{RING}}}]}}'
CLASS = f'{{"label": "can", "image_url": "{address("a.png")}", "image_details": {{"width": "400px"}}}}'
CLASSES = f'{{"image_url": "{address("a.png")}", "label": ["carton",  "can"]}}'
SOURCES = {Task.DETECTION: BOXES, Task.SEGMENTATION: RINGS, Task.CLASSIFICATION: CLASS, Task.MULTILABEL: CLASSES}

tasks = pytest.mark.parametrize("task", list(Task))


class Exported:
    """An export with the texts of its files."""

    def __init__(self, export):
        self._export = export
        self.text = export.path.read_text()
        self.refused = export.refused.read_text() if export.refused else ""

    def __getattr__(self, name):
        return getattr(self._export, name)


def export_project(workspace, project_id, *, url_prefix=""):
    folder = workspace.folder("out") / str(len(list(workspace.folder("out").iterdir())))
    return Exported(exporting.export_project(workspace, project_id, folder / "labels.jsonl", url_prefix=url_prefix))


def exported(workspace, project):
    """The lines that come out, parsed; also holds each export against the checks of a label file."""
    export = export_project(workspace, project.project_id)
    assert export.differences == 0
    parsed = parse_labels(export.text.encode().splitlines(keepends=True), file="out", task=project.task)
    sizes = dict.fromkeys(("a.png", "b.png", "sub/c.png"), (40, 30))
    errors = [finding for finding in validate_labels(parsed, known_images=sizes) if finding.severity == "error"]
    assert [finding for finding in errors if finding.code != "JL012"] == []
    return [json.loads(line) for line in export.text.splitlines()]
