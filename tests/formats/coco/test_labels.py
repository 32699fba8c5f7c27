from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.geometry import Box
from domain.prediction import Instances, Task
from formats import FORMATS
from formats.base import ImageFacts, Role
from formats.base.files import look_at
from formats.base.masks import fill
from tests.formats.coco.documents import SQUARE, annotation, document, read

RUNS = {"size": [50, 100], "counts": [2 * 50 + 5, 10, 40, 10, 5000 - 165]}


def test_a_box_is_x_y_width_height_in_pixels(tmp_path: Path) -> None:
    reading = read(tmp_path, document())
    (item,) = reading.items
    assert (item.instance_id, item.label, item.box) == ("co1", "can", Box(0.1, 0.2, 0.4, 0.8))
    assert (item.score, item.polygons, item.is_crowd) == (None, (), False)
    (record,) = reading.records
    assert (record.line, record.image_url, record.size, record.role) == (1, "a.jpg", (100, 50), Role.LABEL)
    assert reading.report.task is Task.DETECTION
    assert reading.report.classes == ("can", "carton")
    assert reading.codes == []


def test_ids_are_texts_or_numbers_and_7_is_the_same_as_its_text(tmp_path: Path) -> None:
    images = [
        {"id": "1", "width": 10, "height": 10, "file_name": "1.jpg"},
        {"id": "x", "width": 10, "height": 10, "file_name": "x.jpg"},
    ]
    parts = [annotation(id="1"), annotation(id="b", image_id="x"), annotation(id=7.0, image_id="x")]
    categories = [{"id": "1", "name": "can"}]
    reading = read(tmp_path, document(images=images, annotations=parts, categories=categories))
    assert [len(record.content.items) for record in reading.records] == [1, 2]
    ids = [item.instance_id for record in reading.records for item in record.content.items]
    assert ids[0] == "co1"
    assert ids[2] == "co7"
    assert len(set(ids)) == 3


def test_objects_follow_their_images_in_file_order(tmp_path: Path) -> None:
    images = [{"id": number, "width": 10, "height": 10, "file_name": f"{number}.jpg"} for number in (5, 3, 9)]
    order = (3, 9, 3, 5, 3)
    parts = [annotation(id=index, image_id=image) for index, image in enumerate(order)]
    reading = read(tmp_path, document(images=images, annotations=parts))
    found = [[item.instance_id for item in record.content.items] for record in reading.records]
    assert found == [["co3"], ["co0", "co2", "co4"], ["co1"]]


def test_many_objects_of_an_image_keep_their_order(tmp_path: Path) -> None:
    parts = [annotation(id=number, image_id=1 + number % 2) for number in range(1000)]
    images = [{"id": number, "width": 10, "height": 10, "file_name": f"{number}.jpg"} for number in (1, 2)]
    reading = read(tmp_path, document(images=images, annotations=parts))
    assert [item.instance_id for item in reading.items] == [f"co{number}" for number in range(0, 1000, 2)]


def test_an_image_without_annotations_is_background(tmp_path: Path) -> None:
    reading = read(tmp_path, document(annotations=[]))
    assert reading.records[0].content == Instances()
    assert reading.report.task is Task.DETECTION
    assert reading.codes == []


@pytest.mark.parametrize("segmentation", [None, [], {}, ""])
def test_an_absent_or_empty_segmentation_means_a_box(tmp_path: Path, segmentation: Any) -> None:
    part = {**annotation(), "segmentation": segmentation}
    reading = read(tmp_path, document(annotations=[part]))
    assert reading.report.task is Task.DETECTION
    assert reading.items[0].polygons == ()


