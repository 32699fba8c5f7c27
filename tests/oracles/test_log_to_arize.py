"""The Python of docs/how-to/log-to-arize.md, on tables that Relook writes."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.arize.arize import Arize
from formats.base import Facts, Losses, Record, Role, WriteOptions
from tests.oracles.conftest import Ask

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "log-to-arize.md"


def write(path: Path, prediction: Content, label: Content, task: Task) -> None:
    records = [
        Record(1, "", "1.jpg", prediction, role=Role.PREDICTION, size=(9, 9), facts=Facts(embedding=(1.0, 2.0))),
        Record(1, "", "1.jpg", label, size=(9, 9)),
    ]
    arize, options = Arize(), WriteOptions(task, now=time.time())
    fitted = [arize.fit(record, options, Losses()) for record in records]
    arize.write(path, (record for record in fitted if record is not None), options)


def test_every_snippet_is_python() -> None:
    snippets = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) == 3
    for snippet in snippets:
        compile(snippet, PAGE.name, "exec")


def test_every_snippet_runs_up_to_the_network(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "predictions.parquet", Labels({"car": 0.3}), Labels({"bus": 1.0}), Task.CLASSIFICATION)
    box = Box(0.1, 0.1, 0.5, 0.5)
    found, given = Instances((Instance("1", "car", box, 0.5),)), Instances((Instance("1", "car", box),))
    write(tmp_path / "boxes.parquet", found, given, Task.DETECTION)
    monkeypatch.chdir(tmp_path)
    sent = ask("check_snippets.py", PAGE)
    assert [len(addresses) for addresses in sent] == [1, 1, 1]
    assert all("arize" in address for addresses in sent for address in addresses)
