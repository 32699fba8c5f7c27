"""Explanations in the answers of online endpoints."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.explanation import Region
from domain.prediction import Labels, Task
from formats.azure.scoring import AzureScoring
from formats.azure.scoring_answers import render_answer, render_explained
from formats.azure.scoring_explanations import (
    ScoringExplanation,
    match_classes,
    png_size,
    read_explanations,
    region_of_crop,
    select_classes,
    to_heatmap,
)
from formats.azure.scoring_reader import read_answers
from formats.azure.scoring_xai import XaiParameters
from formats.base import FileReport, ReadOptions


def draw(width: int = 6, height: int = 4) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (200, 80, 10)).save(stream, "PNG")
    return stream.getvalue()


PICTURE = draw()
TEXT = base64.b64encode(PICTURE).decode()
ARRAY = np.linspace(-1, 1, 3 * 4 * 4, dtype=np.float32).reshape(3, 4, 4)
CLASSES: dict[str, Any] = {"probs": [0.9, 0.5, 0.7, 0.1], "labels": ["a", "b", "c", "d"]}
TOP: dict[str, Any] = {"probs": [0.1, 0.7, 0.2], "labels": ["a", "b", "c"]}


def explain(
    answer: dict[str, Any], pictures: object, arrays: object, **more: Any
) -> tuple[list[ScoringExplanation], list[str]]:
    notes: list[str] = []
    fields = {**answer, "visualizations": pictures, "attributions": arrays}
    return read_explanations(fields, notes.append, **more), notes


def test_a_multiclass_explanation_is_for_the_most_probable_class() -> None:
    (found,), notes = explain(TOP, TEXT, ARRAY.tolist())
    assert (found.label, found.number, found.count, found.title) == ("b", 1, 1, "b")
    assert found.picture == PICTURE
    assert found.attributions is not None
    assert found.attributions.dtype == np.float32
    np.testing.assert_array_equal(found.attributions, ARRAY)
    assert notes == []


def test_multilabel_explanations_follow_the_classes_at_or_above_the_threshold() -> None:
    found, notes = explain(CLASSES, [TEXT] * 3, [ARRAY.tolist()] * 3)
    assert [each.label for each in found] == ["a", "b", "c"]
    assert notes == []


def test_a_class_exactly_at_the_threshold_may_be_left_out_by_the_platform() -> None:
    found, _ = explain(CLASSES, [TEXT] * 2, None)
    assert [each.label for each in found] == ["a", "c"]


def test_explanations_that_no_rule_fits_have_numbers() -> None:
    found, _ = explain(CLASSES, [TEXT] * 4, None)
    assert [each.title for each in found] == [f"explanation {number} of 4" for number in range(1, 5)]
    found, _ = explain(CLASSES, [TEXT], None, threshold=0.8)
    assert [each.title for each in found] == ["a"]
    found, _ = explain({"probs": [0.9], "labels": ["a", "b"]}, [TEXT], None)
    assert [each.title for each in found] == ["explanation 1 of 1"]


def test_a_part_that_was_not_asked_for_is_none() -> None:
    assert explain(TOP, None, None) == ([], [])
    assert explain(CLASSES, [], [])[0] == []
    (found,), notes = explain(TOP, None, ARRAY.tolist())
    assert (found.picture, found.label) == (None, "b")
    found, more = explain(CLASSES, [None] * 3, [ARRAY.tolist()] * 3)
    assert [(each.label, each.picture) for each in found] == [("a", None), ("b", None), ("c", None)]
    found, _ = explain(CLASSES, None, [ARRAY.tolist()] * 2)
    assert [each.label for each in found] == ["a", "c"]
    assert notes == more == []


@pytest.mark.parametrize(
    "text", ["iVBORw0KGgoAAAAN.....", TEXT[:40], "?", 5, [5], base64.b64encode(b"GIF89a").decode()]
)
def test_a_picture_that_is_no_whole_png_is_told(text: object) -> None:
    found, notes = explain(CLASSES, [TEXT, TEXT, text], None)
    assert [each.picture for each in found] == [PICTURE, PICTURE, None]
    assert len(notes) == 1
    assert "visualizations[2]" in notes[0]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        ([[[1, 2], [3]]], "not an array"),
        ([[["x"]]], "not an array"),
        (5, "[]"),
        ([[[1.0]]], "[1, 1, 1]"),
        ([[[1, 2]]] * 3, "[3, 1, 2]"),
        ([[[1e300]]] * 3, "not finite"),
        ([[[None]]] * 3, "not"),
        ([[[]]] * 3, "[3, 1, 0]"),
    ],
)
def test_numbers_of_another_shape_are_told(array: object, words: str) -> None:
    (found,), notes = explain(TOP, TEXT, array)
    assert found.attributions is None
    assert len(notes) == 1
    assert words in notes[0]


def test_pictures_and_numbers_that_do_not_pair_up_are_told() -> None:
    found, notes = explain(CLASSES, [TEXT] * 3, [ARRAY.tolist()] * 2)
    assert [each.label for each in found] == [None] * 3
    assert len(notes) == 1
    found, notes = explain(CLASSES, [TEXT] * 3, "lost")
    assert [each.label for each in found] == ["a", "b", "c"]
    assert "attributions" in notes[0]


def test_classes_are_matched_by_the_documented_rule() -> None:
    assert match_classes([0.994, 0.994, 0.843, 0.166], list("abcd"), 3, threshold=0.5) == ["a", "b", "c"]
    assert match_classes([0.5, 0.6], ["a", "b"], 2, threshold=0.5) == ["a", "b"]
    assert match_classes([0.5, 0.6], ["a", "b"], 1, threshold=0.5) == ["b"]
    assert match_classes([0.5, 0.6], ["a", "b"], 3, threshold=0.5) == [None] * 3
    assert select_classes(Labels({"b": 0.5, "a": 0.7, "c": 0.4}), 0.5) == ["a", "b"]


def test_a_crop_is_the_middle_of_a_wide_image() -> None:
    """640x480: resized to 341.33x256, cropped 224 in the middle."""
    found = region_of_crop((640, 480), 224)
    scale = 256 / 480
    left, top = (640 * scale - 224) / 2 / scale, (480 * scale - 224) / 2 / scale
    assert (found.x_min * 640, found.y_min * 480) == pytest.approx((left, top))
    assert (found.x_max * 640, found.y_max * 480) == pytest.approx((640 - left, 480 - top))


def test_the_resize_of_other_crops_is_in_proportion_unless_given() -> None:
    assert region_of_crop((100, 200), 448) == region_of_crop((100, 200), 224)
    whole = region_of_crop((300, 300), 224, resize=224)
    assert whole == Region(0.0, 0.0, 1.0, 1.0)


def test_a_map_is_the_sum_of_the_channels() -> None:
    np.testing.assert_allclose(to_heatmap(ARRAY), ARRAY[0] + ARRAY[1] + ARRAY[2], rtol=1e-6)
    assert to_heatmap(ARRAY).dtype == np.float32


def test_only_a_whole_png_has_a_size() -> None:
    assert png_size(PICTURE) == (6, 4)
    assert png_size(PICTURE + b"more") == (6, 4)
    assert png_size(PICTURE[:-4]) is None
    assert png_size(PICTURE.replace(b"IHDR", b"IHDX")) is None
    broken = bytearray(PICTURE)
    broken[45] ^= 1
    assert png_size(bytes(broken)) is None
    assert png_size(b"") is None


def test_a_bomb_of_a_png_is_refused() -> None:
    import struct
    import zlib

    header = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    parts = b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, b"IEND")
    )
    assert png_size(b"\x89PNG\r\n\x1a\n" + parts) is None


def test_an_explained_answer_reads_back(tmp_path: Path) -> None:
    asked = XaiParameters(attributions=True)
    single = ScoringExplanation("b", 1, 1, PICTURE, ARRAY)
    several = [ScoringExplanation(name, number, 2, PICTURE, ARRAY) for number, name in enumerate("ab", start=1)]
    answers = [
        render_explained(render_answer(Labels({"a": 0.1, "b": 0.9})), [single], task=Task.CLASSIFICATION, asked=asked),
        render_explained(
            render_answer(Labels({"a": 0.8, "b": 0.9, "c": 0.1})), several, task=Task.MULTILABEL, asked=asked
        ),
        render_explained(render_answer(Labels({"a": 0.1, "b": 0.2})), [], task=Task.MULTILABEL, asked=asked),
    ]
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers))
    report = FileReport(path.name, AzureScoring.rules)
    found = list(read_answers(path, ReadOptions(), report))
    assert [[each.label for each in answer.explanations] for answer in found] == [["b"], ["a", "b"], []]
    for answer in found:
        for each in answer.explanations:
            assert each.picture == PICTURE
            assert each.attributions is not None
            np.testing.assert_array_equal(each.attributions, ARRAY)
    assert [finding.code for finding in report.findings] == ["PR009", "SC001"]
    assert "2 answers" in report.findings[1].message


def test_what_was_not_asked_for_is_null() -> None:
    answer = render_answer(Labels({"a": 0.9}))
    each = [ScoringExplanation("a", 1, 1, PICTURE, ARRAY)]
    plain = render_explained(answer, each, task=Task.CLASSIFICATION, asked=XaiParameters())
    assert (plain["visualizations"], plain["attributions"]) == (TEXT, None)
    hidden = render_explained(answer, each, task=Task.MULTILABEL, asked=XaiParameters("xrai", False, True))
    assert hidden["visualizations"] == [None]
    assert hidden["attributions"] == [ARRAY.tolist()]
    assert render_explained({"boxes": []}, [], task=Task.DETECTION, asked=XaiParameters()) == {"boxes": []}


def test_a_broken_explanation_leaves_the_prediction(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps([{**TOP, "visualizations": "iVBORw0KGgoAAAAN....."}]))
    report = FileReport(path.name, AzureScoring.rules)
    (answer,) = read_answers(path, ReadOptions(), report)
    assert answer.record.content == Labels({"a": 0.1, "b": 0.7, "c": 0.2})
    assert [(each.code, each.line) for each in answer.record.findings] == [("SC002", 1)]