def test_outlines_are_flat_lists_and_their_box_holds(tmp_path: Path) -> None:
    rings = [SQUARE, [60, 10, 70, 10, 70, 20]]
    reading = read(tmp_path, document(annotations=[annotation(segmentation=rings, bbox=[0, 0, 55, 30])]))
    (item,) = reading.items
    assert reading.report.task is Task.SEGMENTATION
    assert item.polygons == ((0.1, 0.2, 0.4, 0.2, 0.4, 0.8, 0.1, 0.8), (0.6, 0.2, 0.7, 0.2, 0.7, 0.4))
    assert item.box == Box(0.1, 0.2, 0.7, 0.8)
    assert reading.message("EX009") == (
        "Boxes that differ from their outlines, by up to 15.0 pixels: 1. The outlines hold."
    )


def test_outlines_that_overlap_are_joined_and_not_made_a_hole(tmp_path: Path) -> None:
    inner = [20, 20, 30, 20, 30, 30, 20, 30]
    reading = read(tmp_path, document(annotations=[annotation(segmentation=[SQUARE, inner])]))
    (item,) = reading.items
    assert fill(item.polygons, 50, 100).area == 900
    assert "overlap" in reading.message("EX009")


@pytest.mark.parametrize("counts", [RUNS["counts"], "Y3:X1:h96"])
def test_run_lengths_are_traced_down_the_columns(tmp_path: Path, counts: Any) -> None:
    if isinstance(counts, str):
        oracle = pytest.importorskip("pycocotools.mask")
        counts = oracle.frPyObjects(dict(RUNS), 50, 100)["counts"].decode()
    mask = {"size": [50, 100], "counts": counts}
    reading = read(tmp_path, document(annotations=[annotation(segmentation=mask, iscrowd=1, bbox=[2, 5, 2, 10])]))
    (item,) = reading.items
    assert item.is_crowd is True
    assert item.box.as_tuple() == pytest.approx((0.02, 0.1, 0.04, 0.3))
    assert fill(item.polygons, 50, 100).flips.tolist() == [105, 115, 155, 165]
    assert reading.message("EX009") == (
        "Masks traced into outlines that fill the very same pixels: 1.\n"
        "Masks of crowds (iscrowd 1), kept as outlines with the crowd flag: 1."
    )


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ({"size": [100, 50], "counts": [5000]}, "size [100, 50]; expected [50, 100]"),
        ({"size": [50, 100], "counts": [4000]}, "fill 4,000 pixels"),
        ({"size": [50, 100], "counts": [5000]}, "The mask is empty"),
        ({"size": [50, 100], "counts": "~~"}, "expected letters"),
        ({"size": [50, 100]}, "expected a list of numbers or a text"),
        ({"size": [10**9, 10**9], "counts": [10**18]}, "expected [50, 100]"),
        ([[10, 10, 20, 20]], "Outline 1 has 4 numbers"),
        ([[10, 10, 20, 20, 30]], "Outline 1 has 5 numbers"),
        ([[[1, 1], [2, 2], [3, 1]]], "expected finite numbers x1, y1"),
        ([SQUARE, "x"], "Outline 2 is x; expected a list of numbers"),
        ([[1, 2, 3, 4, 5, None]], "expected finite numbers"),
        ([[1, 2, 3, 4, 5, True]], "expected finite numbers"),
        ([[1, 2, 3, 4, 5, 10**400]], "expected finite numbers"),
        (7, "segmentation is 7"),
    ],
)
def test_what_cannot_be_used_of_a_shape_is_named_and_the_box_stays(
    tmp_path: Path, segmentation: Any, message: str
) -> None:
    reading = read(tmp_path, document(annotations=[annotation(segmentation=segmentation)]))
    assert reading.items[0].box == Box(0.1, 0.2, 0.4, 0.8)
    assert message in reading.message("EX007")
    assert reading.findings[0].place == "line 1, object 1"


def test_one_plain_list_of_numbers_is_taken_as_one_outline(tmp_path: Path) -> None:
    reading = read(tmp_path, document(annotations=[annotation(segmentation=SQUARE)]))
    assert len(reading.items[0].polygons) == 1
    assert "one plain list" in reading.message("EX009")


