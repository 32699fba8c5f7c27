"""Why a line is no JSON object: the reason, the column, the remedy."""

from __future__ import annotations

import json

import pytest

from domain.finding import Finding
from domain.prediction import Task
from formats.azure.catalogue import CATALOGUE
from formats.azure.labels import parse_labels

URL = "azureml://datastores/shelf/paths/img/a.jpg"


def write(label: object, url: object = URL, **more: object) -> bytes:
    return json.dumps({"image_url": url, "label": label, **more}, separators=(",", ":")).encode()


def find(code: str, *lines: bytes, task: Task | None = None) -> Finding:
    """The only finding of that code."""
    found = [each for each in parse_labels(lines, file="train.jsonl", task=task).all_findings if each.code == code]
    assert len(found) == 1, found
    assert found[0].severity is CATALOGUE[code].severity
    assert found[0].file == "train.jsonl"
    assert found[0].remedy.endswith((".", '"'))
    return found[0]


def at(finding: Finding, line: bytes) -> str:
    """What stands at the place the finding names."""
    assert finding.column is not None
    return line.decode()[finding.column - 1 :]


@pytest.mark.parametrize(
    ("line", "column", "word"),
    [
        (b'{"a":1,}', 8, "comma"),
        (b'{"a":[1,],"b":2}', 9, "comma"),
        (b"{'a':1}", 2, "single quotes"),
        ("{“a”:1}".encode(), 2, "typographic"),
        (b'{"a":None}', 6, "Python word"),
        (b'{"a":1 // first\n}', 8, "comment"),
        (b". . .", 1, "dots"),
        (b".", 1, "dots"),
        (b"{", 2, "part"),
        (b'  "label": "x"', 10, "follows"),
        (b'{"a":1', 7, "part"),
        (b'{"a":1}{"b":2}', 8, "follows"),
        (b'{"a":1},', 8, "follows"),
        (b'{"a":"x', 6, "not closed"),
        (b'{"a":"\t"}', 7, "control character"),
        (b'{"a":"C:\\images"}', 9, "backslash"),
        (b'{"a":"caf\xe9"}', 10, "UTF-8"),
        (b'{"a":01}', 7, "unexpected"),
        (b'{"a":"\\ud800"}', 1, "surrogate"),
        (b'{"a":"\\u0000"}', 1, "zero character"),
        (b'{"a":' + b"9" * 5000 + b"}", 1, "digits"),
        (b"[" * 100_000, 1, "deeply"),
        (b"[1]", 1, "expected an object"),
        (b"null", 1, "expected an object"),
        (b'"text"', 1, "expected an object"),
        (b'{\x00"\x00a\x00', 2, "zero bytes"),
    ],
)
def test_jl001_says_why_a_line_is_no_json_object(line: bytes, column: int, word: str) -> None:
    finding = find("JL001", write("kettle"), line)
    assert (finding.line, finding.column) == (2, column)
    assert word in finding.message


@pytest.mark.parametrize(
    "line",
    [
        b'{"image_url":"a","label":"x","label":"y"}',
        b'{"image_url":"a","label" : "x","label":"y"}',
        b'{"image_url":"a","label"\t: "x","label":"y"}',
        b'{"image_url":"a","label":[{"label":"x","topX":0.1,"topX":0.2}]}',
        b'{"image_url":"a","label":"x","more":{"deep":{"label":1,"label":2}}}',
        b'{"image_url":"a","label":"x","more":[[{"label":1,"label":2}]]}',
        b'{"image_url":":\\u003a","label":"x","label":"y"}',
    ],
)
def test_jl001_finds_a_key_that_stands_twice(line: bytes) -> None:
    finding = find("JL001", line)
    assert "stands twice" in finding.message
    assert at(finding, line).startswith('"')


def test_colons_and_escaped_quotes_in_texts_are_no_repeated_keys() -> None:
    parsed = parse_labels([write('a":b', url=':": "x":')], file="x")
    assert [each.code for each in parsed.all_findings] == ["JL003"]
