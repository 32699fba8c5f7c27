"""Relook against label-studio-sdk's own reader, over files."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Losses, Record, Role, WriteOptions
from formats.label_studio.label_studio import LabelStudio
from tests.oracles.conftest import Ask

HOSTILE = 'a<b> & "q"\n🥛'
RINGS = ((0.1, 0.1, 0.5, 0.1, 0.5, 0.5), (0.6, 0.6, 0.9, 0.6, 0.9, 0.9))
BOX = Instance("1", "can", Box(0.26, 0.406, 0.735, 0.701), 0.5)
OUTLINE = Instance("2", HOSTILE, Box(0.1, 0.1, 0.9, 0.9), 0.25, RINGS, is_crowd=True)
CONTENTS: dict[Task, Content] = {
    Task.DETECTION: Instances((BOX,)),
    Task.SEGMENTATION: Instances((BOX, OUTLINE)),
    Task.CLASSIFICATION: Labels({"can": 1.0}),
    Task.MULTILABEL: Labels({"can": 1.0, HOSTILE: 1.0}),
}
OUTPUTS = {
    Task.DETECTION: {"label": [{"x": 26.0, "y": 40.6, "width": 47.5, "height": 29.5, "rectanglelabels": ["can"]}]},
    Task.SEGMENTATION: {
        "label": [{"x": 26.0, "y": 40.6, "width": 47.5, "height": 29.5, "rectanglelabels": ["can"]}],
        "polygon": [
            {"points": [[10.0, 10.0], [50.0, 10.0], [50.0, 50.0]], "polygonlabels": [HOSTILE]},
            {"points": [[60.0, 60.0], [90.0, 60.0], [90.0, 90.0]], "polygonlabels": [HOSTILE]},
        ],
    },
    Task.CLASSIFICATION: {"choice": [{"choices": ["can"]}]},
    Task.MULTILABEL: {"choice": [{"choices": ["can", HOSTILE]}]},
}
KEYS = {"x", "y", "width", "height", "points", "rectanglelabels", "polygonlabels", "choices"}


@pytest.mark.parametrize("task", list(Task))
def test_label_studio_takes_the_tasks_and_reads_the_same(task: Task, ask: Ask, tmp_path: Path) -> None:
    options = WriteOptions(task, ("can", HOSTILE), model="detector 2")
    found = LabelStudio()
    records = [
        found.fit(Record(1, "", "photos/ö 1.jpg", CONTENTS[task], role=role, size=(499, 666)), options, Losses())
        for role in (Role.LABEL, Role.PREDICTION)
    ]
    writing = found.write(tmp_path / "a.json", [record for record in records if record is not None], options)
    (said,) = ask("check_label_studio.py", *writing.files)
    assert said["valid"] is True
    assert said["image"] == "/data/local-files/?d=photos/%C3%B6%201.jpg"
    outputs = {
        control: [{key: value for key, value in region.items() if key in KEYS} for region in regions]
        for control, regions in said["outputs"].items()
    }
    assert outputs == OUTPUTS[task]
