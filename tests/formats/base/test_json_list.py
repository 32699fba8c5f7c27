from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.base import FileReport
from formats.base.json_list import iterate_members

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
members = st.lists(st.dictionaries(st.text(), values) | st.lists(values), max_size=5)


def split(text: bytes) -> tuple[list[tuple[int, bytes]], list[tuple[str, int | None]]]:
    report = FileReport("a.json")
    found = list(iterate_members(BytesIO(text), report))
    return found, [(finding.code, finding.line) for finding in report.take()]


@given(members, st.sampled_from([None, 1]), st.booleans())
def test_members_come_apart_as_they_are(content: list[Any], indent: int | None, escaped: bool) -> None:
    found, problems = split(json.dumps(content, indent=indent, ensure_ascii=escaped).encode(errors="replace"))
    assert [json.loads(text) for _, text in found] == json.loads(
        json.dumps(content, ensure_ascii=escaped).encode(errors="replace")
    )
    assert problems == []


def test_members_know_their_line() -> None:
    found, _ = split(b'\xef\xbb\xbf[\n{"a": "]}"},\n\n[1]]\n')
    assert found == [(2, b'{"a": "]}"}'), (4, b"[1]")]


def test_members_longer_than_a_piece_of_the_file_stay_whole() -> None:
    content = [{"a": 'x\\"' * 600_000}, {"b": [1] * 600_000}]
    found, problems = split(json.dumps(content).encode())
    assert [json.loads(text) for _, text in found] == content
    assert problems == []


def test_an_object_is_its_own_member() -> None:
    assert split(b' {"a": [1]} ') == ([(1, b'{"a": [1]}')], [])


@pytest.mark.parametrize(
    ("text", "count", "line"),
    [
        (b"", 0, 1),
        (b"null", 0, 1),
        (b'"text"', 0, 1),
        (b"x[]", 0, 1),
        (b"[", 0, 1),
        (b"[{}", 1, 1),
        (b"[{},\n{", 1, 2),
        (b'[{},\n{"a', 1, 2),
        (b"[{}\n{}]", 2, 2),
        (b"[{},,\n{}]", 2, 2),
        (b"[1, {}]", 1, 1),
        (b'["a", {}]', 1, 1),
        (b"[{},\n1]", 1, 2),
        (b"[{}]\n]", 1, 2),
        (b"{}\n{}", 1, 2),
    ],
)
def test_what_is_broken_is_told_with_its_line(text: bytes, count: int, line: int) -> None:
    found, problems = split(text)
    assert len(found) == count
    assert problems
    assert {code for code, _ in problems} == {"EX001"}
    assert problems[0][1] == line


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(text: bytes) -> None:
    found, problems = split(text)
    assert found or problems or text.strip() == b"[]"


@given(st.lists(st.sampled_from([b"[", b"]", b"{", b"}", b'"', b"\\", b",", b"\n", b"1"]), max_size=30))
def test_any_order_of_brackets_is_taken(pieces: list[bytes]) -> None:
    text = b"".join(pieces)
    found, problems = split(text)
    if not problems:
        assert text.strip()[:1] in {b"[", b"{"}
        assert len(found) <= text.count(b"{") + text.count(b"[")
