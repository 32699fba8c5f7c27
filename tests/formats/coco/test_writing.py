from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.geometry import Box, Segment, bounding_box
from domain.prediction import Instance, Instances, Labels, Task
from formats import FORMATS
from formats.base import Loss, Losses, Record, Role, WriteOptions
from formats.base.masks import fill, outline, read_counts
from tests.formats.coco.documents import Reading, read_file

SIZE = (100, 50)
SQUARE = (0.1, 0.2, 0.4, 0.2, 0.4, 0.8, 0.1, 0.8)
INNER = (0.2, 0.4, 0.3, 0.4, 0.3, 0.6, 0.2, 0.6)
SPECK = (0.111, 0.211, 0.1111, 0.211, 0.1111, 0.2111)


def outlined(*rings: Segment, **changes: Any) -> Instance:
    box = bounding_box(rings)
    assert box is not None
    return replace(Instance("1", "can", box, polygons=rings, is_crowd=False), **changes)


def record(*items: Instance, **changes: Any) -> Record:
    return replace(Record(1, "", "a/b.jpg", Instances(items), size=SIZE), **changes)


def fit(
    item: Record, *, task: Task = Task.SEGMENTATION, name: str = "coco", classes: tuple[str, ...] = ("can",)
) -> tuple[Record | None, Losses]:
    losses = Losses()
    return FORMATS[name]().fit(item, WriteOptions(task, classes), losses), losses


def write(
    tmp_path: Path,
    *records: Record,
    task: Task = Task.SEGMENTATION,
    classes: tuple[str, ...] = ("can", "carton"),
    name: str = "coco",
) -> Any:
    """What stands in the file for fitted records."""
    file, target, options = tmp_path / "labels.json", FORMATS[name](), WriteOptions(task, classes)
    fitted = [target.fit(each, options, Losses()) for each in records]
    target.write(file, iter([each for each in fitted if each is not None]), options)
    return json.loads(file.read_text())


def test_the_worked_example_holds_to_the_last_digit(tmp_path: Path) -> None:
    item = Instance("1", "can", Box(0.260, 0.406, 0.735, 0.701))
    (written,) = write(tmp_path, record(item, size=(499, 666)), task=Task.DETECTION)["annotations"]
    assert written["bbox"] == [129.74, 270.396, 237.025, 196.47]
    assert round(written["area"], 2) == 46568.30


def test_the_document_has_the_parts_and_types_of_coco(tmp_path: Path) -> None:
    item = Instance("x", "carton", Box(0.1, 0.2, 0.4, 0.8), is_crowd=True)
    images = record(image_url="a/7.jpg"), record(item, image_url="000000000012.png")
    whole = write(tmp_path, *images, task=Task.DETECTION)
    assert whole == {
        "info": {},
        "licenses": [],
        "images": [
            {"id": 7, "width": 100, "height": 50, "file_name": "a/7.jpg"},
            {"id": 12, "width": 100, "height": 50, "file_name": "000000000012.png"},
        ],
        "annotations": [
            {
                "id": 1,
                "image_id": 12,
                "category_id": 2,
                "iscrowd": 1,
                "bbox": [10.0, 10.0, 30.0, 30.0],
                "area": 900.0,
                "segmentation": [],
            }
        ],
        "categories": [
            {"id": 1, "name": "can", "supercategory": ""},
            {"id": 2, "name": "carton", "supercategory": ""},
        ],
    }


def test_classes_nobody_listed_are_numbered_behind_the_others(tmp_path: Path) -> None:
    items = [Instance(name, name, Box(0, 0, 1, 1)) for name in ("x", "can", "x", "y")]
    whole = write(tmp_path, record(*items), task=Task.DETECTION)
    assert [one["category_id"] for one in whole["annotations"]] == [3, 1, 3, 4]
    assert [one["name"] for one in whole["categories"]] == ["can", "carton", "x", "y"]


