"""Telling label files from prediction files."""

from __future__ import annotations

from pathlib import Path

import pytest

from formats.azure.sniff import sniff

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    "name", ["classification.jsonl", "multilabel.jsonl", "detection.jsonl", "segmentation.jsonl", "extra_keys.jsonl"]
)
def test_label_files_are_recognised(name: str) -> None:
    with (GOLDEN / name).open("rb") as lines:
        assert sniff(lines) == "labels"


@pytest.mark.parametrize("name", ["predictions.jsonl", "predicted_objects.jsonl", "predicted_polygons.jsonl"])
def test_prediction_files_are_recognised(name: str) -> None:
    with (GOLDEN / name).open("rb") as lines:
        assert sniff(lines) == "predictions"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"\xef\xbb\xbf" + b'{"image_url":"a","label":"x"}', "labels"),
        (b"['a.jpg', {'boxes': []}]", "predictions"),
        (b'{"image_url":"a","label":[],"label_confidence":[]}', "predictions"),
        (b'{"images":[]}', None),
        (b"a,b,c", None),
        (b"\x89PNG\xff", None),
        (b"", None),
    ],
)
def test_one_line_tells(line: bytes, kind: str | None) -> None:
    assert sniff([line]) == kind


def test_broken_lines_before_are_passed_over() -> None:
    assert sniff([b". . .", b"", b'{"filename":"a","boxes":[]}']) == "predictions"
