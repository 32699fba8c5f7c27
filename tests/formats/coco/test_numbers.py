"""Numbers of images and classes: kept on the way through, and the same in labels and in results."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from domain.geometry import Box
from domain.prediction import Instance, Task
from formats import FORMATS
from formats.base import ImageFacts, Losses, Record, Role, WriteOptions
from formats.coco.numbering import ClassNumbers, ImageNumbers
from tests.formats.coco.documents import document, read, read_file, result
from tests.formats.coco.test_writing import record

BOX = Box(0.1, 0.1, 0.5, 0.5)


def number_of(*classes: str, **numbers: int) -> dict[str, int]:
    return ClassNumbers(WriteOptions(Task.DETECTION, classes, numbers=numbers)).names


def test_classes_keep_their_numbers_and_new_ones_stand_behind_them() -> None:
    assert number_of("person", "new", "bottle", bottle=44, person=1) == {"person": 1, "new": 45, "bottle": 44}
    assert number_of("a", "b") == {"a": 1, "b": 2}
    assert number_of("a", "zero", zero=0) == {"a": 1, "zero": 0}


def test_a_number_given_twice_or_beyond_measure_is_not_used_again() -> None:
    assert number_of("b", "a", a=3, b=3) == {"b": 4, "a": 3}
    assert number_of("a", "b", a=-1, b=2**60) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("val2017/000000397133.jpg", 397133),
        ("7.png", 7),
        ("COCO_val2014_000000000139.jpg", 139),
        ("0.jpg", 0),
    ],
)
def test_images_have_the_number_their_file_is_called_by(name: str, number: int) -> None:
    assert ImageNumbers().find(name) == ImageNumbers().add(name) == number


@pytest.mark.parametrize("name", ["a.jpg", "IMG_7.jpg", "7a.jpg", "٧.jpg", "9" * 16 + ".jpg", "-7.jpg", "7.5.jpg", ""])
def test_other_images_have_a_number_from_their_name_that_no_file_is_called_by(name: str) -> None:
    numbers = ImageNumbers()
    numbers.add("first.jpg")
    assert numbers.add(name) == ImageNumbers().find(name)
    assert 2**52 <= ImageNumbers().find(name) < 2**53


def test_a_number_is_given_once_and_a_name_that_stands_twice_in_labels_has_two() -> None:
    numbers = ImageNumbers()
    names = ("a/1.jpg", "b/1.jpg", "a.jpg", "a.jpg", "a/1.jpg")
    assert len({numbers.add(name) for name in names}) == 5
    assert numbers.find("a/1.jpg") == 1, "the first keeps it"


def test_results_find_an_image_again() -> None:
    numbers = ImageNumbers()
    found = [numbers.find(name) for name in ("a/1.jpg", "b/1.jpg", "b/1.jpg", "a/1.jpg")]
    assert found[0] == found[3] == 1
    assert found[1] == found[2] > 2**52


def scored(name: str, *labels: str) -> Record:
    items = [Instance(str(at), label, BOX, score=0.5) for at, label in enumerate(labels)]
    return record(*items, image_url=name, role=Role.PREDICTION)


def write(file: Path, name: str, records: list[Record], **options: Any) -> Any:
    target, chosen = FORMATS[name](), WriteOptions(Task.DETECTION, ("can", "carton"), **options)
    fitted = [target.fit(each, chosen, Losses()) for each in records]
    target.write(file, iter([each for each in fitted if each is not None]), chosen)
    return json.loads(file.read_text())


def test_labels_and_results_of_the_same_images_fit_each_other_though_results_leave_some_out(tmp_path: Path) -> None:
    names = ("a.jpg", "b/c d.jpg", "12.jpg", "e.jpg")
    address = "azureml://datastores/store/paths/"
    labels = write(tmp_path / "l.json", "coco", [record(image_url=name) for name in (*names[:3], address + names[3])])
    results = write(tmp_path / "r.json", "coco-results", [scored(name, "can") for name in names[1:]])
    given = {image["file_name"]: image["id"] for image in labels["images"]}
    assert [one["image_id"] for one in results] == [given[name] for name in names[1:]]
    pycocotools = pytest.importorskip("pycocotools.coco")
    with redirect_stdout(StringIO()):
        found = pycocotools.COCO(str(tmp_path / "l.json")).loadRes(str(tmp_path / "r.json"))
    assert len(found.anns) == 3


def test_labels_tell_and_keep_numbers_and_supercategories(tmp_path: Path) -> None:
    categories = [{"id": 44, "name": "can", "supercategory": "metal"}, {"id": 1, "name": "carton"}]
    report = read(tmp_path, document(categories=categories, annotations=[])).report
    assert (report.numbers, report.supercategories) == ({"can": 44, "carton": 1}, {"can": "metal"})
    kept = {"numbers": report.numbers, "supercategories": report.supercategories}
    assert write(tmp_path / "l.json", "coco", [record()], **kept)["categories"] == [
        {"id": 44, "name": "can", "supercategory": "metal"},
        {"id": 1, "name": "carton", "supercategory": ""},
    ]
    results = write(tmp_path / "r.json", "coco-results", [scored("1.jpg", "can", "carton", "new")], **kept)
    assert [one["category_id"] for one in results] == [44, 1, 45]


def test_labels_without_classes_tell_the_numbers_of_those_given_by_hand(tmp_path: Path) -> None:
    parts = document()
    del parts["categories"]
    assert read(tmp_path, parts, classes={0: "x", 1: "y"}).report.numbers == {"x": 1, "y": 2}


def read_results(tmp_path: Path, *parts: Any, **options: Any) -> dict[str, int]:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(parts))
    find = lambda name: ImageFacts(name, 100, 50)  # noqa: E731  local shorthand
    return read_file(file, name="coco-results", find_image=find, **options).report.numbers


def test_results_tell_the_numbers_of_the_names_beside_them(tmp_path: Path) -> None:
    parts = [result(category_id=44, category_name="bottle", file_name="1.jpg")]
    assert read_results(tmp_path, *parts, classes={0: "x"}) == {"bottle": 44}
    assert read_results(tmp_path, result(), classes={0: "x", 1: "y"}) == {"x": 1, "y": 2}
    assert read_results(tmp_path, result(category_id=0), classes={0: "x"}) == {"x": 0}
    (tmp_path / "labels.json").write_text(json.dumps(document(categories=[{"id": 1, "name": "can"}])))
    assert read_results(tmp_path, result()) == {"can": 1}


@pytest.mark.parametrize("number", [10**30, "x", None, -1, 1.5, True])
def test_what_is_no_number_tells_none(tmp_path: Path, number: Any) -> None:
    part = result(category_id=number, category_name="can", file_name="1.jpg")
    assert read_results(tmp_path, part) == {}


def test_two_names_of_one_number_in_results_are_told(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text(json.dumps([result(category_name=name, file_name="1.jpg") for name in ("can", "tin")]))
    reading = read_file(file, name="coco-results", find_image=lambda name: ImageFacts(name, 100, 50))
    assert "1 is the number of can and tin" in reading.message("EX009")


def precision(truth: Path, results: Path, kind: str) -> float:
    """Mean average precision as pycocotools has it."""
    coco, evaluation = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
    with redirect_stdout(StringIO()):
        labels = coco.COCO(str(truth))
        judge = evaluation.COCOeval(labels, labels.loadRes(str(results)), kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge.stats[0]


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of pycocotools with NumPy 2
def test_results_and_labels_that_were_converted_are_judged_as_the_originals(test_data: Path, tmp_path: Path) -> None:
    """Results with numbers only, named by the labels beside them, and the labels themselves, in all four pairs."""
    original = test_data / "coco_photos/annotations/instances_val2017.json"
    truth, plain = tmp_path / "labels.json", tmp_path / "results.json"
    truth.write_bytes(original.read_bytes())
    annotations = json.loads(original.read_text())["annotations"]
    kept = [each for at, each in enumerate(annotations) if not each["iscrowd"] and at % 4]
    keys = ("image_id", "category_id", "bbox")
    plain.write_text(json.dumps([{**{key: each[key] for key in keys}, "score": 0.9} for each in kept]))
    before = precision(truth, plain, "bbox")
    results, labels = tmp_path / "out/results.json", tmp_path / "out/labels.json"
    results.parent.mkdir()
    assert main(["convert", str(plain), str(results), "--to", "coco-results"]) == 0
    assert main(["convert", str(truth), str(labels), "--to", "coco"]) == 0
    assert 0.5 < before < 1
    for one, other in ((truth, results), (labels, plain), (labels, results)):
        assert precision(one, other, "bbox") == pytest.approx(before, abs=1e-3)
    old, new = json.loads(truth.read_text()), json.loads(labels.read_text())
    assert new["categories"] == old["categories"]
    assert [image["id"] for image in new["images"]] == [image["id"] for image in old["images"]]
