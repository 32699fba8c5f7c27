"""Label files of strangers: told in a sentence, and read as what they obviously are when asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.finding import Finding, Severity
from domain.geometry import Box
from domain.prediction import Instances, Task
from formats.azure.jsonl import AzureJsonl
from formats.base import FileReport, ImageFacts, ReadOptions, Record

URL = "azureml://datastores/shelf/paths/img/"
DETAILS = {"format": "jpg", "width": "499px", "height": 666}
PIXELS = (129.74, 270.396, 366.765, 466.866)
FRACTIONS = Box(0.26, 0.406, 0.735, 0.701)
"""The worked example of the conversion table: 499x666."""


def write(folder: Path, *lines: object) -> Path:
    path = folder / "train.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def read(path: Path, options: ReadOptions | None = None) -> tuple[list[Record], FileReport]:
    report = FileReport(path.name, AzureJsonl.rules)
    return list(AzureJsonl().read(path, options or ReadOptions(), report)), report


def mend(path: Path, **more: Any) -> tuple[list[Record], FileReport]:
    return read(path, ReadOptions(mends=True, **more))


def told(path: Path) -> list[Finding]:
    return [finding for finding in read(path)[1].findings if finding.code == "JL014"]


def line(number: int = 1, *objects: object, details: object = DETAILS, **more: object) -> dict[str, object]:
    return {"image_url": f"{URL}{number}.jpg", "image_details": details, "label": list(objects), **more}


def corners(*values: float, label: str = "can") -> dict[str, object]:
    return {"label": label, **dict(zip(("xmin", "ymin", "xmax", "ymax"), values, strict=True))}


def boxes(record: Record) -> list[Box]:
    assert isinstance(record.content, Instances)
    return [item.box for item in record.content.items]


def near(box: Box) -> Any:
    return pytest.approx(box.as_tuple(), abs=1e-12)


def test_a_file_of_corners_in_pixels_is_told_once(tmp_path: Path) -> None:
    path = write(tmp_path, *(line(number, corners(*PIXELS)) for number in range(1, 129)))
    (finding,) = told(path)
    assert finding.message == (
        "All 128 lines give boxes as xmin, ymin, xmax, ymax in pixels, "
        "expected topX, topY, bottomX, bottomY as fractions."
    )
    assert (finding.severity, finding.line, finding.file) == (Severity.ERROR, 1, "train.jsonl")
    assert finding.remedy == (
        "Convert the file: python -m cli convert train.jsonl OUT --from azure-jsonl --to azure-jsonl --mend"
    )


def test_a_file_that_declares_no_sizes_needs_the_images(tmp_path: Path) -> None:
    (finding,) = told(write(tmp_path, line(1, corners(*PIXELS), details=None)))
    assert finding.message.startswith("1 of 1 lines gives boxes as xmin")
    assert finding.remedy.endswith("--mend --images DIR")


def test_only_the_lines_concerned_are_counted(tmp_path: Path) -> None:
    good = {"label": "can", "topX": 0.1, "topY": 0.1, "bottomX": 0.5, "bottomY": 0.5}
    (finding,) = told(write(tmp_path, line(1, good), line(2, corners(0.1, 0.1, 0.5, 0.5)), line(3, good)))
    assert finding.message.startswith("1 of 3 lines gives boxes as xmin, ymin, xmax, ymax in fractions")
    assert finding.line == 2


def test_one_wild_number_is_no_file_of_pixels(tmp_path: Path) -> None:
    good = {"label": "can", "topX": 0.1, "topY": 0.1, "bottomX": 0.5, "bottomY": 0.5}
    path = write(tmp_path, line(1, good), line(2, {**good, "bottomX": 7.5}), line(3, good))
    assert told(path) == []
    records, _ = mend(path)
    assert boxes(records[1]) == [Box(0.1, 0.1, 7.5, 0.5)]
    assert [each.code for each in records[1].findings] == ["JL006"]


def test_a_file_of_pixels_under_azures_own_keys_is_told_and_mended(tmp_path: Path) -> None:
    first = dict(zip(("topX", "topY", "bottomX", "bottomY"), PIXELS, strict=True))
    tiny = {"topX": 0, "topY": 0, "bottomX": 1, "bottomY": 1}
    path = write(
        tmp_path, line(1, {"label": "can", **first}, {"label": "can", **tiny}), line(2, {"label": "can", **first})
    )
    (finding,) = told(path)
    assert "All 2 lines give boxes as topX, topY, bottomX, bottomY in pixels" in finding.message
    records, report = mend(path)
    assert boxes(records[0])[0].as_tuple() == near(FRACTIONS)
    assert boxes(records[0])[1] == Box(0, 0, 1 / 499, 1 / 666)
    assert [each.code for each in records[0].findings] == ["JL015"]
    assert report.findings == []


@pytest.mark.parametrize(
    "source",
    [
        corners(*PIXELS),
        {"label": "can", "xMin": 129.74, "Ymin": 270.396, "x_max": 366.765, "Y-MAX": 466.866},
        {"label": "can", "x1": 129.74, "y1": 270.396, "x2": 366.765, "y2": 466.866},
        {"label": "can", "left": 129.74, "top": 270.396, "right": 366.765, "bottom": 466.866},
        {"label": "can", "left": 129.74, "top": 270.396, "width": 237.025, "height": 196.47},
        {"label": "can", "x": 129.74, "y": 270.396, "width": 237.025, "height": 196.47},
        {"label": "can", "x": 129.74, "y": 270.396, "w": 237.025, "h": 196.47},
        {"label": "can", "x_center": 248.2525, "y_center": 368.631, "width": 237.025, "height": 196.47},
        {"label": "can", "cx": 0.4975, "cy": 0.5535, "w": 0.475, "h": 0.295},
        {"label": "can", "x": 0.26, "y": 0.406, "width": 0.475, "height": 0.295},
        {"label": "can", "bndbox": {"xmin": "129.74", "ymin": 270.396, "xmax": 366.765, "ymax": 466.866}},
        {"label": "can", "box": {"topX": 0.26, "topY": 0.406, "bottomX": 0.735, "bottomY": 0.701}},
        {"label": "can", "bbox": [129.74, 270.396, 237.025, 196.47]},
        {"class_name": "can", "bbox": [129.74, 270.396, 237.025, 196.47], "bbox_format": 5},
        {"category": "can", "xmin": 0.26, "ymin": 0.406, "xmax": 0.735, "ymax": 0.701},
    ],
)
def test_boxes_of_every_notation_are_read_as_what_they_are(tmp_path: Path, source: dict[str, object]) -> None:
    path = write(tmp_path, line(1, source))
    assert told(path)
    (record,), report = mend(path)
    assert report.task is Task.DETECTION
    assert isinstance(record.content, Instances)
    assert [item.label for item in record.content.items] == ["can"]
    assert boxes(record)[0].as_tuple() == near(FRACTIONS)
    assert [each.code for each in record.findings] == ["JL015"]
    assert [each.code for each in report.findings if each.severity is Severity.ERROR] == []
    label = record.fields["label"][0]
    assert list(label)[:5] == ["label", "topX", "topY", "bottomX", "bottomY"]


def test_a_list_of_corners_is_told_from_a_list_of_sizes_by_the_file(tmp_path: Path) -> None:
    as_corners = {"label": "can", "bbox": list(PIXELS)}
    path = write(tmp_path, line(1, as_corners), line(2, as_corners))
    records, _ = mend(path)
    assert boxes(records[1])[0].as_tuple() == near(FRACTIONS)
    assert "(left, top, right, bottom) in pixels" in told(path)[0].message


def test_a_list_that_may_be_either_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, line(1, {"label": "can", "bbox": [10, 20, 30, 40]}))
    (finding,) = told(path)
    assert "bbox (four numbers) in pixels" in finding.message
    assert "does not tell" in finding.remedy
    (record,), report = mend(path)
    assert [each.code for each in record.findings] == ["JL006"]
    assert [each.code for each in report.findings if each.code == "JL014"] == ["JL014"]


def test_pixels_of_an_image_of_unknown_size_are_left_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, line(1, corners(*PIXELS), details=None))
    (record,), _ = mend(path)
    assert [each.code for each in record.findings] == ["JL006"]
    (record,), _ = mend(path, find_image=lambda address: ImageFacts("1.jpg", 499, 666) if address else None)
    assert boxes(record)[0].as_tuple() == near(FRACTIONS)


def test_the_size_of_the_file_wins_over_the_declared_one(tmp_path: Path) -> None:
    path = write(tmp_path, line(1, corners(*PIXELS), details={"width": 1000, "height": 1000}))
    (record,), _ = mend(path, find_image=lambda _: ImageFacts("1.jpg", 499, 666))
    assert boxes(record)[0].as_tuple() == near(FRACTIONS)


def test_the_old_form_of_one_object_a_line_is_told_and_read(tmp_path: Path) -> None:
    box = {"label": "can", "topX": 0.26, "topY": 0.406, "bottomX": 0.735, "bottomY": 0.701}
    path = write(tmp_path, *({"imageUrl": f"{URL}{number}.jpg", "label": box} for number in (1, 2)))
    messages = [finding.message for finding in told(path)]
    assert messages == [
        "All 2 lines name the image by imageUrl, expected image_url.",
        "All 2 lines hold a single object under label, expected a list.",
    ]
    records, report = mend(path)
    assert [record.image_url for record in records] == [f"{URL}1.jpg", f"{URL}2.jpg"]
    assert [boxes(record) for record in records] == [[FRACTIONS]] * 2
    assert "imageUrl became image_url; a single object became a list" in records[0].findings[0].message
    assert report.findings == []


def test_objects_under_another_key_are_told_and_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"file_name": "1.jpg", "annotations": [{"name": "can", "bbox": [0.9, 0.9, 0.1, 0.1]}], "license": 3},
    )
    assert [finding.message.split(",")[0] for finding in told(path)] == [
        "1 of 1 lines names the image by file_name",
        "1 of 1 lines holds its objects under annotations",
        "1 of 1 lines names the class of an object by name",
        "1 of 1 lines gives boxes as bbox (left",
    ]
    (record,), _ = mend(path)
    assert boxes(record)[0].as_tuple() == near(Box(0.9, 0.9, 1.0, 1.0))
    assert record.fields["license"] == 3


RING = [129.74, 270.396, 366.765, 270.396, 366.765, 466.866]


@pytest.mark.parametrize(
    ("polygon", "words"),
    [
        ({"polygon": [RING]}, "give polygons in pixels"),
        ({"polygon": RING}, "one flat list"),
        ({"polygon": [[129.74, 270.396], [366.765, 270.396], [366.765, 466.866]]}, "points [x, y]"),
        ({"polygon": [[[129.74, 270.396], [366.765, 270.396], [366.765, 466.866]]]}, "points [x, y]"),
        ({"segmentation": [RING]}, "under segmentation"),
        ({"points": [[0.26, 0.406], [0.735, 0.406], [0.735, 0.701]]}, "under points"),
    ],
)
def test_outlines_of_every_notation_are_read_as_what_they_are(
    tmp_path: Path, polygon: dict[str, object], words: str
) -> None:
    path = write(tmp_path, *(line(number, {"label": "can", "isCrowd": 0, **polygon}) for number in (1, 2)))
    assert any(words in finding.message for finding in told(path))
    records, report = mend(path)
    assert report.task is Task.SEGMENTATION
    content = records[1].content
    assert isinstance(content, Instances)
    (item,) = content.items
    assert item.polygons[0] == pytest.approx((0.26, 0.406, 0.735, 0.406, 0.735, 0.701))
    assert item.is_crowd is False
    assert [each.code for each in records[1].findings] == ["JL015"]


def test_a_plain_file_is_the_same_with_and_without_mending(tmp_path: Path) -> None:
    good = {"label": "can", "topX": 0.1, "topY": 0.1, "bottomX": 0.5, "bottomY": 0.5, "bbox": "null"}
    path = write(tmp_path, line(1, good), "", line(2), "{", '{"image_url": "a", "label": [], "label": []}', 7)
    assert read(path)[0] == mend(path)[0]
    assert read(path)[1].findings == mend(path)[1].findings
    assert told(path) == []


def test_what_is_broken_otherwise_is_still_told(tmp_path: Path) -> None:
    broken = '{"imageUrl": "a", "imageUrl": "b", "label": {"label": "can", "xmin": 1}}'
    path = write(tmp_path, line(1, corners(9, 9, 5, 20), corners(1, 2, 3, 4)), broken)
    records, _ = mend(path)
    assert [each.code for each in records[0].findings] == ["JL015", "JL007"]
    assert records[1].findings[0].code == "JL001"
    assert "stands twice" in records[1].findings[0].message


def test_a_byte_order_mark_is_still_told(tmp_path: Path) -> None:
    path = write(tmp_path, "\ufeff" + json.dumps(line(1, corners(*PIXELS))))
    records, report = mend(path)
    assert boxes(records[0])[0].as_tuple() == near(FRACTIONS)
    assert [each.code for each in report.findings] == ["JL001"]
