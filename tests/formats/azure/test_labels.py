"""Reading label files of all four tasks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.finding import Severity
from domain.geometry import Box
from domain.prediction import Instances, Labels, Task
from formats.azure.labels import LabelReader, parse_label_line, parse_labels, parse_stored_lines
from formats.base import ParsedFile, Record

GOLDEN = Path(__file__).parent / "golden"
URL = "azureml://datastores/shelf/paths/img/a.jpg"
BOX = {"label": "kettle", "topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}
RING = [0.1, 0.1, 0.5, 0.1, 0.5, 0.4]


def write(label: object, url: object = URL, **more: object) -> bytes:
    return json.dumps({"image_url": url, "label": label, **more}).encode() + b"\n"


def parse(*lines: bytes, task: Task | None = None) -> ParsedFile:
    return parse_labels(lines, file="train.jsonl", task=task)


def codes(parsed: ParsedFile) -> list[str]:
    return [finding.code for finding in parsed.all_findings]


def errors(record: Record) -> list[str]:
    return [finding.code for finding in record.findings if finding.severity is Severity.ERROR]


def objects(record: Record) -> Instances:
    assert isinstance(record.content, Instances)
    return record.content


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("classification.jsonl", Task.CLASSIFICATION),
        ("multilabel.jsonl", Task.MULTILABEL),
        ("detection.jsonl", Task.DETECTION),
        ("segmentation.jsonl", Task.SEGMENTATION),
        ("extra_keys.jsonl", Task.SEGMENTATION),
    ],
)
def test_the_documented_shapes_are_read_without_an_error(name: str, task: Task) -> None:
    with (GOLDEN / name).open("rb") as lines:
        parsed = parse_labels(lines, file=name)
    assert parsed.task is task
    assert not any(record.is_refused for record in parsed.records)
    assert [record.text for record in parsed.records] == (GOLDEN / name).read_text(encoding="utf-8").splitlines()


def test_a_class_becomes_a_label_of_probability_one() -> None:
    assert parse(write("kettle")).records[0].content == Labels({"kettle": 1.0})


def test_whole_numbers_are_class_names_and_keep_their_type_in_the_fields() -> None:
    record = parse(write(7)).records[0]
    assert record.content == Labels({"7": 1.0})
    assert record.fields["label"] == 7


def test_no_class_at_all_is_a_multilabel_label() -> None:
    parsed = parse(write([]), write(["kettle"], url=URL + "2"))
    assert parsed.task is Task.MULTILABEL
    assert parsed.records[0].content == Labels({})


def test_the_worked_example_lies_where_the_table_says() -> None:
    box = {"label": "can", "topX": 0.260, "topY": 0.406, "bottomX": 0.735, "bottomY": 0.701, "isCrowd": 0}
    item = objects(parse(write([box])).records[0]).items[0]
    pixels = (item.box.x_min * 499, item.box.y_min * 666, item.box.x_max * 499, item.box.y_max * 666)
    assert pixels == pytest.approx((129.74, 270.396, 366.765, 466.866), abs=1e-9)
    assert item.is_crowd is False


def test_is_crowd_is_unknown_when_the_source_does_not_say() -> None:
    assert objects(parse(write([BOX])).records[0]).items[0].is_crowd is None


@pytest.mark.parametrize(
    ("value", "is_crowd", "is_remarked"),
    [
        (0, False, False),
        (1, True, False),
        (True, True, False),
        (False, False, False),
        ("true", True, True),
        ("True", True, True),
        ("1", True, True),
        ("0", False, True),
        ("TRUE", False, True),
        ("yes", False, True),
        (2, False, True),
        (None, False, True),
        ([1], False, True),
    ],
)
def test_is_crowd_is_read_as_azure_reads_it(value: object, is_crowd: bool, is_remarked: bool) -> None:
    parsed = parse(write([{**BOX, "isCrowd": value}]))
    assert objects(parsed.records[0]).items[0].is_crowd is is_crowd
    assert ("JL009" in codes(parsed)) is is_remarked
    assert not parsed.records[0].is_refused


def test_the_box_of_a_polygon_surrounds_the_rings_azure_keeps() -> None:
    outside = [0.6, 0.6, 0.9, 0.6, 1.2, 0.9]
    source = {"label": "kettle", "polygon": [RING, outside], "topX": 0.0, "topY": 0.0, "bottomX": 1.0, "bottomY": 1.0}
    record = parse(write([source])).records[0]
    item = objects(record).items[0]
    assert item.box == Box(0.1, 0.1, 0.5, 0.4)
    assert item.polygons == (tuple(RING), tuple(outside))
    assert errors(record) == ["JL008b"]


def test_instance_ids_name_the_image_and_the_place_among_its_objects() -> None:
    first = parse(write([BOX, "...", BOX])).records[0]
    again = parse(write([], url=URL + "0"), write([BOX, "...", BOX])).records[1]
    assert first.instance_ids == again.instance_ids
    assert [instance_id.rpartition("-")[2] for instance_id in first.instance_ids] == ["0", "", "2"]
    assert first.unreadable_objects == [1]


def test_lines_of_the_same_image_have_ids_of_their_own() -> None:
    records = parse(write([BOX]), write([BOX]), write([BOX])).records
    ids = [instance_id for record in records for instance_id in record.instance_ids]
    assert len(set(ids)) == 3


def test_stored_lines_are_read_again_with_the_same_ids() -> None:
    records = parse(write([BOX]), write([], url=URL + "2"), write([BOX, BOX])).records
    again = parse_stored_lines([(each.line, each.text) for each in records], task=Task.DETECTION, file="train.jsonl")
    assert [each.instance_ids for each in again] == [each.instance_ids for each in records]
    alone = parse_label_line(records[2].text, task=Task.DETECTION, line=3, file="train.jsonl", occurrence=1)
    assert alone.content == records[2].content


def test_an_object_in_pixels_is_kept_for_repair_and_told_with_the_size() -> None:
    details = {"format": "jpg", "width": "499px", "height": 666}
    parsed = parse(write([{**BOX, "topX": 12, "bottomX": 44.5}], image_details=details))
    record = parsed.records[0]
    assert objects(record).items[0].box == Box(12.0, 0.2, 44.5, 0.6)
    assert errors(record) == ["JL006"]
    assert "pixel coordinates? Divide by the image's width (499) and height (666)." in record.findings[0].remedy


def test_a_single_object_without_a_list_can_be_repaired() -> None:
    record = parse(write(BOX)).records[0]
    assert errors(record) == ["JL005"]
    assert len(objects(record).items) == 1


def test_an_object_without_a_class_can_be_repaired() -> None:
    record = parse(write([{key: value for key, value in BOX.items() if key != "label"}])).records[0]
    assert errors(record) == ["JL004"]
    assert objects(record).items[0].label == ""


def test_numeric_texts_are_read_and_counted_once_per_file() -> None:
    parsed = parse(write([{**BOX, "topX": "0.1"}, {**BOX, "topY": "0.2"}]))
    assert not parsed.records[0].is_refused
    assert objects(parsed.records[0]).items[0].box.x_min == 0.1
    assert [(each.code, each.line, each.annotation) for each in parsed.findings] == [("JL009", 1, 0)]
    assert "2 times" in parsed.findings[0].message


def test_labels_that_look_like_html_or_formulas_stay_text() -> None:
    names = ["<script>alert(1)</script>", "=1+1", "{detail}", "%s", "\u202egnp"]
    records = parse(*[write(name, url=f"{URL}{index}") for index, name in enumerate(names)]).records
    assert [record.content for record in records] == [Labels({name: 1.0}) for name in names]


def test_blank_lines_and_windows_line_ends_are_nothing_to_report() -> None:
    parsed = parse(b"\r\n", write("kettle")[:-1] + b"\r\n", b"   \n", b"")
    assert [record.line for record in parsed.records] == [2]
    assert parsed.records[0].text == write("kettle").decode().strip()
    assert parsed.all_findings == []


def test_a_byte_order_mark_costs_no_line() -> None:
    parsed = parse(b"\xef\xbb\xbf" + write("kettle"))
    assert parsed.task is Task.CLASSIFICATION
    assert not parsed.records[0].is_refused
    assert [(each.code, each.line, each.column) for each in parsed.findings] == [("JL001", 1, 1)]


@pytest.mark.parametrize("start", [b"\xff\xfe{\x00", b"\x1f\x8b\x08", b"PK\x03\x04", b"\x89PNG\r\n", b"PAR1"])
def test_a_file_that_is_no_text_gets_one_finding(start: bytes) -> None:
    parsed = parse(start, b"more", b"and more")
    assert parsed.records == ()
    assert codes(parsed) == ["JL001"]
    assert "Nothing was read" in parsed.findings[0].message


def test_the_task_is_told_by_most_lines_and_strange_ones_are_refused() -> None:
    parsed = parse(write("kettle"), write([BOX], url="b"), write([BOX], url="c"))
    assert parsed.task is Task.DETECTION
    assert [record.is_refused for record in parsed.records] == [True, False, False]
    assert parsed.findings[0].code == "JL005"
    assert parsed.findings[0].line == 1


def test_in_a_tie_the_earlier_shape_tells_the_task() -> None:
    assert parse(write([BOX]), write("kettle")).task is Task.DETECTION
    assert parse(write("kettle"), write([BOX])).task is Task.CLASSIFICATION


def test_boxes_and_polygons_stand_together_against_class_names() -> None:
    ring = [{"label": "kettle", "polygon": [RING]}]
    parsed = parse(write("a"), write("b"), write(ring), write(ring), write([BOX]))
    assert parsed.task is Task.SEGMENTATION


def test_the_task_given_holds_against_the_shape_of_the_lines() -> None:
    parsed = parse(write(["kettle"]), task=Task.CLASSIFICATION)
    assert parsed.task is Task.CLASSIFICATION
    assert errors(parsed.records[0]) == ["JL005"]


def test_a_file_of_empty_lists_has_no_task_until_it_is_named() -> None:
    lines = [write([]), write([], url=URL + "2")]
    parsed = parse(*lines)
    assert parsed.task is None
    assert codes(parsed) == ["JL005"]
    assert "image_object_detection" in parsed.findings[0].remedy
    assert parse(*lines, task=Task.MULTILABEL).records[0].content == Labels({})


def test_a_reader_gives_the_same_as_reading_the_whole_file() -> None:
    with (GOLDEN / "segmentation.jsonl").open("rb") as lines:
        whole = parse_labels(lines, file="x")
    reader = LabelReader("x", Task.SEGMENTATION)
    with (GOLDEN / "segmentation.jsonl").open("rb") as lines:
        assert tuple(reader.read(lines)) == whole.records
    assert tuple(reader.file_findings()) == whole.findings
