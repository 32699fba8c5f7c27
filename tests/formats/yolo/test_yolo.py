from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from domain.errors import FormatError, InputError
from domain.geometry import Box
from domain.prediction import Instance, Instances, Task
from formats.base import FileReport, ImageFacts, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.files import look_at
from formats.yolo.yolo import Yolo

WORKED = Instance("a", "can", Box(0.26, 0.406, 0.735, 0.701))
SQUARE = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
APART = (0.6, 0.6, 0.9, 0.6, 0.9, 0.9)
HOLE = (0.2, 0.2, 0.4, 0.2, 0.4, 0.4, 0.2, 0.4)
CLASSES = ("can", "carton")
DETECT = WriteOptions(Task.DETECTION, CLASSES)
SEGMENT = WriteOptions(Task.SEGMENTATION, CLASSES)
WORKED_ROW = "0 0.4975 0.5535 0.475 0.295"


def lay_out(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    return root


def read(root: Path, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(root.name)
    return list(Yolo().read(root, options or ReadOptions(), report)), report


def read_rows(root: Path, text: str) -> Record:
    (record,), _ = read(lay_out(root, {"classes.txt": "can\ncarton\n", "labels/a.txt": text, "images/a.jpg": ""}))
    return record


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def items(record: Record) -> tuple[Instance, ...]:
    assert isinstance(record.content, Instances)
    return record.content.items


def labelled(*objects: Instance, image: str = "photos/1.jpg") -> Record:
    return Record(1, "", image, Instances(objects), size=(499, 666))


def predicted(*objects: Instance, image: str = "photos/1.jpg") -> Record:
    return replace(labelled(*objects, image=image), role=Role.PREDICTION)


def fit(record: Record, options: WriteOptions = DETECT) -> tuple[Record, Losses]:
    losses = Losses()
    fitted = Yolo().fit(record, options, losses)
    assert fitted is not None
    return fitted, losses


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    Yolo().write(tmp_path, [labelled(WORKED)], DETECT)
    assert (tmp_path / "labels/photos/1.txt").read_text() == WORKED_ROW + "\n"
    (record,), report = read(tmp_path)
    assert items(record)[0].box.as_tuple() == pytest.approx(WORKED.box.as_tuple(), abs=1e-15)
    assert (record.image_url, record.findings) == ("photos/1.jpg", ())
    assert (report.task, report.classes) == (Task.DETECTION, CLASSES)


def test_a_data_set_lies_as_ultralytics_expects_it(tmp_path: Path) -> None:
    Yolo().write(tmp_path, [labelled(WORKED), labelled(image="b.png"), predicted(image="b.png")], DETECT)
    facts = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert facts == {"train": "train.txt", "val": "train.txt", "names": {0: "can", 1: "carton"}}
    assert (tmp_path / "train.txt").read_text() == "./images/photos/1.jpg\n./images/b.png\n"
    assert (tmp_path / "predictions.txt").read_text() == "./images/b.png\n"
    assert (tmp_path / "labels/b.txt").read_bytes() == b""
    records, _ = read(tmp_path)
    assert [(record.image_url, record.role, len(items(record))) for record in records] == [
        ("photos/1.jpg", Role.LABEL, 1),
        ("b.png", Role.LABEL, 0),
        ("b.png", Role.PREDICTION, 0),
    ]


def test_names_of_classes_are_texts_whatever_yaml_thinks(tmp_path: Path) -> None:
    names = ("yes", "1", "null", " ", "~", "a: b", "# c", "'", "é\n🥛")
    Yolo().write(tmp_path, [labelled()], WriteOptions(Task.DETECTION, names))
    _, report = read(tmp_path)
    assert report.classes == names


@pytest.mark.parametrize("names", ["[no, 1, null]", "{0: no, 1: 1, 2: null}", "\n- no\n- 1\n- null"])
def test_lists_and_numbers_of_names_are_read_as_written(tmp_path: Path, names: str) -> None:
    _, report = read(lay_out(tmp_path, {"data.yaml": f"nc: 3\nnames: {names}\n", "labels/a.txt": ""}))
    assert report.classes == ("no", "1", "null")


def test_rows_of_all_kinds(tmp_path: Path) -> None:
    record = read_rows(tmp_path, f"{WORKED_ROW}\n\n1 0.1 0.1 0.5 0.1 0.5 0.5\r\n")
    assert [(item.label, item.polygons, item.score) for item in items(record)] == [
        ("can", (), None),
        ("carton", ((0.1, 0.1, 0.5, 0.1, 0.5, 0.5),), None),
    ]
    assert record.role is Role.LABEL


def test_an_even_number_of_values_ends_with_a_score(tmp_path: Path) -> None:
    record = read_rows(tmp_path, f"{WORKED_ROW} 0.875\n1.0 0.1 0.1 0.5 0.1 0.5 0.5 0.25\n")
    assert [(item.label, len(item.polygons), item.score) for item in items(record)] == [
        ("can", 0, 0.875),
        ("carton", 1, 0.25),
    ]
    assert record.role is Role.PREDICTION


def test_a_row_without_score_among_predictions_is_kept_and_told(tmp_path: Path) -> None:
    record = read_rows(tmp_path, f"{WORKED_ROW} 0.875\n{WORKED_ROW}\n")
    assert [item.score for item in items(record)] == [0.875, None]
    assert codes(record) == ["EX012"]


def test_empty_texts_among_predictions_are_predictions(tmp_path: Path) -> None:
    files = {"labels/a.txt": f"{WORKED_ROW} 0.875", "labels/b.txt": "", "classes.txt": "can"}
    records, _ = read(lay_out(tmp_path, files))
    assert [record.role for record in records] == [Role.PREDICTION, Role.PREDICTION]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("0 0.5 0.5 0.1", "EX003"),
        ("can 0.5 0.5 0.1 0.1", "EX010"),
        ("-1 0.5 0.5 0.1 0.1", "EX010"),
        ("0.5 0.5 0.5 0.1 0.1", "EX010"),
        ("2 0.5 0.5 0.1 0.1", "EX010"),
        ("0 0.5 0.5 0.1 nan", "EX005"),
        ("0 0.5 0.5 0.1 1e400", "EX005"),
        ("0 0.5 0.5 0.1 1_0", "EX005"),
        ("0 0.5 0.5 0 0.1", "EX006"),
        ("0 0.5 0.5 -0.1 0.1", "EX006"),
        ("0 250 333 100 100", "EX013"),
        ("0 0.5 0.5 0.1 0.1 1.5", "EX012"),
    ],
)
def test_what_is_wrong_becomes_a_finding_with_its_line(tmp_path: Path, row: str, expected: str) -> None:
    record = read_rows(tmp_path, f"{WORKED_ROW}\n\n{row}\n")
    (finding,) = record.findings
    assert (finding.code, finding.file, finding.line, finding.annotation) == (expected, "labels/a.txt", 3, 1)


