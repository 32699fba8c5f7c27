"""What Relook writes for Arize: columns, schema, delayed actuals, and every loss."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from domain.errors import InputError
from domain.geometry import Box
from domain.prediction import Content, Instance, Instances, Labels, Task
from formats.arize.arize import Arize
from formats.arize.schema_json import schema_path
from formats.base import Facts, FileReport, Loss, Losses, ReadOptions, Record, Role, WriteOptions

NOW = 1763730000.0
BOX = Box(0.260, 0.406, 0.735, 0.701)
SIZE = (499, 666)


def prediction(content: Content, name: str = "photos/1.jpg", **facts: object) -> Record:
    return Record(1, "", name, content, role=Role.PREDICTION, size=SIZE, facts=Facts(**facts))


def label(content: Content, name: str = "photos/1.jpg", **facts: object) -> Record:
    return Record(1, "", name, content, size=SIZE, facts=Facts(**facts))


def write(path: Path, records: list[Record], task: Task, **options: object) -> Losses:
    arize, losses = Arize(), Losses()
    chosen = WriteOptions(task, **{"now": NOW, "suffix": path.suffix, **options})
    fitted = [arize.fit(record, chosen, losses) for record in records]
    meant = [record for record in fitted if record is not None]
    arize.write(path, iter(meant), chosen)
    report = FileReport(path.name, Arize.rules)
    found = list(arize.read(path, ReadOptions(now=NOW), report))
    order = {Role.LABEL: 0, Role.PREDICTION: 1}
    assert sorted(map(said, found), key=lambda each: (each[0], order[each[1]])) == sorted(
        map(said, meant), key=lambda each: (each[0], order[each[1]])
    )
    assert [finding for record in found for finding in record.findings] == []
    return losses


def said(record: Record) -> tuple[object, ...]:
    content = record.content
    if isinstance(content, Instances):
        content = Instances(tuple(map(rounded, content.items)))
    return record.image_url, record.role, record.size, record.facts, content


def rounded(item: Instance) -> Instance:
    rings = tuple(tuple(round(value, 12) for value in ring) for ring in item.polygons)
    box = Box(*(round(value, 12) for value in item.box.as_tuple()))
    return replace(item, instance_id="", box=box, polygons=rings)


def test_the_worked_example_to_the_last_digit(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", [label(Instances((Instance("1", "can", BOX),)))], Task.DETECTION)
    row = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert row["actual_bboxes"] == [[129.74, 270.396, 366.765, 466.866]]
    assert row["actual_categories"] == ["can"]


def test_a_prediction_and_its_actual_share_a_row(tmp_path: Path) -> None:
    facts = {
        "latency_s": 0.2,
        "timestamp": NOW - 60,
        "source": "camera",
        "tags": ("night", "w=rain"),
        "embedding": (1.0, 2.0),
    }
    records = [label(Labels({"bus": 1.0})), prediction(Labels({"car": 0.5, "bus": 0.25}), **facts, model="v2")]
    losses = write(tmp_path / "out.parquet", records, Task.CLASSIFICATION)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.to_pylist() == [
        {
            "prediction_id": "photos/1.jpg",
            "timestamp": NOW - 60,
            "version": "v2",
            "image_link": "photos/1.jpg",
            "image_vector": [1.0, 2.0],
            "tag/width": 499,
            "tag/height": 666,
            "tag/latency_s": 0.2,
            "tag/source": "camera",
            "tag/tags": '["night", "w=rain"]',
            "prediction_label": "car",
            "prediction_score": 0.5,
            "actual_label": "bus",
            "actual_score": 1.0,
        }
    ]
    assert str(table.schema.field("image_vector").type) == "list<element: double>"
    assert json.loads(schema_path(tmp_path / "out.parquet").read_text()) == {
        "prediction_id": "prediction_id",
        "timestamp": "timestamp",
        "prediction_label": "prediction_label",
        "prediction_score": "prediction_score",
        "actual_label": "actual_label",
        "actual_score": "actual_score",
        "version": "version",
        "features": "feature/",
        "tags": "tag/",
        "shap_values": "shap/",
        "exclude": [],
        "embedding_features": [{"image_embedding": {"vector": "image_vector", "link_to_data": "image_link"}}],
    }
    assert losses.counts == {Loss.OTHER_CLASSES: 1}


def test_relabelled_images_become_delayed_actuals(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", [label(Labels({"bus": 1.0}), prediction_id="run-7/1")], Task.CLASSIFICATION)
    row = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert (row["prediction_id"], row["actual_label"], row["actual_score"]) == ("run-7/1", "bus", 1.0)
    assert row["prediction_label"] is None
    schema = json.loads(schema_path(tmp_path / "out.parquet").read_text())
    assert "prediction_label" not in schema
    assert schema["exclude"] == ["version", "image_link", "image_vector", "prediction_label", "prediction_score"]


def test_actuals_of_other_ids_get_rows_of_their_own(tmp_path: Path) -> None:
    records = [prediction(Labels({"car": 0.5}), prediction_id="a"), label(Labels({"bus": 1.0}), prediction_id="b")]
    write(tmp_path / "out.parquet", records, Task.CLASSIFICATION)
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 2


def test_objects_without_the_other_side_lie_in_a_table_beside(tmp_path: Path) -> None:
    found = Instances((Instance("1", "can", BOX, 0.5),))
    seen = Instances((Instance("1", "can", BOX),))
    records = [prediction(found), label(seen), prediction(found, "photos/2.jpg"), label(seen, "photos/3.jpg")]
    write(tmp_path / "out.parquet", records, Task.DETECTION)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.actuals.parquet",
        "out.actuals.schema.json",
        "out.parquet",
        "out.predictions.parquet",
        "out.predictions.schema.json",
        "out.schema.json",
    ]
    assert "prediction_bboxes" not in pq.read_schema(tmp_path / "out.actuals.parquet").names


def test_an_image_without_any_class_lists_all_of_them(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", [label(Labels({}))], Task.MULTILABEL, classes=("car", "bus"))
    scores = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]["actual_score"]
    assert scores == [{"class_name": "car", "score": 0.0}, {"class_name": "bus", "score": 0.0}]


def test_a_csv_holds_no_formula_and_no_embedding(tmp_path: Path) -> None:
    record = prediction(Labels({'=HYPERLINK("x")': 0.5}), "@photo.jpg", embedding=(1.0, 2.0), source="'+1")
    losses = write(tmp_path / "out.csv", [record], Task.CLASSIFICATION)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as stream:
        row = next(csv.DictReader(stream))
    assert row["prediction_label"] == '\'=HYPERLINK("x")'
    assert row["image_link"] == "'@photo.jpg"
    assert row["tag/source"] == "''+1"
    assert "image_vector" not in row
    assert losses.counts == {Loss.FACTS: 1}


def test_a_csv_has_no_place_for_boxes(tmp_path: Path) -> None:
    record, losses = label(Instances((Instance("1", "can", BOX),))), Losses()
    options = WriteOptions(Task.DETECTION, now=NOW, suffix=".csv")
    assert Arize().fit(record, options, losses) is None
    assert losses.counts == {Loss.IMAGES: 1}
    with pytest.raises(InputError, match=r"\*\.parquet"):
        Arize().write(tmp_path / "out.csv", iter([record]), options)


RING = (0.1, 0.1, 0.5, 0.1, 0.5, 0.5, 0.1, 0.5)
BOW_TIE = (0.1, 0.1, 0.5, 0.5, 0.5, 0.1, 0.1, 0.5, 0.05, 0.3)
OBJECT_LOSSES = {
    "a crowd": (Instance("1", "can", BOX, is_crowd=True), Task.DETECTION, {Loss.CROWD: 1}, 1),
    "a score of a label": (Instance("1", "can", BOX, 0.5), Task.DETECTION, {Loss.SCORES: 1}, 1),
    "an outline of a box": (Instance("1", "can", BOX, polygons=(RING,)), Task.DETECTION, {Loss.POLYGONS: 1}, 1),
    "outside": (Instance("1", "can", Box(-0.5, 0.1, 0.5, 0.5)), Task.DETECTION, {Loss.CLIPPED: 1}, 1),
    "no class": (Instance("1", "", BOX), Task.DETECTION, {Loss.OBJECTS: 1}, 0),
    "no outline": (Instance("1", "can", BOX), Task.SEGMENTATION, {Loss.OBJECTS: 1}, 0),
    "several outlines": (
        Instance("1", "can", BOX, polygons=(RING, (0.6, 0.6, 0.8, 0.6, 0.8, 0.8))),
        Task.SEGMENTATION,
        {Loss.SEGMENTS: 1},
        2,
    ),
    "a hole": (
        Instance("1", "can", BOX, polygons=(RING, (0.2, 0.2, 0.4, 0.2, 0.4, 0.4))),
        Task.SEGMENTATION,
        {Loss.HOLES: 1},
        1,
    ),
    "crossing itself": (Instance("1", "can", BOX, polygons=(BOW_TIE,)), Task.SEGMENTATION, {Loss.OBJECTS: 1}, 0),
    "closed": (Instance("1", "can", BOX, polygons=((*RING, 0.1, 0.1),)), Task.SEGMENTATION, {}, 1),
}


@pytest.mark.parametrize("name", OBJECT_LOSSES)
def test_what_objects_lose_is_named(name: str, tmp_path: Path) -> None:
    item, task, expected, count = OBJECT_LOSSES[name]
    losses = write(tmp_path / "out.parquet", [label(Instances((item,)))], task)
    assert losses.counts == expected
    rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert len(rows[0]["actual_categories"]) == count


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"timestamp": NOW - 6 * 31536000}, Facts(timestamp=NOW)),
        ({"embedding": (1.0,)}, Facts(timestamp=NOW)),
        ({"tags": ("x" * 20_000,)}, Facts(timestamp=NOW)),
        ({"source": "x" * 20_001}, Facts(timestamp=NOW)),
    ],
)
def test_facts_arize_refuses_are_lost_and_named(facts: dict[str, object], kept: Facts) -> None:
    losses = Losses()
    fitted = Arize().fit(prediction(Labels({"car": 0.5}), **facts), WriteOptions(Task.CLASSIFICATION, now=NOW), losses)
    assert fitted is not None
    assert fitted.facts == kept
    assert losses.counts == {Loss.FACTS: 1}


def test_long_ids_become_digests(tmp_path: Path) -> None:
    name = f"{'x' * 600}.jpg"
    losses = write(tmp_path / "out.parquet", [prediction(Labels({"car": 0.5}), name)], Task.CLASSIFICATION)
    row = pq.read_table(tmp_path / "out.parquet").to_pylist()[0]
    assert len(row["prediction_id"]) == 64
    assert row["image_link"] == name
    assert losses.counts == {Loss.FACTS: 1}


@pytest.mark.parametrize("content", [Labels({}), Labels({"a": 1.0, "b": 1.0})])
def test_images_without_one_class_are_lost(content: Labels) -> None:
    losses = Losses()
    assert Arize().fit(label(content), WriteOptions(Task.CLASSIFICATION, now=NOW), losses) is None
    assert losses.counts == {Loss.IMAGES: 1}


def test_many_rows_are_written_group_by_group(tmp_path: Path) -> None:
    records = [prediction(Labels({"car": 0.5}), f"{number}.jpg") for number in range(2500)]
    write(tmp_path / "out.parquet", records, Task.CLASSIFICATION)
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 3
