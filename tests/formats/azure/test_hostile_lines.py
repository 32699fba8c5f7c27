"""Whatever a file holds, reading it gives findings, never an exception, and every line is accounted for."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import FormatError
from domain.prediction import Task
from formats.azure import json_line
from formats.azure.labels import parse_label_line, parse_labels
from formats.azure.predictions import parse_predictions, render_prediction
from formats.azure.render import render_label
from formats.azure.sniff import sniff
from formats.azure.validate import validate_labels
from formats.base import ParsedFile, files

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))
VALUES: list[Any] = [
    None, True, 0, -1, 2, 1e308, 10**30, 10**400, float("nan"), float("inf"), "", " ", "x", "0.5", "null", "\ud800",
    "\0", [], {}, [[]], [{}], [None], [[None]], {"label": {}}, [[0.1, 0.2]], [0.1] * 6, "=1+1", "<b>",
]  # fmt: skip
TASKS = [None, *Task]


def exercise(lines: list[bytes], task: Task | None) -> None:
    labels = parse_labels(lines, file="x", task=task)
    check(labels, lines)
    for finding in validate_labels(labels, file="x"):
        assert finding.message.isprintable()
        assert finding.message.endswith((".", "?"))
    for record in labels.records:
        if record.content is None or labels.task is None:
            continue
        assert render_label(record, record.content, task=labels.task) == record.text
        rewrite(labels.task, record)
    predictions = parse_predictions(lines, file="x", task=task)
    check(predictions, lines)
    for record in predictions.records:
        if record.content is not None:
            assert parse_predictions([render_prediction("a", record.content).encode()], file="y").records
    sniff(lines)


def check(parsed: ParsedFile, lines: list[bytes]) -> None:
    """No line is lost, no record without content is silent, and everything can be stored as UTF-8."""
    if not any("Nothing was read" in finding.message for finding in parsed.findings):
        blank = {
            n for n, line in enumerate(lines, 1) if not line.strip() or (n == 1 and line.strip() == b"\xef\xbb\xbf")
        }
        assert [record.line for record in parsed.records] == [n for n in range(1, len(lines) + 1) if n not in blank]
    for record in parsed.records:
        assert record.content is not None or record.findings or parsed.task is None
        assert "\0" not in record.text + record.image_url
        (record.text + record.image_url + repr(record.content)).encode()


def rewrite(task: Task, record: Any) -> None:
    """What can be written is taken; what cannot is refused with a sentence."""
    try:
        text = render_label(None, record.content, task=task, image_url="a")
    except FormatError as error:
        text, message = "", str(error)
        assert message.isprintable(), message
    assert not text or not parse_label_line(text, task=task).is_refused


@given(st.lists(st.binary(max_size=60), max_size=4), st.sampled_from(TASKS))
def test_random_bytes(lines: list[bytes], task: Task | None) -> None:
    exercise([line.replace(b"\n", b" ") for line in lines], task)


JSON = st.recursive(
    st.sampled_from(VALUES) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["label", "topX", "topY", "bottomX", "bottomY", "isCrowd", "polygon", "box", "score", "é"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
LINES = st.dictionaries(
    st.sampled_from(
        ["image_url", "label", "image_details", "filename", "boxes", "probs", "labels", "label_confidence"]
    ),
    JSON,
)


@given(st.lists(LINES | JSON, max_size=4), st.sampled_from(TASKS))
@settings(max_examples=300)
def test_random_json_under_the_known_keys(lines: list[Any], task: Task | None) -> None:
    exercise([json.dumps(line).encode() for line in lines], task)


@given(st.lists(LINES, max_size=3))
def test_random_python_literals(lines: list[Any]) -> None:
    exercise([repr(line).encode(errors="surrogatepass") for line in lines], None)


def mutate(line: bytes, chance: random.Random) -> bytes:
    data = bytearray(line)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data))
        kind = chance.randrange(5)
        if kind == 0:
            data[place] = chance.randrange(256)
        elif kind == 1:
            del data[place : place + chance.randint(1, 20)]
        elif kind == 2:
            data[place:place] = chance.choice([b'"', b"{", b"]", b",", b":", b"\\", b"\xc3", b"NaN", b"1e999", b"null"])
        elif kind == 3:
            other = chance.randrange(len(data))
            data[place:place] = data[other : other + 30]
        else:
            data = data.replace(chance.choice([b"0.", b'"', b", ", b"label", b"["]), b"", chance.randint(1, 3))
        data = data.replace(b"\n", b" ") or bytearray(b"x")
    return bytes(data)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_mutated_files(path: Path) -> None:
    chance = random.Random(path.stem)
    lines = path.read_bytes().splitlines()
    for _ in range(150):
        exercise([mutate(line, chance) for line in lines], chance.choice(TASKS))


def test_a_line_with_many_faults_is_read_in_one_go() -> None:
    line = json.dumps({"image_url": "a", "label": [{"label": 1.5, "topX": "x"}] * 20_000}).encode()
    parsed = parse_labels([line], file="x", task=Task.DETECTION)
    assert len(parsed.records[0].findings) == 40_000
    assert sum(finding.column is not None for finding in parsed.records[0].findings) < 50


def test_deeply_nested_values_under_known_keys_are_refused() -> None:
    for depth in (900, 5_000, 100_000):
        deep = b"[" * depth + b"]" * depth
        for key in (b"label", b"polygon", b"boxes"):
            exercise([b'{"image_url":"a","filename":"a","' + key + b'":' + deep + b"}"], Task.DETECTION)
            exercise([b'{"image_url":"a","label":[{"label":"x","' + key + b'":' + deep + b"}]}"], Task.SEGMENTATION)


def test_a_line_that_was_cut_is_said_to_be_too_long_and_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (files, json_line):
        monkeypatch.setattr(module, "LONGEST_LINE", 2000)
    good = json.dumps({"image_url": "a.jpg", "label": "can"})
    for tail in ("x" * 5000, " " * 5000 + "x", "\r" * 5000 + "x"):
        (tmp_path / "x.jsonl").write_text(f"{good}\n{good}{tail}\n{good}\n", newline="")
        with (tmp_path / "x.jsonl").open("rb") as stream:
            lines = list(files.lines_of(stream))
        for parse, code in ((parse_labels, "JL001"), (parse_predictions, "PR001")):
            records = parse(lines, file="x", task=Task.CLASSIFICATION).records
            assert [record.line for record in records] == [1, 2, 3]
            assert [finding.code for finding in records[1].findings] == [code]
            assert "longer than" in records[1].findings[0].message
            assert len(records[1].text) <= 1000
            assert records[1].content is None