def test_outlines_are_flat_lists_of_pixels_and_their_area_is_that_of_the_rings(tmp_path: Path) -> None:
    other = (0.6, 0.2, 0.7, 0.2, 0.7, 0.4)
    (written,) = write(tmp_path, record(outlined(SQUARE, other)))["annotations"]
    assert written["segmentation"] == [[10, 10, 40, 10, 40, 40, 10, 40], [60, 10, 70, 10, 70, 20]]
    assert written["bbox"] == [10, 10, 60, 30]
    assert written["area"] == 950


def test_holes_and_crowds_are_masks_and_their_area_is_that_of_the_pixels(tmp_path: Path) -> None:
    whole = write(tmp_path, record(outlined(SQUARE, INNER), outlined(SQUARE, is_crowd=True)))
    hole, crowd = whole["annotations"]
    assert (hole["area"], crowd["area"]) == (800, 900)
    assert hole["segmentation"]["size"] == [50, 100]
    assert read_counts(hole["segmentation"]["counts"], 50, 100).area == 800
    assert (hole["iscrowd"], crowd["iscrowd"]) == (0, 1)


def test_a_datastore_address_is_kept_beside_its_path(tmp_path: Path) -> None:
    address = "AmlDatastore://store/photos/a b.jpg"
    (image,) = write(tmp_path, record(image_url=address))["images"]
    assert (image["file_name"], image["coco_url"]) == ("photos/a b.jpg", address)
    assert read_file(tmp_path / "labels.json").records[0].image_url == address


def test_no_zero_has_a_sign(tmp_path: Path) -> None:
    write(tmp_path, record(outlined((-0.0, -0.0, 0.5, -0.0, 0.5, 0.5))))
    assert "-0" not in (tmp_path / "labels.json").read_text()


def test_annotations_wait_in_a_file_and_leave_none_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []
    original = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: held.append(options) or original(**options))

    def stream() -> Iterator[Record]:
        for number in range(2000):
            yield record(Instance("1", "can", Box(0, 0, 1, 1)), image_url=f"{number}.jpg")

    writing = FORMATS["coco"]().write(tmp_path / "labels.json", stream(), WriteOptions(Task.DETECTION, ("can",)))
    assert held == [{"dir": tmp_path}]
    assert (writing.records, writing.objects) == (2000, 2000)
    assert [file.name for file in tmp_path.iterdir()] == ["labels.json"]


@pytest.mark.parametrize(
    ("item", "task", "loss", "detail"),
    [
        (outlined(SQUARE, score=0.5), Task.SEGMENTATION, Loss.SCORES, "score 0.5"),
        (outlined(SQUARE), Task.DETECTION, Loss.POLYGONS, "only its box is kept"),
        (outlined(SQUARE, (0.1, 0.1, 0.2, 0.2)), Task.SEGMENTATION, Loss.POLYGONS, "fewer than 3 points"),
        (outlined(SQUARE, SQUARE), Task.SEGMENTATION, Loss.POLYGONS, "its outline fills no pixel"),
        (outlined((0.101, *SQUARE[1:]), INNER), Task.SEGMENTATION, Loss.ROUNDED, "the outline with holes"),
        (outlined((0.103, *SQUARE[1:]), is_crowd=True), Task.SEGMENTATION, Loss.ROUNDED, "the outline of a crowd"),
        (outlined((-0.5, *SQUARE[1:]), is_crowd=True), Task.SEGMENTATION, Loss.CLIPPED, "at the edge"),
        (outlined(SQUARE, label=" "), Task.SEGMENTATION, Loss.OBJECTS, "it has no class"),
        (Instance("1", "can", Box(0.1, 0.1, 0.1, 0.5)), Task.DETECTION, Loss.OBJECTS, "its box has no area"),
        (Instance("1", "can", Box(0.1, 0.1, 1e300, 0.5)), Task.DETECTION, Loss.OBJECTS, "beyond measure"),
        (Instance("1", "can", Box(0.1, 0.1, float("nan"), 0.5)), Task.DETECTION, Loss.OBJECTS, "beyond measure"),
        (outlined(SQUARE, label="a\ud800"), Task.SEGMENTATION, Loss.NAMES, "U+D800"),
    ],
)
def test_every_loss_is_named_once(item: Instance, task: Task, loss: Loss, detail: str) -> None:
    fitted, losses = fit(record(item), task=task)
    assert loss in losses.counts
    assert detail in losses.examples[loss][0]
    assert losses.examples[loss][0].startswith("a/b.jpg, object 1")
    assert fitted is not None
    again, silent = fit(fitted, task=task)
    assert again == fitted
    assert silent.counts == {}


