"""Real COCO files, there and back through Azure's JSON Lines, and in the eyes of pycocotools."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.prediction import Instance, Instances, Task
from formats import FORMATS
from formats.base import FileReport, ImageFacts, Losses, ReadOptions, Record, Role, WriteOptions
from formats.base.masks import Runs, fill, overlap, read_counts, runs_of
from tests.formats.coco.documents import read_file

FILES = {
    "azure_fridge_labels/odFridgeObjects_coco.json": (Task.DETECTION, 128, 336, 0, 0),
    "azure_fridge_labels/odFridgeObjectsMask_coco.json": (Task.SEGMENTATION, 128, 336, 0, 0),
    "azure_fridge_labels/odFridgeObjectsMask_coco_rle.json": (Task.SEGMENTATION, 128, 336, 0, 0),
    "coco_photos/annotations/instances_train2017.json": (Task.SEGMENTATION, 32, 288, 4, 2),
    "coco_photos/annotations/instances_val2017.json": (Task.SEGMENTATION, 6, 136, 1, 0),
}


def objects(records: list[Record]) -> list[Instance]:
    return [item for record in records if isinstance(record.content, Instances) for item in record.content.items]


def convert(
    records: list[Record], name: str, task: Task, classes: tuple[str, ...], file: Path
) -> tuple[list[Record], Losses]:
    """Fit, write and read back in another format, with the sizes the records have."""
    target, losses, options = FORMATS[name](), Losses(), WriteOptions(task, classes)
    fitted = [one for one in (target.fit(each, options, losses) for each in records) if one is not None]
    target.write(file, iter(fitted), options)
    sizes = {each.image_url: each.size for each in records}
    read = ReadOptions(task, dict(enumerate(classes)), lambda name: ImageFacts(name, *sizes[name]))
    found = list(target.read(file, read, FileReport(file.name, target.rules)))
    return [replace(each, size=sizes[each.image_url]) for each in found], losses


def check_equal(before: list[Record], after: list[Record]) -> None:
    """The same images and objects, with every edge within a millionth of a pixel."""
    assert [each.image_url for each in before] == [each.image_url for each in after]
    assert [item.label for item in objects(before)] == [item.label for item in objects(after)]
    assert [item.is_crowd for item in objects(before)] == [item.is_crowd for item in objects(after)]
    for one, other in zip(objects(before), objects(after), strict=True):
        assert one.box.as_tuple() == pytest.approx(other.box.as_tuple(), abs=1e-10)
        assert len(one.polygons) == len(other.polygons)
        for ring, meant in zip(one.polygons, other.polygons, strict=True):
            assert ring == pytest.approx(meant, abs=1e-10)


@pytest.mark.parametrize("name", FILES)
def test_real_files_are_read_whole(test_data: Path, name: str) -> None:
    task, images, count, crowds, empty = FILES[name]
    reading = read_file(test_data / name)
    assert reading.report.task is task
    assert len(reading.records) == images
    assert len(objects(reading.records)) == count
    assert sum(bool(item.is_crowd) for item in objects(reading.records)) == crowds
    assert sum(each.content == Instances() for each in reading.records) == empty
    assert set(reading.codes) == {"EX009"}
    assert not any(each.findings for each in reading.records)


def test_boxes_of_a_real_file_that_are_not_those_of_the_masks_are_told(test_data: Path) -> None:
    reading = read_file(test_data / "azure_fridge_labels/odFridgeObjectsMask_coco_rle.json")
    assert "Boxes that differ from their outlines, by up to 18.0 pixels: 335." in reading.message("EX009")
    assert "Masks traced into outlines that fill the very same pixels: 336." in reading.message("EX009")


@pytest.mark.parametrize("name", FILES)
def test_real_files_survive_azure_json_lines_and_back(test_data: Path, tmp_path: Path, name: str) -> None:
    reading = read_file(test_data / name)
    task, classes = FILES[name][0], reading.report.classes
    lines, there = convert(reading.records, "azure-jsonl", task, classes, tmp_path / "labels.jsonl")
    check_equal(reading.records, lines)
    back, home = convert(lines, "coco", task, classes, tmp_path / "labels.json")
    check_equal(reading.records, back)
    assert there.counts == home.counts == {}, "nothing of these files is lost"


def test_polygons_and_run_lengths_of_the_same_objects_agree(test_data: Path) -> None:
    folder = test_data / "azure_fridge_labels"
    polygons = read_file(folder / "odFridgeObjectsMask_coco.json").records
    masks = read_file(folder / "odFridgeObjectsMask_coco_rle.json").records
    raw = json.loads((folder / "odFridgeObjectsMask_coco_rle.json").read_text())["annotations"]
    given = {f"co{one['id']}": read_counts(one["segmentation"]["counts"], 666, 499) for one in raw}
    pairs = list(zip(objects(polygons), objects(masks), strict=True))
    assert len(pairs) == 336
    for drawn, traced in pairs:
        assert traced.instance_id == drawn.instance_id
        assert overlap(fill(traced.polygons, 666, 499), given[traced.instance_id]) == 1
        assert overlap(fill(drawn.polygons, 666, 499), given[traced.instance_id]) >= 0.98


def load(file: Path) -> Any:
    coco = pytest.importorskip("pycocotools.coco")
    with redirect_stdout(StringIO()):
        return coco.COCO(str(file))


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of pycocotools with NumPy 2
@pytest.mark.parametrize("name", FILES)
def test_pycocotools_reads_what_is_written_and_sees_the_same_pixels(test_data: Path, tmp_path: Path, name: str) -> None:
    reading = read_file(test_data / name)
    task, classes = FILES[name][0], reading.report.classes
    convert(reading.records, "coco", task, classes, tmp_path / "labels.json")
    oracle = load(tmp_path / "labels.json")
    assert len(oracle.getImgIds()) == len(reading.records)
    assert [each["name"] for each in oracle.loadCats(oracle.getCatIds())] == list(classes)
    for number, record in zip(oracle.dataset["images"], reading.records, strict=True):
        found = oracle.loadAnns(oracle.getAnnIds(imgIds=[number["id"]], iscrowd=None))
        assert isinstance(record.content, Instances)
        assert len(found) == len(record.content.items)
        for item, annotation in zip(record.content.items, found, strict=True):
            check_pixels(item, record.size, annotation, oracle.annToMask)


def check_pixels(
    item: Instance, size: tuple[int, int] | None, annotation: dict[str, Any], to_mask: Callable[..., Any]
) -> None:
    assert size is not None
    width, height = size
    assert annotation["iscrowd"] == int(bool(item.is_crowd))
    if not item.polygons:
        assert annotation["area"] == pytest.approx(item.box.area * width * height)
        return
    ours, theirs = fill(item.polygons, height, width), runs_of(np.asarray(to_mask(annotation), dtype=bool))
    if isinstance(annotation["segmentation"], dict):
        assert overlap(ours, theirs) == 1
    else:
        assert overlap(ours, theirs) >= 0.98 or differs_at_edges_only(ours, theirs)


def differs_at_edges_only(ours: Runs, theirs: Runs) -> bool:
    """Whether two masks of a small object agree but for single pixels along the outline.

    pycocotools takes pixels that an outline only grazes; here the centre decides.
    """
    a, b = ours.to_mask(), theirs.to_mask()
    near = np.zeros_like(a)
    near[1:] |= a[1:] != a[:-1]
    near[:-1] |= a[1:] != a[:-1]
    near[:, 1:] |= a[:, 1:] != a[:, :-1]
    near[:, :-1] |= a[:, 1:] != a[:, :-1]
    return bool(near[a != b].all())


def test_pycocotools_loads_results_and_finds_them_perfect(test_data: Path, tmp_path: Path) -> None:
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    reading = read_file(test_data / "coco_photos/annotations/instances_val2017.json")
    classes = reading.report.classes
    predicted = [as_prediction(each) for each in reading.records]
    convert(predicted, "coco-results", Task.SEGMENTATION, classes, tmp_path / "results.json")
    convert(reading.records, "coco", Task.SEGMENTATION, classes, tmp_path / "labels.json")
    with redirect_stdout(StringIO()):
        truth = load(tmp_path / "labels.json")
        found = truth.loadRes(str(tmp_path / "results.json"))
        judge = evaluation.COCOeval(truth, found, "segm")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    assert len(found.anns) == sum(not item.is_crowd for item in objects(reading.records))
    assert judge.stats[1] == pytest.approx(1), "every object is found with an overlap above one half"


def as_prediction(record: Record) -> Record:
    assert isinstance(record.content, Instances)
    items = [replace(item, score=0.9, is_crowd=None) for item in record.content.items if not item.is_crowd]
    return replace(record, content=Instances(tuple(items)), role=Role.PREDICTION)
