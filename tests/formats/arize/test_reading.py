"""Arize files of others: the seed's names and schemas, CSV, times in several spellings, and broken files."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.finding import Finding
from domain.prediction import Labels, Task
from formats.arize.arize import Arize
from formats.arize.schema_json import schema_path, without_comments
from formats.base import FileReport, ImageFacts, ReadOptions, Record, Role
from formats.base.files import look_at
from tests.oracles.arize_cases import BOXES_ROW, MAY_2021, S0_TIME, SEED_ROW

SEED_SCHEMA = """{
"prediction_id": "prediction_id",
"timestamp": "timestamp",
"tags": "tag/",
"prediction_score": "prediction_score",
"prediction_label": "prediction_label",
"actual_label": "actual_label",
"actual_score": "actual_score",
"shap_values": "shap/",
"version": "version", // lookup the column "version" in the file
"batch_id": "batch_id",
"exclude": [
"<column1 name>",
"<column2 name>"
],
"embedding_features": [
{
"embedding_1": {
"vector": "vector_column_1"%s
"raw_data": "raw_data_column_1",
"link_to_data": "link_to_data_column"
}
}
]
}"""


def read(path: Path, **options: object) -> tuple[list[Record], list[Finding]]:
    report = FileReport(path.name, Arize.rules)
    records = list(Arize().read(path, ReadOptions(**{"now": MAY_2021, **options}), report))
    return records, [*(each for record in records for each in record.findings), *report.findings]


def save(folder: Path, columns: dict[str, object], schema: object = None) -> Path:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    if schema is not None:
        schema_path(path).write_text(schema if isinstance(schema, str) else json.dumps(schema))
    return path


def test_the_seed_row_is_read_by_its_own_names(tmp_path: Path) -> None:
    records, findings = read(save(tmp_path, SEED_ROW))
    assert findings == []
    label, prediction = records
    assert (label.role, label.content) == (Role.LABEL, Labels({"bus": 1.0}))
    assert (prediction.role, prediction.content) == (Role.PREDICTION, Labels({"car": 0.3}))
    assert {record.image_url for record in records} == {"https://link-to-my-image.png"}
    assert prediction.facts.embedding == (1.0, 2.0, 3.0)
    assert prediction.facts.timestamp == S0_TIME
    assert label.facts.prediction_id == prediction.facts.prediction_id == "1"


def test_the_names_of_the_seed_code_are_known_too(tmp_path: Path) -> None:
    columns = {
        "prediction_id": ["7"],
        "prediction_ts": [S0_TIME],
        "PREDICTION": ["car"],
        "PREDICTION_SCORE": [0.3],
        "ACTUAL": ["bus"],
        "ACTUAL_SCORE": [1.0],
        "image_link": ["a.jpg"],
    }
    records, findings = read(save(tmp_path, columns))
    assert [record.content for record in records] == [Labels({"bus": 1.0}), Labels({"car": 0.3})]
    assert findings == []


def test_the_seed_schema_is_read_with_its_comments(tmp_path: Path) -> None:
    columns = {
        "prediction_id": ["7"],
        "timestamp": [S0_TIME],
        "prediction_label": ["car"],
        "prediction_score": [0.3],
        "actual_label": [None],
        "actual_score": [None],
        "version": ["v1"],
        "batch_id": ["b"],
        "vector_column_1": [[1.0, 2.0]],
        "raw_data_column_1": ["text"],
        "link_to_data_column": ["http://host/a//b.jpg"],
        "<column1 name>": [1],
        "state": ["ca"],
        "tag/shift": ["night"],
    }
    records, findings = read(save(tmp_path, columns, SEED_SCHEMA % ","))
    assert [record.image_url for record in records] == ["http://host/a//b.jpg"]
    assert records[0].facts.model == "v1"
    assert records[0].facts.tags == ("shift=night",)
    assert records[0].facts.embedding == (1.0, 2.0)
    assert [finding.code for finding in findings] == ["AR053"]
    assert "batch_id, raw_data_column_1, state" in findings[0].message


def test_the_missing_comma_of_the_seed_schema_is_pointed_at(tmp_path: Path) -> None:
    _, findings = read(save(tmp_path, SEED_ROW, SEED_SCHEMA % ""))
    assert [(each.code, each.file, each.line) for each in findings] == [("EX001", "rows.schema.json", 20)]


def test_strict_schemas_keep_slashes_in_their_texts() -> None:
    assert without_comments(b'{"a": "x//y"}') == b'{"a": "x//y"}'
    assert json.loads(without_comments(b'{"a": "x//y", // words "in" it\n"b": 1}')) == {"a": "x//y", "b": 1}


def test_the_schema_of_the_api_is_read(tmp_path: Path) -> None:
    schema = {
        "prediction_label": "prediction_label",
        "prediction_score": "prediction_score",
        "embeddingFeatures": [{"featureName": "f", "vectorCol": "image_vector", "linkToDataCol": "image_link"}],
        "exclude": ["prediction_id", "actual_label", "actual_score", "Timestamp"],
    }
    records, findings = read(save(tmp_path, SEED_ROW, schema))
    assert [record.facts.embedding for record in records] == [(1.0, 2.0, 3.0)]
    assert findings == []


@pytest.mark.parametrize(
    ("value", "seconds", "codes"),
    [
        (1618590882, S0_TIME, []),
        ("1618590882", S0_TIME, ["AR051"]),
        ("2021-04-16T16:34:42Z", S0_TIME, ["AR051"]),
        ("2021-04-16T18:34:42+02:00", S0_TIME, ["AR051"]),
        (1618590882000, None, ["AR008"]),
        ("yesterday", None, ["AR002", "AR051"]),
    ],
)
def test_times_are_told_apart(tmp_path: Path, value: object, seconds: float | None, codes: list[str]) -> None:
    records, findings = read(save(tmp_path, {**SEED_ROW, "Timestamp": [value]}))
    assert records[1].facts.timestamp == seconds
    assert [finding.code for finding in findings] == codes


def test_a_csv_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(
        b"\xef\xbb\xbfprediction_id,timestamp,prediction_label,prediction_score,actual_label\r\n"
        b'a.jpg,2021-04-16T16:34:42Z,car,0.3,"bus\r\nstop"\r\n'
        b"b.jpg,1618590882,car,high,\r\n"
        b"c.jpg,1618590882,car\r\n"
        b"d.jpg,1618590882,c\xe4r,0.3,\r\n"
        b"\r\n"
        b"e.jpg,1618590882,'=1+1,0.3,\r\n"
    )
    records, findings = read(path)
    assert [(each.line, each.image_url, each.content) for each in records] == [
        (2, "a.jpg", Labels({"bus\r\nstop": 1.0})),
        (2, "a.jpg", Labels({"car": 0.3})),
        (4, "b.jpg", None),
        (5, "", None),
        (6, "", None),
        (8, "e.jpg", Labels({"=1+1": 0.3})),
    ]
    assert [(each.code, each.line) for each in findings] == [("EX012", 4), ("EX001", 5), ("EX001", 6)]


def test_a_quote_that_is_never_closed_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('prediction_id,prediction_label,prediction_score\na.jpg,"car,0.3\nb.jpg,car,0.3\n')
    records, findings = read(path)
    assert [record.content for record in records] == [None]
    assert [(each.code, each.line) for each in findings] == [("EX001", 2)]


def test_boxes_need_the_size_of_the_image(tmp_path: Path) -> None:
    columns = {name: values for name, values in BOXES_ROW.items() if not name.startswith("tag/")}
    path = save(tmp_path, columns)
    records, findings = read(path)
    assert [record.content for record in records] == [None]
    assert [finding.code for finding in findings] == ["EX008"]
    records, findings = read(path, find_image=lambda address: ImageFacts(address, 100, 200))
    assert records[0].content.items[0].box.as_tuple() == (0.1, 0.1, 0.3, 0.2)
    assert records[0].size == (100, 200)
    assert findings == []


def test_an_object_that_cannot_be_used_keeps_its_place(tmp_path: Path) -> None:
    columns = {
        **BOXES_ROW,
        "prediction_bboxes": [[[30.0, 20.0, 10.0, 40.0], [10.0, 20.0, 30.0, 40.0]]],
        "prediction_categories": [["bus", "car"]],
        "prediction_scores": [[0.5, 0.6]],
    }
    records, findings = read(save(tmp_path, columns))
    assert records[0].instance_ids == ("", "p1-1")
    assert records[0].unreadable_objects == [0]
    assert [item.label for item in records[0].content.items] == ["car"]
    assert [(each.code, each.line, each.annotation) for each in findings] == [("AR015", 1, 0)]


def test_a_table_of_something_else_says_so(tmp_path: Path) -> None:
    records, findings = read(save(tmp_path, {"a": [1], "b": ["x"]}))
    assert [record.content for record in records] == [None]
    assert {"EX003", "EX002"} <= {finding.code for finding in findings}


def test_a_torn_parquet_file_is_one_finding(tmp_path: Path) -> None:
    path = save(tmp_path, SEED_ROW)
    path.write_bytes(path.read_bytes()[:-20])
    records, findings = read(path)
    assert records == []
    assert [finding.code for finding in findings] == ["EX001"]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_never_raise(tmp_path: Path, data: st.DataObject) -> None:
    path = save(tmp_path, {**SEED_ROW, **BOXES_ROW})
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        damaged[data.draw(st.integers(4, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    read(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(max_size=12), min_size=4, max_size=4), tail=st.binary(max_size=40))
def test_any_csv_never_raises(tmp_path: Path, cells: list[str], tail: bytes) -> None:
    path = tmp_path / "rows.csv"
    line = ",".join(cells).encode(errors="replace")
    path.write_bytes(b"prediction_id,timestamp,prediction_label,prediction_score\n" + line + b"\n" + tail)
    read(path)


def test_what_is_an_arize_file(tmp_path: Path) -> None:
    arize = Arize()
    assert arize.recognises(look_at(save(tmp_path, SEED_ROW)))
    for text, is_arize in (
        ("prediction_id,prediction_label,prediction_score\n", True),
        ('"actual_label","prediction_id"\n', True),
        ("inputs,labels\n", False),
        ('{"image_url": "a"}\n', False),
    ):
        path = tmp_path / "some.csv"
        path.write_text(text)
        assert arize.recognises(look_at(path)) is is_arize


def test_the_task_is_told_from_the_columns(tmp_path: Path) -> None:
    path = save(tmp_path, BOXES_ROW)
    report = FileReport(path.name, Arize.rules)
    list(Arize().read(path, ReadOptions(now=MAY_2021), report))
    assert report.task is Task.DETECTION