def test_what_fits_is_not_changed_and_nothing_is_noted() -> None:
    whole = record(
        outlined(SQUARE, (0.5, 0.2, 0.7123, 0.2, 0.7, 1.5)), Instance("2", "x", Box(-1, 0, 2, 1), is_crowd=False)
    )
    fitted, losses = fit(whole)
    assert fitted == whole
    assert losses.counts == {}


def test_a_crowd_that_fills_no_pixel_keeps_its_outline(tmp_path: Path) -> None:
    whole = record(outlined(SPECK, is_crowd=True))
    assert fit(whole)[0] == whole
    (written,) = write(tmp_path, whole)["annotations"]
    assert (written["iscrowd"], len(written["segmentation"])) == (1, 1)


def test_an_outline_too_fine_for_a_mask_leaves_its_box() -> None:
    zigzag = tuple(value for index in range(3000) for value in (index % 2, index / 3000))
    fitted, losses = fit(record(outlined(zigzag, is_crowd=True), size=(20_000, 20_000)))
    assert fitted is not None
    assert fitted.content.items[0].polygons == ()
    assert "pieces" in losses.examples[Loss.POLYGONS][0]


@pytest.mark.parametrize("changes", [{"size": None}, {"size": (0, 5)}, {"size": (5, 2**31)}, {"image_url": " "}])
def test_images_without_size_or_name_cannot_be_held(changes: dict[str, Any]) -> None:
    fitted, losses = fit(record(outlined(SQUARE), **changes))
    assert fitted is None
    assert losses.counts == {Loss.IMAGES: 1}


def test_classes_of_whole_images_cannot_be_held() -> None:
    fitted, losses = fit(replace(record(), content=Labels({"can": 1.0})))
    assert fitted is None
    assert losses.counts == {Loss.IMAGES: 1}


points = st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2))
rings = st.lists(points, min_size=3, max_size=8).map(lambda found: tuple(value for point in found for value in point))


@given(st.lists(rings, min_size=1, max_size=3), st.booleans())
def test_any_outline_reads_back_as_fitted_and_fills_the_pixels_it_did(polygons: list[Segment], is_crowd: bool) -> None:
    whole = record(outlined(*polygons, is_crowd=is_crowd))
    fitted, _ = fit(whole)
    assert fitted is not None
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), whole)
        reading = read_file(Path(folder) / "labels.json", task=Task.SEGMENTATION)
    check_same(reading, fitted)
    for before, after in zip(whole.content.items, fitted.content.items, strict=False):
        if after.polygons:
            assert same_pixels(before, after)


def check_same(reading: Reading, fitted: Record) -> None:
    assert [item.is_crowd for item in reading.items] == [item.is_crowd for item in fitted.content.items]
    for one, other in zip(reading.items, fitted.content.items, strict=True):
        assert one.box.as_tuple() == pytest.approx(other.box.as_tuple(), abs=1e-12)
        assert len(one.polygons) == len(other.polygons)
        for ring, meant in zip(one.polygons, other.polygons, strict=True):
            assert ring == pytest.approx(meant, abs=1e-12)


def same_pixels(one: Instance, other: Instance) -> bool:
    width, height = SIZE
    a, b = fill(one.polygons, height, width), fill(other.polygons, height, width)
    return a.flips.tolist() == b.flips.tolist() and outline(a) == outline(b)


def test_predictions_are_for_results_lists_only() -> None:
    assert FORMATS["coco"].roles == {Role.LABEL}
    assert FORMATS["coco-results"].roles == {Role.PREDICTION}