def test_edges_that_six_decimals_move_outside_are_put_back(tmp_path: Path) -> None:
    record = read_rows(tmp_path, "0 0.833334 0.5 0.333333 1.000001\n")
    assert codes(record) == []
    assert items(record)[0].box.as_tuple() == (pytest.approx(0.666667), 0.0, 1.0, 1.0)


def test_a_text_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    lay_out(tmp_path, {"classes.txt": "can", "labels/b.txt": ""})
    (tmp_path / "labels/a.txt").write_bytes(b"\xff\xfe\x00")
    records, _ = read(tmp_path)
    assert [(record.content is None, codes(record)) for record in records] == [(True, ["EX001"]), (False, [])]


def test_classes_without_names_are_called_by_their_numbers_and_told_once(tmp_path: Path) -> None:
    lay_out(tmp_path, {"labels/a.txt": f"{WORKED_ROW}\n7 0.5 0.5 0.1 0.1", "images/a.jpg": ""})
    (record,), report = read(tmp_path)
    assert [item.label for item in items(record)] == ["0", "7"]
    assert [finding.code for finding in report.take()] == ["EX004"]
    (record,), report = read(tmp_path, ReadOptions(classes={0: "can", 7: "cup"}))
    assert [item.label for item in items(record)] == ["can", "cup"]
    assert report.take() == ()


@pytest.mark.parametrize(
    "text",
    [
        "names: [a, [b]]",
        "names: 5",
        "names: {x: a}",
        "names: [a",
        "names: *b",
        "- names:\nnames:\n",
        "names: &a [*a]",
        "names: " + "[" * 2000,
    ],
    ids=range(8),
)
def test_broken_lists_of_names_are_findings_of_the_file(tmp_path: Path, text: str) -> None:
    records, report = read(lay_out(tmp_path, {"data.yaml": text, "labels/a.txt": WORKED_ROW, "images/a.jpg": ""}))
    assert len(records) == 1
    assert {finding.code for finding in report.take()} & {"EX001", "EX003", "EX004"}


