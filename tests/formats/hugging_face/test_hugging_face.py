"""Answers of Hugging Face pipelines: read in every shape, written as lists of lists."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats import FORMATS
from formats.base import Facts, FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at
from formats.hugging_face.responses import HuggingFace
from services.recognising import choose_format

FORMAT = HuggingFace()
CAT, DOG = {"label": "cat", "score": 0.75}, {"label": "dog", "score": 0.25}
BOX = {"xmin": 10, "ymin": 20, "xmax": 110, "ymax": 60}
OBJECT = {"score": 0.9, "label": "cat", "box": BOX}
SIZES = {"a.jpg": ImageFacts("a.jpg", 200, 100), "#1": ImageFacts("b.jpg", 400, 200)}
SIZED = ReadOptions(find_image=SIZES.get)


def write(folder: Path, value: object) -> Path:
    path = folder / "out.json"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return path


def read(path: Path, options: ReadOptions = SIZED) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name, FORMAT.rules)
    return list(FORMAT.read(path, options, report)), report


def codes(records: list[Record], report: FileReport) -> list[str]:
    return [*(each.code for each in report.findings), *(each.code for record in records for each in record.findings)]


def record(content: Content | None, name: str = "a.jpg", size: tuple[int, int] | None = (200, 100)) -> Record:
    return Record(1, "", name, content, role=Role.PREDICTION, size=size)


@pytest.mark.parametrize(
    "value",
    [
        [[CAT, DOG]],
        [CAT, DOG],
        [{"0": CAT, "1": DOG}],
        {"0": CAT, "1": DOG},
        {"1": DOG, "0": CAT},
    ],
)
def test_every_shape_of_an_answer_is_read(tmp_path: Path, value: object) -> None:
    records, report = read(write(tmp_path, value))
    assert records == [Record(1, "", "#1", Labels({"cat": 0.75, "dog": 0.25}), role=Role.PREDICTION)]
    assert report.task is Task.CLASSIFICATION
    assert codes(records, report) == ["EX009"]
    assert "out.names.json" in report.findings[0].remedy


def test_a_single_entry_is_an_answer(tmp_path: Path) -> None:
    assert [each.content for each in read(write(tmp_path, CAT))[0]] == [Labels({"cat": 0.75})]


def test_every_image_has_an_answer(tmp_path: Path) -> None:
    records, _ = read(write(tmp_path, [{"0": CAT}, {"0": DOG}, []]))
    assert [each.content for each in records] == [Labels({"cat": 0.75}), Labels({"dog": 0.25}), Labels({})]
    records, _ = read(write(tmp_path, [{"0": CAT}, CAT, [CAT]]))
    assert [each.content for each in records] == [Labels({"cat": 0.75})] * 3


def test_scores_that_sum_up_to_more_than_1_are_multilabel(tmp_path: Path) -> None:
    both = [{**CAT, "score": 0.9}, {**DOG, "score": 0.8}]
    assert read(write(tmp_path, [both, both, [CAT]]))[1].task is Task.MULTILABEL
    assert read(write(tmp_path, [both, [CAT], [DOG]]))[1].task is Task.CLASSIFICATION


def test_boxes_are_pixels_of_the_image(tmp_path: Path) -> None:
    path = write(tmp_path, [[OBJECT]])
    (tmp_path / "out.names.json").write_text('["a.jpg"]')
    records, report = read(path)
    assert report.task is Task.DETECTION
    item = Instance("hf1-0", "cat", Box(10 / 200, 20 / 100, 110 / 200, 60 / 100), 0.9)
    assert records == [record(Instances((item,)))]


def test_a_box_without_the_size_of_its_image_is_told(tmp_path: Path) -> None:
    records, _ = read(write(tmp_path, [[OBJECT], [], [OBJECT]]))
    assert [each.content is None for each in records] == [False, False, True]
    assert [each.code for each in records[2].findings] == ["EX008"]
    assert records[1].content == Instances()


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({**OBJECT, "box": None}, "EX005"),
        ({**OBJECT, "box": {**BOX, "xmin": "10"}}, "EX005"),
        ({**OBJECT, "box": {**BOX, "xmax": 10}}, "EX006"),
        ({**OBJECT, "label": ""}, "EX004"),
        ({**OBJECT, "label": True}, "EX004"),
        ({**OBJECT, "score": 90}, "EX012"),
        ({**OBJECT, "score": None}, "EX012"),
        ({**OBJECT, "mask": "iVBO"}, "EX015"),
        ("cat", "EX003"),
    ],
)
def test_a_faulty_object_is_told_and_left_out(tmp_path: Path, entry: object, code: str) -> None:
    (found,), _ = read(write(tmp_path, [[OBJECT, entry]]))
    assert isinstance(found.content, Instances)
    assert [item.instance_id for item in found.content.items] == ["hf1-0"]
    assert [(each.code, each.line, each.annotation) for each in found.findings] == [(code, 1, 1)]


def test_a_box_outside_its_image_is_kept_and_told(tmp_path: Path) -> None:
    (found,), _ = read(write(tmp_path, [[{**OBJECT, "box": {**BOX, "xmin": -8}}]]))
    assert isinstance(found.content, Instances)
    assert found.content.items[0].box.x_min == -8 / 400
    assert [each.code for each in found.findings] == ["EX013"]


def test_a_faulty_class_makes_the_answer_unusable(tmp_path: Path) -> None:
    (found,), _ = read(write(tmp_path, [[CAT, {**DOG, "score": "x"}]]))
    assert found.content is None
    assert [each.code for each in found.findings] == ["EX012"]


def test_a_class_that_stands_twice_keeps_its_higher_score(tmp_path: Path) -> None:
    (found,), _ = read(write(tmp_path, [[CAT, {**CAT, "score": 0.25}, {"label": 7, "score": 0.5}]]))
    assert found.content == Labels({"cat": 0.75, "7": 0.5})
    assert [each.code for each in found.findings] == ["EX009"]


@pytest.mark.parametrize("value", [5, None, {"error": "busy"}, "text", b"[", b'[[{"label": NaN}]]', b"\xff\xfe["])
def test_what_is_no_answer_is_told(tmp_path: Path, value: object) -> None:
    records, report = read(write(tmp_path, value))
    assert records == []
    assert [each.code for each in report.findings] == ["EX001"]


def test_an_element_that_is_no_answer_is_told(tmp_path: Path) -> None:
    records, _ = read(write(tmp_path, [[CAT], 5, {"a": 1}]))
    assert [[each.code for each in found.findings] for found in records] == [[], ["EX003"], ["EX003"]]


def test_answers_without_any_entry_tell_no_task(tmp_path: Path) -> None:
    records, report = read(write(tmp_path, [[], []]))
    assert report.task is None
    assert [each.content for each in records] == [None, None]
    assert codes(records, report) == ["EX009", "EX009"]
    assert read(write(tmp_path, [[]]), ReadOptions(Task.DETECTION))[0][0].content == Instances()


def test_an_image_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, [[CAT], [CAT]])
    (tmp_path / "out.names.json").write_text('["a.jpg", "a.jpg"]')
    assert codes(*read(path)) == ["EX014"]


def test_classes_are_written_highest_score_first(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    writing = FORMAT.write(path, [record(Labels({"dog": 0.25, "cat": 0.75}))], WriteOptions(Task.CLASSIFICATION))
    assert path.read_text() == '[\n[{"label": "cat", "score": 0.75}, {"label": "dog", "score": 0.25}]\n]\n'
    assert writing.files == (path, tmp_path / "out.names.json")
    assert json.loads(writing.files[1].read_text()) == ["a.jpg"]


def test_boxes_are_written_in_whole_pixels(tmp_path: Path) -> None:
    """The worked example of the conversion table, rounded."""
    losses, options = Losses(), WriteOptions(Task.DETECTION)
    given = record(Instances((Instance("x", "can", Box(0.26, 0.406, 0.735, 0.701), 0.5),)), size=(499, 666))
    fitted = FORMAT.fit(given, options, losses)
    assert fitted is not None
    assert losses.counts == {Loss.ROUNDED: 1}
    FORMAT.write(tmp_path / "out.json", [fitted], options)
    box = {"xmin": 130, "ymin": 270, "xmax": 367, "ymax": 467}
    assert json.loads((tmp_path / "out.json").read_text()) == [[{"score": 0.5, "label": "can", "box": box}]]


def test_every_loss_is_noted_once() -> None:
    box, ring = Box(0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.1, 0.5, 0.5)
    items = (
        Instance("a", "x", box),
        Instance("b", "x", box, 1.5),
        Instance("c", " ", box, 0.5),
        Instance("d", "x", Box(0.5, 0.1, 0.501, 0.5), 0.5),
        Instance("e", "x\ud800", box, 0.5, (ring,), is_crowd=True),
    )
    losses, options = Losses(), WriteOptions(Task.DETECTION)
    given = replace(record(Instances(items)), facts=Facts(model="m"))
    fitted = FORMAT.fit(given, options, losses)
    assert losses.counts == {Loss.OBJECTS: 4, Loss.POLYGONS: 1, Loss.CROWD: 1, Loss.NAMES: 1, Loss.FACTS: 1}
    assert fitted == record(Instances((Instance("e", "x\ufffd", box, 0.5),)))
    again = Losses()
    assert FORMAT.fit(fitted, options, again) == fitted
    assert not again.counts


def test_what_cannot_be_held_at_all_is_noted() -> None:
    losses = Losses()
    items = Instances((Instance("a", "x", Box(0.1, 0.1, 0.5, 0.5), 0.5),))
    assert FORMAT.fit(record(items, size=None), WriteOptions(Task.DETECTION), losses) is None
    assert FORMAT.fit(record(items), WriteOptions(Task.CLASSIFICATION), losses) is None
    assert FORMAT.fit(record(Labels({"a": 1.0}), " "), WriteOptions(Task.CLASSIFICATION), losses) is None
    assert losses.counts == {Loss.IMAGES: 3}


def test_the_format_is_recognised(tmp_path: Path) -> None:
    for value in ([[CAT]], [CAT], [{"0": CAT}], [[], [], [OBJECT]], [[OBJECT]], {"0": CAT}):
        assert choose_format(write(tmp_path, value)).name == "hugging-face"
    for value in ([], [[]], [{"image_id": 1, "score": 1}], {"label": "cat"}, [{"label": "cat"}]):
        assert not FORMAT.recognises(look_at(write(tmp_path, value)))


TEXT = st.text(st.characters()).filter(str.strip)
UNIT = st.floats(0, 1)
EDGE = st.floats(-2, 3)
ITEMS = st.builds(Instance, st.just("i"), TEXT, st.builds(Box, EDGE, EDGE, EDGE, EDGE), st.none() | UNIT)
CONTENTS = st.one_of(
    st.dictionaries(TEXT, UNIT).map(Labels), st.lists(ITEMS, max_size=3).map(lambda items: Instances(tuple(items)))
)
SIDES = st.tuples(st.integers(1, 5000), st.integers(1, 5000))


@given(
    st.lists(st.tuples(TEXT, CONTENTS), max_size=4, unique_by=lambda pair: pair[0]),
    SIDES,
    st.sampled_from(sorted(HuggingFace.tasks)),
)
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, Content]], size: tuple[int, int], task: Task
) -> None:
    path = tmp_path_factory.mktemp("hugging-face") / "out.json"
    options = WriteOptions(task)
    fitted = [FORMAT.fit(record(content, name, size), options, Losses()) for name, content in pairs]
    kept = [each for each in fitted if each is not None]
    FORMAT.write(path, iter(kept), options)
    records, _ = read(path, ReadOptions(task, find_image=lambda address: ImageFacts(address, *size)))
    assert [(each.image_url, bare(each.content)) for each in records] == [
        (each.image_url, bare(each.content)) for each in kept
    ]


def bare(content: Content | None) -> object:
    """A content without instance ids."""
    if isinstance(content, Instances):
        return [(item.label, item.box, item.score, item.polygons) for item in content.items]
    return content


def test_the_format_is_registered() -> None:
    assert FORMATS["hugging-face"] is HuggingFace
