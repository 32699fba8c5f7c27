"""Writing label lines: untouched ones value for value, corrected ones changed only where they were corrected."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FormatError
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.azure.labels import parse_label_line, parse_labels
from formats.azure.render import is_untouched, render_label
from formats.base import Record

GOLDEN = Path(__file__).parent / "golden"
URL = "azureml://datastores/shelf/paths/img/a.jpg"
BOX = {"label": "kettle", "topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}
RING = (0.1, 0.1, 0.5, 0.1, 0.5, 0.4)


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


@pytest.mark.parametrize("name", ["classification", "multilabel", "detection", "segmentation", "extra_keys"])
def test_lines_nobody_touched_are_written_as_they_stand(name: str) -> None:
    path = GOLDEN / f"{name}.jsonl"
    with path.open("rb") as lines:
        parsed = parse_labels(lines, file=path.name)
    assert parsed.task is not None
    for record in parsed.records:
        assert record.content is not None
        assert render_label(record, record.content, task=parsed.task) == record.text


@pytest.mark.parametrize("name", ["classification", "multilabel", "detection", "segmentation"])
def test_lines_written_anew_say_the_same_in_the_documented_key_order(name: str) -> None:
    path = GOLDEN / f"{name}.jsonl"
    with path.open("rb") as lines:
        parsed = parse_labels(lines, file=path.name)
    assert parsed.task is not None
    for record in parsed.records:
        assert record.content is not None
        text = render_label(
            None,
            record.content,
            task=parsed.task,
            image_url=record.image_url,
            image_details=record.fields["image_details"],
        )
        assert text == json.dumps(json.loads(record.text), separators=(",", ":"))


def test_scores_and_order_are_no_correction() -> None:
    before = source([BOX, {**BOX, "label": "teapot"}], Task.DETECTION)
    shuffled = Instances(tuple(replace(item, score=0.9, is_crowd=False) for item in reversed(items(before))))
    assert is_untouched(before, shuffled, task=Task.DETECTION)
    classes = source(["a", "b"], Task.MULTILABEL)
    assert render_label(classes, Labels({"b": 0.7, "a": 0.9}), task=Task.MULTILABEL) == classes.text


def test_a_relabelled_object_changes_its_label_only() -> None:
    strange = {"bbox": "null", **BOX, "topX": "0.1", "isCrowd": "true", "by": {"tool": [1, 2.50]}}
    before = source([strange, BOX], Task.DETECTION, split="train")
    fields = edit(before, Task.DETECTION, replace(items(before)[0], label="teapot"))
    expected = json.loads(before.text)
    expected["label"][0]["label"] = "teapot"
    assert fields == expected
    assert list(fields) == list(expected)
    assert list(fields["label"][0]) == list(strange)


def test_a_moved_box_changes_only_the_keys_that_moved() -> None:
    before = source([{**BOX, "topX": "0.1"}], Task.DETECTION)
    fields = edit(before, Task.DETECTION, replace(items(before)[0], box=Box(0.1, 0.25, 0.5, 0.6)))
    assert fields["label"] == [{**BOX, "topX": "0.1", "topY": 0.25}]


def test_an_edited_box_is_clipped_and_an_untouched_one_is_not() -> None:
    outside = {**BOX, "bottomX": 1.2}
    before = source([outside, outside], Task.DETECTION)
    fields = edit(before, Task.DETECTION, replace(items(before)[0], box=Box(-0.1, 0.2, 1.2, 0.6)))
    assert fields["label"] == [{**outside, "topX": 0.0, "bottomX": 1.0}, outside]


def test_deleted_objects_go_and_new_ones_come_last() -> None:
    before = source([BOX, {**BOX, "label": "teapot"}], Task.DETECTION)
    new = Instance("n1", "soup_tin", Box(0.0, 0.0, 0.25, 0.5), is_crowd=True)
    fields = rewrite(before, Instances((new, items(before)[1])), Task.DETECTION)
    assert [each["label"] for each in fields["label"]] == ["teapot", "soup_tin"]
    added = fields["label"][1]
    assert list(added) == ["label", "topX", "topY", "bottomX", "bottomY", "isCrowd"]
    assert added["isCrowd"] == 1


def test_deleting_every_object_leaves_background() -> None:
    before = source([BOX], Task.DETECTION)
    assert rewrite(before, Instances(), Task.DETECTION)["label"] == []


def test_an_object_nobody_could_see_is_left_out_of_a_corrected_line() -> None:
    before = source([{"label": "kettle", "topX": 0.1}, BOX], Task.DETECTION)
    assert before.unreadable_objects == [0]
    assert edit(before, Task.DETECTION, replace(items(before)[0], label="teapot"))["label"] == [
        {**BOX, "label": "teapot"}
    ]


def test_an_empty_polygon_is_never_written_beside_a_box() -> None:
    before = source([{**BOX, "polygon": None}, {**BOX, "polygon": []}], Task.DETECTION)
    assert edit(before, Task.DETECTION, replace(items(before)[1], label="teapot"))["label"] == [
        BOX,
        {**BOX, "label": "teapot"},
    ]


def test_a_moved_box_takes_the_place_of_its_polygon() -> None:
    before = source([{"label": "kettle", "polygon": [list(RING)]}], Task.DETECTION)
    fields = edit(before, Task.DETECTION, replace(items(before)[0], box=Box(0.2, 0.2, 0.4, 0.4)))
    assert fields["label"] == [{"label": "kettle", "topX": 0.2, "topY": 0.2, "bottomX": 0.4, "bottomY": 0.4}]


def test_an_edited_ring_is_clipped_and_the_others_keep_their_numbers() -> None:
    rings = [list(RING), [0, 0, 1, 0, 1, 1]]
    before = source([{"label": "kettle", "polygon": rings}], Task.SEGMENTATION)
    item = items(before)[0]
    moved = (0.1, 0.1, 1.5, 0.1, 0.5, -0.4)
    fields = edit(before, Task.SEGMENTATION, replace(item, polygons=(moved, item.polygons[1])))
    assert fields["label"] == [{"label": "kettle", "polygon": [[0.1, 0.1, 1.0, 0.1, 0.5, 0.0], [0, 0, 1, 0, 1, 1]]}]
    assert type(fields["label"][0]["polygon"][1][0]) is int


def test_box_keys_beside_a_polygon_are_left_alone() -> None:
    before = source([{**BOX, "polygon": [list(RING)]}], Task.SEGMENTATION)
    item = items(before)[0]
    assert render_label(before, Instances((replace(item, box=Box(0, 0, 1, 1)),)), task=Task.SEGMENTATION) == before.text


def test_a_new_polygon_is_written_in_the_documented_key_order() -> None:
    new = Instance("n1", "kettle", Box(0, 0, 1, 1), polygons=(RING,), is_crowd=False)
    fields = rewrite(None, Instances((new,)), Task.SEGMENTATION, image_url=URL)
    assert json.dumps(fields) == json.dumps(
        {"image_url": URL, "label": [{"label": "kettle", "isCrowd": 0, "polygon": [list(RING)]}]}
    )


def test_whole_number_classes_stay_numbers() -> None:
    before = source([{**BOX, "label": 3}], Task.DETECTION)
    assert edit(before, Task.DETECTION, replace(items(before)[0], label="4"))["label"] == [{**BOX, "label": 4}]
    assert edit(before, Task.DETECTION, replace(items(before)[0], label="04"))["label"] == [{**BOX, "label": "04"}]
    assert rewrite(source(7, Task.CLASSIFICATION), Labels({"8": 1.0}), Task.CLASSIFICATION)["label"] == 8
    assert rewrite(None, Labels({"8": 1.0}), Task.CLASSIFICATION, image_url=URL)["label"] == "8"
    assert rewrite(None, Labels({"8": 1.0}), Task.CLASSIFICATION, image_url=URL, has_numbers=True)["label"] == 8


def test_classes_taken_away_and_added_leave_the_others_in_place() -> None:
    before = source(["c", 5, "a"], Task.MULTILABEL)
    assert rewrite(before, Labels({"b": 1.0, "a": 1.0, "5": 1.0}), Task.MULTILABEL)["label"] == [5, "a", "b"]
    assert rewrite(before, Labels({}), Task.MULTILABEL)["label"] == []


def test_numbers_beyond_64_bits_survive_a_correction() -> None:
    before = source("kettle", Task.CLASSIFICATION, checksum=123456789012345678901234567890)
    text = render_label(before, Labels({"teapot": 1.0}), task=Task.CLASSIFICATION)
    assert '"checksum":123456789012345678901234567890' in text


def test_line_breaks_of_unicode_cannot_split_a_line() -> None:
    text = render_label(None, Labels({"a\u2028b\u0085c\nd": 1.0}), task=Task.CLASSIFICATION, image_url=URL)
    assert len(text.splitlines()) == 1
    assert json.loads(text)["label"] == "a\u2028b\u0085c\nd"


def test_letters_of_every_script_are_written_plainly() -> None:
    assert "чайник" in render_label(None, Labels({"чайник": 1.0}), task=Task.CLASSIFICATION, image_url=URL)


@pytest.mark.parametrize(
    ("content", "task", "word"),
    [
        (Labels({}), Task.CLASSIFICATION, "exactly one"),
        (Labels({"a": 0.5, "b": 0.5}), Task.CLASSIFICATION, "exactly one"),
        (Labels({" ": 1.0}), Task.CLASSIFICATION, "empty class name"),
        (Labels({"\ud800": 1.0}), Task.CLASSIFICATION, "surrogate"),
        (Instances(), Task.MULTILABEL, "consists of objects"),
        (Labels({"a": 1.0}), Task.DETECTION, "consists of class names"),
        (Instances((Instance("n", "a", Box(0.5, 0, 0.5, 1)),)), Task.DETECTION, "no area"),
        (Instances((Instance("n", "a", Box(1.1, 0, 1.5, 1)),)), Task.DETECTION, "no area"),
        (Instances((Instance("n", "a", Box(float("nan"), 0, 1, 1)),)), Task.DETECTION, "not a finite"),
        (Instances((Instance("n", "a", Box(0, 0, 1, 1)),)), Task.SEGMENTATION, "no polygon"),
        (Instances((Instance("n", "a", Box(0, 0, 1, 1), polygons=((0, 0, 1, 1),)),)), Task.SEGMENTATION, "3 points"),
        (
            Instances((Instance("n", "a", Box(0, 0, 1, 1), polygons=((0, 0, 1, 1, 1, float("inf")),)),)),
            Task.SEGMENTATION,
            "not a finite",
        ),
    ],
)
def test_what_azure_would_refuse_is_not_written(content: Content, task: Task, word: str) -> None:
    with pytest.raises(FormatError, match=word):
        render_label(None, content, task=task, image_url=URL)


def test_an_image_without_address_is_not_written() -> None:
    with pytest.raises(FormatError, match="image_url"):
        render_label(None, Labels({"a": 1.0}), task=Task.CLASSIFICATION)


def test_nan_elsewhere_on_the_line_is_told_when_it_is_corrected() -> None:
    before = source("kettle", Task.CLASSIFICATION, weight=float("nan"))
    assert before.content is not None
    assert render_label(before, before.content, task=Task.CLASSIFICATION) == before.text
    with pytest.raises(FormatError, match="NaN"):
        render_label(before, Labels({"teapot": 1.0}), task=Task.CLASSIFICATION)


def test_an_unreadable_line_is_written_anew() -> None:
    before = read("{'image_url': 1}", Task.CLASSIFICATION)
    fields = rewrite(before, Labels({"a": 1.0}), Task.CLASSIFICATION, image_url=URL, image_details={"width": 4})
    assert fields == {"image_url": URL, "image_details": {"width": 4}, "label": "a"}


def test_a_line_of_the_wrong_task_gets_the_new_label() -> None:
    before = source("kettle", Task.DETECTION, split="train")
    new = Instance("n1", "kettle", Box(0, 0, 1, 1))
    fields = rewrite(before, Instances((new,)), Task.DETECTION)
    assert fields["split"] == "train"
    assert len(fields["label"]) == 1
