from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import FormatError
from domain.prediction import Instances, Labels, Task
from formats.base import FileReport, ReadOptions, Record
from formats.base.masks import fill
from formats.label_studio.brush import decode_brush
from formats.label_studio.label_studio import LabelStudio

BRUSH = [0, 0, 0, 96, 57, 27, 254, 27, 0, 191, 255, 56, 4, 127, 241, 128, 79, 255, 134, 192, 0]
"""As Label Studio's own library packs the mask below."""
PAINTED = np.array([[0, 0, 0, 0, 0, 0], [0, 1, 1, 1, 1, 0], [0, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]], dtype=bool)


def read(path: Path, task: Task | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name)
    return list(LabelStudio().read(path, ReadOptions(task), report)), report


def read_results(folder: Path, *results: Any, task: Task = Task.SEGMENTATION) -> Record:
    file = folder / "tasks.json"
    file.write_text(json.dumps([{"data": {"image": "a.jpg"}, "annotations": [{"result": results}]}]))
    (record,), _ = read(file, task)
    return record


def codes(record: Record) -> list[str]:
    return [finding.code for finding in record.findings]


def region(kind: str, value: Any, **changes: Any) -> dict[str, Any]:
    return {"id": "r", "type": kind, "value": value, "original_width": 6, "original_height": 4, **changes}


def boxed(**changes: Any) -> dict[str, Any]:
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": ["can"]}
    return region("rectanglelabels", value | changes)


def outlined(points: Any) -> dict[str, Any]:
    return region("polygonlabels", {"points": points, "polygonlabels": ["can"]})


def painted(rle: Any, **changes: Any) -> dict[str, Any]:
    return region("brushlabels", {"format": "rle", "rle": rle, "brushlabels": ["can"]}, **changes)


def test_a_brush_becomes_an_outline_of_the_same_pixels(tmp_path: Path) -> None:
    assert np.array_equal(decode_brush(BRUSH, 6, 4), PAINTED)
    record = read_results(tmp_path, painted(BRUSH))
    assert codes(record) == ["EX009"]
    assert isinstance(record.content, Instances)
    assert np.array_equal(fill(record.content.items[0].polygons, 4, 6).to_mask(), PAINTED)


def pack(bits: str) -> list[int]:
    return [int(bits[place : place + 8].ljust(8, "0"), 2) for place in range(0, len(bits), 8)]


@given(st.integers(1, 6), st.integers(1, 6), st.data())
def test_runs_and_single_values_of_all_widths(width: int, height: int, data: st.DataObject) -> None:
    """Packed here by the description in the module: runs and stretches of any length, with any width of counts."""
    values = data.draw(st.lists(st.integers(0, 255), min_size=4 * width * height, max_size=4 * width * height))
    kinds = data.draw(st.lists(st.integers(3, 16), min_size=4, max_size=4))
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{kind - 1:04b}" for kind in kinds)
    place = 0
    while place < len(values):
        kind = data.draw(st.integers(0, 3))
        count = data.draw(st.integers(1, min(len(values) - place, 2 ** kinds[kind])))
        is_run = len(set(values[place : place + count])) == 1
        bits += f"{int(is_run)}{kind:02b}{count - 1:0{kinds[kind]}b}"
        bits += "".join(
            f"{value:08b}" for value in (values[place : place + 1] if is_run else values[place : place + count])
        )
        place += count
    expected = np.array(values).reshape(height, width, 4)[..., 3] > 0
    assert np.array_equal(decode_brush(pack(bits), width, height), expected)


@pytest.mark.parametrize(
    "rle",
    [
        None,
        "text",
        [],
        [0, 0, 0, 96],
        BRUSH[:-4],
        [300],
        ["a"],
        [1.5],
        [0, 0, 0, 95, *BRUSH[4:]],
        [255, 255, 255, 255, *BRUSH[4:]],
        [0, 0, 0, 96, 255, 255, 255, 255],
        pack(f"{96:032b}{7:05b}{15:04b}{15:04b}{15:04b}{15:04b}1001111111111111111" + "0" * 8),
        pack(f"{96:032b}{15:05b}" + "0" * 80),
    ],
    ids=range(13),
)
def test_brushes_that_cannot_be_unpacked_are_findings(tmp_path: Path, rle: Any) -> None:
    assert codes(read_results(tmp_path, painted(rle))) == ["EX007"]


def test_a_brush_on_a_huge_picture_is_refused_before_anything_is_laid_out() -> None:
    with pytest.raises(FormatError):
        decode_brush([255, 255, 255, 252], 2**15, 2**15)