def test_images_are_found_in_the_folder_by_stem(tmp_path: Path) -> None:
    files = {
        "data.yaml": "names: [can]\ntrain: images/train\n",
        "images/train/a.jpeg": "",
        "images/train/b.png": "",
        "labels/train/a.txt": WORKED_ROW,
    }
    records, report = read(lay_out(tmp_path, files))
    assert [(record.image_url, len(items(record))) for record in records] == [("train/a.jpeg", 1), ("train/b.png", 0)]
    assert report.take() == ()


def test_splits_in_folders_of_their_own_are_read(tmp_path: Path) -> None:
    files = {"data.yaml": "names: [can]\ntrain: ../train/images\nval: ../valid/images\n"}
    for split in ("train", "valid"):
        files |= {f"{split}/images/a.jpg": "", f"{split}/labels/a.txt": WORKED_ROW}
    records, _ = read(lay_out(tmp_path, files))
    assert [record.image_url for record in records] == ["train/images/a.jpg", "valid/images/a.jpg"]


def test_lists_name_images_that_are_not_there(tmp_path: Path) -> None:
    files = {
        "data.yaml": "names: [can]\ntrain: [train2017.txt]\nval: lists/val2017.txt\n",
        "train2017.txt": "./images/train2017/1.png\n/data/coco/images/train2017/2.webp\n",
        "lists/val2017.txt": "./images/val2017/3.tif\n../../../etc/4.jpg\n",
        "labels/train2017/2.txt": WORKED_ROW,
    }
    records, _ = read(lay_out(tmp_path, files))
    assert [(record.image_url, len(items(record))) for record in records] == [
        ("train2017/1.png", 0),
        ("train2017/2.webp", 1),
        ("val2017/3.tif", 0),
        ("etc/4.jpg", 0),
    ]


def test_a_folder_of_labels_alone_asks_for_images_or_says_that_it_guessed(tmp_path: Path) -> None:
    root = lay_out(tmp_path / "labels", {"cold/a.txt": WORKED_ROW, "classes.txt": "can"})
    assert Yolo().recognises(look_at(root))
    (record,), report = read(root)
    assert record.image_url == "cold/a.jpg"
    assert [finding.code for finding in report.take()] == ["EX009"]
    known = ReadOptions(find_image=lambda path: ImageFacts(path, 5, 6) if path == "cold/a.webp" else None)
    (record,), report = read(root, known)
    assert (record.image_url, record.size) == ("cold/a.webp", (5, 6))
    assert report.take() == ()


def test_the_output_of_a_prediction_run_beside_its_pictures(tmp_path: Path) -> None:
    (record,), report = read(lay_out(tmp_path, {"a.png": "", "labels/a.txt": f"{WORKED_ROW} 0.5"}))
    assert (record.image_url, record.role) == ("a.png", Role.PREDICTION)
    assert [finding.code for finding in report.take()] == ["EX004"]


def test_keypoints_are_left_out_and_counted(tmp_path: Path) -> None:
    files = {"data.yaml": "names: [can]\nkpt_shape: [2, 3]\n", "labels/a.txt": f"{WORKED_ROW} 0.1 0.1 2 0.2 0.2 1"}
    (record,), report = read(lay_out(tmp_path, files | {"images/a.jpg": ""}))
    assert (items(record)[0].polygons, record.role, report.task) == ((), Role.LABEL, Task.DETECTION)
    assert [finding.code for finding in report.take()] == ["EX015"]


def test_every_loss_is_named() -> None:
    several = replace(WORKED, polygons=(SQUARE, APART, HOLE), is_crowd=True, score=0.5)
    outside = replace(WORKED, instance_id="b", polygons=((-0.5, 0.1, 0.5, 0.1, 0.5, 0.5),))
    fitted, losses = fit(labelled(several, outside, WORKED, replace(WORKED, label="cup")), SEGMENT)
    assert [item.polygons for item in items(fitted)] == [(SQUARE,), (APART,), ((0.0, 0.1, 0.5, 0.1, 0.5, 0.5),)]
    assert len({item.instance_id for item in items(fitted)}) == 3
    assert losses.counts == {
        Loss.SEGMENTS: 1,
        Loss.HOLES: 1,
        Loss.CROWD: 1,
        Loss.SCORES: 1,
        Loss.CLIPPED: 1,
        Loss.OBJECTS: 2,
    }


