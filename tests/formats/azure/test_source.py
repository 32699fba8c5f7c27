"""The lines of one image merged into one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.azure.labels import parse_label_line, parse_labels
from formats.azure.render import render_label
from formats.azure.source import merge_records
from formats.base import Record

URL = "azureml://datastores/shelf/paths/img/a.jpg"
BOX = {"label": "kettle", "topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}


def read(text: str, task: Task) -> Record:
    return parse_label_line(text, task=task, file="train.jsonl")


def source(label: object, task: Task, **more: object) -> Record:
    return read(json.dumps({"image_url": URL, "image_details": {"width": "400px"}, "label": label, **more}), task)


def items(record: Record) -> tuple[Instance, ...]:
    assert isinstance(record.content, Instances)
    return record.content.items


def rewrite(before: Record | None, content: Content, task: Task, **more: Any) -> dict[str, Any]:
    return json.loads(render_label(before, content, task=task, **more))


def edit(before: Record, task: Task, *changed: Instance) -> dict[str, Any]:
    """The line after some of its objects were changed."""
    changes = {item.instance_id: item for item in changed}
    content = Instances(tuple(changes.get(item.instance_id, item) for item in items(before)))
    return rewrite(before, content, task)


def read_all(*labels: object, task: Task) -> tuple[Record, ...]:
    lines = [json.dumps({"image_url": URL, "label": label, "n": n}).encode() for n, label in enumerate(labels)]
    return parse_labels(lines, file="x", task=task).records


def test_lines_of_one_image_are_merged_at_the_first() -> None:
    records = read_all([BOX], [], [{**BOX, "label": "teapot"}, "..."], task=Task.DETECTION)
    merged = merge_records(records, task=Task.DETECTION)
    assert (merged.line, merged.fields["n"]) == (1, 0)
    fields = edit(merged, Task.DETECTION, replace(items(merged)[1], label="soup_tin"))
    assert fields == {"image_url": URL, "label": [BOX, {**BOX, "label": "soup_tin"}], "n": 0}


def test_of_the_classes_of_one_image_the_last_line_holds() -> None:
    merged = merge_records(read_all("a", "b", task=Task.CLASSIFICATION), task=Task.CLASSIFICATION)
    assert merged.content == Labels({"b": 1.0})
    assert rewrite(merged, Labels({"b": 1.0}), Task.CLASSIFICATION) == {"image_url": URL, "label": "b", "n": 0}


def test_merged_class_lists_are_corrected_from_the_last_line() -> None:
    merged = merge_records(read_all([1, "b"], ["c", 2], task=Task.MULTILABEL), task=Task.MULTILABEL)
    assert rewrite(merged, Labels({"b": 1.0, "2": 1.0}), Task.MULTILABEL)["label"] == [2, "b"]


def test_a_single_line_needs_no_merging() -> None:
    (record,) = read_all([BOX], task=Task.DETECTION)
    assert merge_records([record], task=Task.DETECTION) is record
