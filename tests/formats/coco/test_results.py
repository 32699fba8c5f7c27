from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.geometry import Box
from domain.prediction import Instances, Task
from formats.base import ImageFacts, Loss, Role
from formats.base.masks import fill
from formats.coco.numbering import ImageNumbers
from tests.formats.coco.documents import SQUARE, Reading, document, read_file, result
from tests.formats.coco.test_writing import INNER, SPECK, fit, outlined, record, write
from tests.formats.coco.test_writing import SQUARE as RING

MASK = {"size": [50, 100], "counts": [2 * 50 + 5, 10, 40, 10, 5000 - 165]}


def know_all(address: str) -> ImageFacts | None:
    return ImageFacts(f"photos/{address}", 100, 50)


def read(tmp_path: Path, content: Any, **options: Any) -> Reading:
    file = tmp_path / "results.json"
    file.write_text(json.dumps(content))
    return read_file(file, name="coco-results", **options)


def test_a_number_means_the_file_called_by_it(tmp_path: Path) -> None:
    def find(address: str) -> ImageFacts | None:
        return (
            ImageFacts(f"val/{address}", 100, 50) if address in {"000000000139.jpg", "val/000000000139.jpg"} else None
        )

    reading = read(tmp_path, [result(image_id=139)], find_image=find, classes={0: "can"})
    (seen,) = reading.records
    assert (seen.image_url, seen.size, seen.role) == ("val/000000000139.jpg", (100, 50), Role.PREDICTION)
    (item,) = reading.items
    assert (item.label, item.score, item.box) == ("can", 0.5, Box(0.1, 0.2, 0.4, 0.8))
    assert reading.report.task is Task.DETECTION
    assert reading.message("EX009") == "Class names were given by hand: can is number 1, and so on."


@pytest.mark.parametrize("name", ["a.jpg", "photos/a b.jpg"])
def test_a_text_is_the_name_itself(tmp_path: Path, name: str) -> None:
    reading = read(
        tmp_path, [result(image_id=name)], find_image=lambda address: ImageFacts(address, 100, 50), classes={0: "can"}
    )
    assert reading.records[0].image_url == name


def test_names_with_half_a_pair_can_be_written_again(tmp_path: Path) -> None:
    part = result(image_id="a\ud83d.jpg", category_name="\ude00can", segmentation=MASK)
    reading = read(tmp_path, [part])
    assert (reading.records[0].image_url, reading.items[0].label) == ("a\ufffd.jpg", "\ufffdcan")


def test_labels_in_the_same_folder_tell_names_sizes_and_classes(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text(json.dumps(document()))
    (tmp_path / "before.json").write_text(json.dumps(document(images=[])))
    (tmp_path / "broken.json").write_text('{"images": [{"id": 1, "file_name": ')
    reading = read(tmp_path, [result(category_id=2)])
    assert (reading.records[0].image_url, reading.records[0].size) == ("a.jpg", (100, 50))
    assert reading.items[0].label == "carton"
    assert reading.report.classes == ("can", "carton")
    assert "taken from annotations.json" in reading.message("EX009")


def test_labels_about_other_images_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "annotations.json").write_text(json.dumps(document()))
    reading = read(tmp_path, [result(), result(image_id=2)], classes={0: "can"})
    assert [finding.code for seen in reading.records for finding in seen.findings] == ["EX002", "EX008"] * 2
    assert "Put the COCO labels with these ids beside the file" in reading.findings[0].remedy


def test_class_numbers_count_from_zero_where_the_file_uses_zero(tmp_path: Path) -> None:
    parts = [result(category_id=1), result(category_id=0)]
    reading = read(tmp_path, parts, find_image=know_all, classes={0: "can", 1: "carton"})
    assert [item.label for item in reading.items] == ["carton", "can"]


def test_a_class_without_a_name_is_left_out_and_named(tmp_path: Path) -> None:
    reading = read(tmp_path, [result()], find_image=know_all)
    assert reading.items == ()
    assert reading.message("EX004") == "category_id is 1, which is no class of the file; the object is left out."
    assert reading.records[0].unreadable_objects == [0]


@pytest.mark.parametrize("score", [None, "0.5", -0.1, 1.01, True, [1]])
def test_a_result_without_a_usable_score_is_left_out_and_named(tmp_path: Path, score: Any) -> None:
    reading = read(tmp_path, [result(score=score), result()], find_image=know_all, classes={0: "can"})
    assert len(reading.items) == 1
    assert reading.codes[0] == "EX012"
    assert reading.findings[0].annotation == 0


