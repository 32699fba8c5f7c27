from __future__ import annotations

import base64
import io
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.geometry import Box
from domain.prediction import Instance, Instances, Labels, Task
from formats.base import FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, WriteOptions
from formats.base.files import look_at
from formats.base.masks import fill
from formats.labelme.labelme import Labelme

WORKED = Instance("a", "can", Box(0.26, 0.406, 0.735, 0.701))
SQUARE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
APART = (0.6, 0.6, 0.9, 0.6, 0.9, 0.9)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)


def read(path: Path, task: Task | None = None, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name)
    return list(Labelme().read(path, options or ReadOptions(task), report)), report


def document(*shapes: Any, **changes: Any) -> dict[str, Any]:
    known = {"version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": "a.jpg", "imageData": None}
    return {**known, "imageHeight": 200, "imageWidth": 100, **changes}


def shape(kind: str, points: Any, **changes: Any) -> dict[str, Any]:
    return {"label": "can", "points": points, "group_id": None, "shape_type": kind, "flags": {}, **changes}


def read_document(folder: Path, content: Any, task: Task | None = None, name: str = "a.json") -> Record:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (record,), _ = read(folder, task)
    return record


def only_item(record: Record) -> Instance:
    assert isinstance(record.content, Instances)
    (item,) = record.content.items
    return item


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def labelled(*items: Instance, image: str = "photos/1.jpg") -> Record:
    return Record(1, "", image, Instances(items), size=(499, 666))


def write(folder: Path, *records: Record, task: Task = Task.DETECTION) -> list[dict[str, Any]]:
    writing = Labelme().write(folder, records, WriteOptions(task, ("can", "carton")))
    return [json.loads(file.read_bytes()) for file in writing.files]


def packed(mask: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * 255).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    (written,) = write(tmp_path, labelled(WORKED))
    assert written == {
        "version": "5.5.0",
        "flags": {},
        "shapes": [
            {
                "label": "can",
                "points": [[129.74, 270.396], [366.765, 466.866]],
                "group_id": None,
                "description": "",
                "shape_type": "rectangle",
                "flags": {},
                "mask": None,
            }
        ],
        "imagePath": "1.jpg",
        "imageData": None,
        "imageHeight": 666,
        "imageWidth": 499,
    }
    assert (tmp_path / "photos/1.json").is_file()
    (record,), report = read(tmp_path)
    assert record.content == Instances((replace(WORKED, instance_id="lm1.1"),))
    assert (record.image_url, record.size, record.findings) == ("photos/1.jpg", (499, 666), ())
    assert report.task is Task.DETECTION


def test_a_rectangle_may_start_at_any_corner(tmp_path: Path) -> None:
    for points in ([[10, 20], [50, 60]], [[50, 60], [10, 20]], [[50, 20], [10, 60]]):
        item = only_item(read_document(tmp_path, document(shape("rectangle", points))))
        assert item.box == Box(0.1, 0.1, 0.5, 0.3)


def test_rings_of_one_object_share_a_group(tmp_path: Path) -> None:
    parts = replace(WORKED, polygons=(SQUARE, APART), box=Box(0.1, 0.1, 0.9, 0.9))
    alone = replace(WORKED, polygons=(APART,), box=Box(0.6, 0.6, 0.9, 0.9))
    (written,) = write(tmp_path, labelled(parts, alone, parts, WORKED), task=Task.SEGMENTATION)
    assert [each["group_id"] for each in written["shapes"]] == [1, 1, None, 2, 2, None]
    (record,), report = read(tmp_path)
    assert report.task is Task.SEGMENTATION
    assert isinstance(record.content, Instances)
    assert [len(item.polygons) for item in record.content.items] == [2, 1, 2, 0]


def test_a_group_of_two_classes_stays_two_objects(tmp_path: Path) -> None:
    points = [[10, 20], [50, 20], [50, 60]]
    record = read_document(
        tmp_path,
        document(*(shape("polygon", points, group_id=0, label=label) for label in ("can", "carton", "can"))),
    )
    assert isinstance(record.content, Instances)
    assert [(item.label, len(item.polygons)) for item in record.content.items] == [("can", 2), ("carton", 1)]


def test_a_circle_keeps_its_area_as_an_outline_and_is_a_box_in_detection(tmp_path: Path) -> None:
    circle = document(shape("circle", [[50, 100], [50, 120]]))
    record = read_document(tmp_path, circle, Task.SEGMENTATION)
    assert codes(record) == ["EX009"]
    (ring,) = only_item(record).polygons
    points = np.array(ring).reshape(-1, 2) * (100, 200)
    x, y = points.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert area == pytest.approx(math.pi * 20**2)
    boxed = read_document(tmp_path, circle, Task.DETECTION)
    assert codes(boxed) == ["EX009"]
    assert only_item(boxed).box.as_tuple() == pytest.approx((0.3, 0.4, 0.7, 0.6))


