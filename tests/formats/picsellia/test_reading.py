"""Payloads of others: the seed's snippet, champion and shadow, label maps, and everything the SDK lets through."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.finding import Finding, Severity
from domain.prediction import Instances, Labels, Task
from formats.base import FileReport, ImageFacts, ReadOptions, Record
from formats.base.files import look_at
from formats.picsellia.picsellia import Picsellia
from tests.oracles.picsellia_cases import CASES, NAMES, RING, payload, save

SEED = {"detection_classes": [2], "detection_texts": None, "detection_scores": [0.8]}


def read(path: Path, **options: object) -> tuple[list[Record], list[Finding]]:
    report = FileReport(path.name, Picsellia.rules)
    records = list(Picsellia().read(path, ReadOptions(**options), report))
    findings = [*(each for record in records for each in record.findings), *report.findings]
    return records, [finding for finding in findings if finding.severity is not Severity.INFO]


def test_the_snippet_of_the_seed_is_read(tmp_path: Path) -> None:
    records, findings = read(save(tmp_path / "p.jsonl", payload(SEED)))
    assert findings == []
    record = records[0]
    assert record.image_url == "image.png"
    assert record.content == Labels({"bicycle": 0.8})
    assert record.size == (600, 800)
    assert (record.facts.model, record.facts.latency_s) == ("champion", 0.257)


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_meant_is_found(name: str, tmp_path: Path) -> None:
    _, findings = read(save(tmp_path / "p.jsonl", payload(CASES[name].lists)))
    assert [finding.code for finding in findings] == ([CASES[name].code] if CASES[name].code else [])


def test_the_order_of_a_box_is_top_left_bottom_right(tmp_path: Path) -> None:
    lists = {"detection_classes": [0], "detection_scores": [0.5], "detection_boxes": [[80, 60, 400, 300]]}
    records, _ = read(save(tmp_path / "p.jsonl", payload(lists)))
    assert isinstance(records[0].content, Instances)
    assert records[0].content.items[0].box.as_tuple() == (0.1, 0.1, 0.5, 0.5)


def test_masks_put_x_first(tmp_path: Path) -> None:
    mask = [[60, 80], [300, 80], [300, 400]]
    lists = {"detection_classes": [0], "detection_scores": [0.5], "detection_masks": [mask]}
    records, _ = read(save(tmp_path / "p.jsonl", payload(lists)))
    assert isinstance(records[0].content, Instances)
    assert records[0].content.items[0].polygons == ((0.1, 0.1, 0.5, 0.1, 0.5, 0.5),)


def test_a_flat_mask_of_earlier_versions_is_read_and_told(tmp_path: Path) -> None:
    lists = {"detection_classes": [0], "detection_scores": [0.5], "detection_masks": [[60, 80, 300, 80, 300, 400]]}
    records, findings = read(save(tmp_path / "p.jsonl", payload(lists)))
    assert isinstance(records[0].content, Instances)
    assert records[0].content.items[0].polygons == ((0.1, 0.1, 0.5, 0.1, 0.5, 0.5),)
    assert [finding.code for finding in findings] == ["PI007"]


@pytest.mark.parametrize("key", ["shadow_raw_predictions", "shadow_prediction"])
def test_champion_and_shadow_are_two_predictions(tmp_path: Path, key: str) -> None:
    other = {"detection_classes": [1], "detection_scores": [0.4]}
    sent = payload(SEED, **{key: other, "shadow_latency": 0.5, "source": "camera", "tags": ["a"], "timestamp": 9.5})
    records, findings = read(save(tmp_path / "p.jsonl", sent))
    assert findings == []
    assert [(each.facts.model, each.facts.latency_s, each.content) for each in records] == [
        ("champion", 0.257, Labels({"bicycle": 0.8})),
        ("shadow", 0.5, Labels({"bus": 0.4})),
    ]
    assert [(each.facts.source, each.facts.tags, each.facts.timestamp) for each in records] == [
        ("camera", ("a",), 9.5)
    ] * 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"latency": None}, "PI008"),
        ({"latency": "fast"}, "PI008"),
        ({"latency": -1}, "PI008"),
        ({"shadow_raw_predictions": SEED}, "PI009"),
        (
            {"shadow_raw_predictions": {**SEED, "detection_boxes": [[1, 1, 9, 9]]}, "shadow_latency": 1.0},
            "PI010",
        ),
        ({"shadow_latency": 0.5}, "PI050"),
        ({"raw_predictions": None, "shadow_raw_predictions": SEED, "shadow_latency": 0.5}, "PI051"),
        ({"raw_predictions": None}, "PI001"),
        ({"height": None}, "PI011"),
        ({"height": 800.5}, "PI011"),
        ({"width": -600}, "PI011"),
        ({"content_type": "IMAGE/WEBP"}, "PI012"),
        ({"content_type": "image/jpeg"}, ""),
        ({"source": 7}, "PI013"),
        ({"tags": "night"}, "PI013"),
        ({"timestamp": "now"}, "PI013"),
        ({"timestamp": 1618590882000}, "PI052"),
        ({"filename": None}, "EX002"),
        ({"raw_predictions": {**SEED, "lines": []}}, "EX015"),
        ({"raw_predictions": [SEED]}, "PI001"),
    ],
)
def test_facts_of_the_wrong_kind_are_found(tmp_path: Path, change: dict[str, object], code: str) -> None:
    records, findings = read(save(tmp_path / "p.jsonl", payload(SEED, **change)))
    assert [finding.code for finding in findings] == ([code] if code else [])
    assert [finding.line for finding in findings] == [1] * len(findings)
    assert records


def test_keys_that_are_left_out_are_counted(tmp_path: Path) -> None:
    path = save(tmp_path / "p.jsonl", *[payload(SEED, sample=True, custom_metadata={"a": 1})] * 2)
    report = FileReport(path.name, Picsellia.rules)
    list(Picsellia().read(path, ReadOptions(), report))
    assert [(each.code, each.message) for each in report.findings] == [
        ("PI053", f"The key '{key}' has no place in Relook and is left out of 2 payloads.")
        for key in ("custom_metadata", "image", "sample")
    ]


@pytest.mark.parametrize("shape", ["one", "one over several lines", "list", "lines", "lines after a broken one"])
def test_a_file_is_a_payload_a_list_or_lines(tmp_path: Path, shape: str) -> None:
    one, path = payload(SEED), tmp_path / "p.json"
    texts = {
        "one": json.dumps(one),
        "one over several lines": json.dumps(one, indent=2),
        "list": json.dumps([one, one]),
        "lines": f"\ufeff{json.dumps(one)}\r\n\r\n{json.dumps(one)}\r\n",
        "lines after a broken one": f'{{"filename":\n{json.dumps(one)}\n',
    }
    save(path)
    path.write_text(texts[shape], encoding="utf-8", newline="")
    assert Picsellia().recognises(look_at(path))
    records, findings = read(path)
    counts = {"one": 1, "one over several lines": 1, "list": 2, "lines": 2, "lines after a broken one": 2}
    assert len(records) == counts[shape]
    assert records[-1].content == Labels({"bicycle": 0.8})
    assert [(each.code, each.line) for each in findings] == ([("EX001", 1)] if "broken" in shape else [])


def test_names_come_from_texts_the_options_or_the_map_beside(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps(payload(SEED)))
    records, findings = read(path)
    assert (records[0].content, [finding.code for finding in findings]) == (None, ["EX004"])
    assert read(path, classes={2: "bike"})[0][0].content == Labels({"bike": 0.8})
    save(path, payload(SEED))
    assert read(path)[0][0].content == Labels({"bicycle": 0.8})
    save(path, payload({**SEED, "detection_texts": ["bike"]}))
    records, findings = read(path)
    assert records[0].content == Labels({"bike": 0.8})
    assert [finding.code for finding in findings] == ["EX009"]


@pytest.mark.parametrize(("text", "codes"), [('["car", "bus", "bike"]', []), ("{", ["EX001"]), ("7", ["EX003"])])
def test_the_label_map_may_be_a_list_or_broken(tmp_path: Path, text: str, codes: list[str]) -> None:
    path = save(tmp_path / "p.jsonl", payload({**SEED, "detection_texts": ["bike"]}))
    path.with_name("p.labels.json").write_text(text)
    records, findings = read(path)
    assert records[0].content == Labels({"bike": 0.8})
    assert [(each.code, each.file) for each in findings] == [(code, "p.labels.json") for code in codes]


def test_the_size_may_come_from_the_image(tmp_path: Path) -> None:
    lists = {"detection_classes": [0], "detection_scores": [0.5], "detection_masks": [RING]}
    path = save(tmp_path / "p.jsonl", payload(lists, height=None))
    records, _ = read(path, find_image=lambda address: ImageFacts(address, 10, 10))
    assert isinstance(records[0].content, Instances)
    assert records[0].content.items[0].polygons == ((0.1, 0.1, 0.9, 0.1, 0.9, 0.9),)


@pytest.mark.parametrize(
    ("lists", "task"),
    [
        (SEED, Task.CLASSIFICATION),
        ({"detection_classes": [0, 1], "detection_scores": [0.5, 0.4]}, Task.MULTILABEL),
        ({**SEED, "detection_boxes": [[1, 1, 2, 2]]}, Task.DETECTION),
        ({**SEED, "detection_masks": [RING]}, Task.SEGMENTATION),
    ],
)
def test_the_task_is_told_from_the_lists(tmp_path: Path, lists: dict[str, object], task: Task) -> None:
    path = save(tmp_path / "p.jsonl", payload(lists))
    report = FileReport(path.name, Picsellia.rules)
    list(Picsellia().read(path, ReadOptions(), report))
    assert report.task is task
    assert report.classes == tuple(NAMES.values())


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_swapped_values_never_raise_and_are_never_silent(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name, case in CASES.items() if not case.code]))
    sent = json.loads(json.dumps(payload(CASES[name].lists)))
    target = data.draw(st.sampled_from([sent, sent["raw_predictions"]]))
    target[data.draw(st.sampled_from(sorted(target)))] = data.draw(values)
    records, findings = read(save(tmp_path / "p.jsonl", sent))
    assert records
    assert all(record.content is not None or record.findings for record in records)
    assert all(finding.message for finding in findings)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.binary(max_size=60), cut=st.integers(0, 300))
def test_cut_and_added_bytes_never_raise(tmp_path: Path, tail: bytes, cut: int) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(json.dumps(payload(SEED)).encode()[:cut] + tail)
    read(path)
