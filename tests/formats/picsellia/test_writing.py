"""What Relook writes for Picsellia: the payload of the seed, whole pixels, pictures, pairs, and every loss."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.base import Facts, FileReport, Loss, Losses, ReadOptions, Record, Role, WriteOptions
from formats.picsellia.fit import box_in_pixels
from formats.picsellia.picsellia import Picsellia

SIZE = (499, 666)
BOX = Box(0.260, 0.406, 0.735, 0.701)
CHAMPION = Facts("champion", 0.25)
RING = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)


def prediction(content: Content, name: str = "photos/1.jpg", facts: Facts = CHAMPION) -> Record:
    return Record(1, "", name, content, role=Role.PREDICTION, size=SIZE, facts=facts)


def write(path: Path, records: list[Record], task: Task, **options: Any) -> tuple[list[dict[str, Any]], Losses]:
    picsellia, losses, chosen = Picsellia(), Losses(), WriteOptions(task, **options)
    fitted = [record for each in records if (record := picsellia.fit(each, chosen, losses)) is not None]
    picsellia.write(path, iter(fitted), chosen)
    report = FileReport(path.name, Picsellia.rules)
    found = list(picsellia.read(path, ReadOptions(task=task), report))
    assert [(each.image_url, each.size, each.facts) for each in found] == [
        (each.image_url, each.size, each.facts) for each in fitted
    ]
    assert {finding.code for record in found for finding in record.findings} <= {"PI051"}
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()], losses


def test_the_payload_of_the_seed(tmp_path: Path) -> None:
    record = Record(
        1, "", "image.png", Labels({"c": 0.8}), role=Role.PREDICTION, size=(600, 800), facts=Facts("champion", 0.257)
    )
    picture = tmp_path / "image.png"
    picture.write_bytes(b"\x89PNG not a whole one")
    payloads, losses = write(
        tmp_path / "p.jsonl",
        [record],
        Task.CLASSIFICATION,
        classes=("a", "b", "c"),
        image_file=lambda name: tmp_path / name,
    )
    assert payloads == [
        {
            "filename": "image.png",
            "content_type": "IMAGE/PNG",
            "height": 800,
            "width": 600,
            "raw_predictions": {"detection_classes": [2], "detection_texts": ["c"], "detection_scores": [0.8]},
            "latency": 0.257,
            "image": base64.b64encode(picture.read_bytes()).decode(),
        }
    ]
    assert json.loads((tmp_path / "p.labels.json").read_text()) == {"0": "a", "1": "b", "2": "c"}
    assert losses.counts == {}


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    payloads, losses = write(
        tmp_path / "p.jsonl", [prediction(Instances((Instance("1", "can", BOX, 0.5),)))], Task.DETECTION
    )
    assert payloads[0]["raw_predictions"]["detection_boxes"] == [[270, 130, 467, 367]]
    assert losses.counts == {Loss.ROUNDED: 1}


@pytest.mark.parametrize(
    ("box", "pixels"),
    [
        (Box(0.5, 0.5, 0.5001, 0.5001), (5, 5, 6, 6)),
        (Box(0.999, 0.999, 1, 1), (9, 9, 10, 10)),
        (Box(0, 0, 0.01, 0.01), (0, 0, 1, 1)),
        (Box(0, 0, 1, 1), (0, 0, 10, 10)),
    ],
)
def test_rounded_boxes_keep_an_area_inside_the_image(box: Box, pixels: tuple[int, int, int, int]) -> None:
    assert box_in_pixels(box, (10, 10)) == pixels


def test_champion_and_shadow_share_a_payload(tmp_path: Path) -> None:
    shadow = Facts("shadow", 0.5)
    payloads, _ = write(
        tmp_path / "p.jsonl",
        [
            prediction(Labels({"a": 0.5})),
            prediction(Labels({"b": 0.5}), facts=shadow),
            prediction(Labels({"b": 0.25}), "2.jpg", shadow),
        ],
        Task.CLASSIFICATION,
        classes=("a", "b"),
    )
    assert payloads[0]["shadow_raw_predictions"]["detection_classes"] == [1]
    assert payloads[0]["shadow_latency"] == 0.5
    assert payloads[0]["custom_metadata"] == {"path": "photos/1.jpg"}
    assert "raw_predictions" not in payloads[1]


def test_a_shadow_of_another_time_has_a_payload_of_its_own(tmp_path: Path) -> None:
    records = [prediction(Labels({"a": 0.5})), prediction(Labels({"a": 0.5}), facts=Facts("shadow", 1.0, 5.0))]
    picsellia, options = Picsellia(), WriteOptions(Task.CLASSIFICATION)
    fitted = [picsellia.fit(record, options, Losses()) for record in records]
    picsellia.write(tmp_path / "p.jsonl", (each for each in fitted if each is not None), options)
    assert len((tmp_path / "p.jsonl").read_text().splitlines()) == 2


def objects(*items: Instance) -> Instances:
    return Instances(items)


LOSSES: dict[str, tuple[Content, Task, dict[Loss, int]]] = {
    "crowd": (objects(Instance("1", "a", BOX, 0.5, is_crowd=True)), Task.DETECTION, {Loss.CROWD: 1, Loss.ROUNDED: 1}),
    "outline": (
        objects(Instance("1", "a", BOX, 0.5, (RING,))),
        Task.DETECTION,
        {Loss.POLYGONS: 1, Loss.ROUNDED: 1},
    ),
    "outside": (
        objects(Instance("1", "a", Box(-0.5, 0, 1, 1), 0.5)),
        Task.DETECTION,
        {Loss.CLIPPED: 1},
    ),
    "no score": (objects(Instance("1", "a", BOX)), Task.DETECTION, {Loss.OBJECTS: 1}),
    "no class": (objects(Instance("1", "", BOX, 0.5)), Task.DETECTION, {Loss.OBJECTS: 1}),
    "no outline": (objects(Instance("1", "a", BOX, 0.5)), Task.SEGMENTATION, {Loss.OBJECTS: 1}),
    "two outlines": (
        objects(Instance("1", "a", BOX, 0.5, (RING, (0.6, 0.6, 0.8, 0.6, 0.8, 0.8)))),
        Task.SEGMENTATION,
        {Loss.SEGMENTS: 1, Loss.ROUNDED: 2},
    ),
    "a hole": (
        objects(Instance("1", "a", BOX, 0.5, (RING, (0.2, 0.2, 0.4, 0.2, 0.4, 0.4)))),
        Task.SEGMENTATION,
        {Loss.HOLES: 1, Loss.ROUNDED: 1},
    ),
    "too small": (
        objects(Instance("1", "a", BOX, 0.5, ((0.1, 0.1, 0.1001, 0.1, 0.1001, 0.1001),))),
        Task.SEGMENTATION,
        {Loss.OBJECTS: 1},
    ),
    "other classes": (Labels({"a": 0.5, "b": 0.4, "c": 0.1}), Task.CLASSIFICATION, {Loss.OTHER_CLASSES: 2}),
    "no class of an image": (Labels({}), Task.CLASSIFICATION, {Loss.IMAGES: 1}),
    "the wrong content": (Labels({"a": 0.5}), Task.DETECTION, {Loss.IMAGES: 1}),
}


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_lost_is_named(name: str, tmp_path: Path) -> None:
    content, task, expected = LOSSES[name]
    _, losses = write(tmp_path / "p.jsonl", [prediction(content)], task)
    assert losses.counts == expected


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ({"role": Role.LABEL}, Loss.LABELS),
        ({"size": None}, Loss.IMAGES),
        ({"image_url": "a.webp"}, Loss.IMAGES),
    ],
)
def test_images_the_service_refuses_are_lost(change: dict[str, Any], loss: Loss) -> None:
    fields = {"image_url": "a.jpg", "role": Role.PREDICTION, "size": SIZE, **change}
    record, losses = Record(line=1, text="", content=Labels({"a": 0.5}), **fields), Losses()
    assert Picsellia().fit(record, WriteOptions(Task.CLASSIFICATION), losses) is None
    assert losses.counts == {loss: 1}


def test_facts_that_are_lost_are_named() -> None:
    losses = Losses()
    record = prediction(Labels({"a": 0.5}), facts=Facts("detector 2", prediction_id="7", embedding=(1.0, 2.0)))
    fitted = Picsellia().fit(record, WriteOptions(Task.CLASSIFICATION), losses)
    assert fitted is not None
    assert fitted.facts == Facts("champion", 0.0)
    assert len(losses.examples[Loss.FACTS]) == 5