def test_a_mask_becomes_an_outline_of_the_same_pixels(tmp_path: Path) -> None:
    mask = np.zeros((12, 9), dtype=bool)
    mask[2:10, 1:8] = True
    mask[4:6, 3:5] = False
    record = read_document(tmp_path, document(shape("mask", [[40, 50], [48, 61]], mask=packed(mask))))
    assert codes(record) == ["EX009"]
    expected = np.zeros((200, 100), dtype=bool)
    expected[50:62, 40:49] = mask
    assert np.array_equal(fill(only_item(record).polygons, 200, 100).to_mask(), expected)


def test_flags_are_classes_of_the_image(tmp_path: Path) -> None:
    records = [
        replace(labelled(image=f"{number}.jpg"), content=Labels(dict.fromkeys(names, 1.0)))
        for number, names in enumerate([("can", "carton"), (), ("can",)])
    ]
    written = write(tmp_path, *records, task=Task.MULTILABEL)
    assert [each["flags"] for each in written] == [
        {"can": True, "carton": True},
        {"can": False, "carton": False},
        {"can": True, "carton": False},
    ]
    found, report = read(tmp_path)
    assert (report.task, report.classes) == (Task.MULTILABEL, ("can", "carton"))
    assert [record.content for record in found] == [record.content for record in records]


def test_multi_class_needs_exactly_one_flag(tmp_path: Path) -> None:
    none = read_document(tmp_path, document(flags={"can": False}), Task.CLASSIFICATION)
    assert (none.content, codes(none)) == (None, ["EX004"])
    two = read_document(tmp_path, document(flags={"can": True, "carton": True}), Task.CLASSIFICATION)
    assert codes(two) == ["EX009"]
    losses = Losses()
    assert Labelme().fit(two, WriteOptions(Task.CLASSIFICATION), losses) is None
    assert losses.counts == {Loss.IMAGES: 1}


def test_every_loss_is_named() -> None:
    losses = Losses()
    holed = replace(WORKED, polygons=(SQUARE, HOLE), is_crowd=True, score=0.5)
    flat = replace(WORKED, polygons=((0.1, 0.1, 0.2, 0.2, 0.3, 0.3),), label="\ud800")
    empty = replace(WORKED, box=Box(0.5, 0.5, 0.5, 0.5))
    record = replace(labelled(holed, flat, empty), image_url="photos\\1.jpg")
    fitted = Labelme().fit(record, WriteOptions(Task.SEGMENTATION), losses)
    assert fitted is not None
    assert fitted.image_url == "photos/1.jpg"
    assert isinstance(fitted.content, Instances)
    assert [len(item.polygons) for item in fitted.content.items] == [1, 0]
    assert losses.counts == {
        Loss.HOLES: 1,
        Loss.CROWD: 1,
        Loss.SCORES: 1,
        Loss.POLYGONS: 1,
        Loss.OBJECTS: 1,
        Loss.NAMES: 2,
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (shape("point", [[1, 2]]), "EX015"),
        (shape("linestrip", [[1, 2], [3, 4]]), "EX015"),
        (shape("line", [[1, 2], [3, 4]]), "EX015"),
        (shape("star", [[1, 2], [3, 4]]), "EX015"),
        (shape("rectangle", [[1, 2], [3, 4]], label=""), "EX004"),
        (shape("rectangle", [[1, 2], [3, 4]], label=7), "EX004"),
        (shape("rectangle", [[1, 2]]), "EX003"),
        (shape("rectangle", None), "EX003"),
        (shape("rectangle", [[1, 2], [3, "4"]]), "EX005"),
        (shape("rectangle", [[1, 2], [3, True]]), "EX005"),
        (shape("rectangle", [[1, 2], [3]]), "EX005"),
        (shape("rectangle", [[1, 2], [1, 2]]), "EX006"),
        (shape("rectangle", [[1, 2], [1000, 4]]), "EX013"),
        (shape("polygon", [[1, 2], [3, 4]]), "EX007"),
        (shape("circle", [[1e308, 2], [-1e308, 4]]), "EX005"),
        (shape("mask", [[1, 2], [3, 4]]), "EX007"),
        (shape("mask", [[1, 2], [3, 4]], mask="***"), "EX007"),
        (shape("mask", [[1, 2], [3, 4]], mask="aGVsbG8="), "EX007"),
        (shape("mask", [[1, 2], [3, 4]], mask=packed(np.zeros((3, 3), bool))), "EX007"),
        (shape("mask", [[1, 2], [3, 4]], mask=packed(np.ones((3, 3), bool))[:60]), "EX007"),
        (7, "EX003"),
    ],
)
def test_what_cannot_be_kept_is_a_finding(tmp_path: Path, changed: Any, expected: str) -> None:
    record = read_document(tmp_path, document(changed), Task.SEGMENTATION)
    assert codes(record) == [expected]
    assert (record.findings[0].file, record.findings[0].annotation) == ("a.json", 0)


