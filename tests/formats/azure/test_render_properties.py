"""Any line: left alone it comes back letter for letter, corrected it differs only there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Task
from formats.azure.labels import parse_label_line
from formats.azure.render import render_label
from formats.base import Record

URL = "azureml://datastores/shelf/paths/img/a.jpg"


def read(text: str, task: Task) -> Record:
    return parse_label_line(text, task=task, file="train.jsonl")


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


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)
FRACTIONS = st.floats(0, 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
KEYS = st.dictionaries(NAMES.filter(lambda key: key not in {"label", "image_url", "polygon"}), JSON, max_size=3)
OBJECTS = st.builds(
    lambda more, name, values, crowd: {**more, "label": name, **values, **crowd},
    KEYS,
    NAMES,
    st.fixed_dictionaries(dict.fromkeys(("topX", "topY", "bottomX", "bottomY"), FRACTIONS)),
    st.sampled_from([{}, {"isCrowd": 0}, {"isCrowd": True}]),
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")])


@given(st.lists(OBJECTS, max_size=4), KEYS, SEPARATORS, st.booleans())
def test_any_line_left_alone_comes_back_letter_for_letter(
    objects: list[dict[str, Any]], more: dict[str, Any], separators: tuple[str, str], ascii_only: bool
) -> None:
    fields = {**more, "image_url": URL, "label": objects}
    text = json.dumps(fields, separators=separators, ensure_ascii=ascii_only)
    record = read(text, Task.DETECTION)
    assert len(items(record)) == len(objects)
    assert render_label(record, Instances(items(record)), task=Task.DETECTION) == text


@given(st.lists(OBJECTS, min_size=1, max_size=4), KEYS, st.data())
def test_any_line_relabelled_differs_in_that_label_only(
    objects: list[dict[str, Any]], more: dict[str, Any], data: st.DataObject
) -> None:
    fields = {**more, "image_url": URL, "label": objects}
    record = read(json.dumps(fields), Task.DETECTION)
    index = data.draw(st.integers(0, len(objects) - 1))
    name = data.draw(NAMES)
    written = edit(record, Task.DETECTION, replace(items(record)[index], label=name))
    expected = json.loads(json.dumps(fields))
    expected["label"][index]["label"] = name
    assert written == expected


@given(st.lists(st.tuples(NAMES, FRACTIONS, FRACTIONS, FRACTIONS, FRACTIONS), max_size=4))
def test_any_new_label_is_read_back_equal(rows: list[tuple[str, float, float, float, float]]) -> None:
    boxes = [(name, Box(min(a, c), min(b, d), max(a, c), max(b, d))) for name, a, b, c, d in rows]
    new = tuple(Instance(f"n{i}", name, box) for i, (name, box) in enumerate(boxes) if box.is_valid)
    text = render_label(None, Instances(new), task=Task.DETECTION, image_url=URL)
    record = read(text, Task.DETECTION)
    assert not record.is_refused
    assert [(item.label, item.box) for item in items(record)] == [(item.label, item.box) for item in new]
