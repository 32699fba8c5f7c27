"""Every code of the catalogue, with the place it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from domain.finding import Finding, Severity
from domain.prediction import Task
from formats.azure.catalogue import CATALOGUE
from formats.azure.labels import parse_labels

URL = "azureml://datastores/shelf/paths/img/a.jpg"
BOX: dict[str, Any] = {"label": "kettle", "topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}
RING = [0.1, 0.1, 0.5, 0.1, 0.5, 0.4]


def write(label: object, url: object = URL, **more: object) -> bytes:
    return json.dumps({"image_url": url, "label": label, **more}, separators=(",", ":")).encode()


def polygon(*rings: object) -> list[dict[str, Any]]:
    return [{"label": "kettle", "polygon": list(rings)}]


def find(code: str, *lines: bytes, task: Task | None = None) -> Finding:
    """The only finding of that code."""
    found = [each for each in parse_labels(lines, file="train.jsonl", task=task).all_findings if each.code == code]
    assert len(found) == 1, found
    assert found[0].severity is CATALOGUE[code].severity
    assert found[0].file == "train.jsonl"
    assert found[0].remedy.endswith((".", '"'))
    return found[0]


def at(finding: Finding, line: bytes) -> str:
    """What stands at the place the finding names."""
    assert finding.column is not None
    return line.decode()[finding.column - 1 :]


@pytest.mark.parametrize("url", ["", "  ", None, 5, ["a"]])
def test_jl002_image_url_must_be_text(url: object) -> None:
    line = write("kettle", url=url)
    finding = find("JL002", line)
    assert at(finding, line).startswith(json.dumps(url, separators=(",", ":")))


def test_jl002_names_the_key_that_stands_there_instead() -> None:
    finding = find("JL002", b'{"imageUrl":"a.jpg","label":"x"}')
    assert finding.remedy == "Rename imageUrl to image_url."


def test_jl002_finds_the_parts_a_web_page_swallowed() -> None:
    url = "azureml://subscriptions//resourcegroups//workspaces//datastores//paths/"
    assert "subscriptions/" in find("JL002", write("kettle", url=url)).message


@pytest.mark.parametrize("url", ["img/a.jpg", "https://host/a.jpg", "azureml://jobs/7/a.jpg", "AmlDatastore://shelf"])
def test_jl003_remarks_addresses_outside_of_a_datastore(url: str) -> None:
    finding = find("JL003", write("kettle", url=url), write("kettle", url=url + "2"))
    assert (finding.line, finding.severity) == (1, Severity.WARNING)
    assert "2 times" in finding.message


@pytest.mark.parametrize(
    "url",
    [
        "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/a//b c.jpg",
        "azureml://datastores/d/paths/a.jpg",
        "AmlDatastore://d/a.jpg",
    ],
)
def test_addresses_in_a_datastore_are_not_remarked(url: str) -> None:
    assert parse_labels([write("kettle", url=url)], file="x").all_findings == []


def test_jl004_label_is_missing() -> None:
    assert find("JL004", b'{"image_url":"a"}', task=Task.DETECTION).line == 1
    line = write([{key: value for key, value in BOX.items() if key != "label"}])
    finding = find("JL004", line)
    assert (finding.annotation, at(finding, line)[:7]) == (0, '{"topX"')


@pytest.mark.parametrize(
    ("task", "label", "start"),
    [
        (Task.CLASSIFICATION, ["kettle"], '["kettle"]'),
        (Task.CLASSIFICATION, None, "null"),
        (Task.CLASSIFICATION, True, "true"),
        (Task.CLASSIFICATION, 1.5, "1.5"),
        (Task.CLASSIFICATION, " ", '" "'),
        (Task.MULTILABEL, "kettle", '"kettle"'),
        (Task.MULTILABEL, ["a", 1.5], "1.5"),
        (Task.DETECTION, "kettle", '"kettle"'),
        (Task.DETECTION, None, "null"),
        (Task.DETECTION, [BOX, "..."], '"..."'),
        (Task.DETECTION, [{**BOX, "label": [1]}], "[1]"),
        (Task.DETECTION, [{**BOX, "label": ""}], '""'),
        (Task.SEGMENTATION, ["kettle"], '["kettle"]'),
    ],
)
def test_jl005_label_does_not_fit_the_task(task: Task, label: object, start: str) -> None:
    line = write(label)
    parsed = parse_labels([line], file="x", task=task)
    finding = next(each for each in parsed.records[0].findings if each.code == "JL005")
    assert at(finding, line).startswith(start)
    assert parsed.records[0].is_refused


@pytest.mark.parametrize(
    ("change", "start"),
    [
        ({"bottomX": 1.02}, "1.02"),
        ({"topY": -0.1}, "-0.1"),
        ({"topX": "left"}, '"left"'),
        ({"topX": None}, "null"),
        ({"topX": True}, "true"),
        ({"topX": [0.1]}, "[0.1]"),
        ({"topX": "nan"}, '"nan"'),
        ({"bottomY": 10**400}, "1000"),
    ],
)
def test_jl006_box_coordinates_must_be_fractions(change: dict[str, Any], start: str) -> None:
    line = write([BOX, {**BOX, **change}])
    finding = find("JL006", line)
    assert (finding.annotation, at(finding, line)[: len(start)]) == (1, start)


@pytest.mark.parametrize(
    "keys", [("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("bbox",), ("x", "y", "width", "height")]
)
def test_jl006_knows_the_boxes_of_strangers(keys: tuple[str, ...]) -> None:
    finding = find("JL006", write([{"label": "kettle", **dict.fromkeys(keys, 5)}]))
    assert "topX, topY, bottomX, bottomY" in finding.message
    assert finding.remedy.startswith(f"Convert {', '.join(keys)}")


@pytest.mark.parametrize("change", [{"topX": 0.5}, {"topX": 0.6}, {"topY": 0.6}])
def test_jl007_empty_and_inverted_boxes(change: dict[str, Any]) -> None:
    line = write([{**BOX, **change}])
    finding = find("JL007", line)
    assert at(finding, line).startswith(str(next(iter(change.values()))))


@pytest.mark.parametrize(
    ("label", "word"),
    [
        ([{"label": "a", "polygon": None}], "null"),
        (polygon(), "[]"),
        (polygon([]), "[[]]"),
        (polygon([0.1, 0.1, 0.5, 0.1, 0.5]), "even number"),
        (polygon([0.1, 0.1, 0.5, 0.1, 0.5, "x"]), "flat list of numbers"),
        (polygon([0.1, 0.1, 0.5, 0.1, 0.5, True]), "flat list of numbers"),
        (polygon({"x": 1}), "flat list of numbers"),
        ([{"label": "a", "polygon": RING}], "one flat list"),
        (polygon([0.1, 0.1, 0.5, 0.1]), "2 points"),
        (polygon([10, 10, 50, 10, 50, 40]), "outside 0 to 1"),
        (polygon([-0.1, 0.1, 0.5, 0.1, 0.5, 0.4]), "-0.1 outside 0 to 1"),
        (polygon([0.1, 0.1, 0.1, 0.1, 0.1, 0.4]), "no width"),
        ([BOX], "no polygon"),
    ],
)
def test_jl008_unusable_polygons(label: object, word: str) -> None:
    finding = find("JL008", write(label), task=Task.SEGMENTATION)
    assert word in finding.message
    assert finding.annotation == 0


def test_jl008_explains_pixels_and_lists_of_points() -> None:
    assert "pixel coordinates?" in find("JL008", write(polygon([10, 10, 50, 10, 50, 40]))).remedy
    assert "not a list of points" in find("JL008", write(polygon([0.1, 0.1], [0.5, 0.1], [0.5, 0.4]))).remedy


def test_jl008b_is_an_error_because_azure_drops_data() -> None:
    line = write(polygon(RING, [0.1, 0.1], []))
    finding = find("JL008b", line)
    assert finding.severity is Severity.ERROR
    assert at(finding, line).startswith("[0.1,0.1]")
    assert "2 of 3 rings" in finding.message


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (write([{**BOX, "topX": "0.1"}]), "as text"),
        (write([{**BOX, "isCrowd": "yes"}]), "isCrowd"),
        (write([{**BOX, "bbox": "null"}]), "bbox"),
        (write("x", split="train"), "split"),
        (write(polygon([*RING, 0.1, 0.1])), "first point"),
        (write(["x", "x"]), "twice"),
        (write("x", image_details=[]), "image_details"),
        (write("x", image_details={"width": 0}), "width"),
        (write("x", image_details={"width": "400.0px"}), "400"),
        (write("x", image_details={"format": "webp"}), "webp"),
        (write("x", image_details={"depth": 3}), "image_details.depth"),
    ],
)
def test_jl009_warns_and_keeps(line: bytes, word: str) -> None:
    finding = find("JL009", line)
    assert (finding.line, finding.severity) == (1, Severity.WARNING)
    assert word in finding.message


@pytest.mark.parametrize("width", [400, "400", "400px", " 400 PX "])
def test_declared_sizes_are_understood_in_the_usual_spellings(width: object) -> None:
    assert parse_labels([write("x", image_details={"width": width})], file="x").all_findings == []


def test_jl009_polygon_beside_a_box() -> None:
    line = write([{**BOX, "polygon": [RING]}])
    assert "box keys" in find("JL009", line, task=Task.DETECTION).message


def test_jl009_duplicates_say_what_azure_does_with_them() -> None:
    boxes = find("JL009", write([BOX]), write([]), task=Task.DETECTION)
    assert (boxes.line, boxes.column) == (2, 14)
    assert "line 1" in boxes.message
    assert "merges" in boxes.message
    assert "last one" in find("JL009", write("a"), write("b")).message


def test_jl010_class_names_of_two_types() -> None:
    finding = find("JL010", write([BOX]), write([BOX], url="b"), write([{**BOX, "label": 3}], url="c"))
    assert finding.line == 3


def test_jl012_nothing_but_background() -> None:
    assert "background" in find("JL012", write([]), write([], url="b"), task=Task.DETECTION).message
    assert "None of 2 objects" in find("JL012", write([{**BOX, "topX": 5}, {**BOX, "topX": 0.5}])).message


def test_one_usable_object_is_enough() -> None:
    parsed = parse_labels([write([{**BOX, "topX": 5}, BOX])], file="x")
    assert "JL012" not in [each.code for each in parsed.all_findings]


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e400"])
def test_jl013_numbers_that_are_none(number: bytes) -> None:
    line = b'{"image_url":"azureml://datastores/d/paths/NaN","label":"x","weight":' + number + b"}"
    finding = find("JL013", line)
    assert at(finding, line).startswith(number.decode())


def test_nan_in_a_coordinate_is_an_error_and_a_warning() -> None:
    line = write([BOX, {**BOX, "topX": float("nan")}])
    parsed = parse_labels([line], file="x")
    assert [each.code for each in parsed.records[0].findings] == ["JL013", "JL006"]
    assert parsed.records[0].unreadable_objects == [1]


def test_details_of_remarks_are_cut_off_so_that_no_file_floods_the_report() -> None:
    lines = [write("x", url=f"azureml://datastores/d/paths/{index}", **{f"key{index}": 1}) for index in range(50)]
    findings = parse_labels(lines, file="x").findings
    assert len(findings) == 21
    assert "(others)" in findings[-1].message
    assert "30 times" in findings[-1].message
