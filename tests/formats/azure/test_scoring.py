"""The answers of online endpoints: read, written, named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.finding import Severity
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats import FORMATS
from formats.azure.scoring import AzureScoring
from formats.base import Facts, FileReport, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at
from services.recognising import choose_format

GOLDEN = Path(__file__).parent / "golden"
FORMAT = AzureScoring()
BOX: dict[str, Any] = {"topX": 0.1, "topY": 0.2, "bottomX": 0.5, "bottomY": 0.6}
OBJECT: dict[str, Any] = {"box": BOX, "label": "kettle", "score": 0.9}
CLASSES: dict[str, Any] = {"probs": [0.25, 0.75], "labels": ["kettle", "teapot"]}


def read(path: Path, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name, FORMAT.rules)
    return list(FORMAT.read(path, options or ReadOptions(), report)), report


def write(folder: Path, value: object) -> Path:
    path = folder / "answers.json"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def codes(records: list[Record], report: FileReport) -> list[str]:
    return [*(each.code for each in report.findings), *(each.code for record in records for each in record.findings)]


def record(content: Content | None, name: str = "a.jpg") -> Record:
    return Record(1, "", name, content, role=Role.PREDICTION)


def test_an_answer_with_probabilities_is_read() -> None:
    records, report = read(GOLDEN / "scored_classes.json")
    assert report.task is Task.CLASSIFICATION
    assert records == [
        record(Labels({"kettle": 0.0021, "soup_tin": 3.1e-07, "teapot": 0.9974, "water_jug": 0.0004}), "#1")
    ]
    assert [finding.code for finding in report.findings] == ["PR009"]
    assert "scored_classes.names.json" in report.findings[0].remedy


def test_an_answer_with_objects_is_read() -> None:
    records, report = read(GOLDEN / "scored_objects.json")
    assert report.task is Task.DETECTION
    first, second = (each.content for each in records)
    assert isinstance(first, Instances)
    assert [(item.label, item.box, item.score) for item in first.items] == [
        ("teapot", Box(0.214, 0.301, 0.402, 0.617), 0.941),
        ("kettle", Box(-0.002, 0.484, 1.003, 0.812), 0.874),
    ]
    assert second == Instances()
    assert [each.image_url for each in records] == ["#1", "#2"]


def test_a_polygon_may_leave_its_box() -> None:
    records, report = read(GOLDEN / "scored_polygons.json")
    assert report.task is Task.SEGMENTATION
    content = records[0].content
    assert isinstance(content, Instances)
    assert [len(ring) for ring in content.items[0].polygons] == [8, 6]
    assert records[0].findings == ()


def test_older_answers_name_their_images() -> None:
    records, report = read(GOLDEN / "scored_older.json")
    assert [each.image_url for each in records] == ["/var/azureml/photos/1.jpg", "/var/azureml/photos/2.jpg"]
    assert report.task is Task.MULTILABEL
    assert codes(records, report) == []


def test_names_lie_beside_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, [CLASSES, CLASSES])
    (tmp_path / "answers.names.json").write_text('["x/1.jpg", "x/2.jpg"]')
    records, report = read(path)
    assert [each.image_url for each in records] == ["x/1.jpg", "x/2.jpg"]
    assert codes(records, report) == []


@pytest.mark.parametrize("names", ['["x/1.jpg"]', '{"a": 1}', "[1, 2]", '["a", ""]', "null", "[", '["a", NaN]'])
def test_names_that_do_not_fit_are_not_guessed(tmp_path: Path, names: str) -> None:
    path = write(tmp_path, [CLASSES, CLASSES])
    (tmp_path / "answers.names.json").write_text(names)
    records, report = read(path)
    assert [each.image_url for each in records] == ["#1", "#2"]
    assert codes(records, report) == ["PR002", "PR009"]
    assert report.findings[0].file == "answers.names.json"


def test_one_answer_alone_and_an_answer_encoded_twice_are_read(tmp_path: Path) -> None:
    for value in (CLASSES, json.dumps([CLASSES])):
        records, _ = read(write(tmp_path, value))
        assert [each.content for each in records] == [Labels({"kettle": 0.25, "teapot": 0.75})]


def test_answers_of_several_calls_may_stand_on_lines(tmp_path: Path) -> None:
    lines = b"\r\n".join(json.dumps([answer]).encode() for answer in (CLASSES, {**CLASSES, "probs": [1, 0]}))
    records, _ = read(write(tmp_path, lines))
    assert [each.image_url for each in records] == ["#1", "#2"]
    assert records[1].content == Labels({"kettle": 1.0, "teapot": 0.0})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"input_data": {"columns": ["image"], "data": ["aGk="]}}, "request"),
        ({"message": "timed out"}, "timed out"),
        (None, "null"),
        (7, "7"),
        (b"[{", "not JSON"),
        (b'[{"probs": [NaN]}]', "NaN"),
    ],
)
def test_what_is_no_answer_is_told(tmp_path: Path, value: object, words: str) -> None:
    records, report = read(write(tmp_path, value))
    assert records == []
    assert [each.code for each in report.findings] == ["PR001"]
    assert words in report.findings[0].message


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (5, "PR004"),
        ({}, "PR004"),
        ({"boxes": None}, "PR004"),
        ({"probs": [0.1], "labels": ["a", "b"]}, "PR006"),
        ({"probs": ["high"], "labels": ["a"]}, "PR007"),
        ({"probs": [93], "labels": ["a"]}, "PR007"),
        ({"probs": [0.1], "labels": [None]}, "PR012"),
        ({"boxes": [{**OBJECT, "box": {}}]}, "PR008"),
        ({"boxes": [{**OBJECT, "box": {**BOX, "topX": 0.5}}]}, "PR010"),
        ({"boxes": [{**OBJECT, "label": ""}]}, "PR012"),
        ({"boxes": [{**OBJECT, "score": None}]}, "PR007"),
    ],
)
def test_a_faulty_answer_has_a_finding_and_its_place(tmp_path: Path, answer: object, code: str) -> None:
    records, _ = read(write(tmp_path, [answer, answer]))
    assert [[each.code for each in record.findings] for record in records] == [[code], [code]]
    assert [record.findings[0].line for record in records] == [1, 2]


def test_a_name_that_stands_twice_is_told(tmp_path: Path) -> None:
    records, report = read(write(tmp_path, [{**CLASSES, "filename": "a"}, {**CLASSES, "filename": "a"}]))
    assert codes(records, report) == ["PR003"]


def test_the_task_a_person_names_holds(tmp_path: Path) -> None:
    path = write(tmp_path, [CLASSES])
    assert read(path, ReadOptions(task=Task.MULTILABEL))[1].task is Task.MULTILABEL
    records, _ = read(path, ReadOptions(task=Task.DETECTION))
    assert [each.code for each in records[0].findings] == ["PR005"]


def test_answers_are_written_as_the_endpoint_does(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    objects = Instances((Instance("x", "teapot", Box(0.1, 0.2, 0.5, 0.6), 0.9),))
    writing = FORMAT.write(path, [record(objects)], WriteOptions(Task.DETECTION))
    assert path.read_bytes() == (
        b'[\n{"boxes":[{"box":{"topX":0.1,"topY":0.2,"bottomX":0.5,"bottomY":0.6},"label":"teapot","score":0.9}]}\n]\n'
    )
    assert writing.files == (path, tmp_path / "out.names.json")
    assert (writing.records, writing.objects) == (1, 1)


def test_classes_are_written_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    FORMAT.write(path, [record(Labels({"b": 0.75, "a": 0.25}), "#1")], WriteOptions(Task.CLASSIFICATION))
    assert json.loads(path.read_text()) == [{"probs": [0.25, 0.75], "labels": ["a", "b"]}]
    assert list(tmp_path.iterdir()) == [path]


def test_every_loss_is_noted_once() -> None:
    box = Box(0.1, 0.1, 0.5, 0.5)
    ring = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5)
    items = (
        Instance("a", "x", box),
        Instance("b", "x", box, 1.5),
        Instance("c", " ", box, 0.5),
        Instance("d", "x", Box(0.5, 0.1, 0.5, 0.5), 0.5),
        Instance("e", "x", Box(float("nan"), 0.1, 0.5, 0.5), 0.5),
        Instance("f", "x", box, 0.5, (ring, ring[:4]), is_crowd=True),
    )
    losses = Losses()
    options = WriteOptions(Task.SEGMENTATION)
    fitted = FORMAT.fit(record(Instances(items)), options, losses)
    assert losses.counts == {Loss.OBJECTS: 5, Loss.POLYGONS: 1, Loss.CROWD: 1}
    assert fitted is not None
    assert fitted.content == Instances((Instance("f", "x", box, 0.5, (ring,)),))
    again = Losses()
    assert FORMAT.fit(fitted, options, again) == fitted
    assert not again.counts


def test_what_cannot_be_held_at_all_is_noted() -> None:
    losses = Losses()
    assert FORMAT.fit(record(Labels({"a": 1.0})), WriteOptions(Task.DETECTION), losses) is None
    assert FORMAT.fit(record(Labels({"a": 1.0}), " "), WriteOptions(Task.CLASSIFICATION), losses) is None
    assert losses.counts == {Loss.IMAGES: 2}


def test_the_format_is_recognised(tmp_path: Path) -> None:
    for name in ("scored_classes", "scored_objects", "scored_polygons", "scored_older"):
        assert choose_format(GOLDEN / f"{name}.json").name == "azure-scoring"
    assert FORMAT.recognises(look_at(write(tmp_path, {"input_data": {"columns": ["image"]}})))
    for value in ([], [{"image_id": 1, "bbox": []}], [[{"label": "a", "score": 1}]], {"boxes": []}, [1]):
        assert not FORMAT.recognises(look_at(write(tmp_path, value)))
    assert choose_format(write(tmp_path, json.dumps([CLASSES, CLASSES], indent=1).encode())).name == "azure-scoring"
    assert choose_format(write(tmp_path, f"[\n{json.dumps(CLASSES)}\n]".encode())).name == "azure-scoring"
    for other in GOLDEN.glob("*.jsonl"):
        assert choose_format(other).name != "azure-scoring"


def test_facts_and_characters_that_json_cannot_hold_are_noted() -> None:
    losses = Losses()
    given = replace(record(Labels({"a\0": 0.5, "b\ud800": 0.25}), "x\udcff"), facts=Facts(model="m"))
    fitted = FORMAT.fit(given, WriteOptions(Task.MULTILABEL), losses)
    assert fitted == record(Labels({"a\ufffd": 0.5, "b\ufffd": 0.25}), "x\ufffd")
    assert losses.counts == {Loss.FACTS: 1, Loss.NAMES: 3}


TEXT = st.text(st.characters(), min_size=1).filter(str.strip)
UNIT = st.floats(0, 1)
EDGE = st.floats(-2, 3)
RING = st.lists(st.tuples(EDGE, EDGE), min_size=0, max_size=4).map(lambda points: tuple(v for p in points for v in p))
BOXES = st.builds(Box, EDGE, EDGE, EDGE, EDGE)
ITEMS = st.builds(Instance, st.just("i"), TEXT, BOXES, st.none() | UNIT, st.lists(RING, max_size=2).map(tuple))
CONTENTS = st.one_of(
    st.dictionaries(TEXT, UNIT).map(Labels), st.lists(ITEMS, max_size=3).map(lambda items: Instances(tuple(items)))
)


@given(st.lists(st.tuples(TEXT, CONTENTS), max_size=4), st.sampled_from(Task))
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, Content]], task: Task
) -> None:
    path = tmp_path_factory.mktemp("scoring") / "out.json"
    options = WriteOptions(task)
    fitted = [FORMAT.fit(record(content, name), options, Losses()) for name, content in pairs]
    kept = [each for each in fitted if each is not None]
    FORMAT.write(path, iter(kept), options)
    records, report = read(path, ReadOptions(task=task))
    assert [each.severity for each in report.findings if each.severity is Severity.ERROR] == []
    assert [(each.image_url, bare(each.content)) for each in records] == [
        (each.image_url, bare(each.content)) for each in kept
    ]


def bare(content: Content | None) -> object:
    """A content without instance ids."""
    if isinstance(content, Instances):
        return [(item.label, item.box, item.score, item.polygons, item.is_crowd) for item in content.items]
    return content


def test_the_format_is_registered() -> None:
    assert FORMATS["azure-scoring"] is AzureScoring