def test_predictions_need_a_score() -> None:
    fitted, losses = fit(predicted(WORKED, replace(WORKED, score=0.5)))
    assert [item.score for item in items(fitted)] == [0.5]
    assert losses.counts == {Loss.OBJECTS: 1}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("../../etc/a.jpg", "etc/a.jpg"),
        ("/etc/a.jpg", "etc/a.jpg"),
        ("C:\\photos\\a.jpg", "photos/a.jpg"),
        ("https://example.org/a.jpg", "example.org/a.jpg"),
        ("a\nb\u2028c.jpg", "a\ufffdb\ufffdc.jpg"),
        ("..", "image"),
    ],
)
def test_images_are_named_by_paths_inside_the_folder(tmp_path: Path, image: str, expected: str) -> None:
    fitted, losses = fit(labelled(WORKED, image=image))
    assert fitted.image_url == expected
    assert losses.counts == {Loss.NAMES: 1}
    writing = Yolo().write(tmp_path, [fitted], DETECT)
    assert all(file.resolve().is_relative_to(tmp_path.resolve()) for file in writing.files)
    assert [record.image_url for record in read(tmp_path)[0]] == [expected]


@pytest.mark.parametrize(
    "image",
    [
        "images/a.jpg",
        "x/images/a.jpg",
        "labels/a.jpg",
        "predictions/a.jpg",
        "no suffix",
        "a.b.c/d",
        "train.txt",
        "a.txt",
        " a .jpg",
        "labels/images/labels/a.jpg",
    ],
)
@pytest.mark.parametrize("role", list(Role))
def test_folders_with_the_names_of_the_layout_do_not_confuse_it(tmp_path: Path, image: str, role: Role) -> None:
    scored = replace(WORKED, score=0.5 if role is Role.PREDICTION else None)
    records = [replace(labelled(scored, image=name), role=role) for name in (image, "b.jpg")]
    Yolo().write(tmp_path, records, DETECT)
    found, report = read(tmp_path)
    assert [(record.image_url, record.role, len(items(record))) for record in found] == [
        (image, role, 1),
        ("b.jpg", role, 1),
    ]
    assert report.take() == ()


def test_two_images_of_one_stem_are_refused_and_an_image_that_stands_twice_is_joined(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.jpg and images/a\.png would share"):
        Yolo().write(lay_out(tmp_path / "one", {"x": ""}), [labelled(image="a.jpg"), labelled(image="a.png")], DETECT)
    root = lay_out(tmp_path / "two", {"x": ""})
    Yolo().write(root, [labelled(WORKED), labelled(WORKED)], DETECT)
    (record,), _ = read(root)
    assert len(items(record)) == 2


def test_data_yaml_may_be_named_itself(tmp_path: Path) -> None:
    Yolo().write(tmp_path, [labelled(WORKED)], DETECT)
    file = tmp_path / "data.yaml"
    assert Yolo().recognises(look_at(file))
    (record,), _ = read(file)
    assert len(items(record)) == 1


def test_other_folders_are_not_claimed(tmp_path: Path) -> None:
    lay_out(tmp_path, {"notes.txt": "0 0.5 0.5 0.1 0.1", "a.txt": "words words words words words", "x.yaml": "a: 1"})
    assert not Yolo().recognises(look_at(tmp_path))


def test_the_ids_tell_which_rows_are_left_out(tmp_path: Path) -> None:
    record = read_rows(tmp_path, f"7 0.5 0.5 0.1 0.1\n\n{WORKED_ROW}\n0 0.5\n")
    assert record.instance_ids == ("", "labels/a.txt#3", "")
    assert record.unreadable_objects == [0, 2]
    assert [item.instance_id for item in items(record)] == ["labels/a.txt#3"]


@pytest.mark.parametrize("name", ["labels.json", "images/a.jpg", "README"])
def test_a_file_of_another_kind_does_not_stand_for_the_folder_around_it(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path, {"classes.txt": "can\n", "labels/a.txt": WORKED_ROW, name: "{}"})
    with pytest.raises(FormatError, match="Expected: the folder of a data set"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["data.yaml", "DATA.YML", "classes.txt"])
def test_a_file_of_the_data_set_stands_for_its_folder(tmp_path: Path, name: str) -> None:
    lay_out(tmp_path, {"labels/a.txt": WORKED_ROW, name: "can\n" if name.endswith("txt") else "names: [can]\n"})
    (record,), _ = read(tmp_path / name)
    assert [item.label for item in items(record)] == ["can"]