@pytest.mark.parametrize("bbox", [None, [1, 2, 3], "x", [1, 2, 3, "4"], [1, 2, 3, None], [1, 2, 3, True], [1e999] * 4])
def test_an_object_without_a_usable_box_or_outline_is_left_out_and_named(tmp_path: Path, bbox: Any) -> None:
    reading = read(tmp_path, document(annotations=[annotation(bbox=bbox), annotation(id=2)]))
    assert [item.instance_id for item in reading.items] == ["co2"]
    assert reading.codes == ["EX005"]
    assert reading.records[0].unreadable_objects == [0]


def test_nan_is_reported_where_it_stands(tmp_path: Path) -> None:
    text = json.dumps(document(annotations=[annotation(), annotation(id=2, bbox=[float("nan"), 0, 1, 1])]))
    reading = read(tmp_path, text.encode())
    assert [item.instance_id for item in reading.items] == ["co1"]
    assert reading.message("EX005").startswith("bbox is ['NaN', 0, 1, 1]")


def test_odd_boxes_are_kept_and_named(tmp_path: Path) -> None:
    parts = [annotation(bbox=[10, 10, 0, 5]), annotation(id=2, bbox=[-5, 10, 10, 5])]
    reading = read(tmp_path, document(annotations=parts))
    assert reading.codes == ["EX006", "EX013"]
    assert len(reading.items) == 2


def test_annotations_of_no_image_are_left_out_and_named(tmp_path: Path) -> None:
    parts = [
        annotation(),
        *(annotation(id=number, image_id=99) for number in range(2, 40)),
        5,
        annotation(image_id=None),
    ]
    reading = read(tmp_path, document(annotations=parts))
    assert len(reading.items) == 1
    assert reading.codes == ["EX010"] * 21
    assert "Annotation 2: image_id is 99, which is no image" in reading.message("EX010")
    assert reading.findings[-1].message == "20 further annotations name no image; they are left out."


@pytest.mark.parametrize("number", [9, "can", None, 1.5, [1]])
def test_an_unknown_class_is_named(tmp_path: Path, number: Any) -> None:
    reading = read(tmp_path, document(annotations=[annotation(category_id=number)]))
    assert reading.items == ()
    assert reading.codes == ["EX004"]


def test_classes_that_cannot_be_are_named(tmp_path: Path) -> None:
    categories = [
        {"id": 1, "name": "can"},
        {"id": 1, "name": "tin"},
        {"id": 2, "name": "can"},
        {"id": 3},
        {"name": "x"},
        {"id": 4, "name": " "},
        {"id": 5, "name": 5},
        "six",
        {"id": 7, "name": "seven", "supercategory": "number"},
    ]
    reading = read(tmp_path, document(categories=categories))
    assert reading.items[0].label == "can"
    assert reading.report.classes == ("can", "seven")
    assert reading.codes == ["EX010", "EX009", "EX004", "EX004", "EX004", "EX004", "EX004", "EX009"]
    assert "Classes with a supercategory, which only COCO labels keep: 1." in reading.message("EX009")
    assert reading.report.numbers == {"can": 1, "seven": 7}
    assert reading.report.supercategories == {"seven": "number"}


def test_repeated_ids_of_objects_are_named_and_both_are_kept(tmp_path: Path) -> None:
    reading = read(
        tmp_path, document(annotations=[annotation(), annotation(), annotation(id="1"), annotation(id=None)])
    )
    assert len({item.instance_id for item in reading.items}) == 4
    assert reading.codes == ["EX010", "EX010", "EX009"]


def test_repeated_ids_and_names_of_images_are_named(tmp_path: Path) -> None:
    images = [
        {"id": 1, "width": 50, "height": 50, "file_name": "a.jpg"},
        {"id": 1, "width": 50, "height": 50, "file_name": "b.jpg"},
        {"id": 2, "width": 50, "height": 50, "file_name": "a.jpg"},
        {"width": 50, "height": 50, "file_name": "c.jpg"},
    ]
    reading = read(tmp_path, document(images=images))
    assert [record.content is None for record in reading.records] == [False, True, False, True]
    assert reading.codes == ["EX010", "EX014", "EX003"]


