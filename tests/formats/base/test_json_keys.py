"""Keys that stand twice, and texts that no file takes back, in JSON documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.base import FileReport
from formats.base.files import parse_json
from formats.base.json_keys import find_repeated_key

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(st.sampled_from('a":{ ,\\'), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab:", max_size=2), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (b'{"a":1,"a":2}', "a"),
        (b'{"a" :1,"a" :2}', "a"),
        (b'{"a"\n\t: 1, "a"\r: 2}', "a"),
        (b'{"aa":1,"a\\u0061":2}', "aa"),
        (b'[1, {"b": [{"c": 1, "d": 2, "c": 3}]}]', "c"),
        (b'{"a":"\\":","b":1,"b":2}', "b"),
        (b'{"a":1,"b":{"a":1}}', None),
        (b'{"a":"\\":","b":"x\\" :"}', None),
        (b"[]", None),
    ],
)
def test_a_key_that_stands_twice_is_found(text: bytes, key: str | None) -> None:
    assert find_repeated_key(text, json.loads(text)) == key


@given(VALUES, st.sampled_from([None, 1]))
def test_what_is_written_from_objects_repeats_no_key(value: object, indent: int | None) -> None:
    assert find_repeated_key(json.dumps(value, indent=indent).encode(), value) is None


def test_a_document_with_a_repeated_key_is_read_and_told() -> None:
    report = FileReport("a.json")
    assert parse_json(b'{"a":1,"a":2}', report) == {"a": 2}
    assert [each.code for each in report.findings] == ["EX001"]
    assert 'The key "a" stands twice' in report.findings[0].message


def test_the_zero_character_is_read_as_the_replacement_character() -> None:
    report = FileReport("a.json")
    assert parse_json(b'{"a\\u0000": ["\\\\u0000", "\\\\\\u0000"]}', report) == {"a\ufffd": ["\\u0000", "\\\ufffd"]}
    assert [each.code for each in report.findings] == ["EX001"]
    assert report.findings[0].message.isprintable()


def test_half_a_surrogate_pair_is_read_as_the_replacement_character() -> None:
    report = FileReport("a.json")
    assert parse_json(b'{"a\\ud800": ["x\\udc00y", "\\ud83d\\ude00"]}', report) == {
        "a\ufffd": ["x\ufffdy", "\U0001f600"]
    }
    assert [each.code for each in report.findings] == ["EX001"]
    assert report.findings[0].message.isascii()
