"""Real labels go into every format and come back: equal geometry, and every loss has a name."""

import csv
import json

import numpy as np
import pytest

from domain.prediction import Instances, Task
from formats import FORMATS
from formats.base import FileReport, Loss, ReadOptions, Role
from formats.base.masks import rasterise
from services.converting import Wishes, convert_file


def formats_for(task):
    fitting = (name for name, cls in FORMATS.items() if Role.LABEL in cls.roles and task in cls.tasks)
    return sorted(set(fitting) - {"azure-jsonl"})


REASONS = {Loss.SEGMENTS, Loss.HOLES, Loss.POLYGONS, Loss.OBJECTS}
TOLERANCE_PX = {"voc": 0.5 + 1e-6}


def convert(file, out, target, **wishes):
    made = convert_file(file, out, Wishes(target, **wishes), max_pixels=10**8)
    assert made.differences == []
    return made


def read(path):
    report = FileReport(path.name, FORMATS["azure-jsonl"].rules)
    return {record.image_url: record for record in FORMATS["azure-jsonl"]().read(path, ReadOptions(), report)}


@pytest.fixture(scope="module")
def fridge(test_data, tmp_path_factory):
    """The 128 fridge photos' boxes, outlines, and outlines from masks, as Azure JSONL."""
    folder = tmp_path_factory.mktemp("fridge")
    names = {
        "boxes": "odFridgeObjects_coco",
        "outlines": "odFridgeObjectsMask_coco",
        "masks": "odFridgeObjectsMask_coco_rle",
    }
    for name, file in names.items():
        convert(test_data / "azure_fridge_labels" / f"{file}.json", folder / f"{name}.jsonl", "azure-jsonl")
    return folder


@pytest.fixture(scope="module")
def street(test_data, tmp_path_factory):
    """38 COCO photos with 5 crowds and 2 empty images, in two files, as Azure JSONL."""
    folder = tmp_path_factory.mktemp("street")
    for name in ("train", "val"):
        source = test_data / "coco_photos" / "annotations" / f"instances_{name}2017.json"
        images = test_data / "coco_photos" / "images"
        convert(source, folder / f"{name}.jsonl", "azure-jsonl", images=images)
    return folder


@pytest.mark.parametrize("target", formats_for(Task.DETECTION))
def test_boxes_come_back_as_they_were(target, fridge, tmp_path):
    suffix = FORMATS[target].suffix
    made = convert(fridge / "boxes.jsonl", tmp_path / f"there{suffix}", target)
    assert made.after.classes == made.before.classes
    convert(tmp_path / f"there{suffix}", tmp_path / "back.jsonl", "azure-jsonl", source=target, images=None)
    before, after = read(fridge / "boxes.jsonl"), read(tmp_path / "back.jsonl")
    assert before.keys() == after.keys()
    for name, record in before.items():
        width, height = record.size
        for item, twin in zip(record.content.items, after[name].content.items, strict=True):
            assert (twin.label, bool(twin.is_crowd)) == (item.label, bool(item.is_crowd))
            scale = np.array([width, height, width, height])
            far = np.abs((np.array(item.box.as_tuple()) - twin.box.as_tuple()) * scale).max()
            assert far <= TOLERANCE_PX.get(target, 1e-4)


@pytest.mark.parametrize("target", sorted(set(formats_for(Task.SEGMENTATION)) - {"voc"}))
def test_outlines_of_crowds_and_many_parts_cover_the_same_pixels(target, street, tmp_path):
    suffix = FORMATS[target].suffix
    made = convert(street / "val.jsonl", tmp_path / f"there{suffix}", target)
    convert(tmp_path / f"there{suffix}", tmp_path / "back.jsonl", "azure-jsonl", source=target)
    before, after = read(street / "val.jsonl"), read(tmp_path / "back.jsonl")
    [table] = [file for file in made.files if file.name.endswith(".images.csv")]
    changed = images_that_lost(table, REASONS)
    assert before.keys() == after.keys()
    for name, record in before.items():
        width, height = record.size
        for label in {item.label for item in record.content.items}:
            here, there = (cover(each, label, width, height) for each in (record.content, after[name].content))
            overlap = (here & there).sum() / max((here | there).sum(), 1)
            assert overlap >= 0.98 or name in changed, (name, label, overlap)
    objects = sum(len(record.content.items) for record in after.values())
    assert objects == made.after.things


def images_that_lost(table, reasons):
    """The images whose own row of the table names one of the losses."""
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["image"] for row in rows if any(f"{reason}: " in row["lost"] for reason in reasons)}


def cover(content, label, width, height):
    assert isinstance(content, Instances)
    covered = np.zeros((height, width), bool)
    for item in content.items:
        if item.label == label:
            covered |= rasterise(item.polygons, height, width)
    return covered


def test_outlines_and_their_masks_are_the_same_objects(fridge):
    outlines, masks = read(fridge / "outlines.jsonl"), read(fridge / "masks.jsonl")
    overlaps = []
    for name, record in outlines.items():
        width, height = record.size
        for item, twin in zip(record.content.items, masks[name].content.items, strict=True):
            here, there = rasterise(item.polygons, height, width), rasterise(twin.polygons, height, width)
            overlaps.append((here & there).sum() / (here | there).sum())
    assert len(overlaps) == 336
    assert min(overlaps) >= 0.98


def test_crowds_and_empty_images_are_kept_and_the_changed_masks_are_named(street, test_data, tmp_path):
    records = {**read(street / "train.jsonl"), **read(street / "val.jsonl")}
    assert len(records) == 38
    assert sum(not record.content.items for record in records.values()) == 2
    assert sum(bool(item.is_crowd) for record in records.values() for item in record.content.items) == 5
    reports = [json.loads((street / f"{name}.report.json").read_text()) for name in ("train", "val")]
    found = [finding["message"] for report in reports for finding in report["found"]["first"]]
    assert any("Masks traced into outlines" in message for message in found)