@pytest.mark.parametrize(
    "size",
    [
        {},
        {"width": 0, "height": 5},
        {"width": "x", "height": 5},
        {"width": -1, "height": 5},
        {"width": 1.5, "height": 5},
        {"width": 10**20, "height": 5},
        {"width": 2**31, "height": 5},
    ],
)
def test_a_missing_size_comes_from_the_image_file_or_is_named(tmp_path: Path, size: dict[str, Any]) -> None:
    images = [{"id": 1, "file_name": "a.jpg", **size}]
    reading = read(tmp_path, document(images=images))
    assert reading.records[0].content is None
    assert reading.codes == ["EX008"]
    found = read(tmp_path, document(images=images), find_image=lambda address: ImageFacts(address, 100, 50))
    assert found.items[0].box == Box(0.1, 0.2, 0.4, 0.8)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"file_name": "a/b.jpg", "coco_url": "AmlDatastore://store/x/a/b.jpg"}, "AmlDatastore://store/x/a/b.jpg"),
        (
            {"file_name": "b.jpg", "absolute_url": "azureml://datastores/s/paths/b.jpg"},
            "azureml://datastores/s/paths/b.jpg",
        ),
        ({"file_name": "c.jpg", "coco_url": "AmlDatastore://store/x/b.jpg"}, "c.jpg"),
        ({"file_name": "b.jpg", "coco_url": "http://images.example/val/b.jpg"}, "b.jpg"),
        ({"coco_url": "http://images.example/val/b.jpg"}, "http://images.example/val/b.jpg"),
        ({"file_name": None, "absolute_url": "AmlDatastore://store/b.jpg"}, "AmlDatastore://store/b.jpg"),
    ],
)
def test_the_datastore_address_is_taken_where_it_ends_in_the_file_name(
    tmp_path: Path, names: dict[str, Any], expected: str
) -> None:
    reading = read(tmp_path, document(images=[{"id": 1, "width": 10, "height": 10, **names}]))
    assert reading.records[0].image_url == expected


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({"id": 1, "width": 9, "height": 9}, "EX002"),
        ({"id": 1, "width": 9, "height": 9, "file_name": 5}, "EX002"),
        ({"id": 1, "width": 9, "height": 9, "file_name": " "}, "EX002"),
        ({"id": 1, "width": 9, "height": 9, "file_name": "../../etc/passwd"}, "EX009"),
        (5, "EX003"),
    ],
)
def test_images_that_cannot_be_found_are_named(tmp_path: Path, image: Any, code: str) -> None:
    reading = read(tmp_path, document(images=[image], annotations=[]))
    assert reading.codes == [code]


@pytest.mark.parametrize(
    ("value", "expected", "codes"),
    [
        (0, False, []),
        (1, True, []),
        (True, True, []),
        ("1", True, []),
        (None, None, []),
        (2, False, ["EX009"]),
        ("yes", False, ["EX009"]),
        ([1], False, ["EX009"]),
    ],
)
def test_crowd_flags(tmp_path: Path, value: Any, expected: bool | None, codes: list[str]) -> None:
    reading = read(tmp_path, document(annotations=[annotation(iscrowd=value)]))
    assert reading.items[0].is_crowd is expected
    assert reading.codes == codes


@pytest.mark.parametrize("area", [0.0, -1, "x", None, 1e300])
def test_any_area_will_do(tmp_path: Path, area: Any) -> None:
    assert read(tmp_path, document(annotations=[annotation(area=area)])).codes == []


