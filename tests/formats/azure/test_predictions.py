"""Reading and writing prediction files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import FormatError
from domain.finding import Finding
from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.azure.catalogue import CATALOGUE
from formats.azure.predictions import parse_predictions, render_prediction
from formats.base import ParsedFile

GOLDEN = Path(__file__).parent / "golden"
BOX: dict[str, Any] = {"topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}
OBJECT: dict[str, Any] = {"box": BOX, "label": "kettle", "score": 0.9}


def read_golden(name: str) -> ParsedFile:
    with (GOLDEN / name).open("rb") as lines:
        return parse_predictions(lines, file=name)


def parse(*lines: object, task: Task | None = None) -> ParsedFile:
    raw = [line if isinstance(line, bytes) else json.dumps(line, separators=(",", ":")).encode() for line in lines]
    return parse_predictions(raw, file="predictions.txt", task=task)


def objects(*sources: object, **more: object) -> dict[str, object]:
    return {"filename": "a.jpg", "boxes": list(sources), **more}


def find(code: str, *lines: object, task: Task | None = None) -> Finding:
    found = [each for each in parse(*lines, task=task).all_findings if each.code == code]
    assert len(found) == 1, found
    assert found[0].severity is CATALOGUE[code].severity
    return found[0]


def test_classes_and_probabilities_are_read() -> None:
    parsed = read_golden("predictions.jsonl")
    assert parsed.task is Task.CLASSIFICATION
    assert parsed.all_findings == []
    assert parsed.records[0].content == Labels(
        {"kettle": 2.1e-06, "soup_tin": 0.001, "teapot": 0.998, "water_jug": 0.000997}
    )
    assert [record.image_url.rsplit("/", 1)[-1] for record in parsed.records] == ["1.jpg", "2.jpg", "3.jpg"]


def test_independent_probabilities_are_multilabel() -> None:
    assert parse({"filename": "a", "probs": [0.9, 0.8], "labels": ["x", "y"]}).task is Task.MULTILABEL


def test_objects_are_read_from_every_shape_of_line() -> None:
    parsed = read_golden("predicted_objects.jsonl")
    assert parsed.task is Task.DETECTION
    assert not any(record.is_refused for record in parsed.records)
    contents = [record.content for record in parsed.records]
    assert all(isinstance(content, Instances) for content in contents)
    counts = [len(content.items) for content in contents if isinstance(content, Instances)]
    assert counts == [2, 0, 1, 1, 1]
    assert [record.image_url.rsplit("/", 1)[-1] for record in parsed.records] == [f"{n}.jpg" for n in range(1, 6)]
    assert [(each.code, each.line) for each in parsed.findings] == [("PR009", 4)]
    assert "2 times" in parsed.findings[0].message


def test_boxes_may_leave_the_image_a_little() -> None:
    content = read_golden("predicted_objects.jsonl").records[0].content
    assert isinstance(content, Instances)
    assert content.items[1].box == Box(-0.004, 0.48, 1.002, 0.8)
    assert content.items[1].score == 0.887


def test_polygons_may_leave_their_box() -> None:
    parsed = read_golden("predicted_polygons.jsonl")
    assert parsed.task is Task.SEGMENTATION
    assert parsed.all_findings == []
    content = parsed.records[0].content
    assert isinstance(content, Instances)
    assert [len(ring) for ring in content.items[0].polygons] == [8, 6]


@pytest.mark.parametrize("pair", ['["a.jpg", %s]', '("a.jpg", %s)', "['a.jpg', [%s]]", "['a.jpg', '%s']"])
def test_pairs_of_file_and_prediction_are_read(pair: str) -> None:
    inner = '{"probs": [0.25, 0.75], "labels": ["x", "y"]}'
    (record,) = parse((pair % inner).encode()).records
    assert record.image_url == "a.jpg"
    assert record.content == Labels({"x": 0.25, "y": 0.75})


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"{'filename': 'a'",
        b"__import__('os').system('true')",
        b"{'filename': open('x')}",
        b"[1, 2]",
        b"['a.jpg', 'kettle']",
        b"('a.jpg', 3)",
        b"{'a': {1, 2}}",
        b"{('a',): 1}",
        b"{[1]: 1}",
        b"{'a\\ud800': 1}",
        b"{'a': '\\0'}",
        b"-" * 100_000 + b"1",
        b"(" * 100_000,
        b"[" * 40 + b"]" * 40,
        b"null",
        b"7",
        b"caf\xe9",
    ],
)
def test_pr001_neither_json_nor_a_literal(line: bytes) -> None:
    finding = find("PR001", {"filename": "a", "boxes": []}, line)
    assert finding.line == 2
    assert finding.column is not None


@pytest.mark.parametrize("name", [None, "", " ", 5])
def test_pr002_the_image_is_not_named(name: object) -> None:
    assert find("PR002", objects(filename=name)).line == 1
    assert find("PR002", {"probs": [1.0], "labels": ["x"]}).line == 1


def test_pr003_an_image_predicted_twice() -> None:
    finding = find("PR003", objects(), objects(OBJECT))
    assert finding.line == 2
    assert "line 1" in finding.message


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ({"filename": "a"}, "neither probs"),
        ({"filename": "a", "feature_vector": [1]}, "feature vector"),
        ({"image_url": "a", "label": "x"}, "label file"),
        ({"filename": "a", "boxes": None}, "list of objects"),
        (objects("x"), '"x"'),
    ],
)
def test_pr004_no_prediction_of_a_known_shape(line: object, word: str) -> None:
    assert word in find("PR004", line).message


def test_pr005_another_task() -> None:
    classes = {"filename": "b", "probs": [1.0], "labels": ["x"]}
    parsed = parse(objects(OBJECT), classes)
    assert parsed.records[1].content is None
    assert find("PR005", objects(OBJECT), classes).line == 2
    assert find("PR005", objects(OBJECT), task=Task.MULTILABEL).line == 1


@pytest.mark.parametrize(
    "line",
    [
        {"filename": "a", "probs": [0.5, 0.5], "labels": ["x"]},
        {"filename": "a", "probs": [0.5]},
        {"filename": "a", "probs": 0.5, "labels": ["x"]},
        {"image_url": "a", "label": [{"label": "x", **BOX}], "label_confidence": []},
        {"image_url": "a", "label": [{"label": "x", **BOX}], "label_confidence": None},
    ],
)
def test_pr006_classes_and_probabilities_do_not_pair(line: dict[str, object]) -> None:
    if line.get("label_confidence", 0) is None:
        assert parse(line).records[0].is_refused
        return
    assert find("PR006", line).line == 1


@pytest.mark.parametrize("score", [None, "high", True, 1.01, -0.01, 93.1, float("nan"), [0.5]])
def test_pr007_scores_must_be_probabilities(score: object) -> None:
    parsed = parse(objects({**OBJECT, "score": score}, OBJECT))
    finding = next(each for each in parsed.all_findings if each.code == "PR007")
    assert finding.annotation == 0
    content = parsed.records[0].content
    assert isinstance(content, Instances)
    assert len(content.items) == 1
    assert parsed.records[0].unreadable_objects == [0]


def test_percentages_get_a_remedy() -> None:
    assert "100" in find("PR007", objects({**OBJECT, "score": 93.1})).remedy


def test_a_bad_probability_spoils_the_whole_distribution() -> None:
    parsed = parse({"filename": "a", "probs": [1.5, 0.5], "labels": ["x", "y"]})
    assert parsed.records[0].content is None
    assert parsed.records[0].is_refused


def test_rounding_of_the_network_is_forgiven() -> None:
    parsed = parse({"filename": "a", "probs": [1.0000001, -1e-8], "labels": ["x", "y"]})
    assert parsed.records[0].content == Labels({"x": 1.0, "y": 0.0})


@pytest.mark.parametrize("box", [None, {}, {**BOX, "topX": None}, {**BOX, "topX": "left"}, [0.1, 0.2, 0.5, 0.6]])
def test_pr008_box_coordinates_are_missing_or_no_numbers(box: object) -> None:
    assert find("PR008", objects({**OBJECT, "box": box})).annotation == 0


def test_pr009_remarks() -> None:
    assert "as text" in find("PR009", objects({**OBJECT, "score": "0.5"})).message
    assert "twice" in find("PR009", {"filename": "a", "probs": [0.2, 0.8], "labels": ["x", "x"]}).message
    assert "byte order mark" in find("PR009", b'\xef\xbb\xbf{"filename":"a","boxes":[]}').message


def test_pr010_an_inverted_box() -> None:
    assert find("PR010", objects({**OBJECT, "box": {**BOX, "topX": 0.7}})).annotation == 0


def test_pr011_rings_that_are_no_area_are_left_out() -> None:
    ring = [0.1, 0.1, 0.5, 0.1, 0.5, 0.4]
    line = objects({**OBJECT, "polygon": [ring, [0.1, 0.1], [0.1, "x"]]})
    assert "2 of 3" in find("PR011", line).message
    content = parse(line).records[0].content
    assert isinstance(content, Instances)
    assert content.items[0].polygons == (tuple(ring),)


@pytest.mark.parametrize("label", [None, "", 1.5, ["x"]])
def test_pr012_class_names(label: object) -> None:
    assert find("PR012", objects({**OBJECT, "label": label})).annotation == 0
    assert find("PR012", {"filename": "a", "probs": [1.0], "labels": [label]}).line == 1


def test_pr013_nan_on_the_line() -> None:
    assert find("PR013", objects(OBJECT, weight=float("nan"))).line == 1


def test_pr014_pixel_coordinates() -> None:
    pixels = {"topX": 10, "topY": 20, "bottomX": 50, "bottomY": 60}
    assert "pixel" in find("PR014", objects({**OBJECT, "box": pixels})).message


def test_written_predictions_are_read_back_equal() -> None:
    item = Instance("i1", "kettle", Box(-0.01, 0.2, 0.5, 0.6), 0.75, ((0.1, 0.1, 0.5, 0.1, 0.5, 0.4),))
    line = render_prediction("img/a b.jpg", Instances((item,)))
    assert line.startswith('{"filename":"img/a b.jpg","boxes":[{"box":{"topX":-0.01,')
    (record,) = parse(line.encode()).records
    assert isinstance(record.content, Instances)
    (again,) = record.content.items
    assert (again.label, again.box, again.score, again.polygons) == (item.label, item.box, item.score, item.polygons)


def test_classes_are_written_in_the_order_of_their_names() -> None:
    line = render_prediction("a.jpg", Labels({"b": 0.25, "a": 0.75}))
    assert line == '{"filename":"a.jpg","probs":[0.75,0.25],"labels":["a","b"]}'


def test_a_label_is_no_prediction() -> None:
    with pytest.raises(FormatError, match="no score"):
        render_prediction("a.jpg", Instances((Instance("i1", "kettle", Box(0, 0, 1, 1)),)))


def test_a_score_that_is_no_number_is_not_written() -> None:
    with pytest.raises(FormatError, match="NaN"):
        render_prediction("a.jpg", Labels({"a": float("nan")}))


def test_no_lines_no_findings() -> None:
    parsed = parse()
    assert (parsed.task, parsed.records, parsed.all_findings) == (None, (), [])
