"""The samples of the original documentation, read from the folder beside RELOOK_TEST_DATA."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.finding import Severity
from domain.prediction import Instances, Labels, Task
from formats.azure.jsonl import AzureJsonl
from formats.azure.scoring import AzureScoring
from formats.azure.scoring_reader import Answer, read_answers
from formats.base import FileReport, Losses, ReadOptions, Record, WriteOptions

TASKS = (Task.CLASSIFICATION, Task.MULTILABEL, Task.DETECTION, Task.SEGMENTATION)


@pytest.fixture(scope="module")
def document(test_data: Path) -> str:
    found = sorted((test_data.parent / "seeds").glob("001_*.txt"))
    if not found:
        pytest.skip("The original documentation does not lie beside RELOOK_TEST_DATA.")
    return found[0].read_text(encoding="utf-8")


def lines_for(document: str, task: Task) -> list[str]:
    lines = [line for line in document.splitlines() if line.startswith('{"image_url"')]
    assert len(lines) == 12
    first = 3 * TASKS.index(task)
    return lines[first : first + 3]


def read_lines(path: Path) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name, AzureJsonl.rules)
    return list(AzureJsonl().read(path, ReadOptions(), report)), report


def write(path: Path, records: list[Record], task: Task) -> None:
    losses, options = Losses(), WriteOptions(task)
    fitted = [AzureJsonl().fit(record, options, losses) for record in records]
    AzureJsonl().write(path, iter([record for record in fitted if record is not None]), options)
    assert not losses.counts


@pytest.mark.parametrize("task", TASKS)
def test_the_sample_lines_round_trip(document: str, task: Task, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = lines_for(document, task)
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    records, report = read_lines(source)
    assert report.task is task
    assert not any(each.severity is Severity.ERROR for record in records for each in record.findings)
    write(target, records, task)
    written = target.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in written] == [json.loads(line) for line in lines]
    again, _ = read_lines(target)
    assert [record.content for record in again] == [record.content for record in records]


@pytest.mark.parametrize("task", TASKS)
def test_a_stranger_to_the_source_line_writes_the_same_values(document: str, task: Task, tmp_path: Path) -> None:
    """As a conversion from another format would write them: from the content alone."""
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = lines_for(document, task)
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    records = [Record(each.line, "", each.image_url, each.content) for each in read_lines(source)[0]]
    write(target, records, task)
    written = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert [each["label"] for each in written] == [json.loads(line)["label"] for line in lines]


def blocks(document: str) -> list[str]:
    """The answers in the document: from a line that is "[" to a line that is "]"."""
    return re.findall(r"^\[\n(?:.*\n)*?\]$", document, re.MULTILINE)


def load(folder: Path, text: str) -> tuple[list[Answer], FileReport]:
    path = folder / "answers.json"
    path.write_text(text, encoding="utf-8")
    report = FileReport(path.name, AzureScoring.rules)
    return list(read_answers(path, ReadOptions(), report)), report


def test_the_answers_of_all_four_tasks_are_read(document: str, tmp_path: Path) -> None:
    found = blocks(document)
    assert len(found) == 6
    read = [load(tmp_path, text) for text in found[:4]]
    assert [report.task for _, report in read] == list(TASKS)
    contents = [answers[0].record.content for answers, _ in read]
    assert contents[0] == Labels(
        {"can": 2.098e-06, "carton": 4.783e-08, "milk_bottle": 0.999, "water_bottle": 8.637e-06}
    )
    assert contents[1] == Labels({"can": 0.997, "carton": 0.960, "milk_bottle": 0.982, "water_bottle": 0.025})
    for content in contents[2:]:
        assert isinstance(content, Instances)
        assert len(content.items) == 3
    assert [len(item.polygons[0]) for item in contents[3].items] == [34, 44, 32]
    assert not any(answers[0].record.findings for answers, _ in read)


def test_the_answers_with_explanations_are_read(document: str, tmp_path: Path) -> None:
    """What the document leaves out is put in: pictures for "iVBORw0KGgoAAAAN...", arrays for the dots."""
    single, several = blocks(document)[4:]
    (answer,), report = load(tmp_path, whole(single, count=None))
    assert report.task is Task.CLASSIFICATION
    assert [each.label for each in answer.explanations] == ["milk_bottle"]
    (answer,), report = load(tmp_path, whole(several, count=3))
    assert report.task is Task.MULTILABEL
    assert [each.label for each in answer.explanations] == ["can", "carton", "milk_bottle"]
    for each in answer.explanations:
        assert each.picture is not None
        assert each.attributions is not None
        assert each.attributions.shape == (3, 224, 224)
    assert answer.record.findings == ()


def whole(text: str, *, count: int | None) -> str:
    """A block of the document with its shortened explanations replaced by whole ones."""
    head, dots = text.split('"visualizations"')
    assert "..." in dots
    assert "attributions" in dots
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    picture = base64.b64encode(stream.getvalue()).decode()
    assert picture.startswith("iVBORw0KGgo")
    array = np.zeros((3, 224, 224)).tolist()
    more: dict[str, Any] = {
        "visualizations": picture if count is None else [picture] * count,
        "attributions": array if count is None else [array] * count,
    }
    return f"{head}{json.dumps(more)[1:]}]"