def test_keypoints_captions_scores_and_unknown_keys_are_counted(tmp_path: Path) -> None:
    parts = [
        annotation(keypoints=[1, 2, 2], num_keypoints=1),
        annotation(id=2, attributes={}, score=0.5),
        annotation(id=3, caption="a can", attributes={}),
    ]
    reading = read(tmp_path, document(annotations=parts, info={"year": 2020}, licenses=[]))
    assert len(reading.items) == 3
    assert reading.message("EX015") == "Objects whose keypoints are left out: 1.\nCaptions left out: 1."
    assert reading.message("EX009") == (
        "Scores left out, because labels have none: 1.\n"
        "Keys of the document that are not kept: info (1).\n"
        "Keys of annotations that are not kept: attributes (2)."
    )


def test_reading_outlines_as_detection_leaves_them_out_and_says_so(tmp_path: Path) -> None:
    content = document(annotations=[annotation(segmentation=[SQUARE], bbox=[0, 0, 50, 50])])
    reading = read(tmp_path, content, task=Task.DETECTION)
    assert (reading.items[0].polygons, reading.items[0].box) == ((), Box(0, 0, 0.5, 1))
    assert reading.message("EX009") == "Outlines left out, because the file is read as object detection: 1."


def test_without_categories_the_given_names_count_from_one(tmp_path: Path) -> None:
    content = document(annotations=[annotation(category_id=2)])
    del content["categories"]
    assert read(tmp_path, content, classes={0: "can", 1: "carton"}).items[0].label == "carton"
    assert read(tmp_path, content).codes == ["EX004", "EX003"]


@pytest.mark.parametrize("missing", ["images", "annotations", "categories"])
def test_missing_and_misshapen_parts_are_named(tmp_path: Path, missing: str) -> None:
    content = document()
    del content[missing]
    assert f"The document has no {missing}." in read(tmp_path, content).message("EX003")
    assert f"{missing} is 5; expected a list." in read(tmp_path, document(**{missing: 5})).message("EX003")


def test_the_files_recognised_are_coco_labels_only(tmp_path: Path) -> None:
    def recognises(name: str, text: str) -> bool:
        file = tmp_path / "file.json"
        file.write_text(text)
        return FORMATS[name]().recognises(look_at(file))

    labels, results = json.dumps(document(), indent=1), '[ {"image_id": 1, "bbox": [1], "category_id": 2}]'
    assert recognises("coco", labels)
    assert recognises("coco", f"\ufeff\n{labels}")
    assert recognises("coco", '{"images": [{"id": 1, "file_name": "a.jpg"}')
    assert recognises("coco-results", results)
    assert not recognises("coco", results)
    assert not recognises("coco-results", labels)
    task = '{"id": 1, "data": {"image": "a.jpg"}, "annotations": [{"result": []}]}'
    for other in (
        "{}",
        "[]",
        task,
        f"[{task}]",
        '{"image_url": "a.jpg", "label": []}',
        '{"shapes": [], "imagePath": "a"}',
    ):
        assert not recognises("coco", other)
        assert not recognises("coco-results", other)


FRACTIONS = [annotation(bbox=[0.25, 0.5, 0.5, 0.25]), annotation(id=2, bbox=[0, 0, 1, 1.2])]


def test_boxes_that_seem_to_be_fractions_are_told_once(tmp_path: Path) -> None:
    reading = read(tmp_path, document(annotations=FRACTIONS))
    assert reading.codes == ["EX009"]
    assert "No coordinate of the boxes (2) reaches 1.5 pixels (the largest is 1.2)" in reading.message("EX009")
    assert reading.report.findings[0].file == "labels.coco"


@pytest.mark.parametrize(
    "parts",
    [
        {"annotations": [*FRACTIONS, annotation(id=3)]},
        {"annotations": [annotation(bbox=[-5, 0, 6, 1])]},
        {"annotations": []},
        {"annotations": FRACTIONS, "images": [{"id": 1, "width": 2, "height": 1, "file_name": "a.jpg"}]},
    ],
)
def test_boxes_that_may_be_pixels_are_not(tmp_path: Path, parts: dict[str, Any]) -> None:
    assert "fractions of the image" not in read(tmp_path, document(**parts)).message("EX009")