def test_a_mask_that_claims_to_be_huge_is_not_unpacked(tmp_path: Path) -> None:
    data = bytearray(base64.b64decode(packed(np.ones((3, 3), bool))))
    data[16:24] = b"\x00\x01\x00\x00" * 2
    mask = base64.b64encode(bytes(data)).decode()
    record = read_document(tmp_path, document(shape("mask", [[1, 2], [3, 4]], mask=mask)))
    assert "65536x65536" in record.findings[0].message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (document(imagePath=None), ["EX002"]),
        (document(shapes=None), ["EX003"]),
        (document(shapes="x"), ["EX003"]),
        (document(imageWidth=0), ["EX008"]),
        (document(imageHeight="high"), ["EX008"]),
        ([], ["EX003"]),
        (None, ["EX003"]),
        ("text", ["EX003"]),
    ],
)
def test_documents_that_cannot_be_used_are_findings(tmp_path: Path, content: Any, expected: list[str]) -> None:
    assert codes(read_document(tmp_path, content, Task.DETECTION)) == expected


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("a.json", "..\\photos\\a.jpg", "../photos/a.jpg"),
        ("labels/a.json", "..\\photos\\a.jpg", "photos/a.jpg"),
        ("labels/a.json", "a.jpg", "labels/a.jpg"),
        ("labels/a.json", "https://example.org/a.jpg", "https://example.org/a.jpg"),
    ],
)
def test_the_image_path_is_relative_to_the_document(tmp_path: Path, name: str, path: str, expected: str) -> None:
    (tmp_path / "labels").mkdir()
    assert read_document(tmp_path, document(imagePath=path), name=name).image_url == expected


def test_the_size_comes_from_the_image_where_the_document_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document(imageWidth=None)))
    options = ReadOptions(Task.DETECTION, find_image=lambda address: ImageFacts(address, 7, 8))
    (record,), _ = read(tmp_path, options=options)
    assert record.size == (7, 8)


def test_what_stands_beside_is_counted_once(tmp_path: Path) -> None:
    box = shape("rectangle", [[1, 2], [3, 4]])
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(document(box, flags={"blurred": True}, imagePath="a.jpg")))
    records, report = read(tmp_path)
    assert [codes(record) for record in records] == [[], ["EX014"]]
    assert [finding.message for finding in report.take()] == [
        "Relook does not keep the flags of 2 images beside their shapes."
    ]
    _, report = read(tmp_path, Task.CLASSIFICATION)
    assert [finding.code for finding in report.take()] == ["EX015"]


def test_documents_are_recognised_with_their_picture_and_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(document(shape("rectangle", [[1, 2], [3, 4]]))).encode())
    assert Labelme().recognises(look_at(file))
    assert Labelme().recognises(look_at(tmp_path))
    assert only_item(read(file)[0][0]).label == "can"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_findings_never_exceptions(tmp_path: Path, data: st.DataObject) -> None:
    shapes = [
        shape("polygon", [[1, 2], [30, 4], [5, 60]], group_id=1),
        shape("mask", [[1, 2], [3, 4]], mask=packed(np.eye(3, dtype=bool))),
        shape("circle", [[9, 9], [10, 10]]),
    ]
    text = bytearray(json.dumps(document(*shapes)).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, max(0, len(text) - 1)))
        text[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
    (tmp_path / "a.json").write_bytes(bytes(text) or b" ")
    (record,), _ = read(tmp_path)
    assert record.content is not None or record.findings


def test_the_ids_tell_which_shapes_are_left_out(tmp_path: Path) -> None:
    shapes = [
        shape("point", [[1, 2]]),
        shape("line", [[1, 2], [3, 4]], group_id=1),
        shape("rectangle", [[1, 2], [30, 40]]),
        shape("polygon", [[1, 2], [3, 4]]),
        "no shape",
    ]
    record = read_document(tmp_path, document(*shapes))
    assert record.instance_ids == ("", "", "lm1.3", "", "")
    assert record.unreadable_objects == [0, 1, 3, 4]
    assert only_item(record).instance_id == "lm1.3"


def test_the_parts_of_an_object_bear_its_id(tmp_path: Path) -> None:
    ring = [[1, 2], [30, 2], [30, 40]]
    record = read_document(tmp_path, document(shape("polygon", ring, group_id=1), shape("polygon", ring, group_id=1)))
    assert record.instance_ids == ("lm1.1", "lm1.1")


@pytest.mark.parametrize("content", [None, {"shapes": [], "imagePath": ""}])
def test_a_folder_without_any_image_is_an_error(tmp_path: Path, content: Any) -> None:
    place = tmp_path / "labels"
    place.mkdir()
    if content is not None:
        (place / "a.json").write_text(json.dumps(content))
    _, report = read(place)
    assert [(finding.code, finding.message) for finding in report.take()] == [
        ("EX003", "labels holds no image: no JSON file names one.")
    ]
