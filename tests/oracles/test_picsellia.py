"""Relook against picsellia's own classes, over files."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, Losses, Record, Role, WriteOptions
from formats.picsellia.picsellia import Picsellia
from tests.oracles.conftest import Ask
from tests.oracles.picsellia_cases import CASES, payload, save


@pytest.fixture(scope="module")
def verdicts(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What picsellia says about every case, asked at once."""
    path = tmp_path_factory.mktemp("cases") / "cases.jsonl"
    said = ask("check_picsellia.py", save(path, *(payload(case.lists) for case in CASES.values())))
    return dict(zip(CASES, said, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_picsellia_takes_and_refuses(name: str, verdicts: dict[str, dict[str, object]]) -> None:
    error = CASES[name].error
    assert verdicts[name]["accepted"] is not bool(error)
    assert str(verdicts[name]["error"]).startswith(error)


OUTLINE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5, 0.1, 0.1)
CONTENTS: dict[Task, Content] = {
    Task.CLASSIFICATION: Labels({"can": 0.75, "carton": 0.25}),
    Task.MULTILABEL: Labels({"can": 0.75, "carton": 0.25}),
    Task.DETECTION: Instances((Instance("1", "can", Box(0.26, 0.406, 0.735, 0.701), 0.5),)),
    Task.SEGMENTATION: Instances((Instance("1", "can", Box(0.1, 0.1, 0.5, 0.5), 0.5, (OUTLINE, OUTLINE[:6])),)),
}


@pytest.mark.parametrize("task", Task)
def test_picsellia_would_send_what_relook_writes(ask: Ask, tmp_path: Path, task: Task) -> None:
    facts = Facts("", 0.25, 1763730000.0, source="camera 3", tags=("night",))
    content = CONTENTS[task]
    empty = Instances() if task.has_objects else content
    records = [
        Record(1, "", "photos/1.jpg", content, role=Role.PREDICTION, size=(499, 666), facts=facts),
        Record(2, "", "2.png", empty, role=Role.PREDICTION, size=(499, 666), facts=Facts("champion", 1.5)),
        Record(2, "", "2.png", content, role=Role.PREDICTION, size=(499, 666), facts=Facts("shadow", 2.5)),
    ]
    picsellia, options = Picsellia(), WriteOptions(task, ("carton", "can"))
    fitted = [picsellia.fit(record, options, Losses()) for record in records]
    picsellia.write(tmp_path / "out.jsonl", (record for record in fitted if record is not None), options)
    said = ask("check_picsellia.py", tmp_path / "out.jsonl")
    assert said == [{"accepted": True, "error": "", "same": True}] * 2