def test_masks_tell_the_size_and_are_traced(tmp_path: Path) -> None:
    reading = read(tmp_path, [result(image_id="a.jpg", segmentation=MASK)], classes={0: "can"})
    assert reading.report.task is Task.SEGMENTATION
    assert reading.records[0].size == (100, 50)
    assert fill(reading.items[0].polygons, 50, 100).area == 20


def test_outlines_are_read_too(tmp_path: Path) -> None:
    reading = read(tmp_path, [result(segmentation=[SQUARE])], find_image=know_all, classes={0: "can"})
    assert reading.items[0].polygons == (RING,)


def test_results_of_one_image_come_together_in_the_order_of_the_file(tmp_path: Path) -> None:
    scores = {"b.jpg": [0.1, 0.4], "a.jpg": [0.2, 0.3]}
    parts = [result(image_id=name, score=score) for score, name in zip((0.1, 0.2, 0.3, 0.4), "baab", strict=True)]
    parts = [{**part, "image_id": f"{part['image_id']}.jpg"} for part in parts]
    reading = read(tmp_path, parts, find_image=know_all, classes={0: "can"})
    found = {seen.image_url: [item.score for item in seen.content.items] for seen in reading.records}
    assert found == scores
    assert list(found) == ["b.jpg", "a.jpg"]


def test_results_that_name_no_image_are_named(tmp_path: Path) -> None:
    reading = read(tmp_path, [result(image_id=None), 5, result(image_id=[1])], classes={0: "can"})
    assert reading.records == []
    assert reading.codes == ["EX009", "EX002", "EX002", "EX002"]


def test_labels_are_refused_with_the_way_out(tmp_path: Path) -> None:
    reading = read(tmp_path, document())
    assert reading.findings[0].remedy == "Read it as coco if it has images, annotations and categories."


def test_what_is_written_names_images_by_number_where_their_file_is_called_by_one(tmp_path: Path) -> None:
    item = outlined(RING, score=0.25)
    names = ("val/000000000139.jpg", "test/139.jpg", "a.jpg", "5" * 30 + ".jpg")
    written = write(
        tmp_path,
        *(record(item, image_url=name, role=Role.PREDICTION) for name in names),
        name="coco-results",
        task=Task.DETECTION,
    )
    assert [one["image_id"] for one in written] == [
        139,
        6040009354026083,
        *(ImageNumbers().find(name) for name in names[2:]),
    ]
    assert written[0] == {
        "image_id": 139,
        "file_name": "val/000000000139.jpg",
        "category_id": 1,
        "category_name": "can",
        "bbox": [10.0, 10.0, 30.0, 30.0],
        "score": 0.25,
    }
    (tmp_path / "results.json").write_text(json.dumps(written))
    reading = read_file(tmp_path / "results.json", name="coco-results", find_image=know_all)
    assert [seen.image_url for seen in reading.records] == list(names)
    assert reading.codes == []


def test_outlines_are_written_as_masks(tmp_path: Path) -> None:
    item = outlined(RING, INNER, score=0.25, is_crowd=None)
    (written,) = write(tmp_path, record(item, role=Role.PREDICTION), name="coco-results")
    assert written["segmentation"]["size"] == [50, 100]
    reading = read_file(tmp_path / "labels.json", name="coco-results")
    assert fill(reading.items[0].polygons, 50, 100).area == 800


@pytest.mark.parametrize(
    ("item", "loss", "detail"),
    [
        (outlined(RING), Loss.OBJECTS, "it has no score"),
        (outlined(RING, score=1.5), Loss.OBJECTS, "its score is 1.5"),
        (outlined(RING, score=0.5, is_crowd=True), Loss.CROWD, "is a crowd"),
        (outlined((0.103, *RING[1:]), score=0.5), Loss.ROUNDED, "the outline of a prediction"),
        (outlined(SPECK, score=0.5), Loss.POLYGONS, "its outline fills no pixel"),
    ],
)
def test_every_loss_of_results_is_named(item: Any, loss: Loss, detail: str) -> None:
    fitted, losses = fit(record(item, role=Role.PREDICTION), name="coco-results")
    assert detail in losses.examples[loss][0]
    assert (fitted is None) is (loss is Loss.OBJECTS)


def test_an_image_without_objects_cannot_be_held() -> None:
    fitted, losses = fit(record(role=Role.PREDICTION), name="coco-results")
    assert fitted is None
    assert losses.counts == {Loss.IMAGES: 1}
    assert isinstance(record().content, Instances)