def test_a_brush_that_painted_nothing(tmp_path: Path) -> None:
    nothing = pack(f"{96:032b}{7:05b}{6:04b}{6:04b}{6:04b}{6:04b}1{0:02b}{95:07b}{0:08b}")
    assert codes(read_results(tmp_path, painted(nothing))) == ["EX007"]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (7, "EX003"),
        (region("rectanglelabels", None), "EX003"),
        (region("ellipselabels", {"ellipselabels": ["can"]}), "EX015"),
        (region("keypointlabels", {"x": 1}), "EX015"),
        (region(["rectanglelabels"], {}), "EX015"),
        (boxed() | {"item_index": 2}, "EX015"),
        (boxed() | {"item_index": []}, "EX015"),
        (boxed(rectanglelabels=[]), "EX004"),
        (boxed(rectanglelabels="can"), "EX004"),
        (boxed(rectanglelabels=[" ", 7]), "EX004"),
        (boxed(rectanglelabels=["can", "carton"]), "EX009"),
        (boxed(x=None), "EX005"),
        (boxed(x="1"), "EX005"),
        (boxed(x=True), "EX005"),
        (boxed(x=1e300), "EX005"),
        (boxed(rotation="left"), "EX005"),
        (boxed(width=0), "EX006"),
        (boxed(height=-1), "EX006"),
        (boxed(x=90), "EX013"),
        (outlined(None), "EX007"),
        (outlined([[1, 2], [3, 4]]), "EX007"),
        (outlined([[1, 2], [3, 4], [5]]), "EX005"),
        (outlined([[1, 2], [3, 4], "56"]), "EX005"),
        (painted(BRUSH, original_width=None), "EX008"),
    ],
)
def test_what_cannot_be_kept_is_a_finding_with_its_task_and_region(tmp_path: Path, result: Any, expected: str) -> None:
    record = read_results(tmp_path, result)
    (finding,) = record.findings
    assert (finding.code, finding.line, finding.annotation) == (expected, 1, 0)


@pytest.mark.parametrize("identity", [None, 7, [], {}, True])
def test_ids_of_any_kind_are_taken(tmp_path: Path, identity: Any) -> None:
    value = {"x": 10, "y": 20, "width": 30, "height": 40}
    parts = [region("rectangle", value, id=identity), region("labels", value | {"labels": ["can"]}, id=identity)]
    record = read_results(tmp_path, *parts, outlined([[1, 2], [9, 4], [5, 9]]) | {"meta": {"instance": identity}})
    assert isinstance(record.content, Instances)
    assert len(record.content.items) == 2


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (7, ["EX001"]),
        ([], ["EX003"]),
        ({}, ["EX002"]),
        ({"data": [], "annotations": []}, ["EX002"]),
        ({"data": {"image": ""}, "annotations": [{"result": []}]}, ["EX002"]),
        ({"data": {"image": "a.jpg"}, "annotations": [5]}, ["EX003"]),
        ({"data": {"image": "a.jpg"}, "annotations": {}}, ["EX003"]),
        ({"data": {"image": "a.jpg"}, "predictions": "x"}, ["EX003"]),
        ({"data": {"image": "a.jpg"}, "annotations": [{"result": "x"}]}, ["EX003"]),
        ({"data": {"image": "a.jpg"}, "annotations": [{}]}, ["EX003"]),
    ],
)
def test_tasks_that_cannot_be_used_are_findings(tmp_path: Path, task: Any, expected: list[str]) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([task]))
    records, report = read(file, Task.DETECTION)
    found = [code for record in records for code in codes(record)]
    found += [finding.code for finding in report.take() if finding.code != "EX009"]
    assert found == expected


def test_a_task_that_is_no_json_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "tasks.json"
    file.write_text('[\n{"data": {"image": "a.jpg"}, "annotations": [{"result": []}]},\n{"data": nope}]')
    records, _ = read(file, Task.DETECTION)
    (finding,) = records[1].findings
    assert (finding.code, finding.line, finding.column) == ("EX001", 3, 10)


def test_multi_class_needs_exactly_one_choice(tmp_path: Path) -> None:
    none = read_results(tmp_path, task=Task.CLASSIFICATION)
    assert (none.content, codes(none)) == (None, ["EX004"])
    two = read_results(tmp_path, region("choices", {"choices": ["a", "b", 7]}), task=Task.CLASSIFICATION)
    assert (two.content, codes(two)) == (Labels({"a": 1.0, "b": 1.0}), ["EX003", "EX009"])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files_give_findings_never_exceptions(tmp_path: Path, data: st.DataObject) -> None:
    results = [boxed(), outlined([[1, 2], [30, 4], [5, 60]]), painted(BRUSH), region("choices", {"choices": ["a"]})]
    task = {"data": {"image": "a.jpg"}, "annotations": [{"result": results}], "predictions": [{"result": results}]}
    text = bytearray(json.dumps([task, task]).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, max(0, len(text) - 1)))
        text[start : start + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=8))
    file = tmp_path / "tasks.json"
    file.write_bytes(bytes(text) or b" ")
    for task_kind in (None, *Task):
        records, report = read(file, task_kind)
        assert records or report.take()


KEYS = st.sampled_from(["data", "image", "annotations", "predictions", "result", "value", "type", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.lists(json_values, min_size=1, max_size=3))
def test_json_of_any_shape_gives_findings_never_exceptions(tmp_path: Path, content: list[Any]) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(content))
    records, report = read(file)
    assert records or report.take()
